//! The walk over an output and other arrays of its shape, in whose order elements are handed out.
//!
//! The elements of the output are numbered in the order of a [`Plan`]. Threads get chunks of the numbers; a chunk comes in
//! pieces that one loop can do, and a piece in runs along the innermost dimension.

use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result};
use smallvec::{SmallVec, smallvec};

use crate::parallel::{Cost, for_each_chunk};
use crate::plan::{Offsets, Plan};
use crate::view::{Elements, Stretches, Write};

/// An output and the plan of its walk.
pub(crate) struct Walk<'a> {
    plan: Plan,
    out: Elements<'a, Write>,
}

impl<'a> Walk<'a> {
    /// A walk over an output and arrays with these strides. While it lives, nothing else may reach the output: see
    /// [`crate::host`].
    pub(crate) fn new(out: &'a Array, others: &[&[isize]]) -> Result<Self> {
        let mut strides: SmallVec<[&[isize]; 4]> = smallvec![out.layout.strides()];
        strides.extend_from_slice(others);
        Ok(Walk { plan: Plan::new(out.shape(), &strides), out: Elements::new(out)? })
    }

    /// The order of the walk. Its first array is the output.
    pub(crate) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Calls `work` with chunks that together are all elements, in parallel. `cost` is that of an element.
    pub(crate) fn for_each_chunk(&mut self, cost: Cost, work: impl Fn(Chunk) + Sync) {
        for_each_chunk(self.plan.numel(), cost, |range| {
            // SAFETY: chunks are of different elements, for ranges do not overlap, and no element of a checked output has two
            // numbers.
            let out = unsafe { self.out.alias() };
            work(Chunk { plan: &self.plan, out, range });
        });
    }
}

/// Elements with consecutive numbers, held by one call alone.
pub(crate) struct Chunk<'w> {
    plan: &'w Plan,
    out: Elements<'w, Write>,
    range: Range<usize>,
}

impl<'w> Chunk<'w> {
    /// The order of the walk.
    pub(crate) fn plan(&self) -> &'w Plan {
        self.plan
    }

    /// How many elements there are.
    pub(crate) fn count(&self) -> usize {
        self.range.len()
    }

    /// Calls `visit` for the runs of the chunk, with where they lie in the arrays and the elements of the output.
    pub(crate) fn for_each_run(&mut self, mut visit: impl FnMut(&Offsets, Stretches<Write>)) {
        let step = self.plan.inner_stride(0);
        let Chunk { plan, out, range } = self;
        plan.for_each_run(range.start, range.len(), |at, run| visit(at, out.line_mut(at[0], step, run)));
    }

    /// Calls `visit` for pieces of at most `longest` elements: each within a run, or as long as can be.
    pub(crate) fn for_each_piece(&mut self, by_runs: bool, longest: usize, mut visit: impl FnMut(Piece)) {
        let Chunk { plan, out, range } = self;
        let plan = *plan;
        if by_runs {
            plan.for_each_run(range.start, range.len(), |at, run| {
                for first in (0..run).step_by(longest) {
                    let at = std::array::from_fn(|k| at[k] + first as isize * plan.inner_stride(k));
                    visit(Piece { plan, out, at, count: longest.min(run - first), first: None });
                }
            });
            return;
        }
        for start in range.clone().step_by(longest) {
            visit(Piece { plan, out, at: plan.offsets(start), count: longest.min(range.end - start), first: Some(start) });
        }
    }
}

/// Elements that follow one another in the walk.
pub(crate) struct Piece<'p, 'w> {
    plan: &'p Plan,
    out: &'p mut Elements<'w, Write>,
    at: Offsets,
    count: usize,
    first: Option<usize>,
}

impl Piece<'_, '_> {
    /// Where the first element lies in each array.
    pub(crate) fn at(&self) -> &Offsets {
        &self.at
    }

