//! Walks an array for a fold.
//!
//! Where a reduced dimension has the smallest step, each output folds runs of memory with many accumulators side by
//! side (row mode). Where a kept dimension has it, a block of outputs is folded together, an accumulator each (column
//! mode). Long reductions are cut into pieces of a fixed size whose accumulators merge in a fixed tree, so no result
//! depends on the number of threads.

use std::ops::Range;

use ferrotorch_kernel::{Array, DType, Result, ensure};
use smallvec::SmallVec;

use super::dims::{Dim, ONE, PIECE, Segment, locate, pieces, segments, split};
use super::loops::{Loops, Sizes};
use super::pairwise::{Merge, Pairwise};
use crate::convert::{RawLoader, raw_loader};
use crate::parallel::{self, Cost};
use crate::view::{Elements, Read, Stretches, Write};

/// Elements folded before accumulators are merged: keeps float32 sums accurate.
const BLOCK: usize = 2048;
/// Outputs side by side in column mode.
const COLUMNS: usize = 256;
/// Rows that a block of columns folds before its accumulators are merged: as for [`BLOCK`], with one accumulator a column.
const ROWS: usize = 32;
/// Outputs that are folded in one call where each has few elements.
const BATCH: usize = 32;
/// So many short segments are folded side by side.
const FEW_RUNS: usize = 4;
/// An element or an accumulator of any type.
type Cell = [u64; 2];

/// A fold and the arrays that threads use on outputs of their own.
struct Arrays<'a> {
    fold: &'a dyn Loops,
    sizes: Sizes,
    input: Elements<'a, Read>,
    /// Are the input's elements those of the fold? Otherwise they are converted, a block at a time.
    is_direct: bool,
    load: RawLoader,
    context: Option<(Elements<'a, Read>, RawLoader)>,
    output: Elements<'a, Write>,
}

/// Folds the dimensions of `input` that have size 1 in `out`, its elements converted to `compute`, the dtype of the fold.
pub(super) fn reduce_with(fold: &dyn Loops, input: &Array, compute: DType, out: &Array) -> Result<()> {
    if let Some(walk) = Walk::new(fold, input, compute, None, out)? {
        walk.run();
    }
    Ok(())
}

/// Folds elements converted to `compute` twice, the results of the first fold, `between`, being the context of the second. They
/// have the shape of `out`. Where one task does an output, it does both folds while the elements are in the cache.
pub(super) fn reduce_twice(folds: [&dyn Loops; 2], input: &Array, compute: DType, between: &Array, out: &Array) -> Result<()> {
    let first = Walk::new(folds[0], input, compute, None, between)?;
    let second = Walk::new(folds[1], input, compute, Some(between), out)?;
    match (first, second) {
        (Some(Walk::Rows(first)), Some(Walk::Rows(second))) if first.is_one_piece() => {
            first.for_each_batch(|numbers, scratch| {
                first.outputs(numbers.clone(), scratch);
                second.outputs(numbers, scratch);
            })
        }
        (Some(first), Some(second)) => {
            first.run();
            second.run();
        }
        _ => {}
    }
    Ok(())
}

/// A fold on its way over an array.
enum Walk<'a> {
    Rows(Rows<'a>),
    Columns(Columns<'a>),
}

impl<'a> Walk<'a> {
    /// Chooses the mode; `None` where there is no output.
    fn new(
        fold: &'a dyn Loops,
        input: &'a Array,
        compute: DType,
        context: Option<&'a Array>,
        out: &'a Array,
    ) -> Result<Option<Walk<'a>>> {
        ensure!(input.layout.ndim() == out.layout.ndim(), Runtime, "a reduction's output has another rank than its input");
        let (mut kept, mut reduced) = split(input, context, out);
        let sizes = fold.sizes();
        let arrays = Arrays {
            fold,
            sizes,
            input: Elements::new(input)?,
            is_direct: input.dtype == compute,
            load: raw_loader(input.dtype, compute)?,
            context: match context {
                Some(array) => Some((Elements::new(array)?, raw_loader(array.dtype, array.dtype)?)),
                None => None,
            },
            output: Elements::new(out)?,
        };
        if out.numel() == 0 {
            return Ok(None);
        }
        let empty = Dim { size: 0, input: 0, output: 0, context: 0 };
        let inner = if input.numel() == 0 { empty } else { reduced.pop().unwrap_or(ONE) };
        let by_columns = kept.last().is_some_and(|k| k.input.abs() < inner.input.abs() && inner.size > 1);
        // Of nothing there are no segments, however many places there are for them.
        let segments = if input.numel() == 0 { Vec::new() } else { segments(&reduced, inner) };
        if by_columns && let Some(columns) = kept.pop() {
            return Ok(Some(Walk::Columns(Columns { arrays, kept, columns, inner, segments })));
        }
        let together = side_by_side(&arrays, &kept, inner, &segments);
        Ok(Some(Walk::Rows(Rows { arrays, kept, inner, segments, together })))
    }

    fn run(&self) {
        match self {
            Walk::Rows(rows) => rows.run(),
            Walk::Columns(columns) => columns.run(),
        }
    }
}

