//! The derivative of pseudoinverses.

use smallvec::smallvec;

use crate::autograd::{SavedTensor, keeping_one, record_one};
use crate::error::Result;
use crate::tensor::Tensor;

use super::expr::Expr;
use super::matmul::{self, adjoint};
use super::view;

/// `inverse` as the pseudoinverse of the matrices `a`: a tensor of these elements that is differentiated by `a`.
pub fn as_pinv(a: &Tensor, inverse: &Tensor) -> Result<Tensor> {
    let out = view::alias(&inverse.detach());
    record_one("LinalgPinvBackward0", &[a], &out, || {
        keeping_one([("self", SavedTensor::input(a)), ("result", SavedTensor::output(&out, 0))], |cx, [a, inverse], g| {
            Ok(smallvec![Some(pinv_backward(&a.get(cx)?, &inverse.get(cx)?, g)?)])
        })
    })?;
    Ok(out)
}

/// The adjoint of `dP = -P dA P + P P' dA' (1 - A P) + (1 - P A) dA' P' P`, where `P` is the pseudoinverse of `A` and `'` the
/// conjugate transpose (Golub & Pereyra, 1973): with the gradient `G` of `P`, `-P' G P' + (1 - A P) G' P P' + P' P G' (1 - P A)`.
fn pinv_backward(a: &Tensor, p: &Tensor, g: &Tensor) -> Result<Tensor> {
    let (ph, gh) = (adjoint(p)?, adjoint(g)?);
    let of = |parts: [&Tensor; 3]| matmul::matmul(&matmul::matmul(parts[0], parts[1])?, parts[2]);
    let by_rows = of([&gh, p, &ph])?;
    let by_columns = of([&ph, p, &gh])?;
    let gradient = Expr::from(by_rows.clone()) - Expr::from(of([a, p, &by_rows])?) + Expr::from(by_columns.clone())
        - Expr::from(of([&by_columns, p, a])?)
        - Expr::from(of([&ph, g, &ph])?);
    gradient.into_tensor()
}
