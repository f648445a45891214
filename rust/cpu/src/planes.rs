//! Arrays as planes of two dimensions: rows along the one that a kernel works on, columns along the last.
//!
//! What works along a dimension other than the last walks a plane row by row, so that memory is read in its own order and
//! the loops run over adjacent columns. [`for_each_block`] hands every column of an output's planes to exactly one call, rows
//! and all, which is what makes writing from several threads sound, and the order of writes to an element one and the same.

#[cfg(test)]
mod tests;

use std::marker::PhantomData;
use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Result, ensure};

use crate::host::{check_output, checked_ptr};
use crate::outer::Outer;
use crate::parallel::{self, Cost};

/// Columns that are at least worth a block of their own: a cache line of the narrowest index.
const COLUMNS: usize = 16;
/// Columns of a block at most: several values for each of them fit into the L1 cache.
const MOST_COLUMNS: usize = 512;
/// With fewer columns than this, lines of the dimension are better walked one by one.
const FEW_COLUMNS: usize = 8;

/// Lines of at most so many elements are gathered side by side rather than walked one by one.
const SHORT: usize = 16;

/// Arrays of a call along `dim` that are best walked by planes, and the dimension of their rows: the dimensions behind
/// `dim` count as one where all of the arrays allow that, and so do those before it where its lines are short. `None` where
/// lines of the dimension lie in memory as they are, or too few of them side by side.
pub(crate) fn side_by_side<const N: usize>(arrays: [&Array; N], dim: usize) -> Option<([Array; N], usize)> {
    let ndim = arrays[0].layout.ndim();
    if dim + 1 == ndim {
        return short_lines(arrays);
    }
    let columns: usize = arrays[0].shape()[dim + 1..].iter().product();
    let merged = all(arrays, |array| {
        let shape: Vec<usize> = array.shape()[..=dim].iter().copied().chain([columns]).collect();
        Some(array.with_layout(array.layout.view(&shape)?))
    });
    let arrays = merged.unwrap_or_else(|| arrays.map(Array::clone));
    let (shape, strides) = (arrays[0].shape(), arrays[0].layout.strides());
    let last = shape.len() - 1;
    (shape[last] >= FEW_COLUMNS && strides[last].abs() <= strides[dim].abs()).then_some((arrays, dim))
}

/// Short lines of the last dimension, as the columns of one plane.
fn short_lines<const N: usize>(arrays: [&Array; N]) -> Option<([Array; N], usize)> {
    let (&length, outer) = arrays[0].shape().split_last()?;
    let lines: usize = outer.iter().product();
    if length == 0 || length > SHORT || lines < COLUMNS {
        return None;
    }
    let turned = all(arrays, |array| {
        let length = *array.shape().last()?;
        Some(array.with_layout(array.layout.view(&[lines, length])?.transpose(0, 1)))
    });
    Some((turned?, 0))
}

/// What `f` makes of all of the arrays, if it makes something of each.
fn all<const N: usize>(arrays: [&Array; N], f: impl Fn(&Array) -> Option<Array>) -> Option<[Array; N]> {
    let made: Option<Vec<Array>> = arrays.into_iter().map(f).collect();
    made.and_then(|arrays| arrays.try_into().ok())
}

/// Where the planes of an array begin, and the steps inside one.
#[derive(Clone)]
struct Geometry {
    outer: Outer,
    size: [usize; 2],
    step: [isize; 2],
}

impl Geometry {
    /// Planes of dimension `dim` and the last, which is another.
    fn new(array: &Array, dim: usize) -> Geometry {
        let layout = &array.layout;
        let last = layout.ndim() - 1;
        assert!(dim < last, "planes need two dimensions");
        let (shape, strides) = (layout.shape(), layout.strides());
        Geometry { outer: Outer::new(layout, &[dim, last]), size: [shape[dim], shape[last]], step: [strides[dim], strides[last]] }
    }
}

/// The planes of an input.
pub(crate) struct Planes<'a, T> {
    ptr: *const T,
    geometry: Geometry,
    life: PhantomData<&'a T>,
}

// SAFETY: planes are only read, and the elements are Sync.
unsafe impl<T: Sync> Sync for Planes<'_, T> {}

