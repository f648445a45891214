//! The views of an array along some of its dimensions, and outputs that are handed out in parts: by the number of a view or a
//! tile, or in the order of a walk.

use std::marker::PhantomData;
use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result, ensure};
use smallvec::{SmallVec, smallvec};

use super::{Access, Elements, Place, Read, Stretches, View, Write};
use crate::host::checked_ptr;
use crate::outer::Outer;
use crate::parallel::{self, Cost};
use crate::plan::{Offsets, Plan};

/// The views of an array along some dimensions, one for each index of the others.
pub(crate) struct Views<'a, T, A, const N: usize> {
    first: Place<'a, T, A>,
    outer: Outer,
    size: [usize; N],
    step: [isize; N],
}

impl<'a, T: Element, A: Access, const N: usize> Views<'a, T, A, N> {
    /// Views an array along dimensions in rising order. `T` may be any type of the dtype's size. While views to [`Write`] live,
    /// nothing else may reach the array: see [`crate::host`].
    pub(crate) fn along(array: &'a Array, dims: [usize; N]) -> Result<Self> {
        assert!(dims.is_sorted_by(|a, b| a < b), "dimensions in rising order");
        A::check(array)?;
        let (shape, strides) = (array.layout.shape(), array.layout.strides());
        Ok(Views {
            first: Place(checked_ptr(array)?, PhantomData),
            outer: Outer::new(&array.layout, &dims),
            size: dims.map(|d| shape[d]),
            step: dims.map(|d| strides[d]),
        })
    }

    /// How many views there are.
    pub(crate) fn count(&self) -> usize {
        self.outer.count()
    }

    /// Number of elements of a view along each dimension.
    pub(crate) fn size(&self) -> [usize; N] {
        self.size
    }

    /// Do the elements of a view of one dimension, or of a row of its last, follow one another?
    pub(crate) fn is_contiguous(&self) -> bool {
        self.step[N - 1] == 1 || self.size[N - 1] <= 1
    }

    /// Where view `number` begins.
    #[inline(always)]
    fn place(&self, number: usize) -> Place<'a, T, A> {
        Place(self.first.0.wrapping_offset(self.outer.start(number)), PhantomData)
    }
}

impl<'a, T: Element, const N: usize> Views<'a, T, Read, N> {
    /// A view, by the number of its index.
    #[inline(always)]
    pub(crate) fn view(&self, number: usize) -> View<'a, T, Read, N> {
        View { first: self.place(number), size: self.size, step: self.step }
    }
}

/// An output, or several, in numbered parts.
///
/// # Safety
/// Parts of different numbers share no element.
pub(crate) unsafe trait Parts: Sync {
    /// What a call gets.
    type Part;

    /// How many parts there are; an error where the outputs differ.
    fn count(&self) -> Result<usize>;

    /// A part, by its number, which is less than the count.
    ///
    /// # Safety
    /// The part of this number was not asked for before.
    unsafe fn part(&self, number: usize) -> Self::Part;
}

// SAFETY: a checked output's elements do not overlap, so views of different indices share none.
unsafe impl<'a, T: Element, const N: usize> Parts for Views<'a, T, Write, N> {
    type Part = View<'a, T, Write, N>;

    fn count(&self) -> Result<usize> {
        Ok(self.outer.count())
    }

    #[inline(always)]
    unsafe fn part(&self, number: usize) -> Self::Part {
        View { first: self.place(number), size: self.size, step: self.step }
    }
}

/// Matrices cut into tiles: from left to right, from top to bottom, matrix by matrix.
pub(crate) struct Tiles<'a, T> {
    matrices: Views<'a, T, Write, 2>,
    tile: [usize; 2],
}

impl<'a, T: Element> Tiles<'a, T> {
    /// Tiles of `tile` rows and columns; those at the edges have fewer. There is one where there are no elements.
    pub(crate) fn new(matrices: Views<'a, T, Write, 2>, tile: [usize; 2]) -> Self {
        Tiles { matrices, tile: tile.map(|n| n.max(1)) }
    }

    /// Tiles of one matrix.
    pub(crate) fn of(View { first, size, step }: View<'a, T, Write, 2>, tile: [usize; 2]) -> Self {
        Tiles::new(Views { first, outer: Outer::single(), size, step }, tile)
    }

    /// Tiles of a matrix down and across.
    pub(crate) fn grid(&self) -> [usize; 2] {
        std::array::from_fn(|d| self.matrices.size[d].div_ceil(self.tile[d]).max(1))
    }

    /// Do the elements of a row follow one another?
    pub(crate) fn is_contiguous(&self) -> bool {
        self.matrices.is_contiguous()
    }

    fn total(&self) -> usize {
        self.matrices.outer.count() * self.grid().iter().product::<usize>()
    }

