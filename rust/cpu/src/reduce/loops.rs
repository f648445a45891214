//! The loops of a fold, called without knowing its types, so that the driver is compiled once and not for every fold.

use std::slice;

use ferrotorch_core::dtype::{Category, Element};

use super::fold::Fold;
use crate::isa::{Isa, Level};
use crate::simd::{self, SimdLoop};

/// Bytes of an element, an accumulator and a result.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) input: usize,
    pub(super) acc: usize,
    pub(super) output: usize,
}

/// A [`Fold`] over raw memory. Pointers to elements and contexts point to `Fold::In`, those to accumulators to
/// `Fold::Acc`, those to results to `Fold::Out`.
pub(super) trait Loops: Sync {
    /// Sizes of the fold's types; none is aligned to more than eight bytes.
    fn sizes(&self) -> Sizes;

    /// Makes `n` accumulators those of no elements.
    ///
    /// # Safety
    /// `accs` is aligned and `n` accumulators can be written there.
    unsafe fn reset(&self, accs: *mut u8, n: usize);

    /// Folds `n` elements that follow one another; the accumulator is overwritten.
    ///
    /// # Safety
    /// All pointers are aligned; `n` elements and a context can be read, an accumulator can be written and is nobody else's.
    unsafe fn fold_run(&self, x: *const u8, n: usize, context: *const u8, acc: *mut u8);

    /// Element `i` joins accumulator `i`, whose context is number `i`.
    ///
    /// # Safety
    /// All pointers are aligned; `n` elements and contexts can be read, and the `n` accumulators hold values and are
    /// nobody else's.
    unsafe fn fold_row(&self, x: *const u8, n: usize, contexts: *const u8, accs: *mut u8);

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
        const { assert!(align_of::<F::In>() <= 8 && align_of::<F::Acc>() <= 8 && align_of::<F::Out>() <= 8) }
        Sizes { input: size_of::<F::In>(), acc: size_of::<F::Acc>(), output: size_of::<F::Out>() }
    }

    unsafe fn reset(&self, accs: *mut u8, n: usize) {
        let start = self.start();
        // SAFETY: as the caller promises.
        (0..n).for_each(|i| unsafe { accs.cast::<F::Acc>().add(i).write(start) });
    }

    unsafe fn fold_run(&self, x: *const u8, n: usize, context: *const u8, acc: *mut u8) {
        // SAFETY: as the caller promises.
        let (x, context) = unsafe { (slice::from_raw_parts(x.cast::<F::In>(), n), *context.cast::<F::In>()) };
        let folded = simd::run(FoldRun { fold: self, x, context });
        // SAFETY: as the caller promises.
        unsafe { acc.cast::<F::Acc>().write(folded) };
    }

    unsafe fn fold_row(&self, x: *const u8, n: usize, contexts: *const u8, accs: *mut u8) {
        // SAFETY: as the caller promises.
        let (x, context) = unsafe { (slice::from_raw_parts(x.cast(), n), slice::from_raw_parts(contexts.cast(), n)) };
        // SAFETY: as the caller promises.
        let accs = unsafe { slice::from_raw_parts_mut(accs.cast(), n) };
        simd::run(FoldRow { fold: self, accs, x, context });
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

/// Folds a slice with many accumulators side by side.
struct FoldRun<'a, F: Fold> {
    fold: &'a F,
    x: &'a [F::In],
    context: F::In,
}

impl<F: Fold> SimdLoop for FoldRun<'_, F> {
    type Output = F::Acc;
    const WIDEST: Level = widest::<F::In>();

    #[inline(always)]
    fn run<I: Isa>(self) -> F::Acc {
        // Enough chains of additions to hide the latency of one, few enough to stay in registers.
        if const { size_of::<F::Acc>() <= 4 } { self.by_lanes::<I, 64>() } else { self.by_lanes::<I, 32>() }
    }
}

impl<F: Fold> FoldRun<'_, F> {
    #[inline(always)]
    fn by_lanes<I: Isa, const LANES: usize>(&self) -> F::Acc {
        let (chunks, rest) = self.x.as_chunks::<LANES>();
        let acc = self.fold_chunks::<I, LANES>(chunks);
        if rest.is_empty() {
            return acc;
        }
        let (chunks, rest) = rest.as_chunks::<8>();
        let last = rest.iter().fold(self.fold.start(), |acc, &x| self.fold.step::<I>(acc, x, self.context));
        self.fold.merge(acc, self.fold.merge(self.fold_chunks::<I, 8>(chunks), last))
    }

    /// All indices are constant, so that the accumulators can stay in registers.
    #[inline(always)]
    fn fold_chunks<I: Isa, const LANES: usize>(&self, chunks: &[[F::In; LANES]]) -> F::Acc {
        let mut lanes = [self.fold.start(); LANES];
        for chunk in chunks {
            for i in 0..LANES {
                lanes[i] = self.fold.step::<I>(lanes[i], chunk[i], self.context);
            }
        }
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                lanes[i] = self.fold.merge(lanes[i], lanes[i + width]);
            }
            width /= 2;
        }
        lanes[0]
    }
}

/// One row joins the accumulators of its columns.
struct FoldRow<'a, F: Fold> {
    fold: &'a F,
    accs: &'a mut [F::Acc],
    x: &'a [F::In],
    context: &'a [F::In],
}

impl<F: Fold> SimdLoop for FoldRow<'_, F> {
    type Output = ();
    const WIDEST: Level = widest::<F::In>();

    #[inline(always)]
    fn run<I: Isa>(self) {
        for ((acc, &x), &context) in self.accs.iter_mut().zip(self.x).zip(self.context) {
            *acc = self.fold.step::<I>(*acc, x, context);
        }
    }
}
