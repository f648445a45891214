//! Row-major host arrays as slices.

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::kernel::Kernel;
use ferrotorch_kernel::{Array, DType, Error, Operand, Result, backend};

use crate::host::{Strided, StridedMut};

/// The elements of an input that is row-major.
pub(crate) fn read<T: Element>(array: &Array) -> Result<&[T]> {
    Strided::new(array)?.as_slice().ok_or_else(not_dense)
}

/// Calls `work` on the elements of an output that is row-major. Meanwhile nothing else may reach the output: see [`crate::host`].
pub(crate) fn write<T: Element, R>(array: &Array, work: impl FnOnce(&mut [T]) -> R) -> Result<R> {
    let mut view = StridedMut::new(array)?;
    view.as_slice_mut().map(work).ok_or_else(not_dense)
}

/// Calls `work` with a row-major stand-in for an output of dtype `dtype`, whose elements are copied into the output
/// afterwards; with the output itself where that will do.
pub(crate) fn through(out: &Array, dtype: DType, work: impl FnOnce(&Array) -> Result<()>) -> Result<()> {
    if out.dtype == dtype && out.layout.is_contiguous() {
        return work(out);
    }
    let dense = Array::empty(out.shape(), dtype, out.device())?;
    work(&dense)?;
    backend::launch("copy", &Kernel::Copy, &[Operand::Array(dense)], std::slice::from_ref(out))
}

/// A row-major array with the elements of an input as `dtype`.
pub(crate) fn input(array: &Array, dtype: DType) -> Result<Array> {
    if array.dtype == dtype { array.contiguous() } else { array.to_dtype(dtype) }
}

#[cold]
fn not_dense() -> Error {
    Error::runtime("a kernel for row-major arrays was given a strided one")
}
