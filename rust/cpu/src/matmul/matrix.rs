//! Strided matrices in host memory: what is multiplied, and where the result goes.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Device, Result, ensure};

use crate::dense;
use crate::view::{Access, Read, View, Views, Write};

/// A matrix that is read.
pub(crate) type Matrix<'a, T> = View<'a, T, Read, 2>;
/// A matrix that is written to, and reached by nothing else meanwhile.
pub(crate) type MatrixMut<'a, T> = View<'a, T, Write, 2>;

/// The matrices of a `(.., M, N)` array.
pub(crate) fn matrices<T: Element, A: Access>(array: &Array) -> Result<Views<'_, T, A, 2>> {
    ensure!(array.dtype == T::DTYPE, Runtime, "a kernel for {} was given a {} array", T::DTYPE.name(), array.dtype.name());
    let ndim = array.layout.ndim();
    ensure!(ndim >= 2, Runtime, "a matrix product needs arrays of two dimensions or more");
    Views::along(array, [ndim - 2, ndim - 1])
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
