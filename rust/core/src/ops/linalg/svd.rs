//! Singular values and vectors.

use smallvec::smallvec;

use crate::autograd::{Context, Gradients, SavedTensor, is_tracked, keeping_pushing, record};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::super::arithmetic::{add, div, mul, sub};
use super::super::cast::to_dtype;
use super::super::complex::imag;
use super::super::matmul::matmul;
use super::super::view;
use super::eigh::{check_converged, check_phase, off_diagonal};
use super::{diagonal, diagonal_matrix, lead, matrix_size, minus_adjoint, require_matrix, run, sum_of, then, with_diagonal};

const OP: &str = "linalg.svd";

/// U, the singular values in falling order, and V^H with `A = U diag(S) V^H`; square U and V^H with `full`, otherwise their first min(m, n)
/// columns and rows.
pub fn svd(a: &Tensor, full: bool) -> Result<(Tensor, Tensor, Tensor)> {
    let (lead, [m, n]) = checked(a)?;
    let k = m.min(n);
    let (left, right) = if full { (m, n) } else { (k, k) };
    let dtype = a.dtype();
    let shapes = [
        (then(&lead, &[k]), dtype.real()),
        (then(&lead, &[m, left]), dtype),
        (then(&lead, &[right, n]), dtype),
        (lead, DType::Int32),
    ];
    let [s, u, vh, info] = run(OP, Linalg::Svd, &[a], shapes)?;
    check_converged(OP, &info, "singular values")?;
    record("LinalgSvdBackward0", &[a], &[&u, &s, &vh], || {
        let kept = [("U", SavedTensor::output(&u, 0)), ("S", SavedTensor::output(&s, 1)), ("Vh", SavedTensor::output(&vh, 2))];
        let back = move |cx: &Context, kept: &[SavedTensor; 3], grads: Gradients| {
            let first = |t: Option<Tensor>, dim: i64| t.map(|t| view::narrow(&t, dim, 0, k as i64)).transpose();
            let (of_u, of_vh) = (first(grads[0].clone(), -1)?, first(grads[2].clone(), -2)?);
            Ok(smallvec![Parts::new(cx, kept, k)?.backward(of_u, grads[1].as_ref(), of_vh)?])
        };
        keeping_pushing(kept, back, move |cx: &Context, kept, tangents| {
            let Some(tangent) = &tangents[0] else { return Ok(smallvec![None, None, None]) };
            let (of_u, of_s, of_vh) = Parts::new(cx, kept, k)?.along(tangent)?;
            // What lies beyond is not determined by the matrix.
            let of_u = super::super::pad::constant_pad_nd(&of_u, &[0, (left - k) as i64], Scalar::Int(0))?;
            let of_vh = super::super::pad::constant_pad_nd(&of_vh, &[0, 0, 0, (right - k) as i64], Scalar::Int(0))?;
            Ok(smallvec![Some(of_u), Some(of_s), Some(of_vh)])
        })
    })?;
    Ok((u, s, vh))
}

/// Singular values alone.
pub fn svdvals(a: &Tensor) -> Result<Tensor> {
    if is_tracked(a) {
        return Ok(svd(a, false)?.1);
    }
    let (lead, [m, n]) = checked(a)?;
    let shapes = [(then(&lead, &[m.min(n)]), a.dtype().real()), (lead, DType::Int32)];
    let [s, info] = run(OP, Linalg::Svd, &[a], shapes)?;
    check_converged(OP, &info, "singular values")?;
    Ok(s)
}

fn checked(a: &Tensor) -> Result<(Shape, [usize; 2])> {
    require_matrix(OP, a, "A")?;
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("linalg_svd_cpu", a.dtype(), ""));
    }
    Ok((lead(a), matrix_size(a)))
}

/// The first min(m, n) columns of U and rows of V^H, with the singular values.
struct Parts {
    u: Tensor,
    s: Tensor,
    vh: Tensor,
}

impl Parts {
    fn new(cx: &Context, [u, s, vh]: &[SavedTensor; 3], k: usize) -> Result<Parts> {
        let first = |t: Tensor, dim: i64| view::narrow(&t, dim, 0, k as i64);
        Ok(Parts { u: first(u.get(cx)?, -1)?, s: s.get(cx)?, vh: first(vh.get(cx)?, -2)? })
    }

    /// The tangents of U, S and V^H: with `P = U^H A' V` and `sym(X) = X + X^H`, `U (sym(P S) / E) + (1 - U U^H) A' V S^-1`, the diagonal of P, and
    /// the adjoint of `V (sym(S P) / E) + (1 - V V^H) A'^H U S^-1`; of complex matrices half of each phase goes to either vector.
    fn along(&self, tangent: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        let Parts { u, s, vh } = self;
        let (row, column) = (view::unsqueeze(s, -2)?, view::unsqueeze(s, -1)?);
        let v = view::adjoint(vh)?;
        let (right, left) = (matmul(tangent, &v)?, matmul(&view::adjoint(tangent)?, u)?);
        let inner = matmul(&view::adjoint(u)?, &right)?;
        let on_diagonal = diagonal(&inner)?;
        let apart = self.apart(&row, &column)?;
        let turned = |x: &Tensor, phase: i64| -> Result<Tensor> {
            let x = off_diagonal(&div(&super::plus_adjoint(x)?, &apart)?)?;
            if !x.dtype().is_complex() {
                return Ok(x);
            }
            let unit = Scalar::Complex(crate::dtype::c64::new(0.0, 0.5 * phase as f64));
            with_diagonal(&x, &to_dtype(&mul(&div(&imag(&on_diagonal)?, s)?, unit)?, x.dtype())?)
        };
        let beside = |basis: &Tensor, x: &Tensor| -> Result<Tensor> {
            let x = div(x, &row)?;
            sub(&x, &matmul(basis, &matmul(&view::adjoint(basis)?, &x)?)?)
        };
        let of_u = add(&matmul(u, &turned(&mul(&inner, &row)?, 1)?)?, &beside(u, &right)?)?;
        let of_v = add(&matmul(&v, &turned(&mul(&inner, &column)?, -1)?)?, &beside(&v, &left)?)?;
        Ok((of_u, super::like(on_diagonal, s.dtype())?, view::adjoint(&of_v)?))
    }

