//! Arrays as planes of two dimensions: rows along the one that a kernel works on, columns along the last.
//!
//! What picks or scatters along a dimension other than the last walks a plane row by row, so that memory is read in its
//! own order. [`for_each_block`] hands every column of an output's planes to exactly one call, rows and all, which is
//! what makes writing from several threads sound, and the order of writes to an element one and the same.

use std::marker::PhantomData;
use std::ops::Range;

use ferrotorch_core::dtype::Element;
use ferrotorch_core::{Array, Result};
use smallvec::SmallVec;

use crate::host::{check_output, checked_ptr};
use crate::parallel;

/// Elements that a thread should at least have to do.
const GRAIN: usize = 1 << 14;
/// Columns that are at least worth a block of their own: a cache line of the narrowest index.
const COLUMNS: usize = 16;

/// Where the planes of an array begin, and the steps inside one.
#[derive(Clone)]
struct Geometry {
    outer: SmallVec<[(usize, isize); 5]>,
    planes: usize,
    size: [usize; 2],
    step: [isize; 2],
}

impl Geometry {
    /// Planes of dimension `dim` and the last, which is another.
    fn new(array: &Array, dim: usize) -> Geometry {
        let layout = &array.layout;
        let last = layout.ndim() - 1;
        assert!(dim < last, "planes need two dimensions");
        let dims = layout.shape().iter().copied().zip(layout.strides().iter().copied());
        let outer: SmallVec<[(usize, isize); 5]> =
            dims.enumerate().filter(|&(d, _)| d != dim && d != last).map(|(_, d)| d).collect();
        let (shape, strides) = (layout.shape(), layout.strides());
        Geometry {
            planes: outer.iter().map(|d| d.0).product(),
            outer,
            size: [shape[dim], shape[last]],
            step: [strides[dim], strides[last]],
        }
    }

    /// Offset of a plane's first element.
    fn start(&self, plane: usize) -> isize {
        assert!(plane < self.planes, "plane out of range");
        let (mut rest, mut offset) = (plane, 0);
        for &(size, stride) in self.outer.iter().rev() {
            offset += (rest % size) as isize * stride;
            rest /= size;
        }
        offset
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
        let first = if size.contains(&0) { self.ptr } else { unsafe { self.ptr.offset(self.geometry.start(plane)) } };
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
}

/// The planes of an output.
pub(crate) struct PlanesMut<'a, T> {
    ptr: *mut T,
    geometry: Geometry,
    life: PhantomData<&'a mut T>,
}

// SAFETY: a shared reference gives access to elements only through `for_each_block`, which hands out each one once.
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
    /// Views an output by planes of dimension `dim` and the last. `T` may be any type of the dtype's size.
    pub(crate) fn new(array: &'a Array, dim: usize) -> Result<Self> {
        check_output(array)?;
        Ok(PlanesMut { ptr: checked_ptr(array)?, geometry: Geometry::new(array, dim), life: PhantomData })
    }

    /// Length of the dimension that was chosen.
    pub(crate) fn rows(&self) -> usize {
        self.geometry.size[0]
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
}

/// Calls `work(plane, block)` for blocks that together are all columns of all planes of an output, in parallel. `rows` is
/// how many rows a call visits.
pub(crate) fn for_each_block<T: Element>(out: &PlanesMut<T>, rows: usize, work: impl Fn(usize, Block<T>) + Sync) {
    let Geometry { planes, size, step, .. } = out.geometry;
    if planes == 0 || size.contains(&0) {
        return;
    }
    // Fewer, wider blocks where there are planes enough.
    let wanted = (parallel::num_threads() * 2).div_ceil(planes);
    let width = size[1].div_ceil(wanted).max(COLUMNS).min(size[1]);
    let blocks = size[1].div_ceil(width);
    let grain = (GRAIN / (rows * width).max(1)).max(1);
    parallel::for_each_chunk(planes * blocks, grain, |range| {
        for i in range {
            let (plane, column) = (i / blocks, i % blocks * width);
            let columns = column..(column + width).min(size[1]);
            // SAFETY: the plane's number is in range, and the planes have elements.
            let first = unsafe { out.ptr.offset(out.geometry.start(plane)) };
            // The ranges of `for_each_chunk` do not overlap, so no column is in two blocks.
            work(plane, Block { first, rows: size[0], columns, step, life: PhantomData });
        }
    });
}
