//! Tensors given as `out=`.

use crate::array::Array;
use crate::autograd::{self, inplace};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::memory::HostBuffer;
use crate::tensor::Tensor;

use super::pointwise::can_cast;

/// Checks that `out` can take a result, and gives it the result's shape. `inputs` are the op's tensors: with `out=`
/// nothing is recorded, so none of them may ask for gradients, unless the result is of a dtype that has none.
pub fn prepare<'a>(
    op: &'static str,
    out: &Tensor,
    shape: &[usize],
    result: DType,
    inputs: impl Iterator<Item = &'a Tensor>,
) -> Result<()> {
    let differentiable = !result.is_integral();
    let recorded =
        autograd::is_enabled() && (out.requires_grad() || differentiable && inputs.into_iter().any(Tensor::requires_grad));
    ensure!(
        !recorded,
        Runtime,
        "{op}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad."
    );
    ensure!(
        can_cast(result, out.dtype()),
        Runtime,
        "{op}(): result type {} can't be cast to the desired output type {}",
        result.legacy_name(),
        out.dtype().legacy_name()
    );
    inplace::check_overlap(op, out)?;
    resize(op, out, shape)
}

/// Gives `out` a shape; a non-empty tensor of another shape is resized with a warning, as in PyTorch.
fn resize(op: &'static str, out: &Tensor, shape: &[usize]) -> Result<()> {
    let array = out.array();
    if array.shape() == shape {
        return Ok(());
    }
    if array.numel() != 0 {
        backend::warn(&format!(
            "{op}(): An output with one or more elements was resized since it had shape {:?}, which does not match the required output \
             shape {shape:?}. Resize it to zero elements first to silence this warning.",
            array.shape()
        ));
    }
    let needed = crate::shape::checked_numel(shape)? * array.dtype.size();
    if needed <= array.storage.bytes() {
        out.replace_array(array.with_layout(Layout::contiguous(shape)));
    } else {
        let own = array.storage.as_host().is_none_or(HostBuffer::is_own);
        ensure!(own, Runtime, "{op}(): Trying to resize storage that is not resizable: it belongs to another library");
        out.replace_array(Array::empty(shape, array.dtype, array.device())?);
    }
    Ok(())
}

/// Writes a finished result into `out`.
pub fn store<'a>(op: &'static str, out: &Tensor, result: &'a Tensor, inputs: impl Iterator<Item = &'a Tensor>) -> Result<()> {
    // A result with a history tells of inputs that stand in lists.
    prepare(op, out, &result.shape(), result.dtype(), inputs.chain([result]))?;
    autograd::mode::no_grad(|| inplace::write(op, out, result))
}
