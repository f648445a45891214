//! Row mode: each output folds runs of memory.

use std::ops::Range;

use ferrotorch_kernel::memory::zeros_for;
use ferrotorch_kernel::{Result, interrupt};
use smallvec::SmallVec;

use super::dims::{Dim, ONE, PIECE, Segment, locate, pieces};
use super::driver::{Arrays, BLOCK, COLUMNS, cells};
use super::pairwise::{Merge, Pairwise};
use crate::parallel::{self, Cost};
use crate::view::Stretches;

/// Elements that are folded in one go where they lie: many enough that a call takes no time beside them.
const RUN: usize = 4 * BLOCK;
/// Outputs that are folded in one call where each has few elements.
const BATCH: usize = 32;
/// So many short segments are folded side by side.
const FEW_RUNS: usize = 4;
/// An element or an accumulator of any type.
type Cell = [u64; 2];

/// Row mode: one output at a time.
pub(super) struct Rows<'a> {
    arrays: Arrays<'a>,
    kept: SmallVec<[Dim; 5]>,
    inner: Dim,
    segments: Vec<Segment>,
    /// See [`side_by_side`].
    together: bool,
}

/// Does an output have several short stretches of memory, each right behind that of the output before? Some outputs are folded
/// together then, stretch by stretch, in the order of memory.
fn side_by_side(arrays: &Arrays, kept: &[Dim], inner: Dim, segments: &[Segment]) -> bool {
    let [first, _, ..] = segments else { return false };
    let is_next = kept.last().is_some_and(|dim| dim.input == first.length as isize);
    is_next
        && arrays.fold.merges_quickly()
        && arrays.is_direct
        && inner.input == 1
        && first.length <= BLOCK
        && segments.iter().all(|s| s.length == first.length)
}

impl<'a> Rows<'a> {
    pub(super) fn new(arrays: Arrays<'a>, kept: SmallVec<[Dim; 5]>, inner: Dim, segments: Vec<Segment>) -> Self {
        let together = side_by_side(&arrays, &kept, inner, &segments);
        Rows { arrays, kept, inner, segments, together }
    }

    pub(super) fn run(&self) -> Result<()> {
        if self.is_one_piece() {
            self.for_each_batch(|numbers, scratch| self.outputs(numbers, scratch));
            return Ok(());
        }
        let pieces = pieces(&self.segments, PIECE)?;
        let mut accs: Vec<Cell> = zeros_for("reduction", pieces.len())?;
        for number in 0..self.count() {
            if interrupt::stops() {
                break;
            }
            let (input, output, context) = self.locate(number);
            parallel::for_each_chunk_mut(&mut accs, Cost::streamed(PIECE), |first, accs| {
                let mut scratch = self.scratch();
                for (i, acc) in accs.iter_mut().enumerate() {
                    self.fold_piece(input, &context, pieces[first + i], &mut scratch, acc);
                }
            });
            self.arrays.merge_tree(&mut accs, 1);
            self.store(output, &accs[0], &context);
        }
        Ok(())
    }

    /// Number of outputs.
    fn count(&self) -> usize {
        self.kept.iter().map(|d| d.size).product()
    }

    /// Elements of an output.
    fn length(&self) -> usize {
        self.segments.iter().map(|s| s.length).sum()
    }

    /// Is an output too little to be shared among threads?
    pub(super) fn is_one_piece(&self) -> bool {
        self.length() - self.segments.last().map_or(0, |last| last.length) < PIECE
    }

    /// Calls `work` with the numbers of all outputs, some at a time.
    pub(super) fn for_each_batch(&self, work: impl Fn(Range<usize>, &mut Scratch) + Sync) {
        let length = self.length().max(1);
        // What is converted first has to fit into the block, and what is read twice into the cache.
        let fitting = (if self.arrays.is_direct { 4 } else { 1 } * BLOCK / length).clamp(1, BATCH);
        let batch = if self.together { BATCH } else { fitting };
        parallel::for_each_chunk(self.count(), Cost::streamed(length), |range| {
            let mut scratch = self.scratch();
            for start in range.clone().step_by(batch) {
                work(start..range.end.min(start + batch), &mut scratch);
            }
        });
    }

    /// Folds all elements of some outputs in one go.
    pub(super) fn outputs(&self, numbers: Range<usize>, scratch: &mut Scratch) {
        let mut start = numbers.start;
        while start < numbers.end {
            // As many as lie one step apart.
            let along = self.kept.last().map_or(1, |dim| dim.size);
            let end = numbers.end.min(start / along * along + along);
            match self.segments[..] {
                [segment] if end - start > 1 && self.is_short(segment) => self.batch(start..end, segment, scratch),
                _ if self.together => self.batch_by_segments(start..end, scratch),
                _ => (start..end).for_each(|number| self.output(number, scratch)),
            }
            start = end;
        }
    }

    /// Is a segment one stretch of memory, short, and behind that of the output before if it has to be converted?
    fn is_short(&self, segment: Segment) -> bool {
        let is_adjacent = self.kept.last().is_some_and(|dim| dim.input == segment.length as isize);
        segment.length <= BLOCK && self.inner.input == 1 && (self.arrays.is_direct || is_adjacent)
    }