    /// How many elements there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The number of the first, where the elements are not all of one run.
    pub(crate) fn first(&self) -> Option<usize> {
        self.first
    }

    /// The memory of the elements in the output, which must be dense over them.
    pub(crate) fn elements<T: Element>(&mut self) -> &mut [T] {
        let is_dense = if self.first.is_some() { self.plan.is_linear(0) } else { self.plan.inner_stride(0) == 1 };
        assert!(is_dense, "elements that follow one another");
        self.out.line_mut(self.at[0], 1, self.count).typed().into_mut_slice().unwrap_or_default()
    }

    /// The runs of the piece: where they lie in the arrays, and how long they are.
    pub(crate) fn for_each_run(&self, mut visit: impl FnMut(&Offsets, usize)) {
        match self.first {
            Some(first) => self.plan.for_each_run(first, self.count, visit),
            None => visit(&self.at, self.count),
        }
    }

    /// [`Piece::for_each_run`] with the elements of the output.
    pub(crate) fn for_each_run_mut(&mut self, mut visit: impl FnMut(usize, Stretches<Write>)) {
        let step = self.plan.inner_stride(0);
        match self.first {
            Some(first) => self.plan.for_each_run(first, self.count, |at, run| visit(run, self.out.line_mut(at[0], step, run))),
            None => visit(self.count, self.out.line_mut(self.at[0], step, self.count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{array, on_any_threads};

    /// Adds 1 to every element, by runs or by pieces of at most five, and checks what a piece says of itself.
    fn visits(shape: &[usize], turned: bool, by_pieces: bool) -> Vec<i32> {
        let stored = array(shape, &vec![0i32; shape.iter().product()]);
        let out = if turned { stored.with_layout(stored.layout.transpose(0, 1)) } else { stored.clone() };
        Walk::new(&out, &[]).unwrap().for_each_chunk(Cost::functions(100), |mut chunk| {
            let add = |mut line: crate::view::View<i32, Write, 1>| (0..line.len()).for_each(|i| line.set(i, line.get(i) + 1));
            if by_pieces {
                let (count, mut seen) = (chunk.count(), 0);
                chunk.for_each_piece(false, 5, |mut piece| {
                    assert!(piece.count() <= 5);
                    seen += piece.count();
                    piece.for_each_run_mut(|run, line| {
                        let line = line.typed();
                        assert_eq!(line.len(), run);
                        add(line);
                    });
                });
                assert_eq!(seen, count);
            } else {
                chunk.for_each_run(|_, line| add(line.typed()));
            }
        });
        stored.to_vec().unwrap()
    }

    #[test]
    fn every_element_is_handed_out_once() {
        for (shape, turned) in [(vec![1000], false), (vec![30, 40], true), (vec![3, 1, 50], true), (vec![0, 4], false)] {
            for by_pieces in [false, true] {
                let visits = on_any_threads(|| visits(&shape, turned, by_pieces));
                assert!(visits.iter().all(|&n| n == 1), "{shape:?}, turned: {turned}, by pieces: {by_pieces}");
            }
        }
    }

    #[test]
    fn pieces_that_are_dense_are_slices() {
        let out = array(&[4, 300], &[0i32; 1200]);
        let walk = |array: &Array, by_runs| {
            Walk::new(array, &[]).unwrap().for_each_chunk(Cost::functions(100), |mut chunk| {
                chunk.for_each_piece(by_runs, 64, |mut piece| {
                    let first = piece.at()[0] as i32;
                    piece.elements().iter_mut().enumerate().for_each(|(i, x)| *x = first + i as i32);
                });
            });
        };
        walk(&out, false);
        assert_eq!(out.to_vec::<i32>().unwrap(), (0..1200).collect::<Vec<_>>());
        let cut = out.with_layout(out.layout.slice(1, 0, 150, 1));
        walk(&cut, true);
        let beyond = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| walk(&cut, false)));
        assert!(beyond.is_err(), "pieces beyond a run are not dense");
    }
}
