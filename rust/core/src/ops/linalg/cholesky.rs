//! `A = L L^H` of Hermitian matrices that are positive definite.

use smallvec::smallvec;

use crate::autograd::{Context, Grads, SavedTensor, keeping_both, keeping_one, record, record_one};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::super::arithmetic::{add, mul};
use super::super::matmul::matmul;
use super::super::triangle::tril;
use super::super::view;
use super::{
    broadcast, check_info, diagonal, half, identity_like, lead, matrix_size, plus_adjoint, require_square, run, solve_triangular,
    with_diagonal,
};

/// L with `A = L L^H`, or with `upper` U with `A = U^H U`, of which only the triangle asked for is read. And for each matrix the order of the first leading minor
/// that is not positive, or 0.
pub fn cholesky_ex(a: &Tensor, upper: bool, check_errors: bool) -> Result<(Tensor, Tensor)> {
    let op = if check_errors { "linalg.cholesky_ex" } else { "linalg.cholesky" };
    factored(op, a, upper, check_errors)
}

/// [`cholesky_ex`] that fails where a matrix is not positive definite.
pub fn cholesky(a: &Tensor, upper: bool) -> Result<Tensor> {
    Ok(factored("linalg.cholesky", a, upper, true)?.0)
}

fn factored(op: &'static str, a: &Tensor, upper: bool, check_errors: bool) -> Result<(Tensor, Tensor)> {
    require_square("linalg.cholesky", a, "A")?;
    if !a.dtype().is_differentiable() {
        bail!(
            NotImplemented,
            "linalg.cholesky: Expected a floating point or complex tensor as input. Got {}",
            a.dtype().legacy_name()
        );
    }
    if a.dtype().is_half() {
        return Err(Error::dtype("cholesky_cpu", a.dtype(), ""));
    }
    let [l, info] = run(op, Linalg::Cholesky { upper }, &[a], [(a.shape(), a.dtype()), (lead(a), DType::Int32)])?;
    if check_errors {
        check_info(op, &info, |order| {
            format!(
                "The factorization could not be completed because the input is not positive-definite (the leading minor of order \
                 {order} is not positive-definite)."
            )
        })?;
    }
    record("LinalgCholeskyExBackward0", &[a], &[&l, &info], || {
        let rule = move |cx: &Context, [l]: &[SavedTensor; 1], g: &Tensor| Ok(smallvec![Some(backward(&l.get(cx)?, g, upper)?)]);
        keeping_both([("L", SavedTensor::output(&l, 0))], rule, move |cx, [l], tangents| {
            let tangent = tangents[0].as_ref().map(|tangent| forward(&l.get(cx)?, tangent, upper)).transpose()?;
            Ok(smallvec![tangent, None])
        })
    })?;
    Ok((l, info))
}

/// `L^-H (F + S^H) L^-1 / 2` with F the lower triangle of `L^H g`, S without its diagonal: as in PyTorch, the gradient of a
/// complex matrix is Hermitian but for what imaginary parts the diagonal of F has.
fn backward(l: &Tensor, g: &Tensor, upper: bool) -> Result<Tensor> {
    let (l, g) = if upper { (view::adjoint(l)?, view::adjoint(g)?) } else { (l.clone(), g.clone()) };
    let lower = tril(&matmul(&view::adjoint(&l)?, &g)?, 0)?;
    let whole = add(&lower, &view::adjoint(&tril(&lower, -1)?)?)?;
    let from_right = solve_triangular(&l, &whole, false, false, false)?;
    half(&solve_triangular(&view::adjoint(&l)?, &from_right, true, true, false)?)
}

