//! The loops of a fold, called without knowing its types, so that the driver is compiled once and not for every fold.

use std::slice;

use ferrotorch_kernel::dtype::{Category, Element};

use super::fold::Fold;
use crate::chunks;
use crate::isa::{Isa, Level};
use crate::simd::{self, SimdLoop};

/// Bytes of an element, a context, an accumulator and a result.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) input: usize,
    pub(super) context: usize,
    pub(super) acc: usize,
    pub(super) output: usize,
}

/// A [`Fold`] over raw memory. Pointers to elements point to `Fold::In`, those to contexts to `Fold::Context`, those to
/// accumulators to `Fold::Acc`, those to results to `Fold::Out`.
pub(super) trait Loops: Sync {
    /// Sizes of the fold's types; none is aligned to more than eight bytes.
    fn sizes(&self) -> Sizes;

    /// Makes `n` accumulators those of no elements.
    ///
    /// # Safety
    /// `accs` is aligned and `n` accumulators can be written there.
    unsafe fn reset(&self, accs: *mut u8, n: usize);

    /// Folds `runs` stretches of `n` elements, which begin `step` elements apart, into an accumulator each, which is
    /// overwritten.
    ///
    /// # Safety
    /// All pointers are aligned; the elements of all stretches and a context for each can be read, the accumulators can be
    /// written and are nobody else's.
    unsafe fn fold_runs(&self, x: *const u8, n: usize, step: isize, runs: usize, contexts: *const u8, accs: *mut u8);

    /// Element `i` of each of `rows` rows, which begin `step` elements apart, joins accumulator `i`, whose context is number
    /// `i`.
    ///
    /// # Safety
    /// All pointers are aligned; `n` elements of each row and `n` contexts can be read, and the `n` accumulators hold values
    /// and are nobody else's.
    unsafe fn fold_rows(&self, x: *const u8, n: usize, step: isize, rows: usize, contexts: *const u8, accs: *mut u8);

    /// Accumulator `i` of `from` joins number `i` of `into`.
    ///
    /// # Safety
    /// Both pointers are aligned and lead to `n` accumulators that hold values; those of `into` are nobody else's.
    unsafe fn join(&self, into: *mut u8, from: *const u8, n: usize);

    /// Writes `n` results, `step` elements apart.
    ///
    /// # Safety
    /// All pointers are aligned; `n` accumulators and contexts can be read, the results can be written and are nobody else's.
    unsafe fn write(&self, accs: *const u8, contexts: *const u8, n: usize, out: *mut u8, step: isize);
}

impl<F: Fold> Loops for F {
    fn sizes(&self) -> Sizes {
        const { assert!(align_of::<F::In>() <= 8 && align_of::<F::Context>() <= 8) }
        const { assert!(align_of::<F::Acc>() <= 8 && align_of::<F::Out>() <= 8) }
        let (input, context) = (size_of::<F::In>(), size_of::<F::Context>());
        Sizes { input, context, acc: size_of::<F::Acc>(), output: size_of::<F::Out>() }
    }

    unsafe fn reset(&self, accs: *mut u8, n: usize) {
        let start = self.start();
        // SAFETY: as the caller promises.
        (0..n).for_each(|i| unsafe { accs.cast::<F::Acc>().add(i).write(start) });
    }

    unsafe fn fold_runs(&self, x: *const u8, n: usize, step: isize, runs: usize, contexts: *const u8, accs: *mut u8) {
        // SAFETY: as the caller promises.
        let (context, accs) =
            unsafe { (slice::from_raw_parts(contexts.cast(), runs), slice::from_raw_parts_mut(accs.cast(), runs)) };
        let x = Stretches { first: x.cast(), length: n, step };
        if n < chunks::LONG {
            return simd::run(FoldRuns { fold: self, x, context, accs });
        }
        for (i, (acc, &context)) in accs.iter_mut().zip(context).enumerate() {
            *acc = simd::run(FoldRun { fold: self, x: x.get(i), context });
        }
    }

    unsafe fn fold_rows(&self, x: *const u8, n: usize, step: isize, rows: usize, contexts: *const u8, accs: *mut u8) {
        // SAFETY: as the caller promises.
        let (context, accs) = unsafe { (slice::from_raw_parts(contexts.cast(), n), slice::from_raw_parts_mut(accs.cast(), n)) };
        simd::run(FoldRows { fold: self, x: Stretches { first: x.cast(), length: n, step }, rows, context, accs });
    }