    /// The matrix of a tile, and the tile's rows and columns.
    #[inline(always)]
    pub(crate) fn locate(&self, number: usize) -> (usize, [Range<usize>; 2]) {
        let [down, across] = self.grid();
        let (matrix, at) = (number / (down * across), number % (down * across));
        let span = |d: usize, i: usize| (i * self.tile[d])..self.matrices.size[d].min((i + 1) * self.tile[d]);
        (matrix, [span(0, at / across), span(1, at % across)])
    }
}

impl<'a, T: Element> IntoIterator for Tiles<'a, T> {
    type Item = <Self as Parts>::Part;
    type IntoIter = std::vec::IntoIter<Self::Item>;

    /// All tiles, in the order of their numbers.
    fn into_iter(self) -> Self::IntoIter {
        // SAFETY: every number once.
        let tiles: Vec<Self::Item> = (0..self.total()).map(|number| unsafe { self.part(number) }).collect();
        tiles.into_iter()
    }
}

// SAFETY: tiles of a matrix do not overlap, and neither do matrices.
unsafe impl<'a, T: Element> Parts for Tiles<'a, T> {
    /// A tile, with the number of its matrix and its rows and columns there.
    type Part = (usize, [Range<usize>; 2], View<'a, T, Write, 2>);

    fn count(&self) -> Result<usize> {
        Ok(self.total())
    }

    #[inline(always)]
    unsafe fn part(&self, number: usize) -> Self::Part {
        let (matrix, ranges) = self.locate(number);
        // SAFETY: what is taken of the matrix is this tile, once.
        let matrix_view = unsafe { self.matrices.part(matrix) };
        (matrix, ranges.clone(), matrix_view.block(ranges))
    }
}

// SAFETY: as for either.
unsafe impl<A: Parts, B: Parts> Parts for (A, B) {
    type Part = (A::Part, B::Part);

    fn count(&self) -> Result<usize> {
        let count = self.0.count()?;
        ensure!(count == self.1.count()?, Runtime, "the outputs of a kernel differ in shape");
        Ok(count)
    }

    #[inline(always)]
    unsafe fn part(&self, number: usize) -> Self::Part {
        // SAFETY: as the caller promises, for either.
        unsafe { (self.0.part(number), self.1.part(number)) }
    }
}

/// Outputs of two kinds, as many of each as there are.
pub(crate) struct Several<A, B>(pub(crate) Vec<A>, pub(crate) Vec<B>);

// SAFETY: as for each.
unsafe impl<A: Parts, B: Parts> Parts for Several<A, B> {
    type Part = (SmallVec<[A::Part; 3]>, SmallVec<[B::Part; 3]>);

    fn count(&self) -> Result<usize> {
        let counts = self.0.iter().map(A::count).chain(self.1.iter().map(B::count)).collect::<Result<SmallVec<[usize; 6]>>>()?;
        ensure!(counts.iter().all(|&count| count == counts[0]), Runtime, "the outputs of a kernel differ in shape");
        Ok(counts.first().copied().unwrap_or(0))
    }

