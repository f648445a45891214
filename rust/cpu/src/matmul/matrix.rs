//! Strided matrices in host memory: what is multiplied, and where the result goes.

use std::marker::PhantomData;
use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Device, Result, ensure};

use crate::{dense, host};

/// A read-only matrix.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    ptr: *const T,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Step between rows.
    pub(crate) row: isize,
    /// Step between columns.
    pub(crate) col: isize,
    life: PhantomData<&'a T>,
}

/// A matrix that is written to. Threads share it and each write tiles of their own.
#[derive(Clone, Copy)]
pub(crate) struct Output<'a, T> {
    ptr: *mut T,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row: isize,
    pub(crate) col: isize,
    life: PhantomData<&'a mut T>,
}

// SAFETY: a matrix only reads elements that are Sync.
unsafe impl<T: Sync> Send for Matrix<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Matrix<'_, T> {}
// SAFETY: elements are only reached through `unsafe` functions, whose callers keep tiles apart.
unsafe impl<T: Send> Send for Output<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Output<'_, T> {}

/// Start and steps of matrix `batch` of a `(B, M, N)` array.
fn locate<T: Element>(array: &Array, batch: usize) -> Result<(*mut T, [usize; 2], [isize; 2])> {
    ensure!(array.dtype == T::DTYPE, Runtime, "a kernel for {} was given a {} array", T::DTYPE.name(), array.dtype.name());
    let (&[batches, rows, cols], &[step, row, col]) = (array.shape(), array.layout.strides()) else {
        return Err(ferrotorch_kernel::Error::runtime("a matrix product needs arrays of three dimensions"));
    };
    ensure!(batch < batches, Runtime, "matrix {batch} of {batches}");
    let ptr = host::checked_ptr::<T>(array)?;
    // An empty matrix has no first element that a step could lead to.
    let step = if rows * cols == 0 { 0 } else { batch as isize * step };
    // SAFETY: `checked_ptr` found the layout's span, this batch included, inside the storage.
    Ok((unsafe { ptr.offset(step) }, [rows, cols], [row, col]))
}

impl<'a, T: Element> Matrix<'a, T> {
    /// Matrix `batch` of a `(B, M, N)` array.
    pub(crate) fn of(array: &'a Array, batch: usize) -> Result<Self> {
        let (ptr, [rows, cols], [row, col]) = locate::<T>(array, batch)?;
        Ok(Matrix { ptr, rows, cols, row, col, life: PhantomData })
    }

    /// A row-major slice as a matrix.
    pub(crate) fn from_slice(slice: &'a [T], rows: usize, cols: usize) -> Self {
        assert!(rows * cols <= slice.len(), "{rows} x {cols} elements in a slice of {}", slice.len());
        Matrix { ptr: slice.as_ptr(), rows, cols, row: cols as isize, col: 1, life: PhantomData }
    }

    /// Rows and columns exchanged.
    pub(crate) fn t(self) -> Self {
        Matrix { rows: self.cols, cols: self.rows, row: self.col, col: self.row, ..self }
    }

    /// A block.
    pub(crate) fn block(self, rows: Range<usize>, cols: Range<usize>) -> Self {
        assert!(
            rows.start <= rows.end && rows.end <= self.rows && cols.start <= cols.end && cols.end <= self.cols,
            "a block inside the matrix"
        );
        let skip = rows.start as isize * self.row + cols.start as isize * self.col;
        Matrix { ptr: self.ptr.wrapping_offset(skip), rows: rows.len(), cols: cols.len(), ..self }
    }

    /// An element.
    #[inline(always)]
    pub(crate) fn get(&self, i: usize, j: usize) -> T {
        assert!(i < self.rows && j < self.cols, "an element inside the matrix");
        // SAFETY: the index was checked, and a matrix is made with a span inside its storage.
        unsafe { *self.ptr.offset(i as isize * self.row + j as isize * self.col) }
    }

