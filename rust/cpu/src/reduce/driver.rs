//! Walks an array for a fold.
//!
//! Where a reduced dimension has the smallest step, each output folds runs of memory with many accumulators side by
//! side (row mode). Where a kept dimension has it, a block of outputs is folded together, an accumulator each (column
//! mode). Long reductions are cut into pieces of a fixed size whose accumulators merge in a fixed tree, so no result
//! depends on the number of threads.

use bytemuck::Zeroable;

use ferrotorch_core::{Array, Result, ensure};
use smallvec::SmallVec;

use super::fold::Fold;
use crate::host::{check_output, checked_ptr};
use crate::isa::Isa;
use crate::parallel;
use crate::simd::{self, SimdLoop};

/// Elements of a piece.
const PIECE: usize = 1 << 16;
/// Elements that a thread should at least have to fold.
const GRAIN: usize = 1 << 14;
/// Elements folded before accumulators are merged: keeps float32 sums accurate.
const BLOCK: usize = 2048;
/// Accumulators side by side in row mode.
const LANES: usize = 32;
/// Outputs side by side in column mode.
const COLUMNS: usize = 256;
/// Rows that a block of columns folds before its accumulators are merged.
const ROWS: usize = 64;

/// A dimension: its size, and its step in input, output and context.
#[derive(Clone, Copy)]
struct Dim {
    size: usize,
    input: isize,
    output: isize,
    context: isize,
}

/// A stretch of reduced elements, one step apart.
#[derive(Clone, Copy)]
struct Segment {
    offset: isize,
    length: usize,
}

/// Pointers that threads use on outputs of their own.
struct Pointers<F: Fold> {
    input: *const F::In,
    context: Option<*const F::In>,
    output: *mut F::Out,
}

// SAFETY: inputs are only read; every output is written by the one task that owns it.
unsafe impl<F: Fold> Sync for Pointers<F> {}

/// Folds the dimensions of `input` that have size 1 in `out`. `context` has the shape of `out`.
pub(super) fn reduce_with<F: Fold>(fold: &F, input: &Array, context: Option<&Array>, out: &Array) -> Result<()> {
    ensure!(input.layout.ndim() == out.layout.ndim(), Runtime, "a reduction's output has another rank than its input");
    check_output(out)?;
    let (mut kept, mut reduced) = split(input, context, out);
    let pointers = Pointers::<F> {
        input: checked_ptr::<F::In>(input)?,
        context: context.map(checked_ptr::<F::In>).transpose()?.map(|p| p.cast_const()),
        output: checked_ptr::<F::Out>(out)?,
    };
    if out.numel() == 0 {
        return Ok(());
    }
    let inner = if input.numel() == 0 { Dim { size: 0, input: 0, output: 0, context: 0 } } else { reduced.pop().unwrap_or(ONE) };
    let by_columns = kept.last().is_some_and(|k| k.input.abs() < inner.input.abs() && inner.size > 1);
    let segments = segments(&reduced, inner);
    if by_columns && let Some(columns) = kept.pop() {
        Columns { fold, pointers, kept, columns, inner, segments }.run();
    } else {
        Rows { fold, pointers, kept, inner, segments }.run();
    }
    Ok(())
}

const ONE: Dim = Dim { size: 1, input: 1, output: 0, context: 0 };

/// The kept and the reduced dimensions, each merged as far as it goes, the smallest step last.
fn split(input: &Array, context: Option<&Array>, out: &Array) -> (SmallVec<[Dim; 5]>, SmallVec<[Dim; 5]>) {
    let of = |d: usize| Dim {
        size: input.shape()[d],
        input: input.layout.strides()[d],
        output: out.layout.strides()[d],
        context: context.map_or(0, |c| c.layout.strides()[d]),
    };
    let dims = (0..input.layout.ndim()).filter(|&d| input.shape()[d] != 1);
    let (reduced, kept): (SmallVec<[usize; 5]>, SmallVec<[usize; 5]>) = dims.partition(|&d| out.shape()[d] == 1);
    (
        merged(kept.into_iter().map(of).collect()),
        merged(reduced.into_iter().map(of).map(|d| Dim { output: 0, context: 0, ..d }).collect()),
    )
}

fn merged(mut dims: SmallVec<[Dim; 5]>) -> SmallVec<[Dim; 5]> {
    dims.sort_by_key(|d| std::cmp::Reverse(d.input.abs()));
    let mut out: SmallVec<[Dim; 5]> = SmallVec::new();
    for dim in dims {
        match out.last_mut() {
            Some(last) if continues(last, &dim) => *last = Dim { size: last.size * dim.size, ..dim },
            _ => out.push(dim),
        }
    }
    out
}

fn continues(outer: &Dim, inner: &Dim) -> bool {
    let n = inner.size as isize;
    outer.input == inner.input * n && outer.output == inner.output * n && outer.context == inner.context * n
}