    unsafe fn join(&self, into: *mut u8, from: *const u8, n: usize) {
        // SAFETY: as the caller promises.
        let (into, from) = unsafe { (slice::from_raw_parts_mut(into.cast(), n), slice::from_raw_parts(from.cast(), n)) };
        into.iter_mut().zip(from).for_each(|(into, from)| *into = self.merge(*into, *from));
    }

    unsafe fn write(&self, accs: *const u8, contexts: *const u8, n: usize, out: *mut u8, step: isize) {
        // SAFETY: as the caller promises.
        let (accs, contexts) = unsafe { (slice::from_raw_parts(accs.cast(), n), slice::from_raw_parts(contexts.cast(), n)) };
        for (i, (acc, context)) in accs.iter().zip(contexts).enumerate() {
            // SAFETY: as the caller promises.
            unsafe { *out.cast::<F::Out>().offset(i as isize * step) = self.finish(*acc, *context) };
        }
    }
}

/// Floats gain from the widest registers; integers, truth values and complex numbers too little for a copy of the loop.
const fn widest<T: Element>() -> Level {
    if matches!(T::DTYPE.category(), Category::Float) { Level::Avx512 } else { Level::Avx2 }
}

/// Stretches of elements, a step apart; those that are asked for can be read.
#[derive(Clone, Copy)]
struct Stretches<T> {
    first: *const T,
    length: usize,
    step: isize,
}

impl<T> Stretches<T> {
    #[inline(always)]
    fn get<'a>(self, number: usize) -> &'a [T] {
        // SAFETY: the callers of `fold_runs` and `fold_rows` promise that the elements can be read while these run.
        unsafe { slice::from_raw_parts(self.first.offset(number as isize * self.step), self.length) }
    }
}

/// Folds one long stretch with many accumulators side by side.
struct FoldRun<'a, F: Fold> {
    fold: &'a F,
    x: &'a [F::In],
    context: F::Context,
}

impl<F: Fold> SimdLoop for FoldRun<'_, F> {
    type Output = F::Acc;
    const WIDEST: Level = widest::<F::In>();

    #[inline(always)]
    fn run<I: Isa>(self) -> F::Acc {
        let step = |acc, x| self.fold.step::<I>(acc, x, self.context);
        chunks::fold(self.x, self.fold.start(), step, |a, b| self.fold.merge(a, b))
    }
}

/// Folds each of several short stretches.
struct FoldRuns<'a, F: Fold> {
    fold: &'a F,
    x: Stretches<F::In>,
    context: &'a [F::Context],
    accs: &'a mut [F::Acc],
}

impl<F: Fold> SimdLoop for FoldRuns<'_, F> {
    type Output = ();
    const WIDEST: Level = widest::<F::In>();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for (i, (acc, &context)) in self.accs.iter_mut().zip(self.context).enumerate() {
            let step = |acc, x| self.fold.step::<I>(acc, x, context);
            *acc = chunks::fold_short(self.x.get(i), self.fold.start(), step, |a, b| self.fold.merge(a, b));
        }
    }
}

/// The rows join the accumulators of their columns.
struct FoldRows<'a, F: Fold> {
    fold: &'a F,
    x: Stretches<F::In>,
    rows: usize,
    context: &'a [F::Context],
    accs: &'a mut [F::Acc],
}

impl<F: Fold> SimdLoop for FoldRows<'_, F> {
    type Output = ();
    const WIDEST: Level = widest::<F::In>();

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let done = if const { size_of::<F::Acc>() <= 4 } { self.by_columns::<I, 64>(0) } else { 0 };
        let done = self.by_columns::<I, 32>(done);
        let done = self.by_columns::<I, 8>(done);
        for row in 0..self.rows {
            let columns = self.accs[done..].iter_mut().zip(&self.x.get(row)[done..]).zip(&self.context[done..]);
            columns.for_each(|((acc, &x), &context)| *acc = self.fold.step::<I>(*acc, x, context));
        }
    }
}

impl<F: Fold> FoldRows<'_, F> {
    /// Folds `COLUMNS` columns at a time, whose accumulators stay in registers, from column `start` on as far as that goes.
    #[inline(always)]
    fn by_columns<I: Isa, const COLUMNS: usize>(&mut self, start: usize) -> usize {
        let mut first = start;
        while let Some(accs) = self.accs[first..].first_chunk_mut::<COLUMNS>() {
            let mut lanes = *accs;
            let context = &self.context[first..first + COLUMNS];
            for row in 0..self.rows {
                let x = &self.x.get(row)[first..first + COLUMNS];
                for i in 0..COLUMNS {
                    lanes[i] = self.fold.step::<I>(lanes[i], x[i], context[i]);
                }
            }
            *accs = lanes;
            first += COLUMNS;
        }
        first
    }
}