    /// `S[j]^2 - S[i]^2`, with 1 on the diagonal.
    fn apart(&self, row: &Tensor, column: &Tensor) -> Result<Tensor> {
        let s = &self.s;
        let apart = mul(&sub(row, column)?, &add(row, column)?)?;
        with_diagonal(&apart, &Tensor::full(&s.shape(), Scalar::Int(1), s.dtype(), s.device())?)
    }

    /// The gradient of A:
    /// `U ((skew(U^H gU) / E) S + S (skew(V^H gV) / E) + gS) V^H + (1 - U U^H) gU S^-1 V^H + U S^-1 gV^H (1 - V V^H)`
    /// with `E[i, j] = S[j]^2 - S[i]^2` and `skew(X) = X - X^H`.
    fn backward(&self, of_u: Option<Tensor>, of_s: Option<&Tensor>, of_vh: Option<Tensor>) -> Result<Option<Tensor>> {
        let Parts { u, s, vh } = self;
        let (row, column) = (view::unsqueeze(s, -2)?, view::unsqueeze(s, -1)?);
        let by_u = of_u.as_ref().map(|g| minus_adjoint(&matmul(&view::adjoint(u)?, g)?)).transpose()?;
        let by_v = of_vh.as_ref().map(|g| minus_adjoint(&matmul(vh, &view::adjoint(g)?)?)).transpose()?;
        self.check_phase(by_u.as_ref(), by_v.as_ref())?;
        let inner = self.inner(by_u, of_s, by_v, &row, &column)?;
        let ([m, k], [_, n]) = (matrix_size(u), matrix_size(vh));
        let inner = match of_u.filter(|_| m > k) {
            Some(g) => {
                let g = div(&g, &row)?;
                let beside = sub(&g, &matmul(u, &matmul(&view::adjoint(u)?, &g)?)?)?;
                sum_of(inner.map(|inner| matmul(u, &inner)).transpose()?, Some(beside))?
            }
            None => inner.map(|inner| matmul(u, &inner)).transpose()?,
        };
        let gradient = inner.map(|inner| matmul(&inner, vh)).transpose()?;
        let Some(g) = of_vh.filter(|_| n > k) else { return Ok(gradient) };
        let g = div(&g, &column)?;
        let beside = sub(&g, &matmul(&matmul(&g, &view::adjoint(vh)?)?, vh)?)?;
        sum_of(gradient, Some(matmul(u, &beside)?))
    }

    /// What stands between U and V^H.
    fn inner(
        &self,
        by_u: Option<Tensor>,
        of_s: Option<&Tensor>,
        by_v: Option<Tensor>,
        row: &Tensor,
        column: &Tensor,
    ) -> Result<Option<Tensor>> {
        let s = &self.s;
        let of_s = of_s.map(|g| to_dtype(g, self.u.dtype())).transpose()?;
        if by_u.is_none() && by_v.is_none() {
            return of_s.map(|g| diagonal_matrix(&g)).transpose();
        }
        let apart = self.apart(row, column)?;
        // The phases of the two vectors of a value go together: half of what the one says is what both say.
        let turning = match &by_u {
            Some(x) if x.dtype().is_complex() => Some(div(&diagonal(x)?, &mul(s, Scalar::Int(2))?)?),
            _ => None,
        };
        let by_u = by_u.map(|x| mul(&div(&x, &apart)?, row)).transpose()?;
        let by_v = by_v.map(|x| mul(&div(&x, &apart)?, column)).transpose()?;
        let Some(both) = sum_of(by_u, by_v)? else { return Ok(None) };
        let zeros = Tensor::full(&s.shape(), Scalar::Int(0), both.dtype(), both.device())?;
        with_diagonal(&both, &sum_of(of_s, turning)?.unwrap_or(zeros)).map(Some)
    }

    fn check_phase(&self, by_u: Option<&Tensor>, by_v: Option<&Tensor>) -> Result<()> {
        if !self.u.dtype().is_complex() {
            return Ok(());
        }
        let part = |x: Option<&Tensor>| x.map(|x| super::half(&imag(&diagonal(x)?)?)).transpose();
        match sum_of(part(by_u)?, part(by_v)?)? {
            Some(phase) => check_phase(
                &phase,
                "svd_backward: The singular vectors in the complex case are specified up to multiplication by e^{i phi}. The specified \
                 loss function depends on this phase term, making it ill-defined.",
            ),
            None => Ok(()),
        }
    }
}
