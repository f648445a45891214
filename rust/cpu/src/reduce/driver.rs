//! Walks an array for a fold.
//!
//! Where a reduced dimension has the smallest step, each output folds runs of memory with many accumulators side by
//! side (row mode). Where a kept dimension has it, a block of outputs is folded together, an accumulator each (column
//! mode). Long reductions are cut into pieces of a fixed size whose accumulators merge in a fixed tree, so no result
//! depends on the number of threads.

use ferrotorch_core::{Array, Result, ensure};
use smallvec::SmallVec;

use super::dims::{Dim, ONE, PIECE, Segment, locate, pieces, segments, split};
use super::loops::{Loops, Sizes};
use crate::host::{check_output, checked_bytes};
use crate::parallel;

/// Elements that a thread should at least have to fold.
const GRAIN: usize = 1 << 14;
/// Elements folded before accumulators are merged: keeps float32 sums accurate.
const BLOCK: usize = 2048;
/// Outputs side by side in column mode.
const COLUMNS: usize = 256;
/// Rows that a block of columns folds before its accumulators are merged.
const ROWS: usize = 64;
/// An element or an accumulator of any type.
type Cell = [u64; 2];

/// A fold and the arrays that threads use on outputs of their own.
struct Arrays<'a> {
    fold: &'a dyn Loops,
    sizes: Sizes,
    input: *const u8,
    context: Option<*const u8>,
    output: *mut u8,
}

// SAFETY: inputs are only read; every output is written by the one task that owns it.
unsafe impl Sync for Arrays<'_> {}

/// Folds the dimensions of `input` that have size 1 in `out`. `context` has the shape of `out` and the dtype of `input`.
pub(super) fn reduce_with(fold: &dyn Loops, input: &Array, context: Option<&Array>, out: &Array) -> Result<()> {
    if let Some(walk) = Walk::new(fold, input, context, out)? {
        walk.run();
    }
    Ok(())
}