    /// A row whose elements are neighbours.
    pub(crate) fn row_slice(&self, i: usize) -> Option<&'a [T]> {
        // SAFETY: as for `get`; the row's elements are neighbours.
        (i < self.rows && (self.col == 1 || self.cols <= 1))
            .then(|| unsafe { std::slice::from_raw_parts(self.ptr.offset(i as isize * self.row), self.cols) })
    }

    /// The same matrix, if `U` is its element type.
    pub(super) fn same_type<U: Element>(self) -> Option<Matrix<'a, U>> {
        // A dtype stands for one type.
        (T::DTYPE == U::DTYPE).then_some(Matrix {
            ptr: self.ptr.cast(),
            rows: self.rows,
            cols: self.cols,
            row: self.row,
            col: self.col,
            life: PhantomData,
        })
    }

    pub(super) fn as_ptr(&self) -> *const T {
        self.ptr
    }
}

impl<'a, T: Element> Output<'a, T> {
    /// Matrix `batch` of a `(B, M, N)` output.
    pub(crate) fn of(array: &'a Array, batch: usize) -> Result<Self> {
        host::check_output(array)?;
        let (ptr, [rows, cols], [row, col]) = locate::<T>(array, batch)?;
        Ok(Output { ptr, rows, cols, row, col, life: PhantomData })
    }

    /// A row-major slice as a matrix.
    pub(crate) fn from_slice(slice: &'a mut [T], rows: usize, cols: usize) -> Self {
        assert!(rows * cols <= slice.len(), "{rows} x {cols} elements in a slice of {}", slice.len());
        Output { ptr: slice.as_mut_ptr(), rows, cols, row: cols as isize, col: 1, life: PhantomData }
    }

    /// Rows and columns exchanged.
    pub(crate) fn t(self) -> Self {
        Output { rows: self.cols, cols: self.rows, row: self.col, col: self.row, ..self }
    }

    /// A block.
    pub(crate) fn block(self, rows: Range<usize>, cols: Range<usize>) -> Self {
        assert!(
            rows.start <= rows.end && rows.end <= self.rows && cols.start <= cols.end && cols.end <= self.cols,
            "a block inside the matrix"
        );
        let skip = rows.start as isize * self.row + cols.start as isize * self.col;
        Output { ptr: self.ptr.wrapping_offset(skip), rows: rows.len(), cols: cols.len(), ..self }
    }

    /// Writes an element.
    ///
    /// # Safety
    /// Nothing else reaches the element meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn set(&self, i: usize, j: usize, x: T) {
        assert!(i < self.rows && j < self.cols, "an element inside the matrix");
        // SAFETY: the index was checked; exclusive by the caller's promise.
        unsafe { *self.ptr.offset(i as isize * self.row + j as isize * self.col) = x }
    }

    /// A row whose elements are neighbours.
    ///
    /// # Safety
    /// Nothing else reaches the row while the slice lives.
    #[allow(clippy::mut_from_ref, reason = "a shared output hands out rows that callers keep apart")]
    pub(crate) unsafe fn row_slice(&self, i: usize) -> Option<&'a mut [T]> {
        // SAFETY: the index is checked; exclusive by the caller's promise.
        (i < self.rows && (self.col == 1 || self.cols <= 1))
            .then(|| unsafe { std::slice::from_raw_parts_mut(self.ptr.offset(i as isize * self.row), self.cols) })
    }

    /// The same matrix, if `U` is its element type.
    pub(super) fn same_type<U: Element>(self) -> Option<Output<'a, U>> {
        (T::DTYPE == U::DTYPE).then_some(Output {
            ptr: self.ptr.cast(),
            rows: self.rows,
            cols: self.cols,
            row: self.row,
            col: self.col,
            life: PhantomData,
        })
    }

    pub(super) fn as_ptr(&self) -> *mut T {
        self.ptr
    }
}

/// Memory for the time of one task, from the caching allocator, aligned to a cache line.
pub(crate) struct Scratch(Array);

impl Scratch {
    /// Room for `len` elements, contents undefined.
    pub(crate) fn new<T: Element>(len: usize) -> Result<Scratch> {
        Array::empty(&[len], T::DTYPE, Device::CPU).map(Scratch)
    }

    /// Calls `work` on the elements.
    pub(crate) fn with<T: Element, R>(&mut self, work: impl FnOnce(&mut [T]) -> R) -> Result<R> {
        dense::write(&self.0, work)
    }
}