/// All reduced elements as stretches of at most a piece along the innermost reduced dimension.
fn segments(outer: &[Dim], inner: Dim) -> Vec<Segment> {
    let mut starts = vec![0isize];
    for dim in outer {
        starts = starts.iter().flat_map(|&s| (0..dim.size as isize).map(move |i| s + i * dim.input)).collect();
    }
    let cuts = (0..inner.size).step_by(PIECE);
    starts
        .iter()
        .flat_map(|&start| {
            cuts.clone().map(move |i| Segment { offset: start + i as isize * inner.input, length: PIECE.min(inner.size - i) })
        })
        .collect()
}

/// Groups segments into pieces of about `size` elements.
fn pieces(segments: &[Segment], size: usize) -> Vec<&[Segment]> {
    let mut out = Vec::new();
    let (mut start, mut total) = (0, 0);
    for (i, segment) in segments.iter().enumerate() {
        total += segment.length;
        if total >= size {
            out.push(&segments[start..=i]);
            (start, total) = (i + 1, 0);
        }
    }
    if start < segments.len() || out.is_empty() {
        out.push(&segments[start..]);
    }
    out
}

/// Offsets of a position in the kept dimensions: input, output, context.
fn locate(dims: &[Dim], number: usize) -> (isize, isize, isize) {
    let (mut rest, mut at) = (number, (0, 0, 0));
    for dim in dims.iter().rev() {
        let i = (rest % dim.size) as isize;
        rest /= dim.size;
        at = (at.0 + i * dim.input, at.1 + i * dim.output, at.2 + i * dim.context);
    }
    at
}

/// Merges accumulators as a balanced tree.
fn merge_tree<F: Fold>(fold: &F, accs: &[F::Acc]) -> F::Acc {
    match accs {
        [] => fold.start(),
        [one] => *one,
        _ => {
            let (a, b) = accs.split_at(accs.len() / 2);
            fold.merge(merge_tree(fold, a), merge_tree(fold, b))
        }
    }
}

/// Row mode: one output at a time.
struct Rows<'a, F: Fold> {
    fold: &'a F,
    pointers: Pointers<F>,
    kept: SmallVec<[Dim; 5]>,
    inner: Dim,
    segments: Vec<Segment>,
}

impl<F: Fold> Rows<'_, F> {
    fn run(&self) {
        let outputs: usize = self.kept.iter().map(|d| d.size).product();
        let pieces = pieces(&self.segments, PIECE);
        let length: usize = self.segments.iter().map(|s| s.length).sum();
        if pieces.len() == 1 {
            parallel::for_each_chunk(outputs, (GRAIN / length.max(1)).max(1), |range| {
                for number in range {
                    let (input, output, context) = self.locate(number);
                    let acc = self.fold_piece(input, context, pieces[0]);
                    self.store(output, acc, context);
                }
            });
            return;
        }
        for number in 0..outputs {
            let (input, output, context) = self.locate(number);
            let mut accs = vec![self.fold.start(); pieces.len()];
            parallel::for_each_chunk_mut(&mut accs, 1, |first, accs| {
                for (i, acc) in accs.iter_mut().enumerate() {
                    *acc = self.fold_piece(input, context, pieces[first + i]);
                }
            });
            self.store(output, merge_tree(self.fold, &accs), context);
        }
    }

    /// Offsets of input and output, and the context's value.
    fn locate(&self, number: usize) -> (isize, isize, F::In) {
        let (input, output, context) = locate(&self.kept, number);
        // SAFETY: the offset is that of an index of the context array, which has the output's shape.
        (input, output, self.pointers.context.map_or(F::In::zeroed(), |p| unsafe { *p.offset(context) }))
    }

    fn store(&self, output: isize, acc: F::Acc, context: F::In) {
        // SAFETY: the offset is that of an index of the output, which this task alone writes.
        unsafe { *self.pointers.output.offset(output) = self.fold.finish(acc, context) }
    }

    fn fold_piece(&self, input: isize, context: F::In, piece: &[Segment]) -> F::Acc {
        let mut buffer = [F::In::zeroed(); BLOCK];
        let mut acc = None;
        for segment in piece {
            // SAFETY: the segment's elements belong to an index of the input array.
            let first = unsafe { self.pointers.input.offset(input + segment.offset) };
            let next = if self.inner.input == 1 || segment.length == 1 {
                // SAFETY: as above, and they follow one another.
                self.fold_slice(unsafe { std::slice::from_raw_parts(first, segment.length) }, context)
            } else {
                self.fold_strided(first, segment.length, context, &mut buffer)
            };
            acc = Some(acc.map_or(next, |acc| self.fold.merge(acc, next)));
        }
        acc.unwrap_or_else(|| self.fold.start())
    }

    fn fold_strided(&self, first: *const F::In, length: usize, context: F::In, buffer: &mut [F::In; BLOCK]) -> F::Acc {
        let mut acc = self.fold.start();
        for start in (0..length).step_by(BLOCK) {
            let n = BLOCK.min(length - start);
            for (i, slot) in buffer[..n].iter_mut().enumerate() {
                // SAFETY: `start + i < length`, the number of elements of the segment.
                *slot = unsafe { *first.offset((start + i) as isize * self.inner.input) };
            }
            acc = self.fold.merge(acc, simd::run(FoldBlock { fold: self.fold, x: &buffer[..n], context }));
        }
        acc
    }

    /// Blocks merge pairwise: the error of a float32 sum grows with the logarithm of its length.
    fn fold_slice(&self, x: &[F::In], context: F::In) -> F::Acc {
        if x.len() <= BLOCK {
            return simd::run(FoldBlock { fold: self.fold, x, context });
        }
        let half = (x.len() / 2).next_multiple_of(BLOCK);
        self.fold.merge(self.fold_slice(&x[..half], context), self.fold_slice(&x[half..], context))
    }
}

