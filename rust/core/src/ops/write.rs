//! Ops that write into their target.

use crate::array::Array;
use crate::autograd::{inplace, needs_record};
use crate::error::Result;
use crate::tensor::Tensor;

/// Runs an op in place: `direct` writes into the target's memory where nothing is recorded; otherwise the result of
/// `functional` is assigned to the target, and brings its history. `inputs` are the tensors that the result depends on.
pub(crate) fn in_place(
    op: &'static str,
    target: &Tensor,
    inputs: &[&Tensor],
    functional: impl FnOnce() -> Result<Tensor>,
    direct: impl FnOnce(&Array) -> Result<()>,
) -> Result<()> {
    inplace::check(op, target, inputs)?;
    if needs_record(&[target]) || needs_record(inputs) {
        return inplace::assign(op, target, &functional()?);
    }
    let array = target.array();
    direct(&array)?;
    array.storage.bump(op);
    Ok(())
}

/// An input that shares no memory with what is written to: a copy where it would.
pub(crate) fn apart(input: &Array, output: &Array) -> Result<Array> {
    if input.storage.ptr_eq(&output.storage) { input.to_dtype(input.dtype) } else { Ok(input.clone()) }
}