    /// Folds outputs that lie one step apart and have one short stretch of elements each.
    fn batch(&self, numbers: Range<usize>, segment: Segment, scratch: &mut Scratch) {
        let (runs, n) = (numbers.len(), segment.length);
        let steps = self.kept.last().copied().unwrap_or(ONE);
        let (input, output, context) = locate(&self.kept, numbers.start);
        let Scratch { elements, contexts, accs, .. } = scratch;
        let (contexts, accs) = (contexts.as_flattened_mut(), accs.as_flattened_mut());
        self.arrays.contexts(context, steps.context, runs, contexts);
        let first = input + segment.offset;
        let x = if self.arrays.is_direct {
            self.arrays.input.stretches(first, [runs, n], [steps.input, 1])
        } else {
            self.arrays.read(first, 1, runs * n, elements);
            Stretches::of_buffer(elements, self.arrays.sizes.dtype, [runs, n])
        };
        self.arrays.fold.fold_runs(x, contexts, accs);
        self.arrays.write(accs, contexts, output, steps.output, runs);
    }

    /// Folds outputs that are [`side_by_side`].
    fn batch_by_segments(&self, numbers: Range<usize>, scratch: &mut Scratch) {
        let (runs, arrays) = (numbers.len(), &self.arrays);
        let steps = self.kept.last().copied().unwrap_or(ONE);
        let (input, output, context) = locate(&self.kept, numbers.start);
        let contexts = scratch.contexts.as_flattened_mut();
        arrays.contexts(context, steps.context, runs, contexts);
        let (mut earlier, mut accs) = (Pairwise::default(), cells(runs, arrays.sizes.acc));
        for segment in &self.segments {
            let x = arrays.input.stretches(input + segment.offset, [runs, segment.length], [steps.input, 1]);
            arrays.fold.fold_runs(x, contexts, &mut accs);
            earlier.push(arrays, &mut accs, runs);
        }
        arrays.fold.reset(&mut accs, runs);
        earlier.merge_into(arrays, &mut accs, runs);
        arrays.write(&accs, contexts, output, steps.output, runs);
    }

    /// Folds all elements of an output in one go.
    fn output(&self, number: usize, scratch: &mut Scratch) {
        let mut acc = Cell::default();
        let (input, output, context) = self.locate(number);
        self.fold_piece(input, &context, &self.segments, scratch, &mut acc);
        self.store(output, &acc, &context);
    }

    fn scratch(&self) -> Scratch {
        // Elements that do not follow one another or are of another dtype go through a block.
        let is_block = self.inner.input != 1 || !self.arrays.is_direct;
        let elements = if is_block { cells(BLOCK, self.arrays.sizes.input) } else { Vec::new() };
        Scratch { elements, contexts: [[0; 2]; BATCH], accs: [[0; 2]; BATCH], wide_contexts: Vec::new(), wide_accs: Vec::new() }
    }

    /// Offsets of input and output, and the context's value.
    fn locate(&self, number: usize) -> (isize, isize, Cell) {
        let (input, output, context) = locate(&self.kept, number);
        let mut value = Cell::default();
        self.arrays.contexts(context, 1, 1, &mut value);
        (input, output, value)
    }

    fn store(&self, output: isize, acc: &Cell, context: &Cell) {
        self.arrays.write(acc, context, output, 1, 1);
    }

    fn fold_piece(&self, input: isize, context: &Cell, piece: &[Segment], scratch: &mut Scratch, acc: &mut Cell) {
        let Some((last, mut others)) = piece.split_last() else { return self.arrays.fold.reset(acc, 1) };
        let mut earlier = Pairwise::default();
        while let [segment, ..] = others {
            let alike = self.alike(others);
            if alike == 1 {
                self.fold_segment(input, context, segment, &mut scratch.elements, acc);
                earlier.push(&self.arrays, acc, 1);
            } else {
                self.fold_alike(input, context, &others[..alike], scratch, &mut earlier);
            }
            others = &others[alike..];
        }
        self.fold_segment(input, context, last, &mut scratch.elements, acc);
        earlier.merge_into(&self.arrays, acc, 1);
    }

    /// How many of the segments at the beginning are short stretches of memory of one length, one step apart.
    fn alike(&self, segments: &[Segment]) -> usize {
        let [first, second, ..] = segments else { return 1 };
        if !self.arrays.is_direct || self.inner.input != 1 || first.length > BLOCK {
            return 1;
        }
        let step = second.offset - first.offset;
        let is_next = |(i, s): &(usize, &Segment)| s.length == first.length && s.offset == first.offset + *i as isize * step;
        segments.iter().enumerate().take(BATCH).take_while(is_next).count()
    }