/// One plane of an input.
#[derive(Clone, Copy)]
pub(crate) struct Plane<'a, T> {
    first: *const T,
    size: [usize; 2],
    step: [isize; 2],
    life: PhantomData<&'a T>,
}

impl<'a, T: Element> Planes<'a, T> {
    /// Views an array by planes of dimension `dim` and the last. `T` may be any type of the dtype's size.
    pub(crate) fn new(array: &'a Array, dim: usize) -> Result<Self> {
        Ok(Planes { ptr: checked_ptr::<T>(array)?.cast_const(), geometry: Geometry::new(array, dim), life: PhantomData })
    }

    /// Length of the dimension that was chosen.
    pub(crate) fn rows(&self) -> usize {
        self.geometry.size[0]
    }

    /// A plane; it must have elements.
    pub(crate) fn plane(&self, plane: usize) -> Plane<'_, T> {
        let Geometry { size, step, .. } = self.geometry;
        // SAFETY: `checked_ptr` found the whole span inside the storage, and the plane's number is in range.
        let first = if size.contains(&0) { self.ptr } else { unsafe { self.ptr.offset(self.geometry.outer.start(plane)) } };
        Plane { first, size, step, life: PhantomData }
    }
}

impl<T: Element> Plane<'_, T> {
    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.size[0]
    }

    /// One element.
    #[inline(always)]
    pub(crate) fn get(&self, row: usize, column: usize) -> T {
        assert!(row < self.size[0] && column < self.size[1], "element out of range");
        // SAFETY: both numbers are in range of a plane inside the storage.
        unsafe { *self.first.offset(row as isize * self.step[0] + column as isize * self.step[1]) }
    }

    /// Some columns of a row: the memory itself where they follow one another, else a copy in `buffer`.
    #[inline(always)]
    pub(crate) fn row<'b>(&'b self, row: usize, columns: Range<usize>, buffer: &'b mut Vec<T>) -> &'b [T] {
        assert!(row < self.size[0] && columns.end <= self.size[1], "row out of range");
        if columns.is_empty() {
            return &[];
        }
        if self.step[1] == 1 {
            // SAFETY: the row and its columns are in range of a plane inside the storage, and follow one another.
            return unsafe {
                let first = self.first.offset(row as isize * self.step[0] + columns.start as isize);
                std::slice::from_raw_parts(first, columns.len())
            };
        }
        buffer.clear();
        buffer.extend(columns.map(|column| self.get(row, column)));
        buffer
    }
}

/// The planes of an output.
pub(crate) struct PlanesMut<'a, T> {
    ptr: *mut T,
    geometry: Geometry,
    life: PhantomData<&'a mut T>,
}

// SAFETY: a shared reference gives access to no element; `for_each_block` takes the whole and hands out each one once.
unsafe impl<T: Send> Sync for PlanesMut<'_, T> {}

/// Some columns of one plane of an output, held by one call alone.
pub(crate) struct Block<'a, T> {
    first: *mut T,
    rows: usize,
    columns: Range<usize>,
    step: [isize; 2],
    life: PhantomData<&'a mut T>,
}

impl<'a, T: Element> PlanesMut<'a, T> {
    /// Views an output by planes of dimension `dim` and the last. `T` may be any type of the dtype's size. While the view
    /// lives, nothing else may reach the output: see [`crate::host`].
    pub(crate) fn new(array: &'a Array, dim: usize) -> Result<Self> {
        check_output(array)?;
        Ok(PlanesMut { ptr: checked_ptr(array)?, geometry: Geometry::new(array, dim), life: PhantomData })
    }

    /// Length of the dimension that was chosen.
    pub(crate) fn rows(&self) -> usize {
        self.geometry.size[0]
    }

    /// # Safety
    /// The planes have elements, and no other `Block` with one of these columns of the plane is alive.
    unsafe fn block(&self, plane: usize, columns: Range<usize>) -> Block<'_, T> {
        let Geometry { size, step, .. } = self.geometry;
        // SAFETY: the plane's number is in range (`start` sees to it), and `checked_ptr` found the span inside the storage.
        let first = unsafe { self.ptr.offset(self.geometry.outer.start(plane)) };
        Block { first, rows: size[0], columns, step, life: PhantomData }
    }
}

