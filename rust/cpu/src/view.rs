//! Strided views of host memory: lines, planes and matrices, to read or to write.
//!
//! A [`View`] is a box of elements in `N` dimensions, [`Views`] are all those of an array along some of its dimensions, and
//! [`Elements`] reads or writes an array whatever its dtype. What a view may do is one of its types. Views to [`Read`] are copied
//! freely. A view to [`Write`] is the only way to its elements, like `&mut [T]`: it is cut into smaller ones, and
//! [`for_each_part`] hands each part of an output to exactly one call, which is what makes writing from several threads
//! sound.

mod copying;
mod elements;
mod parts;
#[cfg(test)]
mod tests;

pub(crate) use copying::{copy_inline, copy_rows};
pub(crate) use elements::{Elements, Stretches, dense, dense_as};
pub(crate) use parts::{
    Chunk, Parts, Piece, Several, Tiles, Views, Walk, for_each_part, try_for_each_part, try_for_each_part_in_groups,
};

use std::any::TypeId;
use std::marker::PhantomData;
use std::ops::Range;

use ferrotorch_kernel::memory::HostBuffer;
use ferrotorch_kernel::{Array, Result};

use crate::host::check_output;

/// The right to read.
#[derive(Clone, Copy)]
pub(crate) struct Read;
/// The right to read and write, which nothing else has meanwhile.
pub(crate) struct Write;

/// [`Read`] or [`Write`].
pub(crate) trait Access {
    /// Checks that an array can be viewed so.
    fn check(array: &Array) -> Result<()>;

    /// Can memory be reached so?
    fn may_reach(buffer: &HostBuffer) -> bool;
}

impl Access for Read {
    fn check(_: &Array) -> Result<()> {
        Ok(())
    }

    #[inline(always)]
    fn may_reach(_: &HostBuffer) -> bool {
        true
    }
}

impl Access for Write {
    fn check(array: &Array) -> Result<()> {
        check_output(array)
    }

    #[inline(always)]
    fn may_reach(buffer: &HostBuffer) -> bool {
        buffer.is_writable()
    }
}

/// Where a view's first element lies.
struct Place<'a, T, A>(*mut T, PhantomData<(&'a T, A)>);

impl<T> Clone for Place<'_, T, Read> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Place<'_, T, Read> {}

// SAFETY: a place gives access to nothing by itself, and its elements may be used on any thread.
unsafe impl<T: Send + Sync, A> Send for Place<'_, T, A> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync, A> Sync for Place<'_, T, A> {}

/// A box of elements. All of its indices lead into memory that can be read for the time `'a` and, with [`Write`], is written to
/// and read through this view alone.
pub(crate) struct View<'a, T, A, const N: usize> {
    first: Place<'a, T, A>,
    size: [usize; N],
    step: [isize; N],
}

impl<T, const N: usize> Clone for View<'_, T, Read, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const N: usize> Copy for View<'_, T, Read, N> {}

impl<'a, T, A, const N: usize> View<'a, T, A, N> {
    /// Number of elements along each dimension.
    #[inline(always)]
    pub(crate) fn size(&self) -> [usize; N] {
        self.size
    }

    /// Elements from one index to the next along each dimension.
    #[inline(always)]
    pub(crate) fn step(&self) -> [isize; N] {
        self.step
    }

    /// The address of the first element.
    #[inline(always)]
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.first.0
    }

    /// The address of an element, which is checked to be one of the view's.
    #[inline(always)]
    fn address(&self, index: [usize; N]) -> *mut T {
        let mut offset = 0;
        for d in 0..N {
            assert!(index[d] < self.size[d], "element out of range");
            offset += index[d] as isize * self.step[d];
        }
        self.first.0.wrapping_offset(offset)
    }

    /// A box inside of this one.
    #[inline(always)]
    pub(crate) fn block(self, ranges: [Range<usize>; N]) -> Self {
        let (mut first, mut size) = (self.first.0, self.size);
        for (d, range) in ranges.into_iter().enumerate() {
            assert!(range.start <= range.end && range.end <= self.size[d], "a block inside the view");
            size[d] = range.len();
            first = first.wrapping_offset(range.start as isize * self.step[d]);
        }
        View { first: Place(first, PhantomData), size, ..self }
    }

    /// The same view, if `U` is its element type; the view itself otherwise.
    pub(crate) fn same_type<U: 'static>(self) -> std::result::Result<View<'a, U, A, N>, Self>
    where
        T: 'static,
    {
        if TypeId::of::<T>() == TypeId::of::<U>() {
            let first = Place(self.first.0.cast(), PhantomData);
            Ok(View { first, size: self.size, step: self.step })
        } else {
            Err(self)
        }
    }
}