impl Arrays<'_> {
    /// Merges groups of `width` accumulators as a balanced tree, into the first group.
    fn merge_tree(&self, groups: &mut [impl AsMut<[u64]>], width: usize) {
        let mut step = groups.len().next_power_of_two() / 2;
        while step > 0 {
            for i in 0..step.min(groups.len() - step) {
                let (into, from) = groups.split_at_mut(i + step);
                self.join(into[i].as_mut(), from[0].as_mut(), width);
            }
            step /= 2;
        }
    }

    /// Reads `n` elements that lie `step` apart from `offset` on as the fold's, one behind the other.
    fn read(&self, offset: isize, step: isize, n: usize, buffer: &mut [u64]) {
        (self.load)(self.input.line(offset, step, n), n, buffer);
    }

    /// Reads `n` contexts that lie `step` apart from `offset` on; there may be none.
    fn contexts(&self, offset: isize, step: isize, n: usize, values: &mut [u64]) {
        if let Some((contexts, load)) = &self.context {
            load(contexts.line(offset, step, n), n, values);
        }
    }

    /// Writes the results of `n` outputs that lie `step` apart from `offset` on, which are the caller's task.
    fn write(&self, accs: &[u64], contexts: &[u64], offset: isize, step: isize, n: usize) {
        // SAFETY: every output is written by the one task that owns it.
        let mut output = unsafe { self.output.alias() };
        self.fold.write(accs, contexts, output.line_mut(offset, step, n));
    }
}

impl Merge for Arrays<'_> {
    /// All of the accumulators have been set before.
    fn join(&self, into: &mut [u64], from: &[u64], n: usize) {
        self.fold.join(into, from, n);
    }
}

/// Memory for `n` elements or accumulators of `size` bytes.
fn cells(n: usize, size: usize) -> Vec<u64> {
    vec![0; (n * size).div_ceil(8)]
}

/// Row mode: one output at a time.
struct Rows<'a> {
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