/// The tangent of a factor: `L` times the lower triangle of `L^-1 A' L^-H`, its diagonal halved.
fn forward(l: &Tensor, tangent: &Tensor, upper: bool) -> Result<Tensor> {
    let l = if upper { view::adjoint(l)? } else { l.clone() };
    let from_left = solve_triangular(&l, tangent, false, true, false)?;
    let lower = tril(&solve_triangular(&view::adjoint(&l)?, &from_left, true, false, false)?, 0)?;
    let product = matmul(&l, &with_diagonal(&lower, &half(&diagonal(&lower)?)?)?)?;
    if upper { view::adjoint(&product) } else { Ok(product) }
}

/// X with `A X = B`, given the factor of A.
pub fn cholesky_solve(b: &Tensor, factor: &Tensor, upper: bool) -> Result<Tensor> {
    for (name, t) in [("b", b), ("u", factor)] {
        ensure!(t.ndim() >= 2, Runtime, "{name} should have at least 2 dimensions, but has {} dimensions instead", t.ndim());
    }
    require_square("cholesky_solve", factor, "A")?;
    let ([n, _], [rows, cols]) = (matrix_size(factor), matrix_size(b));
    ensure!(
        n == rows,
        Runtime,
        "Incompatible matrix sizes for cholesky_solve: each A matrix is {n} by {n} but each b matrix is {rows} by {cols}"
    );
    if !b.dtype().is_differentiable() || b.dtype().is_half() {
        return Err(Error::dtype("cholesky_solve_cpu", b.dtype(), ""));
    }
    let (b, factor) = broadcast("cholesky_solve", b, factor)?;
    let x = solved(&b.detach(), &factor.detach(), upper)?;
    record_one("CholeskySolveBackward0", &[&b, &factor], &x, || {
        let kept = [("input2", SavedTensor::input(&factor)), ("result", SavedTensor::output(&x, 0))];
        keeping_one(kept, move |cx: &Context, [factor, x], g: &Tensor| {
            let factor = factor.get(cx)?;
            let of_b = cholesky_solve(g, &factor, upper)?;
            let of_factor = || by_factor(&matmul(&of_b, &view::adjoint(&x.get(cx)?)?)?, &factor, upper);
            Grads::new(cx).set(0, || Ok(of_b.clone()))?.set(1, of_factor)?.done()
        })
    })?;
    Ok(x)
}

/// Solves with one triangle, then with the other.
fn solved(b: &Tensor, factor: &Tensor, upper: bool) -> Result<Tensor> {
    let adjoint = view::adjoint(factor)?;
    let (first, second) = if upper { (&adjoint, factor) } else { (factor, &adjoint) };
    solve_triangular(second, &solve_triangular(first, b, false, true, false)?, true, true, false)
}

/// `-(G + G^H) L`, or `-U (G + G^H)`: what the gradient `-G` of `L L^H` is to a factor whose other triangle counts as well.
fn by_factor(of_product: &Tensor, factor: &Tensor, upper: bool) -> Result<Tensor> {
    let both = plus_adjoint(of_product)?;
    let product = if upper { matmul(factor, &both)? } else { matmul(&both, factor)? };
    mul(&product, Scalar::Int(-1))
}

/// The inverse of A, given its factor.
pub fn cholesky_inverse(factor: &Tensor, upper: bool) -> Result<Tensor> {
    require_square("cholesky_inverse", factor, "A")?;
    if !factor.dtype().is_differentiable() || factor.dtype().is_half() {
        return Err(Error::dtype("cholesky_inverse_out_cpu", factor.dtype(), ""));
    }
    let inverse = solved(&identity_like(factor)?.detach(), &factor.detach(), upper)?;
    record_one("CholeskyInverseBackward0", &[factor], &inverse, || {
        let kept = [("self", SavedTensor::input(factor)), ("result", SavedTensor::output(&inverse, 0))];
        keeping_one(kept, move |cx: &Context, [factor, inverse], g: &Tensor| {
            let inverse = inverse.get(cx)?;
            let of_product = matmul(&inverse, &matmul(g, &inverse)?)?;
            Ok(smallvec![Some(by_factor(&of_product, &factor.get(cx)?, upper)?)])
        })
    })?;
    Ok(inverse)
}