impl<T: Copy, A, const N: usize> View<'_, T, A, N> {
    /// An element.
    #[inline(always)]
    pub(crate) fn at(&self, index: [usize; N]) -> T {
        // SAFETY: `address` checks the index.
        unsafe { *self.address(index) }
    }
}

impl<T: Copy, const N: usize> View<'_, T, Write, N> {
    /// Writes an element.
    #[inline(always)]
    pub(crate) fn put(&mut self, index: [usize; N], value: T) {
        // SAFETY: `address` checks the index, and the view is the only way to the element.
        unsafe { *self.address(index) = value }
    }

    /// The same elements to read, for a while in which nothing can be written.
    #[inline(always)]
    pub(crate) fn reading(&self) -> View<'_, T, Read, N> {
        View { first: Place(self.first.0, PhantomData), size: self.size, step: self.step }
    }

    /// The view for a while: this one cannot be used meanwhile.
    #[inline(always)]
    pub(crate) fn reborrow(&mut self) -> View<'_, T, Write, N> {
        View { first: Place(self.first.0, PhantomData), size: self.size, step: self.step }
    }

    /// A box inside of this one for a while.
    #[inline(always)]
    pub(crate) fn part(&mut self, ranges: [Range<usize>; N]) -> View<'_, T, Write, N> {
        self.reborrow().block(ranges)
    }

    /// A second view of the same elements.
    ///
    /// # Safety
    /// No element is reached through one of them while the other may be writing to it.
    pub(crate) unsafe fn alias(&self) -> Self {
        View { first: Place(self.first.0, PhantomData), size: self.size, step: self.step }
    }
}

impl<'a> Elements<'a, Write> {
    /// A second way to the same elements.
    ///
    /// # Safety
    /// No element is reached by one of them while the other may be writing to it.
    pub(crate) unsafe fn alias(&self) -> Self {
        self.at_place(Place(self.first.0, PhantomData))
    }
}

/// Lines.
impl<'a, T: Copy, A> View<'a, T, A, 1> {
    /// Number of elements.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.size[0]
    }

    /// One element.
    #[inline(always)]
    pub(crate) fn get(&self, i: usize) -> T {
        self.at([i])
    }

    /// Do the elements follow one another?
    #[inline(always)]
    pub(crate) fn is_slice(&self) -> bool {
        self.step[0] == 1 || self.size[0] <= 1
    }

    /// The elements from the last to the first.
    pub(crate) fn reversed(self) -> Self {
        let last = self.first.0.wrapping_offset((self.size[0].max(1) - 1) as isize * self.step[0]);
        View { first: Place(last, PhantomData), step: [-self.step[0]], ..self }
    }

    /// Each of the elements at a whole number of steps from the first.
    pub(crate) fn every(self, step: usize) -> Self {
        View { size: [self.size[0].div_ceil(step)], step: [self.step[0] * step as isize], ..self }
    }
}

impl<'a, T: Copy> View<'a, T, Read, 1> {
    /// The memory itself, where the elements follow one another.
    #[inline(always)]
    pub(crate) fn as_slice(&self) -> Option<&'a [T]> {
        // SAFETY: all elements can be read for that long, and they follow one another.
        self.is_slice().then(|| unsafe { std::slice::from_raw_parts(self.first.0, self.size[0]) })
    }

    /// The elements in their order.
    #[inline(always)]
    pub(crate) fn iter(self) -> impl ExactSizeIterator<Item = T> + 'a
    where
        T: 'a,
    {
        // SAFETY: the indices are those of the line.
        (0..self.size[0]).map(move |i| unsafe { *self.first.0.wrapping_offset(i as isize * self.step[0]) })
    }
}