impl Rows<'_> {
    fn run(&self) {
        if self.is_one_piece() {
            return self.for_each_batch(|numbers, scratch| self.outputs(numbers, scratch));
        }
        let pieces = pieces(&self.segments, PIECE);
        for number in 0..self.count() {
            let (input, output, context) = self.locate(number);
            let mut accs = vec![Cell::default(); pieces.len()];
            parallel::for_each_chunk_mut(&mut accs, Cost::streamed(PIECE), |first, accs| {
                let mut scratch = self.scratch();
                for (i, acc) in accs.iter_mut().enumerate() {
                    self.fold_piece(input, &context, pieces[first + i], &mut scratch, acc);
                }
            });
            self.arrays.merge_tree(&mut accs, 1);
            self.store(output, &accs[0], &context);
        }
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
    fn is_one_piece(&self) -> bool {
        pieces(&self.segments, PIECE).len() == 1
    }

    /// Calls `work` with the numbers of all outputs, some at a time.
    fn for_each_batch(&self, work: impl Fn(Range<usize>, &mut Scratch) + Sync) {
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
    fn outputs(&self, numbers: Range<usize>, scratch: &mut Scratch) {
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
        if n <= BLOCK {
            return self.arrays.fold.fold_runs(self.arrays.input.line(first, 1, n), context, acc);
        }
        let half = (n / 2).next_multiple_of(BLOCK);
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
struct Scratch {
    /// A block of elements.
    elements: Vec<u64>,
    contexts: [Cell; BATCH],
    accs: [Cell; BATCH],
    /// For segments side by side.
    wide_contexts: Vec<u64>,
    wide_accs: Vec<u64>,
}

/// The values of a block of columns.
struct Block {
    context: Vec<u64>,
    /// Accumulators of at most `ROWS` rows, and of the whole piece in the end.
    part: Vec<u64>,
    earlier: Pairwise<Vec<u64>>,
    /// Rows that cannot be read in place.
    buffer: Vec<u64>,
}

/// Column mode: a block of outputs together.
struct Columns<'a> {
    arrays: Arrays<'a>,
    kept: SmallVec<[Dim; 5]>,
    columns: Dim,
    inner: Dim,
    segments: Vec<Segment>,
}

impl Columns<'_> {
    fn run(&self) {
        let outer: usize = self.kept.iter().map(|d| d.size).product();
        let blocks = self.columns.size.div_ceil(COLUMNS);
        let width = self.columns.size.min(COLUMNS);
        let pieces = pieces(&self.segments, (PIECE / width).max(ROWS));
        let rows: usize = self.segments.iter().map(|s| s.length).sum();
        let tasks = outer * blocks;
        if pieces.len() == 1 {
            parallel::for_each_chunk(tasks, Cost::streamed(rows * width), |range| {
                let mut block = self.block_memory(width);
                for task in range {
                    self.fold_piece(task, blocks, pieces[0], &mut block);
                    self.store(task, blocks, &block.part, &block.context);
                }
            });
            return;
        }
        for task in 0..tasks {
            let mut accs = vec![Vec::new(); pieces.len()];
            parallel::for_each_chunk_mut(&mut accs, Cost::streamed(PIECE), |first, accs| {
                let mut block = self.block_memory(width);
                for (i, acc) in accs.iter_mut().enumerate() {
                    self.fold_piece(task, blocks, pieces[first + i], &mut block);
                    acc.clone_from(&block.part);
                }
            });
            self.arrays.merge_tree(&mut accs, self.block(task, blocks).1);
            let mut context = cells(width, self.arrays.sizes.context);
            self.read_context(task, blocks, &mut context);
            self.store(task, blocks, &accs[0], &context);
        }
    }

    /// Offsets of a task's first column, and its number of columns.
    fn block(&self, task: usize, blocks: usize) -> ((isize, isize, isize), usize) {
        let at = locate(&self.kept, task / blocks);
        let first = task % blocks * COLUMNS;
        let shift = |at: isize, step: isize| at + first as isize * step;
        let start = (shift(at.0, self.columns.input), shift(at.1, self.columns.output), shift(at.2, self.columns.context));
        (start, COLUMNS.min(self.columns.size - first))
    }

    fn block_memory(&self, width: usize) -> Block {
        let sizes = self.arrays.sizes;
        let rows = self.rows_together();
        let buffer = if self.is_read_in_place() { Vec::new() } else { cells(rows * width, sizes.input) };
        Block { context: cells(width, sizes.context), part: cells(width, sizes.acc), earlier: Pairwise::default(), buffer }
    }

    /// Do the rows consist of elements of the fold that follow one another?
    fn is_read_in_place(&self) -> bool {
        self.arrays.is_direct && self.columns.input == 1
    }

    /// How many rows are read into the buffer together: some where there is one block, and a row follows the one before.
    fn rows_together(&self) -> usize {
        let width = self.columns.size;
        let is_adjacent = self.columns.input == 1 && self.inner.input == width as isize && width <= COLUMNS;
        if is_adjacent { (BLOCK / width).clamp(1, ROWS) } else { 1 }
    }

    /// Reads the context's values of a block of columns.
    fn read_context(&self, task: usize, blocks: usize, values: &mut [u64]) {
        let ((_, _, at), width) = self.block(task, blocks);
        self.arrays.contexts(at, self.columns.context, width, values);
    }

    /// Folds a piece of a block of columns into the block's accumulators.
    fn fold_piece(&self, task: usize, blocks: usize, piece: &[Segment], block: &mut Block) {
        let ((input, _, _), width) = self.block(task, blocks);
        self.read_context(task, blocks, &mut block.context);
        self.arrays.fold.reset(&mut block.part, width);
        let mut rows = 0;
        for segment in piece {
            let mut start = 0;
            while start < segment.length {
                let count = (ROWS - rows).min(segment.length - start);
                self.fold_rows(input + segment.offset + start as isize * self.inner.input, count, width, block);
                (start, rows) = (start + count, rows + count);
                if rows == ROWS {
                    block.earlier.push(&self.arrays, &mut block.part, width);
                    self.arrays.fold.reset(&mut block.part, width);
                    rows = 0;
                }
            }
        }
        block.earlier.merge_into(&self.arrays, &mut block.part, width);
    }

    /// Folds some rows of a block of columns, the first of which is at the offset `first`.
    fn fold_rows(&self, first: isize, rows: usize, width: usize, block: &mut Block) {
        let Arrays { fold, sizes, input, .. } = &self.arrays;
        if self.is_read_in_place() {
            let x = input.stretches(first, [rows, width], [self.inner.input, 1]);
            return fold.fold_rows(x, &block.context, &mut block.part);
        }
        let together = self.rows_together();
        for row in (0..rows).step_by(together) {
            let count = together.min(rows - row);
            let at = first + row as isize * self.inner.input;
            self.arrays.read(at, self.columns.input, count * width, &mut block.buffer);
            fold.fold_rows(Stretches::of_buffer(&block.buffer, sizes.dtype, [count, width]), &block.context, &mut block.part);
        }
    }

    fn store(&self, task: usize, blocks: usize, accs: &[u64], context: &[u64]) {
        let ((_, output, _), width) = self.block(task, blocks);
        self.arrays.write(accs, context, output, self.columns.output, width);
    }
}