/// Folds a slice with many accumulators side by side.
struct FoldBlock<'a, F: Fold> {
    fold: &'a F,
    x: &'a [F::In],
    context: F::In,
}

impl<F: Fold> SimdLoop for FoldBlock<'_, F> {
    type Output = F::Acc;

    #[inline(always)]
    fn run<I: Isa>(self) -> F::Acc {
        let mut lanes = [self.fold.start(); LANES];
        let (chunks, rest) = self.x.as_chunks::<LANES>();
        for chunk in chunks {
            for i in 0..LANES {
                lanes[i] = self.fold.step::<I>(lanes[i], chunk[i], self.context);
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane = self.fold.step::<I>(*lane, x, self.context);
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

/// Column mode: a block of outputs together.
struct Columns<'a, F: Fold> {
    fold: &'a F,
    pointers: Pointers<F>,
    kept: SmallVec<[Dim; 5]>,
    columns: Dim,
    inner: Dim,
    segments: Vec<Segment>,
}

impl<F: Fold> Columns<'_, F> {
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
            let columns = accs[0].len();
            let merged: Vec<F::Acc> =
                (0..columns).map(|c| merge_tree(self.fold, &accs.iter().map(|a| a[c]).collect::<Vec<_>>())).collect();
            self.store(task, blocks, &merged);
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

    fn context(&self, at: isize, width: usize) -> Vec<F::In> {
        match self.pointers.context {
            // SAFETY: the offsets are those of indices of the context array, which has the output's shape.
            Some(p) => (0..width as isize).map(|i| unsafe { *p.offset(at + i * self.columns.context) }).collect(),
            None => vec![F::In::zeroed(); width],
        }
    }

    fn fold_piece(&self, task: usize, blocks: usize, piece: &[Segment]) -> Vec<F::Acc> {
        let ((input, _, context), width) = self.block(task, blocks);
        let context = self.context(context, width);
        let mut total = vec![self.fold.start(); width];
        let mut part = total.clone();
        let mut buffer = vec![F::In::zeroed(); width];
        let mut rows = 0;
        for segment in piece {
            for r in 0..segment.length as isize {
                // SAFETY: a row of the block consists of elements of the input array.
                let first = unsafe { self.pointers.input.offset(input + segment.offset + r * self.inner.input) };
                let x = if self.columns.input == 1 {
                    // SAFETY: as above, and they follow one another.
                    unsafe { std::slice::from_raw_parts(first, width) }
                } else {
                    for (i, slot) in buffer.iter_mut().enumerate() {
                        // SAFETY: as above.
                        *slot = unsafe { *first.offset(i as isize * self.columns.input) };
                    }
                    &buffer
                };
                simd::run(FoldRow { fold: self.fold, accs: &mut part, x, context: &context });
                rows += 1;
                if rows == ROWS {
                    self.flush(&mut total, &mut part);
                    rows = 0;
                }
            }
        }
        self.flush(&mut total, &mut part);
        total
    }

    fn flush(&self, total: &mut [F::Acc], part: &mut [F::Acc]) {
        for (total, part) in total.iter_mut().zip(part) {
            *total = self.fold.merge(*total, *part);
            *part = self.fold.start();
        }
    }

    fn store(&self, task: usize, blocks: usize, accs: &[F::Acc]) {
        let ((_, output, context), width) = self.block(task, blocks);
        let context = self.context(context, width);
        for (i, (&acc, &context)) in accs.iter().zip(&context).enumerate() {
            // SAFETY: the offset is that of an index of the output, which this task alone writes.
            unsafe { *self.pointers.output.offset(output + i as isize * self.columns.output) = self.fold.finish(acc, context) }
        }
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

    #[inline(always)]
    fn run<I: Isa>(self) {
        for ((acc, &x), &context) in self.accs.iter_mut().zip(self.x).zip(self.context) {
            *acc = self.fold.step::<I>(*acc, x, context);
        }
    }
}
