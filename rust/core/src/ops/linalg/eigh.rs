//! Eigenvalues and eigenvectors of Hermitian matrices.

use smallvec::smallvec;

use crate::autograd::{Context, Gradients, SavedTensor, is_tracked, keeping_pushing, record};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::super::arithmetic::{div, mul, sub};
use super::super::cast::to_dtype;
use super::super::complex::imag;
use super::super::expr::Expr;
use super::super::matmul::matmul;
use super::super::{reduce, view};
use super::{check_info, diagonal, lead, like, matrix_size, require_square, run, then, with_diagonal};

/// Eigenvalues in rising order and eigenvectors of norm 1 as columns; `uplo` ("L" or "U") is the triangle that is read.
pub fn eigh(a: &Tensor, uplo: &str) -> Result<(Tensor, Tensor)> {
    let op = "linalg.eigh";
    let (lead, n, upper) = checked(op, a, uplo)?;
    let shapes = [(then(&lead, &[n]), a.dtype().real()), (a.shape(), a.dtype()), (lead, DType::Int32)];
    let [values, vectors, info] = run(op, Linalg::Eigh { upper }, &[a], shapes)?;
    check_converged(op, &info, "eigenvalues")?;
    record("LinalgEighBackward0", &[a], &[&values, &vectors], || {
        let kept = [("eigenvalues", SavedTensor::output(&values, 0)), ("eigenvectors", SavedTensor::output(&vectors, 1))];
        let back = |cx: &Context, [values, vectors]: &[SavedTensor; 2], grads: Gradients| {
            let (values, vectors) = (values.get(cx)?, vectors.get(cx)?);
            Ok(smallvec![backward(&values, &vectors, grads[0].as_ref(), grads[1].as_ref())?])
        };
        keeping_pushing(kept, back, |cx: &Context, [values, vectors], tangents| {
            tangents[0].as_ref().map_or(Ok(smallvec![None, None]), |t| along(&values.get(cx)?, &vectors.get(cx)?, t))
        })
    })?;
    Ok((values, vectors))
}

/// Eigenvalues alone.
pub fn eigvalsh(a: &Tensor, uplo: &str) -> Result<Tensor> {
    if is_tracked(a) {
        return Ok(eigh(a, uplo)?.0);
    }
    let op = "linalg.eigvalsh";
    let (lead, n, upper) = checked("linalg.eigh", a, uplo)?;
    let [values, info] = run(op, Linalg::Eigh { upper }, &[a], [(then(&lead, &[n]), a.dtype().real()), (lead, DType::Int32)])?;
    check_converged(op, &info, "eigenvalues")?;
    Ok(values)
}

fn checked(op: &'static str, a: &Tensor, uplo: &str) -> Result<(crate::shape::Shape, usize, bool)> {
    require_square(op, a, "A")?;
    let upper = match uplo {
        "L" | "l" => false,
        "U" | "u" => true,
        _ => bail!(Runtime, "Expected UPLO argument to be 'L' or 'U', but got {uplo}"),
    };
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("linalg_eigh_cpu", a.dtype(), ""));
    }
    Ok((lead(a), matrix_size(a)[0], upper))
}

/// Fails where an iteration did not come to an end.
pub(super) fn check_converged(op: &str, info: &Tensor, of: &str) -> Result<()> {
    check_info(op, info, |code| {
        if code < 0 {
            return "The algorithm failed to converge because the input matrix contained non-finite values.".into();
        }
        format!(
            "The algorithm failed to converge because the input matrix is ill-conditioned or has too many repeated {of} (error code: \
             {code})."
        )
    })
}

/// The differences `v[j] - v[i]`, with 1 on the diagonal.
pub(super) fn differences(values: &Tensor) -> Result<Tensor> {
    let apart = sub(&view::unsqueeze(values, -2)?, &view::unsqueeze(values, -1)?)?;
    let one = Tensor::full(&values.shape(), Scalar::Int(1), values.dtype(), values.device())?;
    with_diagonal(&apart, &one)
}

/// Refuses a function of vectors that changes with their phase, by which they are not determined.
pub(super) fn check_phase(phase: &Tensor, text: &str) -> Result<()> {
    if !phase.device().has_data() {
        return Ok(());
    }
    let size = Expr::from(&phase.detach()).abs().into_tensor()?;
    let is_small = Expr::from(&size).le(0.01).into_tensor()?;
    ensure!(reduce::all(&is_small, None, false)?.item()?.to_bool(), Runtime, "{text}");
    Ok(())
}

/// The tangents `diag(V^H A' V)` of the values and `V (V^H A' V / E)` of the vectors.
fn along(values: &Tensor, vectors: &Tensor, tangent: &Tensor) -> Result<Gradients> {
    let inner = matmul(&view::adjoint(vectors)?, &matmul(tangent, vectors)?)?;
    let of_values = like(diagonal(&inner)?, values.dtype())?;
    let turned = off_diagonal(&div(&inner, &differences(values)?)?)?;
    Ok(smallvec![Some(of_values), Some(matmul(vectors, &turned)?)])
}

/// The matrix with zeros on its diagonal.
pub(super) fn off_diagonal(a: &Tensor) -> Result<Tensor> {
    let on = diagonal(a)?;
    with_diagonal(a, &Tensor::full(&on.shape(), Scalar::Int(0), a.dtype(), a.device())?)
}

/// `V (diag(gw) + skew(V^H gV) / E) V^H` with the differences of eigenvalues E off the diagonal.
fn backward(
    values: &Tensor,
    vectors: &Tensor,
    of_values: Option<&Tensor>,
    of_vectors: Option<&Tensor>,
) -> Result<Option<Tensor>> {
    let adjoint = view::adjoint(vectors)?;
    let Some(g) = of_vectors else {
        let Some(g) = of_values else { return Ok(None) };
        let scaled = mul(vectors, &view::unsqueeze(g, -2)?)?;
        return matmul(&scaled, &adjoint).map(Some);
    };
    let inner = matmul(&adjoint, g)?;
    if inner.dtype().is_complex() {
        check_phase(
            &imag(&diagonal(&inner)?)?,
            "linalg_eigh_backward: The eigenvectors in the complex case are specified up to multiplication by e^{i phi}. The specified \
             loss function depends on this quantity, so it is ill-defined.",
        )?;
    }
    // What keeps vectors orthogonal is skew-Hermitian; the gradient of a Hermitian matrix is one then.
    let skew = mul(&sub(&inner, &view::adjoint(&inner)?)?, Scalar::Float(0.5))?;
    let inner = div(&skew, &differences(values)?)?;
    let on_diagonal = match of_values {
        Some(g) => to_dtype(g, inner.dtype())?,
        None => Tensor::full(&values.shape(), Scalar::Int(0), inner.dtype(), inner.device())?,
    };
    matmul(vectors, &matmul(&with_diagonal(&inner, &on_diagonal)?, &adjoint)?).map(Some)
}
