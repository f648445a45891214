//! Exponentials of matrices.

use smallvec::smallvec;

use crate::autograd::{Context, SavedTensor, keeping_one, record_one};
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::linalg::Linalg;
use crate::tensor::Tensor;

use super::super::cast::to_dtype;
use super::super::{creation, join, reduce, view};
use super::{matrix_size, require_square, run};

/// The exponential. Half types are computed in float32.
pub fn matrix_exp(a: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.matrix_exp";
    ensure!(
        a.dtype().is_differentiable(),
        NotImplemented,
        "{OP}: Expected a floating point or complex tensor as input. Got {}",
        a.dtype().legacy_name()
    );
    require_square(OP, a, "A")?;
    if a.dtype().is_half() {
        return to_dtype(&matrix_exp(&to_dtype(a, DType::Float32)?)?, a.dtype());
    }
    let [exponential] = run(OP, Linalg::Exponential, &[a], [(a.shape(), a.dtype())])?;
    record_one("LinalgMatrixExpBackward0", &[a], &exponential, || {
        keeping_one([("self", SavedTensor::input(a))], |cx: &Context, [a], g: &Tensor| {
            Ok(smallvec![Some(derivative(&view::adjoint(&a.get(cx)?)?, g)?)])
        })
    })?;
    Ok(exponential)
}

/// The derivative in a direction: the upper right part of the exponential of `[[A, G], [0, A]]`.
fn derivative(a: &Tensor, direction: &Tensor) -> Result<Tensor> {
    let n = matrix_size(a)[0] as i64;
    let zeros = creation::zeros(&reduce::as_i64(&a.shape()), a.dtype(), a.device())?;
    let above = join::cat(&[a.clone(), direction.clone()], -1)?;
    let below = join::cat(&[zeros, a.clone()], -1)?;
    let both = matrix_exp(&join::cat(&[above, below], -2)?)?;
    view::narrow(&view::narrow(&both, -2, 0, n)?, -1, n, n)
}
