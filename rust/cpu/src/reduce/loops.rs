//! The loops of a fold, called without knowing its types, so that the driver is compiled once and not for every fold.

use bytemuck::Pod;
use ferrotorch_kernel::dtype::{Category, DType, Element};

use super::fold::Fold;
use crate::chunks::{self, LONG};
use crate::isa::{Isa, Level};
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Rows, Stretches, Write};

/// Bytes of an element, a context and an accumulator, and the dtype of the elements.
#[derive(Clone, Copy)]
pub(super) struct Sizes {
    pub(super) dtype: DType,
    pub(super) input: usize,
    pub(super) context: usize,
    pub(super) acc: usize,
}

/// A [`Fold`] over memory of any type. Stretches are of `Fold::In`, results of `Fold::Out`; contexts and accumulators stand at
/// the beginning of buffers, one behind the other.
pub(super) trait Loops: Sync {
    /// Sizes of the fold's types; none is aligned to more than eight bytes.
    fn sizes(&self) -> Sizes;

    /// See [`Fold::MERGES_QUICKLY`].
    fn merges_quickly(&self) -> bool;

    /// Makes `n` accumulators those of no elements.
    fn reset(&self, accs: &mut [u64], n: usize);

    /// Folds stretches of elements into an accumulator each, which is overwritten, with a context each.
    fn fold_runs(&self, x: Stretches<Read>, contexts: &[u64], accs: &mut [u64]);

    /// Element `i` of each of the rows joins accumulator `i`, whose context is number `i`.
    fn fold_rows(&self, x: Stretches<Read>, contexts: &[u64], accs: &mut [u64]);

    /// Accumulator `i` of `from` joins number `i` of `into`, for `n` of them.
    fn join(&self, into: &mut [u64], from: &[u64], n: usize);

    /// `n` accumulators merge as a balanced tree, into the first.
    fn merge_all(&self, accs: &mut [u64], n: usize);

    /// Writes the results of as many accumulators and contexts as the line has elements.
    fn write(&self, accs: &[u64], contexts: &[u64], out: Stretches<Write>);
}

/// The first `n` values of a buffer.
fn values<T: Pod>(buffer: &[u64], n: usize) -> &[T] {
    &bytemuck::cast_slice(buffer)[..n]
}

/// [`values`] to write.
fn values_mut<T: Pod>(buffer: &mut [u64], n: usize) -> &mut [T] {
    &mut bytemuck::cast_slice_mut(buffer)[..n]
}

impl<F: Fold> Loops for F {
    fn sizes(&self) -> Sizes {
        const { assert!(align_of::<F::In>() <= 8 && align_of::<F::Context>() <= 8) }
        const { assert!(align_of::<F::Acc>() <= 8 && align_of::<F::Out>() <= 8) }
        let (input, context) = (size_of::<F::In>(), size_of::<F::Context>());
        Sizes { dtype: F::In::DTYPE, input, context, acc: size_of::<F::Acc>() }
    }

    fn merges_quickly(&self) -> bool {
        F::MERGES_QUICKLY
    }

    fn reset(&self, accs: &mut [u64], n: usize) {
        values_mut::<F::Acc>(accs, n).fill(self.start());
    }

    fn fold_runs(&self, x: Stretches<Read>, contexts: &[u64], accs: &mut [u64]) {
        let x = x.rows::<F::In>();
        let (context, accs) = (values(contexts, x.rows()), values_mut(accs, x.rows()));
        if x.cols() < LONG {
            return simd::run(FoldRuns { fold: self, x: Rows::new(x), context, accs });
        }
        for (i, (acc, &context)) in accs.iter_mut().zip(context).enumerate() {
            *acc = simd::run(FoldRun { fold: self, x: Rows::new(x).get(i), context });
        }
    }

    fn fold_rows(&self, x: Stretches<Read>, contexts: &[u64], accs: &mut [u64]) {
        let x = x.rows::<F::In>();
        let (context, accs) = (values(contexts, x.cols()), values_mut(accs, x.cols()));
        simd::run(FoldRows { fold: self, x: Rows::new(x), context, accs });
    }

