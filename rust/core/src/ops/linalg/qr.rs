//! QR factorisations.

use smallvec::smallvec;

use crate::autograd::{Context, SavedTensor, keeping, record};
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::super::arithmetic::{add, sub};
use super::super::matmul::matmul;
use super::super::triangle::triu;
use super::super::{creation, join, view};
use super::{
    diagonal, half, lead, matrix_size, plus_adjoint, require_matrix, run, solve_triangular, sum_of, then, with_diagonal,
};

/// How much of Q there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Reduced,
    Complete,
    R,
}

impl Mode {
    fn parse(name: &str) -> Result<Mode> {
        Ok(match name {
            "reduced" => Mode::Reduced,
            "complete" => Mode::Complete,
            "r" => Mode::R,
            _ => bail!(
                Runtime,
                "qr received unrecognized mode '{name}' but expected one of 'reduced' (default), 'r', or 'complete'"
            ),
        })
    }
}

/// Q with orthonormal columns and upper triangular R with `A = Q R`: the first min(m, n) columns of Q ("reduced"), all ("complete"), or none
/// ("r").
pub fn qr(a: &Tensor, mode: &str) -> Result<(Tensor, Tensor)> {
    require_matrix("linalg.qr", a, "A")?;
    let mode = Mode::parse(mode)?;
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("geqrf_cpu", a.dtype(), ""));
    }
    let (lead, [m, n]) = (lead(a), matrix_size(a));
    let c = if mode == Mode::Complete { m } else { m.min(n) };
    let columns = if mode == Mode::R { 0 } else { c };
    let shapes = [(then(&lead, &[m, columns]), a.dtype()), (then(&lead, &[c, n]), a.dtype())];
    let [mut q, r] = run("linalg.qr", Linalg::Qr, &[a], shapes)?;
    if mode == Mode::R {
        q = creation::empty(&[0], a.dtype(), a.device())?;
    }
    record("LinalgQrBackward0", &[a], &[&q, &r], || {
        let kept = [("Q", SavedTensor::output(&q, 0)), ("R", SavedTensor::output(&r, 1))];
        keeping(kept, move |cx: &Context, [q, r], grads| {
            ensure!(
                mode != Mode::R,
                Runtime,
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. Please use linalg.qr(A, \
                 mode='reduced') if you are going to differentiate through linalg.qr."
            );
            ensure!(
                mode != Mode::Complete || m <= n,
                Runtime,
                "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
            );
            Ok(smallvec![backward(&q.get(cx)?, &r.get(cx)?, grads[0].clone(), grads[1].clone())?])
        })
    })?;
    Ok((q, r))
}

/// `(gQ + Q S) R^-H` with S the Hermitian matrix whose upper triangle is that of `gR R^H - Q^H gQ`, its diagonal halved before. Of a wide matrix
/// what is right of the square is Q times R there, so that its gradient is first added to that of Q.
fn backward(q: &Tensor, r: &Tensor, of_q: Option<Tensor>, of_r: Option<Tensor>) -> Result<Option<Tensor>> {
    let [k, n] = matrix_size(r);
    if k == n {
        return square_backward(q, r, of_q, of_r);
    }
    let right = |t: &Tensor| view::narrow(t, -1, k as i64, (n - k) as i64);
    let left = |t: &Tensor| view::narrow(t, -1, 0, k as i64);
    let Some(of_r) = of_r else {
        let Some(first) = square_backward(q, &left(r)?, of_q, None)? else { return Ok(None) };
        let mut pad = super::super::reduce::as_i64(&first.shape());
        *pad.last_mut().unwrap_or(&mut 0) = (n - k) as i64;
        let zeros = creation::zeros(&pad, first.dtype(), first.device())?;
        return join::cat(&[first, zeros], -1).map(Some);
    };
    let beside = matmul(&matmul(q, &right(r)?)?, &view::adjoint(&right(&of_r)?)?)?;
    let first = square_backward(q, &left(r)?, sum_of(of_q, Some(beside))?, Some(left(&of_r)?))?;
    let second = matmul(q, &right(&of_r)?)?;
    first.map(|first| join::cat(&[first, second], -1)).transpose()
}

fn square_backward(q: &Tensor, r: &Tensor, of_q: Option<Tensor>, of_r: Option<Tensor>) -> Result<Option<Tensor>> {
    let by_r = of_r.map(|g| matmul(&g, &view::adjoint(r)?)).transpose()?;
    let by_q = of_q.as_ref().map(|g| matmul(&view::adjoint(q)?, g)).transpose()?;
    let inner = match (by_r, by_q) {
        (Some(x), Some(y)) => sub(&x, &y)?,
        (Some(x), None) => x,
        (None, Some(y)) => super::super::arithmetic::mul(&y, crate::scalar::Scalar::Int(-1))?,
        (None, None) => return Ok(None),
    };
    let upper = plus_adjoint(&triu(&inner, 0)?)?;
    let hermitian = with_diagonal(&upper, &half(&diagonal(&upper)?)?)?;
    let mut gradient = matmul(q, &hermitian)?;
    if let Some(g) = of_q {
        gradient = add(&gradient, &g)?;
    }
    solve_triangular(&view::adjoint(r)?, &gradient, false, false, false).map(Some)
}