    #[inline(always)]
    unsafe fn part(&self, number: usize) -> Self::Part {
        // SAFETY: as the caller promises, for each.
        let first = self.0.iter().map(|parts| unsafe { parts.part(number) }).collect();
        // SAFETY: as above.
        let second = self.1.iter().map(|parts| unsafe { parts.part(number) }).collect();
        (first, second)
    }
}

/// Calls `work(number, part)` once for every part, in parallel. `cost` is that of one part.
pub(crate) fn for_each_part<P: Parts>(parts: P, cost: Cost, work: impl Fn(usize, P::Part) + Sync) -> Result<()> {
    parallel::for_each_chunk(parts.count()?, cost, |range| {
        for number in range {
            // SAFETY: the ranges of `for_each_chunk` do not overlap, so every part is handed out once.
            work(number, unsafe { parts.part(number) });
        }
    });
    Ok(())
}

/// [`for_each_part`] of work that can fail: the error of one part, where any has one.
pub(crate) fn try_for_each_part<P: Parts>(
    parts: P,
    cost: Cost,
    work: impl Fn(usize, P::Part) -> Result<()> + Sync,
) -> Result<()> {
    let mut counted = Ok(());
    let worked = parallel::first_failure(|note| counted = for_each_part(parts, cost, |number, part| note(work(number, part))));
    counted.and(worked)
}

/// [`try_for_each_part`] in groups of `size` parts that follow one another, which share a state: `work(state, number, part)`. The
/// parts of a group come one after the other, so what is gathered in a state does not depend on the number of threads.
pub(crate) fn try_for_each_part_in_groups<P: Parts, S: Send>(
    parts: P,
    size: usize,
    cost: Cost,
    states: &mut [S],
    work: impl Fn(&mut S, usize, P::Part) -> Result<()> + Sync,
) -> Result<()> {
    let count = parts.count()?;
    assert_eq!(states.len(), count.div_ceil(size), "one state for each group of parts");
    parallel::try_for_each_chunk_mut(states, cost.times(size), |first, states| {
        for (i, state) in states.iter_mut().enumerate() {
            let start = (first + i) * size;
            for number in start..count.min(start + size) {
                // SAFETY: every state is in one chunk only, and so are the parts of its group.
                work(state, number, unsafe { parts.part(number) })?;
            }
        }
        Ok(())
    })
}

/// An output and the plan of a walk over it and other arrays of its shape. Elements are numbered in the order of the plan. Threads
/// get chunks of the numbers; a chunk comes in pieces that one loop can do, and a piece in runs along the innermost dimension.
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
        parallel::for_each_chunk(self.plan.numel(), cost, |range| {
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

    /// Calls `visit` for pieces of at most `longest` elements: each within a sheet, or as long as can be.
    pub(crate) fn for_each_piece(&mut self, by_sheets: bool, longest: usize, mut visit: impl FnMut(Piece)) {
        let Chunk { plan, out, range } = self;
        let plan = *plan;
        if !by_sheets {
            for start in range.clone().step_by(longest) {
                let size = [1, longest.min(range.end - start)];
                visit(Piece { plan, out, at: plan.offsets(start), size, first: Some(start) });
            }
            return;
        }
        plan.for_each_sheet(range.start, range.len(), |at, [rows, run]| {
            let (some_rows, some_columns) = ((longest / run).max(1), longest.min(run));
            for row in (0..rows).step_by(some_rows) {
                for column in (0..run).step_by(some_columns) {
                    let at = std::array::from_fn(|k| {
                        let [down, along] = plan.steps(k);
                        at[k] + row as isize * down + column as isize * along
                    });
                    let size = [some_rows.min(rows - row), some_columns.min(run - column)];
                    visit(Piece { plan, out, at, size, first: None });
                }
            }
        });
    }
}

/// Elements that follow one another in the walk, or rows of a sheet's innermost two dimensions.
pub(crate) struct Piece<'p, 'w> {
    plan: &'p Plan,
    out: &'p mut Elements<'w, Write>,
    at: Offsets,
    /// Rows, and elements of each.
    size: [usize; 2],
    first: Option<usize>,
}

impl Piece<'_, '_> {
    /// Where the first element lies in each array.
    pub(crate) fn at(&self) -> &Offsets {
        &self.at
    }

    /// How many elements there are.
    pub(crate) fn count(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Rows, and elements of each; one row where the piece is no part of a sheet.
    pub(crate) fn size(&self) -> [usize; 2] {
        self.size
    }

    /// The number of the first, where the piece is no part of a sheet.
    pub(crate) fn first(&self) -> Option<usize> {
        self.first
    }

    /// From one row to the next and from one element to the next in an array, which is linear where the piece is no part of a sheet.
    pub(crate) fn steps(&self, array: usize) -> [isize; 2] {
        if self.first.is_some() { [0, 1] } else { self.plan.steps(array) }
    }

    /// The elements in the output, which must be neighbours within each row.
    pub(crate) fn rows<T: Element>(&mut self) -> View<'_, T, Write, 2> {
        let step = self.steps(0);
        assert!(step[1] == 1 && (self.first.is_none() || self.plan.is_linear(0)), "elements that follow one another");
        self.out.stretches_mut(self.at[0], self.size, step).rows()
    }

    /// The runs of the piece: where they lie in the arrays, and how long they are.
    pub(crate) fn for_each_run(&self, mut visit: impl FnMut(&Offsets, usize)) {
        if let Some(first) = self.first {
            return self.plan.for_each_run(first, self.count(), visit);
        }
        for row in 0..self.size[0] as isize {
            visit(&std::array::from_fn(|k| self.at[k] + row * self.plan.steps(k)[0]), self.size[1]);
        }
    }

    /// The elements of the output, sheet by sheet of the innermost two dimensions.
    pub(crate) fn for_each_sheet_mut(&mut self, mut visit: impl FnMut([usize; 2], Stretches<Write>)) {
        let (step, count) = (self.plan.steps(0), self.count());
        match self.first {
            Some(first) => {
                self.plan.for_each_sheet(first, count, |at, size| visit(size, self.out.stretches_mut(at[0], size, step)));
            }
            None => visit(self.size, self.out.stretches_mut(self.at[0], self.size, step)),
        }
    }

    /// [`Piece::for_each_run`] with the elements of the output.
    pub(crate) fn for_each_run_mut(&mut self, mut visit: impl FnMut(usize, Stretches<Write>)) {
        let ([down, along], [rows, columns]) = (self.plan.steps(0), self.size);
        match self.first {
            Some(first) => {
                self.plan.for_each_run(first, columns, |at, run| visit(run, self.out.line_mut(at[0], along, run)));
            }
            None => (0..rows as isize).for_each(|row| visit(columns, self.out.line_mut(self.at[0] + row * down, along, columns))),
        }
    }
}
