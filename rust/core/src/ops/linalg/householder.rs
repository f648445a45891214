//! Reflectors as LAPACK has them: `H = I - tau v v^H`, `v` below the diagonal of a column.

use crate::autograd::{self, Context, Gradients, record};
use crate::bail;
use crate::ensure;
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::super::arithmetic::{add, mul, sub};
use super::super::cast::clone_contiguous;
use super::super::complex::conj;
use super::super::matmul::matmul;
use super::super::triangle::tril;
use super::super::view;
use super::{identity_like, lead, matrix_size, run, then};

/// R on and above the diagonal and the reflectors of Q below it, and their factors `tau`.
pub fn geqrf(a: &Tensor) -> Result<(Tensor, Tensor)> {
    ensure!(a.ndim() >= 2, Runtime, "torch.geqrf: input must have at least 2 dimensions.");
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("geqrf_cpu", a.dtype(), ""));
    }
    let [m, n] = matrix_size(a);
    let shapes = [(a.shape(), a.dtype()), (then(&lead(a), &[m.min(n)]), a.dtype())];
    let [factors, tau] = run("geqrf", Linalg::Reflectors, &[a], shapes)?;
    record("GeqrfBackward0", &[a], &[&factors, &tau], || {
        |_: &Context, _: Gradients| -> Result<Gradients> {
            bail!(NotImplemented, "the derivative for 'geqrf' is not implemented.")
        }
    })?;
    Ok((factors, tau))
}

/// Checks reflectors and their factors.
fn check(op: &str, a: &Tensor, tau: &Tensor) -> Result<()> {
    let [m, n] = matrix_size(a);
    ensure!(m >= n, Runtime, "{op}: input.shape[-2] must be greater than or equal to input.shape[-1]");
    check_factors(op, a, tau)
}

fn check_factors(op: &str, a: &Tensor, tau: &Tensor) -> Result<()> {
    ensure!(
        tau.ndim() + 1 == a.ndim(),
        Runtime,
        "{op}: Expected tau to have one dimension less than input, but got tau.ndim equal to {} and input.ndim is equal to {}",
        tau.ndim(),
        a.ndim()
    );
    let of_tau = Shape::from_slice(&tau.shape()[..tau.ndim() - 1]);
    ensure!(
        of_tau == lead(a),
        Runtime,
        "{op}: Expected batch dimensions of tau to be equal to input.shape[:-2], but got {:?}",
        &of_tau[..]
    );
    ensure!(
        tau.dtype() == a.dtype(),
        Runtime,
        "{op}: tau dtype {} does not match input dtype {}",
        tau.dtype().legacy_name(),
        a.dtype().legacy_name()
    );
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("orgqr_cpu", a.dtype(), ""));
    }
    Ok(())
}

/// The first columns of the product of reflectors, as many as the matrix has that they stand in.
pub fn householder_product(a: &Tensor, tau: &Tensor) -> Result<Tensor> {
    let op = "torch.linalg.householder_product";
    ensure!(a.ndim() >= 2, Runtime, "{op}: input must have at least 2 dimensions.");
    let n = a.size(a.ndim() - 1);
    ensure!(
        tau.ndim() == 0 || n >= tau.size(tau.ndim() - 1),
        Runtime,
        "{op}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
    );
    check(op, a, tau)?;
    if autograd::needs_record(&[a, tau]) {
        return reflected(a, tau, &identity_like(a)?, false);
    }
    let [q] = run("linalg.householder_product", Linalg::FormQ, &[a, tau], [(a.shape(), a.dtype())])?;
    Ok(q)
}

/// `Q C`, `C Q` unless `left`, with Q^H for Q where `transpose`; Q the product of reflectors as a square matrix.
pub fn ormqr(a: &Tensor, tau: &Tensor, other: &Tensor, left: bool, transpose: bool) -> Result<Tensor> {
    let op = "torch.ormqr";
    ensure!(a.ndim() >= 2, Runtime, "{op}: input must have at least 2 dimensions.");
    ensure!(other.ndim() >= 2, Runtime, "{op}: other must have at least 2 dimensions.");
    let side = if left { 2 } else { 1 };
    let ([m, _], own) = (matrix_size(a), other.size(other.ndim() - side));
    ensure!(own == m, Runtime, "{op}: other.shape[-{side}] must be equal to input.shape[-2]");
    ensure!(
        tau.ndim() > 0 && own >= tau.size(tau.ndim() - 1),
        Runtime,
        "{op}: other.shape[-{side}] must be greater than or equal to tau.shape[-1]"
    );
    check_factors(op, a, tau)?;
    ensure!(
        lead(other) == lead(a),
        Runtime,
        "{op}: Expected batch dimensions of other to be equal to input.shape[:-2], but got {:?}",
        &lead(other)[..]
    );
    ensure!(
        other.dtype() == a.dtype(),
        Runtime,
        "{op}: Expected input and other to have the same dtype, but input has dtype {} and other has dtype {}",
        a.dtype().legacy_name(),
        other.dtype().legacy_name()
    );
    if autograd::needs_record(&[a, tau, other]) {
        // `C Q` is the adjoint of `Q^H C^H`.
        let turned = if left { other.clone() } else { view::adjoint(other)? };
        let product = reflected(a, tau, &turned, transpose == left)?;
        return if left { Ok(product) } else { clone_contiguous(&view::adjoint(&product)?) };
    }
    let which = Linalg::ApplyQ { left, adjoint: transpose };
    let [product] = run("ormqr", which, &[a, tau, other], [(other.shape(), other.dtype())])?;
    Ok(product)
}

/// Applies one reflector after the other from the left, in ops that have rules.
fn reflected(a: &Tensor, tau: &Tensor, c: &Tensor, adjoint: bool) -> Result<Tensor> {
    let count = tau.size(tau.ndim() - 1) as i64;
    let lower = tril(&view::narrow(a, -1, 0, count)?, -1)?;
    let vectors = add(&lower, &identity_like(&lower)?)?;
    let tau = if adjoint { conj(tau)? } else { tau.clone() };
    let mut product = c.clone();
    for step in 0..count {
        let k = if adjoint { step } else { count - 1 - step };
        let v = view::narrow(&vectors, -1, k, 1)?;
        let factor = view::unsqueeze(&view::narrow(&tau, -1, k, 1)?, -1)?;
        let along = matmul(&view::adjoint(&v)?, &product)?;
        product = sub(&product, &mul(&matmul(&v, &along)?, &factor)?)?;
    }
    Ok(product)
}
