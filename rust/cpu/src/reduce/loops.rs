//! The loops of a fold, called without knowing its types, so that the driver is compiled once and not for every fold.

use bytemuck::{Pod, Zeroable};
use ferrotorch_kernel::dtype::{Category, DType, Element};

use super::columns::{self, GROUPS, ROWS};
use super::fold::{FEW, Fold, of_few};
use crate::isa::{Isa, Level, is_in_full};
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Rows, Stretches, View, Write};

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

    /// Folds [`GROUPS`] of [`ROWS`] rows of `width` elements, one behind the other, as [`Loops::fold_rows`] does, into accumulators of
    /// their own, which are overwritten.
    fn fold_groups(&self, x: Stretches<Read>, width: usize, contexts: &[u64], accs: [&mut [u64]; GROUPS]);

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
        let x = Rows::new(x);
        if x.cols() < LONG {
            return simd::run(FoldRuns { fold: self, x, context, accs });
        }
        for i in 0..accs.len() {
            accs[i] = simd::run(FoldRun { fold: self, x: x.get(i), context: context[i] });
        }
    }

    fn fold_rows(&self, x: Stretches<Read>, contexts: &[u64], accs: &mut [u64]) {
        let x = x.rows::<F::In>();
        let (context, accs) = (values(contexts, x.cols()), values_mut(accs, x.cols()));
        simd::run(FoldRows { fold: self, x: Rows::new(x), context, accs });
    }

    fn fold_groups(&self, x: Stretches<Read>, width: usize, contexts: &[u64], accs: [&mut [u64]; GROUPS]) {
        let (x, accs) = (Rows::new(x.rows::<F::In>()).get(0), accs.map(|accs| values_mut(accs, width)));
        let context = values(contexts, width);
        // The condition is constant, so that loops that are not used are not compiled.
        if const { matches!(F::In::DTYPE, DType::Float32 | DType::Float64) } && is_in_full() {
            let done = simd::run_in_full(FoldGroups { fold: self, x, context, accs });
            return assert!(done.is_ok(), "a loop over groups where there are none");
        }
        for (x, accs) in x.chunks_exact(ROWS * width).zip(accs) {
            accs.fill(self.start());
            simd::run(FoldRows { fold: self, x: Rows::new(View::from_slice(x, ROWS, width)), context, accs });
        }
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
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let done = if self.x.cols() <= SIDE_BY_SIDE { self.side_by_side::<I>() } else { 0 };
        let FoldRuns { fold, x, context, accs } = self;
        // Asked once, and not for every row.
        if x.cols() < FEW {
            for i in done..accs.len() {
                accs[i] = one_by_one::<F, I>(fold, x.get(i), context[i]);
            }
        } else {
            for i in done..accs.len() {
                let (blocks, last) = x.get(i).as_chunks();
                accs[i] = of_few::<F, I>(fold, blocks, last, context[i]);
            }
        }
    }
}

/// From this length on a stretch is folded with many accumulators, in a call of its own.
const LONG: usize = 256;

#[inline(always)]
fn one_by_one<F: Fold, I: Isa>(fold: &F, x: &[F::In], context: F::Context) -> F::Acc {
    x.iter().fold(fold.start(), |acc, &x| fold.step::<I>(acc, x, context))
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
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        let done = if const { I::IN_FULL } { self.by_columns::<I, 32>(0) } else { 0 };
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

/// Groups of short rows join the accumulators of their columns, group by group.
struct FoldGroups<'a, F: Fold> {
    fold: &'a F,
    x: &'a [F::In],
    context: &'a [F::Context],
    accs: [&'a mut [F::Acc]; GROUPS],
}

impl<F: Fold> SimdLoop for FoldGroups<'_, F> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(mut self) {
        for first in (0..self.context.len()).step_by(LANES) {
            let lanes = self.columns::<I>(first);
            for (accs, lanes) in self.accs.iter_mut().zip(&lanes) {
                let n = LANES.min(accs.len() - first);
                accs[first..first + n].copy_from_slice(&lanes[..n]);
            }
        }
    }
}

/// Columns that are folded side by side.
const LANES: usize = 8;
/// Elements of the last rows, and as many behind them.
const MOST: usize = columns::FEW + 2 * LANES;

impl<F: Fold> FoldGroups<'_, F> {
    /// Folds some columns. Where there are less than a register has lanes, the others read on into the next row, for nothing.
    #[inline(always)]
    fn columns<I: Isa>(&self, first: usize) -> [[F::Acc; LANES]; GROUPS] {
        let (fold, width) = (self.fold, self.context.len());
        let n = LANES.min(width - first);
        let mut context = [F::Context::zeroed(); LANES];
        context[..n].copy_from_slice(&self.context[first..first + n]);
        let at = |group: usize, row: usize| &self.x[(group * ROWS + row) * width + first..];
        let mut lanes = [[fold.start(); LANES]; GROUPS];
        // Behind the last rows there is nothing to read on into: they are copied to where there is.
        let last = (LANES - n).div_ceil(width);
        let (whole, mut tail) = (ROWS - last, [F::In::zeroed(); MOST]);
        tail[..last * width].copy_from_slice(&self.x[(GROUPS * ROWS - last) * width..]);
        for row in 0..ROWS {
            for group in 0..GROUPS {
                let is_tail = group == GROUPS - 1 && row >= whole;
                let x = if is_tail { &tail[(row - whole) * width + first..] } else { at(group, row) };
                if let Some(x) = x.first_chunk() {
                    fold.steps::<I, LANES>(&mut lanes[group], x, &context);
                }
            }
        }
        lanes
    }
}
