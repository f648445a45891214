//! Systems of equations with triangular matrices.

use crate::autograd::{Context, Grads, SavedTensor, keeping_one, record_one};
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::super::arithmetic::mul;
use super::super::matmul::matmul;
use super::super::triangle::{tril, triu};
use super::super::view;
use super::{broadcast, matrix_size, require_matrix, require_square, run};

const OP: &str = "linalg.solve_triangular";

/// X with `A X = B`, or `X A = B` unless `left`. Of A one triangle is read; `unit`: its diagonal counts as 1. Batches broadcast.
pub fn solve_triangular(a: &Tensor, b: &Tensor, upper: bool, left: bool, unit: bool) -> Result<Tensor> {
    require_square(OP, a, "A")?;
    require_matrix(OP, b, "B")?;
    let ([n, _], [rows, cols]) = (matrix_size(a), matrix_size(b));
    if n != if left { rows } else { cols } {
        let equation = if left { "AX = B" } else { "XA = B" };
        bail!(Runtime, "{OP}: Incompatible shapes of A and B for the equation {equation} ({n}x{n} and {rows}x{cols})");
    }
    ensure!(
        a.dtype() == b.dtype(),
        Runtime,
        "{OP}: Expected A and B to have the same dtype, but found A of type {} and B of type {} instead",
        a.dtype().legacy_name(),
        b.dtype().legacy_name()
    );
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("triangular_solve_cpu", a.dtype(), ""));
    }
    let (a, b) = broadcast(OP, a, b)?;
    solved(&a, &b, upper, left, unit)
}

fn solved(a: &Tensor, b: &Tensor, upper: bool, left: bool, unit: bool) -> Result<Tensor> {
    let (plain_a, plain_b) = (a.detach(), b.detach());
    let x = if left {
        launch(&plain_a, &plain_b, upper, unit)?
    } else {
        let x = launch(&view::transpose(&plain_a, -2, -1)?, &view::transpose(&plain_b, -2, -1)?, !upper, unit)?;
        super::super::cast::clone_contiguous(&view::transpose(&x, -2, -1)?)?.detach()
    };
    record_one("LinalgSolveTriangularBackward0", &[a, b], &x, || {
        let kept = [("self", SavedTensor::input(a)), ("result", SavedTensor::output(&x, 0))];
        keeping_one(kept, move |cx: &Context, [a, x], g: &Tensor| {
            let of_b = solved(&view::adjoint(&a.get(cx)?)?, g, !upper, left, unit)?;
            let of_a = || {
                let x = view::adjoint(&x.get(cx)?)?;
                let product = if left { matmul(&of_b, &x)? } else { matmul(&x, &of_b)? };
                let product = mul(&product, Scalar::Int(-1))?;
                let off = unit as i64;
                if upper { triu(&product, off) } else { tril(&product, -off) }
            };
            Grads::new(cx).set(0, of_a)?.set(1, || Ok(of_b.clone()))?.done()
        })
    })?;
    Ok(x)
}

fn launch(a: &Tensor, b: &Tensor, upper: bool, unit: bool) -> Result<Tensor> {
    let [x] = run(OP, Linalg::SolveTriangular { upper, unit }, &[a, b], [(b.shape(), b.dtype())])?;
    Ok(x)
}
