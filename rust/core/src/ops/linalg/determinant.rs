//! Determinants and their logarithms.

use smallvec::smallvec;

use crate::autograd::{self, Context, SavedTensor, keeping, keeping_one, record, record_one};
use crate::error::Result;
use crate::linalg::Linalg;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::super::arithmetic::{add, mul, sub};
use super::super::complex::{conj, imag};
use super::super::expr::{Expr, select};
use super::super::matmul::matmul;
use super::super::{reduce, view};
use super::{identity_like, lead, lu, require_dtype, require_square, run, solve_ex, svd};

/// The determinant.
pub fn det(a: &Tensor) -> Result<Tensor> {
    const OP: &str = "linalg.det";
    require_dtype(OP, a)?;
    require_square(OP, a, "A")?;
    let [det] = run(OP, Linalg::Determinant, &[a], [(lead(a), a.dtype())])?;
    record_one("LinalgDetBackward0", &[a], &det, || {
        keeping_one(
            [("A", SavedTensor::input(a)), ("result", SavedTensor::output(&det, 0))],
            |cx: &Context, [a, det], g: &Tensor| Ok(smallvec![Some(det_backward(&a.get(cx)?, &det.get(cx)?, g)?)]),
        )
    })?;
    Ok(det)
}

/// `g conj(det) A^-H`, which is `g` times the adjoint of the adjugate; that exists for singular matrices, too.
fn det_backward(a: &Tensor, det: &Tensor, g: &Tensor) -> Result<Tensor> {
    let factor = mul(g, &conj(det)?)?;
    let regular = times_inverse_adjoint(a, &factor)?;
    let is_zero = Expr::from(&det.detach()).eq(Expr::from(Scalar::Int(0))).into_tensor()?;
    if !a.device().has_data() || !reduce::any(&is_zero, None, false)?.item()?.to_bool() {
        return Ok(regular);
    }
    let is_zero = view::unsqueeze(&view::unsqueeze(&is_zero, -1)?, -1)?;
    // What is not chosen must not be infinite, for its gradient would be multiplied by zero.
    let a_regular = select(Expr::from(&is_zero), &identity_like(a)?, a).into_tensor()?;
    let regular = times_inverse_adjoint(&a_regular, &factor)?;
    select(Expr::from(&is_zero), &adjugate_adjoint(a, g)?, &regular).into_tensor()
}

/// `factor A^-H`, one factor a matrix.
fn times_inverse_adjoint(a: &Tensor, factor: &Tensor) -> Result<Tensor> {
    let diagonal = lu::scaled(&identity_like(a)?, factor)?;
    if autograd::is_differentiated() {
        return Ok(solve_ex(&view::adjoint(a)?, &diagonal, true, false)?.0);
    }
    let (factors, pivots, _) = lu::factored("linalg.det", a, true)?;
    lu::launch(&factors, &pivots, &diagonal, true)
}

/// `g` times the adjoint of the adjugate: `U G V^H` times the determinants of U and V, where G holds the products of all singular
/// values but one.
fn adjugate_adjoint(a: &Tensor, g: &Tensor) -> Result<Tensor> {
    let (u, s, vh) = svd(a, true)?;
    let sign = conj(&mul(&det(&u)?, &det(&vh)?)?)?;
    let products = products_but_one(&s)?;
    let scaled = mul(&u, &view::unsqueeze(&products, -2)?)?;
    lu::scaled(&matmul(&scaled, &vh)?, &mul(g, &sign)?)
}

/// The products of all numbers of a row but one.
fn products_but_one(s: &Tensor) -> Result<Tensor> {
    let n = s.size(s.ndim() - 1);
    let mut wide = reduce::as_i64(&s.shape());
    wide.insert(wide.len() - 1, n as i64);
    let rows = view::expand(&view::unsqueeze(s, -2)?, &wide)?;
    let ones = identity_like(&rows)?;
    let rows = add(&mul(&rows, &sub(&Tensor::full(&[], Scalar::Int(1), s.dtype(), s.device())?, &ones)?)?, &ones)?;
    reduce::prod(&rows, Some(-1), false, None)
}

/// The determinant over its modulus, and the logarithm of the modulus.
pub fn slogdet(a: &Tensor) -> Result<(Tensor, Tensor)> {
    const OP: &str = "linalg.slogdet";
    require_dtype(OP, a)?;
    require_square(OP, a, "A")?;
    let [sign, logarithm] = run(OP, Linalg::LogDeterminant, &[a], [(lead(a), a.dtype()), (lead(a), a.dtype().real())])?;
    record("LinalgSlogdetBackward0", &[a], &[&sign, &logarithm], || {
        let kept = [("A", SavedTensor::input(a)), ("sign", SavedTensor::output(&sign, 0))];
        keeping(kept, |cx: &Context, [a, sign], grads| {
            let (a, sign) = (a.get(cx)?, sign.get(cx)?);
            Ok(smallvec![slogdet_backward(&a, &sign, grads[0].as_ref(), grads[1].as_ref())?])
        })
    })?;
    Ok((sign, logarithm))
}

/// `(gl - i Im(conj(gs) sign)) A^-H`
fn slogdet_backward(a: &Tensor, sign: &Tensor, of_sign: Option<&Tensor>, of_log: Option<&Tensor>) -> Result<Option<Tensor>> {
    let turning = match of_sign.filter(|_| a.dtype().is_complex()) {
        Some(g) => {
            let turned = imag(&mul(&conj(g)?, sign)?)?;
            Some(mul(&turned, Scalar::Complex(crate::dtype::c64::new(0.0, -1.0)))?)
        }
        None => None,
    };
    let Some(factor) = super::sum_of(of_log.cloned(), turning)? else { return Ok(None) };
    let factor = super::super::cast::to_dtype(&factor, a.dtype())?;
    times_inverse_adjoint(a, &factor).map(Some)
}

/// The logarithm of the determinant; NaN where that is negative.
pub fn logdet(a: &Tensor) -> Result<Tensor> {
    require_square("logdet", a, "A")?;
    let (sign, logarithm) = slogdet(a)?;
    if a.dtype().is_complex() {
        return add(&Expr::from(&sign).log().into_tensor()?, &logarithm);
    }
    let negative = Expr::from(&sign.detach()).eq(Expr::from(Scalar::Int(-1)));
    select(negative, Expr::from(Scalar::Float(f64::NAN)), &logarithm).into_tensor()
}
