//! Opaque tensors: those whose elements do not lie in a strided array, sparse ones above all. See [`ferrotorch_kernel::opaque`].
//!
//! Here such a tensor has a shape, a dtype, a device and a place in the graph, like any other, so that it may be a leaf and
//! flow through the graph as a gradient. Whoever makes them says how they are added up.

use std::any::Any;
use std::sync::OnceLock;

use crate::array::Array;
use crate::autograd::mode;
use crate::bail;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::layout::Layout;
use crate::storage::Storage;
use crate::tensor::Tensor;

pub use ferrotorch_kernel::opaque::Handle;

impl Tensor {
    /// A tensor that consists of what its handle knows.
    pub fn opaque(shape: &[usize], dtype: DType, device: Device, handle: Handle) -> Tensor {
        Tensor::from_array(Array::new(Storage::opaque(handle, device), Layout::contiguous(shape), dtype))
    }

    /// Looks at the handle, if the tensor is opaque.
    pub fn with_handle<R>(&self, look: impl FnOnce(&(dyn Any + Send + Sync)) -> R) -> Option<R> {
        let storage = self.storage();
        storage.handle().map(look)
    }
}

/// The sum of a gradient so far, if there is any, and another one, where one of the two is opaque: a tensor that nobody else
/// holds, or the first one, if that is a leaf's gradient that may be written to.
pub type Sum = fn(sum: Option<&Tensor>, grad: &Tensor, in_place: bool) -> Result<Tensor>;
static SUM: OnceLock<Sum> = OnceLock::new();

/// Sets how gradients are summed; later calls change nothing.
pub fn set_sum(sum: Sum) {
    let _ = SUM.set(sum);
}

/// Must [`sum`] add these gradients?
pub(crate) fn is_among(sum: Option<&Tensor>, grad: &Tensor) -> bool {
    grad.is_opaque() || sum.is_some_and(Tensor::is_opaque)
}

/// See [`Sum`]. What is added is recorded only with `create_graph`.
pub(crate) fn sum(sum: Option<&Tensor>, grad: &Tensor, in_place: bool, create_graph: bool) -> Result<Tensor> {
    let Some(add) = SUM.get() else { bail!(NotImplemented, "nobody has said how opaque gradients are summed") };
    if create_graph { add(sum, grad, false) } else { mode::no_grad(|| add(sum, grad, in_place)) }
}