    fn join(&self, into: &mut [u64], from: &[u64], n: usize) {
        let (into, from) = (values_mut::<F::Acc>(into, n), values::<F::Acc>(from, n));
        into.iter_mut().zip(from).for_each(|(into, from)| *into = self.merge(*into, *from));
    }

    fn merge_all(&self, accs: &mut [u64], n: usize) {
        let accs = values_mut::<F::Acc>(accs, n);
        let mut width = n;
        while width > 1 {
            let half = width.div_ceil(2);
            let (low, high) = accs[..width].split_at_mut(half);
            low.iter_mut().zip(high).for_each(|(into, from)| *into = self.merge(*into, *from));
            width = half;
        }
    }

    fn write(&self, accs: &[u64], contexts: &[u64], out: Stretches<Write>) {
        let mut out = out.typed::<F::Out>();
        let (accs, contexts) = (values(accs, out.len()), values(contexts, out.len()));
        out.write_all(accs.iter().zip(contexts).map(|(acc, context)| self.finish(*acc, *context)));
    }
}

/// Floats gain from the widest registers; integers, truth values and complex numbers too little for a copy of the loop.
const fn widest<T: Element>() -> Level {
    if matches!(T::DTYPE.category(), Category::Float) { Level::Avx512 } else { Level::Avx2 }
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
        self.fold.fold::<I>(self.x, self.context)
    }
}

/// Folds each of several short stretches.
struct FoldRuns<'a, F: Fold> {
    fold: &'a F,
    x: Rows<'a, F::In>,
    context: &'a [F::Context],
    accs: &'a mut [F::Acc],
}

impl<F: Fold> SimdLoop for FoldRuns<'_, F> {
    type Output = ();
    const WIDEST: Level = widest::<F::In>();

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let done = if self.x.cols() <= SIDE_BY_SIDE { self.side_by_side::<I>() } else { 0 };
        for (i, (acc, &context)) in self.accs.iter_mut().zip(self.context).enumerate().skip(done) {
            let step = |acc, x| self.fold.step::<I>(acc, x, context);
            *acc = chunks::fold_short(self.x.get(i), self.fold.start(), step, |a, b| self.fold.merge(a, b));
        }
    }
}

/// Stretches that are folded side by side, if they have at most as many elements: one alone would wait for each of its steps.
const SIDE_BY_SIDE: usize = 8;

impl<F: Fold> FoldRuns<'_, F> {
    /// Folds as many stretches as fill groups, and says how many these are.
    #[inline(always)]
    fn side_by_side<I: Isa>(&mut self) -> usize {
        let (groups, _) = self.accs.as_chunks_mut::<SIDE_BY_SIDE>();
        for (first, (accs, context)) in groups.iter_mut().zip(self.context.as_chunks::<SIDE_BY_SIDE>().0).enumerate() {
            let x: [&[F::In]; SIDE_BY_SIDE] = std::array::from_fn(|i| self.x.get(first * SIDE_BY_SIDE + i));
            *accs = [self.fold.start(); SIDE_BY_SIDE];
            for k in 0..self.x.cols() {
                for i in 0..SIDE_BY_SIDE {
                    accs[i] = self.fold.step::<I>(accs[i], x[i][k], context[i]);
                }
            }
        }
        groups.len() * SIDE_BY_SIDE
    }
}

/// The rows join the accumulators of their columns.
struct FoldRows<'a, F: Fold> {
    fold: &'a F,
    x: Rows<'a, F::In>,
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
        for row in 0..self.x.count() {
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
            let Some(context) = self.context[first..].first_chunk() else { return first };
            for row in 0..self.x.count() {
                if let Some(x) = self.x.get(row)[first..].first_chunk() {
                    self.fold.steps::<I, COLUMNS>(&mut lanes, x, context);
                }
            }
            *accs = lanes;
            first += COLUMNS;
        }
        first
    }
}