impl<'a, T: Copy> View<'a, T, Write, 1> {
    /// Writes an element.
    #[inline(always)]
    pub(crate) fn set(&mut self, i: usize, value: T) {
        self.put([i], value);
    }

    /// The memory itself, where the elements follow one another.
    #[inline(always)]
    pub(crate) fn into_mut_slice(self) -> Option<&'a mut [T]> {
        // SAFETY: the elements follow one another, and the view was the only way to them.
        self.is_slice().then(|| unsafe { std::slice::from_raw_parts_mut(self.first.0, self.size[0]) })
    }

    /// [`View::into_mut_slice`] for a while.
    #[inline(always)]
    pub(crate) fn as_mut_slice(&mut self) -> Option<&mut [T]> {
        self.reborrow().into_mut_slice()
    }

    /// Writes the elements one after the other, as far as there are values.
    #[inline(always)]
    pub(crate) fn write_all(&mut self, values: impl IntoIterator<Item = T>) {
        for (i, value) in (0..self.size[0]).zip(values) {
            // SAFETY: the index is one of the line's, and the view is the only way to its elements.
            unsafe { *self.first.0.wrapping_offset(i as isize * self.step[0]) = value };
        }
    }
}

impl<T: Copy> View<'_, T, Write, 1> {
    /// Copies a line of as many elements; a few of them without the call that moves many.
    #[inline(always)]
    pub(crate) fn copy_from(&mut self, from: View<T, Read, 1>) {
        match (from.as_slice(), self.as_mut_slice()) {
            (Some(from), Some(to)) if from.len() > 8 => copying::copy_slice(from, to),
            (None, Some(to)) if from.step[0] == -1 => copying::reverse(from.reversed().as_slice().unwrap_or_default(), to),
            _ => self.write_all(from.iter()),
        }
    }
}

/// Matrices and planes.
impl<'a, T: Copy, A> View<'a, T, A, 2> {
    /// All elements as one line, where the rows follow one another as the elements of a row do.
    pub(crate) fn flat(self) -> Option<View<'a, T, A, 1>> {
        let [rows, cols] = self.size;
        let follow = rows <= 1 || self.step[0] == cols as isize * self.step[1];
        follow.then_some(View { first: self.first, size: [rows * cols], step: [self.step[1]] })
    }

    /// Number of rows.
    #[inline(always)]
    pub(crate) fn rows(&self) -> usize {
        self.size[0]
    }

    /// Number of columns.
    #[inline(always)]
    pub(crate) fn cols(&self) -> usize {
        self.size[1]
    }

    /// An element.
    #[inline(always)]
    pub(crate) fn get(&self, row: usize, column: usize) -> T {
        self.at([row, column])
    }

    /// Rows and columns exchanged.
    #[inline(always)]
    pub(crate) fn t(self) -> Self {
        View { size: [self.size[1], self.size[0]], step: [self.step[1], self.step[0]], ..self }
    }

    /// A row; of a matrix without columns every one is empty.
    #[inline(always)]
    pub(crate) fn row(self, row: usize) -> View<'a, T, A, 1> {
        assert!(row < self.size[0], "row out of range");
        let first = self.first.0.wrapping_offset(row as isize * self.step[0]);
        View { first: Place(first, PhantomData), size: [self.size[1]], step: [self.step[1]] }
    }
}

impl<'a, T: Copy> View<'a, T, Read, 2> {
    /// A row-major slice as a matrix.
    pub(crate) fn from_slice(slice: &'a [T], rows: usize, cols: usize) -> Self {
        assert!(rows * cols <= slice.len(), "{rows} x {cols} elements in a slice of {}", slice.len());
        let first = Place(slice.as_ptr().cast_mut(), PhantomData);
        View { first, size: [rows, cols], step: [cols as isize, 1] }
    }

    /// A slice that is each of the rows.
    #[inline(always)]
    pub(crate) fn same_rows(slice: &'a [T], rows: usize) -> Self {
        View { first: Place(slice.as_ptr().cast_mut(), PhantomData), size: [rows, slice.len()], step: [0, 1] }
    }

