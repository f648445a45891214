//! New tensors.

use crate::array::Array;
use crate::backend;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

/// `n` numbers from `start` on, `step` apart; 1-D.
pub fn range(start: Scalar, step: Scalar, n: usize, dtype: DType, device: Device) -> Result<Tensor> {
    let out = Array::empty(&[n], dtype, device)?;
    backend::launch("arange", &Kernel::Range { start, step }, &[], std::slice::from_ref(&out))?;
    Ok(Tensor::from_array(out))
}

/// Zeros of a tensor's dtype and on its device, in a shape of one's own.
pub(crate) fn zeros_with(model: &Tensor, shape: &[usize]) -> Result<Tensor> {
    Tensor::full(shape, Scalar::Int(0), model.dtype(), model.device())
}
