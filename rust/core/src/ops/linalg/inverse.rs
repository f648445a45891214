//! Inverses.

use smallvec::smallvec;

use crate::autograd::{Context, SavedTensor, keeping_one, record_first};
use crate::dtype::DType;
use crate::error::Result;
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::super::arithmetic::mul;
use super::super::matmul::matmul;
use super::super::view;
use super::{check_info, lead, require_dtype, require_square, run};

/// The inverse, and for each matrix the number of the first pivot that is zero, or 0.
pub fn inv_ex(a: &Tensor, check_errors: bool) -> Result<(Tensor, Tensor)> {
    inverted(if check_errors { "linalg.inv_ex" } else { "linalg.inv" }, a, check_errors)
}

/// [`inv_ex`] that fails where a matrix is singular.
pub fn inv(a: &Tensor) -> Result<Tensor> {
    Ok(inverted("linalg.inv", a, true)?.0)
}

fn inverted(op: &'static str, a: &Tensor, check_errors: bool) -> Result<(Tensor, Tensor)> {
    require_square("linalg.inv", a, "A")?;
    require_dtype("linalg.inv", a)?;
    let [inverse, info] = run(op, Linalg::Inverse, &[a], [(a.shape(), a.dtype()), (lead(a), DType::Int32)])?;
    if check_errors {
        check_info(op, &info, |at| {
            format!(
                "The diagonal element {at} is zero, the inversion could not be completed because the input matrix is singular."
            )
        })?;
    }
    record_first("LinalgInvExBackward0", &[a], &[&inverse, &info], || {
        keeping_one([("inverse", SavedTensor::output(&inverse, 0))], |cx: &Context, [inverse], g: &Tensor| {
            let adjoint = view::adjoint(&inverse.get(cx)?)?;
            let product = matmul(&adjoint, &matmul(g, &adjoint)?)?;
            Ok(smallvec![Some(mul(&product, Scalar::Int(-1))?)])
        })
    })?;
    Ok((inverse, info))
}