    /// Folds segments that are [`Rows::alike`], whose accumulators join the earlier ones in their order.
    fn fold_alike(
        &self,
        input: isize,
        context: &Cell,
        segments: &[Segment],
        scratch: &mut Scratch,
        earlier: &mut Pairwise<Cell>,
    ) {
        let (runs, n, step) = (segments.len(), segments[0].length, segments[1].offset - segments[0].offset);
        if n <= COLUMNS && runs >= FEW_RUNS {
            self.fold_side_by_side(input, context, segments, scratch, earlier);
            return;
        }
        let Arrays { fold, sizes, input: elements, .. } = &self.arrays;
        let Scratch { contexts, accs, .. } = scratch;
        self.repeat_context(context, contexts.as_flattened_mut(), runs);
        let x = elements.stretches(input + segments[0].offset, [runs, n], [step, 1]);
        fold.fold_runs(x, contexts.as_flattened(), accs.as_flattened_mut());
        let accs: &[u8] = bytemuck::cast_slice(accs.as_flattened());
        for part in accs.chunks_exact(sizes.acc).take(runs) {
            let mut next = Cell::default();
            bytemuck::cast_slice_mut::<u64, u8>(&mut next)[..sizes.acc].copy_from_slice(part);
            earlier.push(&self.arrays, &mut next, 1);
        }
    }

    /// [`Rows::fold_alike`] of short segments: the elements with the same number in all of them have an accumulator, and these
    /// merge in the end, where a merge within every segment would take longer than its elements.
    fn fold_side_by_side(
        &self,
        input: isize,
        context: &Cell,
        segments: &[Segment],
        scratch: &mut Scratch,
        earlier: &mut Pairwise<Cell>,
    ) {
        let Arrays { fold, sizes, input: elements, .. } = &self.arrays;
        let (runs, n, step) = (segments.len(), segments[0].length, segments[1].offset - segments[0].offset);
        let Scratch { wide_contexts, wide_accs, .. } = scratch;
        wide_contexts.resize((n * sizes.context).div_ceil(8), 0);
        wide_accs.resize((n * sizes.acc).div_ceil(8), 0);
        self.repeat_context(context, wide_contexts, n);
        fold.reset(wide_accs, n);
        fold.fold_rows(elements.stretches(input + segments[0].offset, [runs, n], [step, 1]), wide_contexts, wide_accs);
        fold.merge_all(wide_accs, n);
        let mut next = Cell::default();
        let first: &[u8] = bytemuck::cast_slice(wide_accs);
        bytemuck::cast_slice_mut::<u64, u8>(&mut next)[..sizes.acc].copy_from_slice(&first[..sizes.acc]);
        earlier.push(&self.arrays, &mut next, 1);
    }

    /// Writes the context of an output, where there is one, `n` times.
    fn repeat_context(&self, context: &Cell, to: &mut [u64], n: usize) {
        if self.arrays.context.is_some() {
            let size = self.arrays.sizes.context;
            let (from, to): (&[u8], &mut [u8]) = (bytemuck::cast_slice(context), bytemuck::cast_slice_mut(to));
            to.chunks_exact_mut(size).take(n).for_each(|to| to.copy_from_slice(&from[..size]));
        }
    }

    /// Folds a segment; the accumulator is overwritten.
    fn fold_segment(&self, input: isize, context: &Cell, segment: &Segment, buffer: &mut [u64], acc: &mut Cell) {
        let first = input + segment.offset;
        if self.arrays.is_direct && (self.inner.input == 1 || segment.length == 1) {
            self.fold_slice(first, segment.length, context, acc);
        } else {
            self.fold_strided(first, segment.length, context, buffer, acc);
        }
    }

    /// Folds `n` elements of the input that follow one another. Blocks merge pairwise: the error of a float32 sum grows with
    /// the logarithm of its length.
    fn fold_slice(&self, first: isize, n: usize, context: &Cell, acc: &mut Cell) {
        if n <= RUN {
            return self.arrays.fold.fold_runs(self.arrays.input.line(first, 1, n), context, acc);
        }
        let half = (n / 2).next_multiple_of(RUN);
        let mut rest = Cell::default();
        self.fold_slice(first, half, context, acc);
        self.fold_slice(first + half as isize, n - half, context, &mut rest);
        self.arrays.join(acc, &rest, 1);
    }

    /// Folds `n` elements of the input that lie one step apart.
    fn fold_strided(&self, first: isize, n: usize, context: &Cell, buffer: &mut [u64], acc: &mut Cell) {
        let (mut earlier, mut next) = (Pairwise::default(), Cell::default());
        for start in (0..n).step_by(BLOCK) {
            let count = BLOCK.min(n - start);
            self.arrays.read(first + start as isize * self.inner.input, self.inner.input, count, buffer);
            let x = Stretches::of_buffer(buffer, self.arrays.sizes.dtype, [1, count]);
            self.arrays.fold.fold_runs(x, context, &mut next);
            earlier.push(&self.arrays, &mut next, 1);
        }
        self.arrays.fold.reset(acc, 1);
        earlier.merge_into(&self.arrays, acc, 1);
    }
}

/// What a thread needs for outputs of its own.
pub(super) struct Scratch {
    /// A block of elements.
    elements: Vec<u64>,
    contexts: [Cell; BATCH],
    accs: [Cell; BATCH],
    /// For segments side by side.
    wide_contexts: Vec<u64>,
    wide_accs: Vec<u64>,
}
