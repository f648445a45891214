//! Walks an array for a fold.
//!
//! Where a reduced dimension has the smallest step, each output folds runs of memory with many accumulators side by
//! side (row mode). Where a kept dimension has it, a block of outputs is folded together, an accumulator each (column
//! mode). Long reductions are cut into pieces of a fixed size whose accumulators merge in a fixed tree, so no result
//! depends on the number of threads.

use ferrotorch_kernel::{Array, DType, Result, ensure};

use super::columns::Columns;
use super::dims::{Dim, ONE, segments, split};
use super::loops::{Loops, Sizes};
use super::pairwise::Merge;
use super::rows::Rows;
use crate::convert::{RawLoader, raw_loader};
use crate::view::{Elements, Read, Write};

/// Elements folded before accumulators are merged: keeps float32 sums accurate.
pub(super) const BLOCK: usize = 2048;
/// Outputs side by side in column mode.
pub(super) const COLUMNS: usize = 256;

/// A fold and the arrays that threads use on outputs of their own.
pub(super) struct Arrays<'a> {
    pub(super) fold: &'a dyn Loops,
    pub(super) sizes: Sizes,
    pub(super) input: Elements<'a, Read>,
    /// Are the input's elements those of the fold? Otherwise they are converted, a block at a time.
    pub(super) is_direct: bool,
    load: RawLoader,
    pub(super) context: Option<(Elements<'a, Read>, RawLoader)>,
    output: Elements<'a, Write>,
}

/// Folds the dimensions of `input` that have size 1 in `out`, its elements converted to `compute`, the dtype of the fold.
pub(super) fn reduce_with(fold: &dyn Loops, input: &Array, compute: DType, out: &Array) -> Result<()> {
    if let Some(walk) = Walk::new(fold, input, compute, None, out)? {
        walk.run()?;
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
            });
            Ok(())
        }
        (Some(first), Some(second)) => {
            first.run()?;
            second.run()
        }
        _ => Ok(()),
    }
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
        let segments = if input.numel() == 0 { Vec::new() } else { segments(&reduced, inner)? };
        if by_columns && let Some(columns) = kept.pop() {
            return Ok(Some(Walk::Columns(Columns { arrays, kept, columns, inner, segments })));
        }
        Ok(Some(Walk::Rows(Rows::new(arrays, kept, inner, segments))))
    }

    fn run(&self) -> Result<()> {
        match self {
            Walk::Rows(rows) => rows.run(),
            Walk::Columns(columns) => columns.run(),
        }
    }
}

impl Arrays<'_> {
    /// Merges groups of `width` accumulators as a balanced tree, into the first group.
    pub(super) fn merge_tree(&self, groups: &mut [impl AsMut<[u64]>], width: usize) {
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
    pub(super) fn read(&self, offset: isize, step: isize, n: usize, buffer: &mut [u64]) {
        (self.load)(self.input.line(offset, step, n), n, buffer);
    }

    /// Reads `n` contexts that lie `step` apart from `offset` on; there may be none.
    pub(super) fn contexts(&self, offset: isize, step: isize, n: usize, values: &mut [u64]) {
        if let Some((contexts, load)) = &self.context {
            load(contexts.line(offset, step, n), n, values);
        }
    }

    /// Writes the results of `n` outputs that lie `step` apart from `offset` on, which are the caller's task.
    pub(super) fn write(&self, accs: &[u64], contexts: &[u64], offset: isize, step: isize, n: usize) {
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
pub(super) fn cells(n: usize, size: usize) -> Vec<u64> {
    vec![0; (n * size).div_ceil(8)]
}