impl<T: Element> Block<'_, T> {
    /// The columns that are the block's.
    pub(crate) fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    #[inline(always)]
    fn at(&self, row: usize, column: usize) -> *mut T {
        assert!(row < self.rows && self.columns.contains(&column), "element out of range");
        // SAFETY: both numbers are in range of a plane inside the storage.
        unsafe { self.first.offset(row as isize * self.step[0] + column as isize * self.step[1]) }
    }

    /// Reads an element.
    #[inline(always)]
    pub(crate) fn get(&self, row: usize, column: usize) -> T {
        // SAFETY: `at` found it inside the storage, and the column is ours alone.
        unsafe { *self.at(row, column) }
    }

    /// Writes an element.
    #[inline(always)]
    pub(crate) fn set(&mut self, row: usize, column: usize, value: T) {
        // SAFETY: as for `get`.
        unsafe { *self.at(row, column) = value }
    }

    /// The block's columns of a row, to be overwritten: their own memory where they follow one another, else `buffer`, which
    /// [`Block::write_back`] then copies there.
    #[inline(always)]
    pub(crate) fn row_mut<'b>(&'b mut self, row: usize, buffer: &'b mut Vec<T>) -> &'b mut [T] {
        let n = self.columns.len();
        if self.step[1] == 1 && n > 0 {
            let first = self.at(row, self.columns.start);
            // SAFETY: `at` found the first inside the storage, the others of the row follow it, and all are ours alone.
            return unsafe { std::slice::from_raw_parts_mut(first, n) };
        }
        buffer.resize(n, T::zeroed());
        buffer
    }

    /// See [`Block::row_mut`].
    #[inline(always)]
    pub(crate) fn write_back(&mut self, row: usize, buffer: &[T]) {
        if self.step[1] != 1 {
            self.columns().zip(buffer).for_each(|(column, &value)| self.set(row, column, value));
        }
    }

    /// Overwrites the block's columns of a row.
    pub(crate) fn write_row(&mut self, row: usize, values: &[T]) {
        assert_eq!(values.len(), self.columns.len(), "one value for each column");
        if self.step[1] == 1 {
            self.row_mut(row, &mut Vec::new()).copy_from_slice(values);
        } else {
            self.write_back(row, values);
        }
    }
}

/// Calls `work(plane, block)` for blocks that together are all columns of all planes of an output, in parallel. `cost` is that of
/// a column.
pub(crate) fn for_each_block<T: Element>(out: PlanesMut<T>, cost: Cost, work: impl Fn(usize, Block<T>) + Sync) {
    cut(&out.geometry, cost, |plane, columns| {
        // SAFETY: `cut` names each column of each plane once, and none of planes without elements.
        work(plane, unsafe { out.block(plane, columns) });
    });
}

/// [`for_each_block`] over two outputs with equally many planes and columns.
pub(crate) fn for_each_block_pair<T: Element, U: Element>(
    first: PlanesMut<T>,
    second: PlanesMut<U>,
    cost: Cost,
    work: impl Fn(usize, Block<T>, Block<U>) + Sync,
) -> Result<()> {
    let alike = first.geometry.size == second.geometry.size && first.geometry.outer.count() == second.geometry.outer.count();
    ensure!(alike, Runtime, "the outputs of a kernel differ in shape");
    cut(&first.geometry, cost, |plane, columns| {
        // SAFETY: `cut` names each column of each plane once, and none of planes without elements.
        work(plane, unsafe { first.block(plane, columns.clone()) }, unsafe { second.block(plane, columns) });
    });
    Ok(())
}

/// Calls `work(plane, columns)` with ranges that together are all columns of all planes that have elements, each once.
fn cut(geometry: &Geometry, cost: Cost, work: impl Fn(usize, Range<usize>) + Sync) {
    let (planes, size) = (geometry.outer.count(), geometry.size);
    if planes == 0 || size.contains(&0) {
        return;
    }
    // Fewer, wider blocks where there are planes enough.
    let wanted = (parallel::num_threads() * 2).div_ceil(planes);
    let width = size[1].div_ceil(wanted).clamp(COLUMNS, MOST_COLUMNS).min(size[1]);
    let blocks = size[1].div_ceil(width);
    parallel::for_each_chunk(planes * blocks, cost.times(width), |range| {
        for i in range {
            let (plane, column) = (i / blocks, i % blocks * width);
            work(plane, column..(column + width).min(size[1]));
        }
    });
}
