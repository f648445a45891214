//! Column mode: outputs side by side, an accumulator each.

use ferrotorch_kernel::memory::{collect_for, zeros_for};
use ferrotorch_kernel::{Result, interrupt};
use smallvec::SmallVec;

use super::dims::{Dim, PIECE, Segment, locate, pieces};
use super::driver::{Arrays, BLOCK, COLUMNS, cells};
use super::pairwise::Pairwise;
use crate::parallel::{self, Cost};
use crate::view::Stretches;

/// Rows that a block of columns folds before its accumulators are merged: as for [`BLOCK`], with one accumulator a column.
pub(super) const ROWS: usize = 32;
/// Groups of `ROWS` rows that are folded together where there are few columns: those of one group alone would wait for each other.
pub(super) const GROUPS: usize = 4;
/// As many columns count as few.
pub(super) const FEW: usize = 64;

/// The values of a block of columns.
struct Block {
    context: Vec<u64>,
    /// Accumulators of at most `ROWS` rows, and of the whole piece in the end.
    part: Vec<u64>,
    /// Accumulators of `GROUPS` times `ROWS` rows.
    parts: [Vec<u64>; GROUPS],
    earlier: Pairwise<Vec<u64>>,
    /// Rows that cannot be read in place.
    buffer: Vec<u64>,
}

/// Column mode: a block of outputs together.
pub(super) struct Columns<'a> {
    pub(super) arrays: Arrays<'a>,
    pub(super) kept: SmallVec<[Dim; 5]>,
    pub(super) columns: Dim,
    pub(super) inner: Dim,
    pub(super) segments: Vec<Segment>,
}

impl Columns<'_> {
    pub(super) fn run(&self) -> Result<()> {
        let outer: usize = self.kept.iter().map(|d| d.size).product();
        let blocks = self.columns.size.div_ceil(COLUMNS);
        let width = self.columns.size.min(COLUMNS);
        let pieces = pieces(&self.segments, (PIECE / width).max(ROWS))?;
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
            return Ok(());
        }
        let words = (width * self.arrays.sizes.acc).div_ceil(size_of::<u64>());
        let mut memory: Vec<u64> = zeros_for("reduction", words * pieces.len())?;
        for task in 0..tasks {
            if interrupt::stops() {
                break;
            }
            let mut accs = collect_for("reduction", memory.chunks_exact_mut(words))?;
            parallel::for_each_chunk_mut(&mut accs, Cost::streamed(PIECE), |first, accs| {
                let mut block = self.block_memory(width);
                for (i, acc) in accs.iter_mut().enumerate() {
                    self.fold_piece(task, blocks, pieces[first + i], &mut block);
                    acc.copy_from_slice(&block.part);
                }
            });
            self.arrays.merge_tree(&mut accs, self.block(task, blocks).1);
            let mut context = cells(width, self.arrays.sizes.context);
            self.read_context(task, blocks, &mut context);
            self.store(task, blocks, accs[0], &context);
        }
        Ok(())
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
        let rows = if self.is_narrow() { GROUPS * ROWS } else { rows };
        let buffer = if self.is_read_in_place() { Vec::new() } else { cells(rows * width, sizes.input) };
        let parts = std::array::from_fn(|_| if self.is_narrow() { cells(width, sizes.acc) } else { Vec::new() });
        let (context, part) = (cells(width, sizes.context), cells(width, sizes.acc));
        Block { context, part, parts, earlier: Pairwise::default(), buffer }
    }

    /// Do the rows consist of elements of the fold that follow one another?
    fn is_read_in_place(&self) -> bool {
        self.arrays.is_direct && self.columns.input == 1
    }

    /// Does each row follow the one before, without a gap?
    fn is_adjacent(&self) -> bool {
        self.columns.input == 1 && self.inner.input == self.columns.size as isize
    }

    /// Are rows so short that groups of them are folded together?
    fn is_narrow(&self) -> bool {
        self.is_adjacent() && self.columns.size <= FEW
    }

    /// How many rows are read into the buffer together: some where there is one block, and a row follows the one before.
    fn rows_together(&self) -> usize {
        let width = self.columns.size;
        if self.is_adjacent() && width <= COLUMNS { (BLOCK / width).clamp(1, ROWS) } else { 1 }
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
                if rows == 0 && self.is_narrow() && segment.length - start >= GROUPS * ROWS {
                    self.fold_groups(input + segment.offset + start as isize * self.inner.input, width, block);
                    start += GROUPS * ROWS;
                    continue;
                }
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

    /// Folds groups of rows, the first of which is at the offset `first`: to the same results as one after the other.
    fn fold_groups(&self, first: isize, width: usize, block: &mut Block) {
        let (Arrays { fold, sizes, input, .. }, n) = (&self.arrays, GROUPS * ROWS * width);
        let x = if self.is_read_in_place() {
            input.stretches(first, [1, n], [0, 1])
        } else {
            self.arrays.read(first, 1, n, &mut block.buffer);
            Stretches::of_buffer(&block.buffer, sizes.dtype, [1, n])
        };
        fold.fold_groups(x, width, &block.context, block.parts.each_mut().map(|part| &mut part[..]));
        block.parts.iter_mut().for_each(|part| block.earlier.push(&self.arrays, part, width));
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
