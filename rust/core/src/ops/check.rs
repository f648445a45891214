//! What ops ask of the values of their inputs.
//!
//! Shapes and dtypes are looked at before a kernel is called. What is asked of elements is a kernel call itself, so that no
//! device is waited for: the host refuses at once, a device that runs behind the program refuses when something is next
//! read from it, and where tensors have no elements nothing is asked.

use crate::backend;
use crate::ensure;
use crate::error::{Class, Result};
use crate::kernel::Kernel;
use crate::tensor::Tensor;

use super::expr::Expr;

/// Refuses a call of `op` with a `RuntimeError` unless a condition holds for all elements.
pub(crate) fn require(op: &'static str, condition: Expr, text: &str) -> Result<()> {
    require_all(op, &condition.into_tensor()?, Class::Runtime, text)
}

/// Refuses a call of `op` unless all elements of a tensor of truth values are true.
pub fn require_all(op: &'static str, condition: &Tensor, class: Class, text: &str) -> Result<()> {
    backend::launch(op, &Kernel::Check { class, text }, &[condition.operand()], &[])
}

/// Refuses an op whose result, or the shape of it, is a matter of values on a device whose tensors have none.
pub fn require_values(op: &'static str, input: &Tensor) -> Result<()> {
    ensure!(
        input.device().has_data(),
        NotImplemented,
        "{op}(): attempted to run this operator with Meta tensors, but its result, or the shape of it, depends on values, \
         which meta tensors do not have"
    );
    Ok(())
}