    /// A row whose elements are neighbours.
    #[inline(always)]
    pub(crate) fn row_slice(&self, row: usize) -> Option<&'a [T]> {
        if row < self.size[0] { self.row(row).as_slice() } else { None }
    }
}

/// The rows of a matrix whose columns are neighbours, as slices.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, T> {
    matrix: View<'a, T, Read, 2>,
}

impl<'a, T: Copy> Rows<'a, T> {
    #[inline(always)]
    pub(crate) fn new(matrix: View<'a, T, Read, 2>) -> Self {
        assert!(matrix.step[1] == 1 || matrix.size[1] <= 1, "rows of neighbours");
        Rows { matrix }
    }

    /// Number of rows.
    #[inline(always)]
    pub(crate) fn count(self) -> usize {
        self.matrix.size[0]
    }

    /// Number of columns.
    #[inline(always)]
    pub(crate) fn cols(self) -> usize {
        self.matrix.size[1]
    }

    /// A row.
    #[inline(always)]
    pub(crate) fn get(self, row: usize) -> &'a [T] {
        let row = self.matrix.row(row);
        // SAFETY: all elements can be read for that long, and the constructor found them to follow one another.
        unsafe { std::slice::from_raw_parts(row.first.0, row.size[0]) }
    }

    /// The rows from the first on.
    #[inline(always)]
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [T]> {
        let View { first, size, step } = self.matrix;
        // SAFETY: as for `get`, of rows that there are.
        (0..size[0] as isize)
            .map(move |row| unsafe { std::slice::from_raw_parts(first.0.wrapping_offset(row * step[0]), size[1]) })
    }
}

/// The elements of rows of one.
#[inline(always)]
pub(crate) fn ones<T: Copy>(rows: Rows<T>) -> impl Iterator<Item = T> {
    assert_eq!(rows.cols(), 1, "rows of one element");
    rows.iter().map(|row| row[0])
}

/// [`Rows`] to write.
pub(crate) struct RowsMut<'a, T> {
    matrix: View<'a, T, Write, 2>,
}

impl<'a, T: Copy> RowsMut<'a, T> {
    #[inline(always)]
    pub(crate) fn new(matrix: View<'a, T, Write, 2>) -> Self {
        assert!(matrix.step[1] == 1 || matrix.size[1] <= 1, "rows of neighbours");
        RowsMut { matrix }
    }

    /// The rows from the first on.
    #[inline(always)]
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut [T]> {
        let (first, size, step) = (self.matrix.first.0, self.matrix.size, self.matrix.step);
        // SAFETY: the elements of a row follow one another, no two rows of what is written share one, and while the rows live this is
        // the only way to them.
        (0..size[0] as isize)
            .map(move |row| unsafe { std::slice::from_raw_parts_mut(first.wrapping_offset(row * step[0]), size[1]) })
    }
}

impl<'a, T: Copy> View<'a, T, Write, 2> {
    /// A row-major slice as a matrix.
    pub(crate) fn from_slice_mut(slice: &'a mut [T], rows: usize, cols: usize) -> Self {
        assert!(rows * cols <= slice.len(), "{rows} x {cols} elements in a slice of {}", slice.len());
        let first = Place(slice.as_mut_ptr(), PhantomData);
        View { first, size: [rows, cols], step: [cols as isize, 1] }
    }

    /// Writes an element.
    #[inline(always)]
    pub(crate) fn set(&mut self, row: usize, column: usize, value: T) {
        self.put([row, column], value);
    }

    /// A row for a while.
    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: usize) -> View<'_, T, Write, 1> {
        self.reborrow().row(row)
    }

    /// Calls `visit(i, row)` for the rows, if their elements are neighbours.
    #[inline(always)]
    pub(crate) fn for_each_row(&mut self, mut visit: impl FnMut(usize, &mut [T])) {
        for i in 0..self.size[0] {
            if let Some(row) = self.row_mut(i).as_mut_slice() {
                visit(i, row);
            }
        }
    }
}
