//! Calls that are refused for the values of their inputs.

use ferrotorch_kernel::error::Class;
use ferrotorch_kernel::kernel::Reduction;
use ferrotorch_kernel::shape::Shape;
use ferrotorch_kernel::{Array, DType, Device, Error, Operand, Result, Scalar};

use crate::reduce::reduce;

/// Refuses unless all elements of the input are true.
pub(crate) fn check(class: Class, text: &str, inputs: &[Operand]) -> Result<()> {
    let all = match inputs.first() {
        Some(Operand::Array(condition)) => all_true(condition, inputs)?,
        Some(Operand::Scalar(condition)) => condition.to_bool(),
        _ => true,
    };
    if all { Ok(()) } else { Err(Error::message(class, text)) }
}

fn all_true(condition: &Array, inputs: &[Operand]) -> Result<bool> {
    let shape: Shape = condition.shape().iter().map(|_| 1).collect();
    let all = Array::empty(&shape, DType::Bool, Device::CPU)?;
    reduce(Reduction::All, inputs, std::slice::from_ref(&all))?;
    Ok(all.to_vec::<ferrotorch_kernel::dtype::Bool>()?.into_iter().map(Scalar::from).all(Scalar::to_bool))
}
