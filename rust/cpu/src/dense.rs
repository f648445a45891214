//! Row-major host arrays as slices.

use ferrotorch_core::dtype::Element;
use ferrotorch_core::{Array, Error, Result};

use crate::host::{Strided, StridedMut};

/// The elements of an input that is row-major.
pub(crate) fn read<T: Element>(array: &Array) -> Result<&[T]> {
    Strided::new(array)?.as_slice().ok_or_else(not_dense)
}

/// Calls `work` on the elements of an output that is row-major.
pub(crate) fn write<T: Element, R>(array: &Array, work: impl FnOnce(&mut [T]) -> R) -> Result<R> {
    let mut view = StridedMut::new(array)?;
    view.as_slice_mut().map(work).ok_or_else(not_dense)
}

#[cold]
fn not_dense() -> Error {
    Error::runtime("a kernel for row-major arrays was given a strided one")
}
