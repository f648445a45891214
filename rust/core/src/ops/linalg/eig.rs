//! Eigenvalues and eigenvectors of matrices of any kind.

use smallvec::smallvec;

use crate::autograd::{Context, Gradients, SavedTensor, is_tracked, keeping_pushing, record};
use crate::bail;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::super::arithmetic::{div, mul, sub};
use super::super::cast::to_dtype;
use super::super::complex::{conj, imag, real};
use super::super::matmul::matmul;
use super::super::view;
use super::eigh::{check_converged, check_phase, differences, off_diagonal};
use super::{diagonal, lead, like, matrix_size, require_square, run, solve_ex, then, with_diagonal};

const OP: &str = "linalg.eig";

/// Complex eigenvalues, and eigenvectors of norm 1 as columns.
pub fn eig(a: &Tensor) -> Result<(Tensor, Tensor)> {
    let (dtype, values) = checked(a)?;
    let [values, vectors, info] = run(OP, Linalg::Eig, &[a], [(values, dtype), (a.shape(), dtype), (lead(a), DType::Int32)])?;
    check_found(OP, &info)?;
    record("LinalgEigBackward0", &[a], &[&values, &vectors], || {
        let of = a.dtype();
        let kept = [("eigenvalues", SavedTensor::output(&values, 0)), ("eigenvectors", SavedTensor::output(&vectors, 1))];
        let back = move |cx: &Context, [values, vectors]: &[SavedTensor; 2], grads: Gradients| {
            let (values, vectors) = (values.get(cx)?, vectors.get(cx)?);
            let gradient = backward(&values, &vectors, grads[0].as_ref(), grads[1].as_ref())?;
            Ok(smallvec![gradient.map(|g| like(g, of)).transpose()?])
        };
        keeping_pushing(kept, back, |cx: &Context, [values, vectors], tangents| {
            tangents[0].as_ref().map_or(Ok(smallvec![None, None]), |t| along(&values.get(cx)?, &vectors.get(cx)?, t))
        })
    })?;
    Ok((values, vectors))
}

/// Eigenvalues alone.
pub fn eigvals(a: &Tensor) -> Result<Tensor> {
    if is_tracked(a) {
        return Ok(eig(a)?.0);
    }
    let (dtype, values) = checked(a)?;
    let [values, info] = run("linalg.eigvals", Linalg::Eig, &[a], [(values, dtype), (lead(a), DType::Int32)])?;
    check_found("linalg.eigvals", &info)?;
    Ok(values)
}

/// The complex dtype of the results, and the shape of the eigenvalues.
fn checked(a: &Tensor) -> Result<(DType, crate::shape::Shape)> {
    require_square(OP, a, "A")?;
    let dtype = match a.dtype() {
        DType::Float32 | DType::Complex64 => DType::Complex64,
        DType::Float64 | DType::Complex128 => DType::Complex128,
        other => return Err(Error::dtype("linalg_eig", other, "")),
    };
    Ok((dtype, then(&lead(a), &[matrix_size(a)[0]])))
}

fn check_found(op: &str, info: &Tensor) -> Result<()> {
    if info.device().has_data() && info.array().to_vec::<i32>()?.iter().any(|&code| code < 0) {
        bail!(Runtime, "torch.linalg.eig: input tensor should not contain infs or NaNs.");
    }
    check_converged(op, info, "eigenvalues")
}

/// The tangents `diag(V^-1 A' V)` of the values and `V X - V diag(Re(diag(V^H V X)))` of the vectors, with `X = V^-1 A' V / E`.
fn along(values: &Tensor, vectors: &Tensor, tangent: &Tensor) -> Result<Gradients> {
    let tangent = to_dtype(tangent, vectors.dtype())?;
    let inner = solve_ex(vectors, &matmul(&tangent, vectors)?, true, false)?.0;
    let turned = matmul(vectors, &off_diagonal(&div(&inner, &differences(values)?)?)?)?;
    let lengthened = real(&diagonal(&matmul(&view::adjoint(vectors)?, &turned)?)?)?;
    let of_vectors = sub(&turned, &mul(vectors, &view::unsqueeze(&lengthened, -2)?)?)?;
    Ok(smallvec![Some(diagonal(&inner)?), Some(of_vectors)])
}

/// `V^-H (diag(gw) + (V^H gV - V^H V diag(Re(V^H gV))) / conj(E)) V^H` with the differences of eigenvalues E off the diagonal.
fn backward(
    values: &Tensor,
    vectors: &Tensor,
    of_values: Option<&Tensor>,
    of_vectors: Option<&Tensor>,
) -> Result<Option<Tensor>> {
    let adjoint = view::adjoint(vectors)?;
    let back = |x: &Tensor| Ok(Some(solve_ex(&adjoint, &matmul(x, &adjoint)?, true, false)?.0));
    let Some(g) = of_vectors else {
        let Some(g) = of_values else { return Ok(None) };
        return back(&super::diagonal_matrix(g)?);
    };
    let inner = matmul(&adjoint, g)?;
    let on_diagonal = diagonal(&inner)?;
    check_phase(
        &imag(&on_diagonal)?,
        "linalg_eig_backward: The eigenvectors in the complex case are specified up to multiplication by e^{i phi}. The specified loss \
         function depends on this quantity, so it is ill-defined.",
    )?;
    let along = mul(&matmul(&adjoint, vectors)?, &view::unsqueeze(&real(&on_diagonal)?, -2)?)?;
    let inner = div(&sub(&inner, &along)?, &conj(&differences(values)?)?)?;
    let on_diagonal = match of_values {
        Some(g) => g.clone(),
        None => Tensor::full(&values.shape(), Scalar::Int(0), inner.dtype(), inner.device())?,
    };
    back(&with_diagonal(&inner, &on_diagonal)?)
}