/// Folds twice, the results of the first fold being the context of the second. Where one task does an output, it does
/// both folds while the elements are in the cache.
pub(super) fn reduce_twice(folds: [&dyn Loops; 2], input: &Array, between: &Array, out: &Array) -> Result<()> {
    let first = Walk::new(folds[0], input, None, between)?;
    let second = Walk::new(folds[1], input, Some(between), out)?;
    match (first, second) {
        (Some(Walk::Rows(first)), Some(Walk::Rows(second))) if first.is_one_piece() => first.for_each_output(|number, buffer| {
            first.output(number, buffer);
            second.output(number, buffer);
        }),
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
    fn new(fold: &'a dyn Loops, input: &Array, context: Option<&Array>, out: &Array) -> Result<Option<Walk<'a>>> {
        ensure!(input.layout.ndim() == out.layout.ndim(), Runtime, "a reduction's output has another rank than its input");
        check_output(out)?;
        let (mut kept, mut reduced) = split(input, context, out);
        let sizes = fold.sizes();
        let arrays = Arrays {
            fold,
            sizes,
            input: checked_bytes(input, sizes.input)?,
            context: context.map(|context| checked_bytes(context, sizes.input)).transpose()?.map(|p| p.cast_const()),
            output: checked_bytes(out, sizes.output)?,
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
        Ok(Some(Walk::Rows(Rows { arrays, kept, inner, segments })))
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

    /// Makes accumulators those of no elements.
    fn reset(&self, accs: &mut [u64], n: usize) {
        assert!(n * self.sizes.acc <= size_of_val(accs));
        // SAFETY: there is room for `n` accumulators, which are aligned to eight bytes at most.
        unsafe { self.fold.reset(accs.as_mut_ptr().cast(), n) };
    }

    /// Accumulators join others. All of them have been set before.
    fn join(&self, into: &mut [u64], from: &[u64], n: usize) {
        assert!(n * self.sizes.acc <= size_of_val(into).min(size_of_val(from)));
        // SAFETY: both hold `n` accumulators, which are aligned to eight bytes at most.
        unsafe { self.fold.join(into.as_mut_ptr().cast(), from.as_ptr().cast(), n) };
    }
}

/// Copies `n` elements of `size` bytes that lie `step` elements apart into a buffer, one behind the other.
///
/// # Safety
/// `first` and `buffer` are aligned to the elements; all of them can be read, and the buffer, which is apart from them,
/// has room for them.
unsafe fn gather(first: *const u8, step: isize, n: usize, size: usize, buffer: *mut u8) {
    unsafe fn typed<T: Copy>(first: *const u8, step: isize, n: usize, buffer: *mut u8) {
        for i in 0..n {
            // SAFETY: as the caller of `gather` promises. Unaligned, because a complex number is aligned as its parts.
            unsafe {
                let element = first.cast::<T>().offset(i as isize * step).read_unaligned();
                buffer.cast::<T>().add(i).write_unaligned(element);
            }
        }
    }
    // SAFETY: as the caller promises.
    unsafe {
        match size {
            1 => typed::<u8>(first, step, n, buffer),
            2 => typed::<u16>(first, step, n, buffer),
            4 => typed::<u32>(first, step, n, buffer),
            8 => typed::<u64>(first, step, n, buffer),
            _ => typed::<u128>(first, step, n, buffer),
        }
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
}

impl Rows<'_> {
    fn run(&self) {
        if self.is_one_piece() {
            return self.for_each_output(|number, buffer| self.output(number, buffer));
        }
        let pieces = pieces(&self.segments, PIECE);
        for number in 0..self.outputs() {
            let (input, output, context) = self.locate(number);
            let mut accs = vec![Cell::default(); pieces.len()];
            parallel::for_each_chunk_mut(&mut accs, 1, |first, accs| {
                let mut buffer = self.buffer();
                for (i, acc) in accs.iter_mut().enumerate() {
                    self.fold_piece(input, &context, pieces[first + i], &mut buffer, acc);
                }
            });
            self.arrays.merge_tree(&mut accs, 1);
            self.store(output, &accs[0], &context);
        }
    }

    fn outputs(&self) -> usize {
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

    /// Calls `work` with every output's number and a buffer.
    fn for_each_output(&self, work: impl Fn(usize, &mut [u64]) + Sync) {
        parallel::for_each_chunk(self.outputs(), (GRAIN / self.length().max(1)).max(1), |range| {
            let mut buffer = self.buffer();
            range.for_each(|number| work(number, &mut buffer));
        });
    }

    /// Folds all elements of an output in one go.
    fn output(&self, number: usize, buffer: &mut [u64]) {
        let mut acc = Cell::default();
        let (input, output, context) = self.locate(number);
        self.fold_piece(input, &context, &self.segments, buffer, &mut acc);
        self.store(output, &acc, &context);
    }

    /// Room for a block of elements that do not follow one another.
    fn buffer(&self) -> Vec<u64> {
        if self.inner.input == 1 { Vec::new() } else { cells(BLOCK, self.arrays.sizes.input) }
    }

    /// Offsets of input and output, and the context's value.
    fn locate(&self, number: usize) -> (isize, isize, Cell) {
        let (input, output, context) = locate(&self.kept, number);
        let mut value = Cell::default();
        if let Some(contexts) = self.arrays.context {
            let size = self.arrays.sizes.input;
            // SAFETY: the offset is that of an index of the context array, which has the output's shape.
            unsafe { gather(contexts.offset(context * size as isize), 1, 1, size, value.as_mut_ptr().cast()) };
        }
        (input, output, value)
    }

    fn store(&self, output: isize, acc: &Cell, context: &Cell) {
        let Arrays { fold, sizes, output: out, .. } = self.arrays;
        // SAFETY: the offset is that of an index of the output, which this task alone writes.
        unsafe { fold.write(acc.as_ptr().cast(), context.as_ptr().cast(), 1, out.offset(output * sizes.output as isize), 1) }
    }

    fn fold_piece(&self, input: isize, context: &Cell, piece: &[Segment], buffer: &mut [u64], acc: &mut Cell) {
        let Some((first, rest)) = piece.split_first() else { return self.arrays.reset(acc, 1) };
        self.fold_segment(input, context, first, buffer, acc);
        for segment in rest {
            let mut next = Cell::default();
            self.fold_segment(input, context, segment, buffer, &mut next);
            self.arrays.join(acc, &next, 1);
        }
    }

    /// Folds a segment; the accumulator is overwritten.
    fn fold_segment(&self, input: isize, context: &Cell, segment: &Segment, buffer: &mut [u64], acc: &mut Cell) {
        // SAFETY: the segment's elements belong to an index of the input array.
        let first = unsafe { self.arrays.input.offset((input + segment.offset) * self.arrays.sizes.input as isize) };
        if self.inner.input == 1 || segment.length == 1 {
            // SAFETY: as above, and they follow one another.
            unsafe { self.fold_slice(first, segment.length, context, acc) };
        } else {
            // SAFETY: as above.
            unsafe { self.fold_strided(first, segment.length, context, buffer, acc) };
        }
    }

    /// Blocks merge pairwise: the error of a float32 sum grows with the logarithm of its length.
    ///
    /// # Safety
    /// `n` elements follow one another at `x`.
    unsafe fn fold_slice(&self, x: *const u8, n: usize, context: &Cell, acc: &mut Cell) {
        if n <= BLOCK {
            // SAFETY: as the caller promises; a cell holds any accumulator.
            unsafe { self.arrays.fold.fold_run(x, n, context.as_ptr().cast(), acc.as_mut_ptr().cast()) };
            return;
        }
        let half = (n / 2).next_multiple_of(BLOCK);
        let mut rest = Cell::default();
        // SAFETY: as the caller promises.
        unsafe {
            self.fold_slice(x, half, context, acc);
            self.fold_slice(x.add(half * self.arrays.sizes.input), n - half, context, &mut rest);
        }
        self.arrays.join(acc, &rest, 1);
    }

    /// # Safety
    /// `n` elements lie one step apart from `first` on.
    unsafe fn fold_strided(&self, first: *const u8, n: usize, context: &Cell, buffer: &mut [u64], acc: &mut Cell) {
        let (step, size) = (self.inner.input, self.arrays.sizes.input);
        assert!(size_of_val(buffer) >= BLOCK * size);
        self.arrays.reset(acc, 1);
        for start in (0..n).step_by(BLOCK) {
            let count = BLOCK.min(n - start);
            // SAFETY: as the caller promises; the buffer has room for a block.
            unsafe {
                let block = first.offset(start as isize * step * size as isize);
                gather(block, step, count, size, buffer.as_mut_ptr().cast());
            }
            let mut next = Cell::default();
            // SAFETY: `gather` wrote `count` elements to the buffer.
            unsafe { self.fold_slice(buffer.as_ptr().cast(), count, context, &mut next) };
            self.arrays.join(acc, &next, 1);
        }
    }
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
            parallel::for_each_chunk(tasks, (GRAIN / (rows * width).max(1)).max(1), |range| {
                range.for_each(|task| self.store(task, blocks, &self.fold_piece(task, blocks, pieces[0])));
            });
            return;
        }
        for task in 0..tasks {
            let mut accs = vec![Vec::new(); pieces.len()];
            parallel::for_each_chunk_mut(&mut accs, 1, |first, accs| {
                for (i, acc) in accs.iter_mut().enumerate() {
                    *acc = self.fold_piece(task, blocks, pieces[first + i]);
                }
            });
            self.arrays.merge_tree(&mut accs, self.block(task, blocks).1);
            self.store(task, blocks, &accs[0]);
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

    /// The context's values of a block of columns.
    fn context(&self, at: isize, width: usize) -> Vec<u64> {
        let size = self.arrays.sizes.input;
        let mut values = cells(width, size);
        if let Some(contexts) = self.arrays.context {
            // SAFETY: the offsets are those of indices of the context array, which has the output's shape.
            unsafe {
                let first = contexts.offset(at * size as isize);
                gather(first, self.columns.context, width, size, values.as_mut_ptr().cast());
            }
        }
        values
    }

    fn fold_piece(&self, task: usize, blocks: usize, piece: &[Segment]) -> Vec<u64> {
        let ((input, _, context), width) = self.block(task, blocks);
        let Arrays { fold, sizes, input: elements, .. } = self.arrays;
        let context = self.context(context, width);
        let (mut total, mut part) = (cells(width, sizes.acc), cells(width, sizes.acc));
        let mut buffer = cells(width, sizes.input);
        self.arrays.reset(&mut total, width);
        self.arrays.reset(&mut part, width);
        let mut rows = 0;
        for segment in piece {
            for r in 0..segment.length as isize {
                let offset = input + segment.offset + r * self.inner.input;
                // SAFETY: a row of the block consists of elements of the input array.
                let mut row = unsafe { elements.offset(offset * sizes.input as isize) };
                if self.columns.input != 1 {
                    // SAFETY: as above; the buffer has room for them.
                    unsafe { gather(row, self.columns.input, width, sizes.input, buffer.as_mut_ptr().cast()) };
                    row = buffer.as_ptr().cast();
                }
                // SAFETY: `width` elements follow one another at `row`, and all accumulators and contexts have been set.
                unsafe { fold.fold_row(row, width, context.as_ptr().cast(), part.as_mut_ptr().cast()) };
                rows += 1;
                if rows == ROWS {
                    self.flush(&mut total, &mut part, width);
                    rows = 0;
                }
            }
        }
        self.flush(&mut total, &mut part, width);
        total
    }

    fn flush(&self, total: &mut [u64], part: &mut [u64], width: usize) {
        self.arrays.join(total, part, width);
        self.arrays.reset(part, width);
    }

    fn store(&self, task: usize, blocks: usize, accs: &[u64]) {
        let ((_, output, context), width) = self.block(task, blocks);
        let context = self.context(context, width);
        let Arrays { fold, sizes, output: out, .. } = self.arrays;
        // SAFETY: `fold_piece` set `width` accumulators. The offsets are those of indices of the output, which this task
        // alone writes.
        unsafe {
            let first = out.offset(output * sizes.output as isize);
            fold.write(accs.as_ptr().cast(), context.as_ptr().cast(), width, first, self.columns.output);
        }
    }
}
