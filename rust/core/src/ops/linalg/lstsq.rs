//! Least squares.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::scalar::Scalar;
use crate::tensor::Tensor;
use crate::{bail, ensure};

use super::super::arithmetic::{mul, sub};
use super::super::cast::to_dtype;
use super::super::expr::{Expr, select};
use super::super::matmul::matmul;
use super::super::{creation, pinv, reduce, view};
use super::{matrix_size, qr, solve_triangular, svd};

const OP: &str = "torch.linalg.lstsq";

/// How LAPACK would do it, which decides what there is beside the solution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Gels,
    Gelsy,
    Gelsd,
    Gelss,
}

impl Driver {
    fn parse(name: Option<&str>) -> Result<Driver> {
        Ok(match name {
            Some("gels") => Driver::Gels,
            None | Some("gelsy") => Driver::Gelsy,
            Some("gelsd") => Driver::Gelsd,
            Some("gelss") => Driver::Gelss,
            Some(_) => bail!(Runtime, "{OP}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"),
        })
    }
}

/// X of least norm among those with the least `|A X - B|`, the residuals where there are more rows than columns, the ranks and the singular
/// values, as far as the driver has them; singular values up to `rcond` times the largest count as 0.
pub fn lstsq(a: &Tensor, b: &Tensor, rcond: Option<f64>, driver: Option<&str>) -> Result<[Tensor; 4]> {
    ensure!(a.ndim() >= 2, Runtime, "{OP}: input must have at least 2 dimensions.");
    ensure!(b.ndim() >= 1, Runtime, "{OP}: other must have at least 1 dimension.");
    ensure!(
        a.dtype() == b.dtype(),
        Runtime,
        "{OP}: Expected input and other to have the same dtype, but got input's dtype {} and other's dtype {}",
        a.dtype().legacy_name(),
        b.dtype().legacy_name()
    );
    if !a.dtype().is_differentiable() || a.dtype().is_half() {
        return Err(Error::dtype("linalg_lstsq_cpu", a.dtype(), ""));
    }
    let driver = Driver::parse(driver)?;
    let vector = b.ndim() == 1 || (a.ndim() - 1 == b.ndim() && b.shape()[..] == a.shape()[..a.ndim() - 1]);
    let matrix = if vector { view::unsqueeze(b, -1)? } else { b.clone() };
    let [m, n] = matrix_size(a);
    let rows = matrix_size(&matrix)[0];
    ensure!(rows == m, Runtime, "{OP}: input.size(-2) should match other.size({})", if vector { "-1" } else { "-2" });
    let found = Found::new(a, rcond, driver)?;
    let inverse = pinv::as_pinv(a, &found.inverse)?;
    let x = matmul(&inverse, &matrix)?;
    let residuals = found.residuals(a, &matrix, &x, [m, n])?;
    let x = if vector { view::squeeze_dim(&x, -1)? } else { x };
    let nothing = |dtype| creation::empty(&[0], dtype, a.device());
    let rank = if driver == Driver::Gels { nothing(DType::Int64)? } else { found.rank()? };
    let values = match found.values {
        Some(values) if matches!(driver, Driver::Gelsd | Driver::Gelss) => values.detach(),
        _ => nothing(a.dtype().real())?,
    };
    Ok([x, residuals, rank.detach(), values])
}

/// What the solution is made of, without history.
struct Found {
    /// The pseudoinverse.
    inverse: Tensor,
    /// Which singular values count.
    counts: Tensor,
    /// The singular values, where they were needed.
    values: Option<Tensor>,
    driver: Driver,
}

impl Found {
    fn new(a: &Tensor, rcond: Option<f64>, driver: Driver) -> Result<Found> {
        let (a, rcond) = (&a.detach(), if driver == Driver::Gels { Some(0.0) } else { rcond });
        let may_be_plain = matches!(driver, Driver::Gels | Driver::Gelsy) && a.device().has_data();
        if let Some(inverse) = if may_be_plain { inverse_by_qr(a, rcond)? } else { None } {
            let shape = a.shape();
            let counts =
                [&reduce::as_i64(&shape[..shape.len() - 2])[..], &[matrix_size(a).into_iter().min().unwrap_or(0) as i64]];
            let counts = creation::full(&counts.concat(), Scalar::Bool(true), Some(DType::Bool), a.device())?;
            return Ok(Found { inverse, counts, values: None, driver });
        }
        let (u, s, vh) = svd(a, false)?;
        let counts = counting(a, &s, rcond)?;
        Ok(Found { inverse: inverse_of(&u, &s, &vh, &counts)?, counts, values: Some(s), driver })
    }

    fn rank(&self) -> Result<Tensor> {
        reduce::sum(&self.counts, Some(&[-1]), false, Some(DType::Int64))
    }

    /// The squares of `A X - B`, summed down the columns; nothing where LAPACK has none.
    fn residuals(&self, a: &Tensor, b: &Tensor, x: &Tensor, [m, n]: [usize; 2]) -> Result<Tensor> {
        let dtype = a.dtype().real();
        let is_full = || -> Result<bool> {
            if self.driver == Driver::Gels || !a.device().has_data() {
                return Ok(true);
            }
            reduce::all(&self.counts, None, false)?.item().map(|all| all.to_bool())
        };
        if m <= n || self.driver == Driver::Gelsy || !is_full()? {
            return creation::empty(&[0], dtype, a.device());
        }
        let apart = sub(&matmul(a, x)?, b)?;
        let squares = Expr::from(&apart).abs().square().into_tensor()?;
        reduce::sum(&squares, Some(&[-2]), false, None)
    }
}

/// The pseudoinverse by the triangle of a QR decomposition, if all singular values of all matrices certainly count: the size of the
/// triangle times that of its inverse is at least the ratio of the largest to the smallest.
fn inverse_by_qr(a: &Tensor, rcond: Option<f64>) -> Result<Option<Tensor>> {
    let [m, n] = matrix_size(a);
    if a.numel() == 0 {
        return Ok(None);
    }
    let (q, r) = qr(&if m >= n { a.clone() } else { view::adjoint(a)? }, "reduced")?;
    let one = creation::eye(m.min(n) as i64, m.min(n) as i64, a.dtype(), a.device())?;
    let inverse = solve_triangular(&r, &view::expand_as(&one, &r)?, true, true, false)?;
    let squares = |x: &Tensor| reduce::sum(&Expr::from(x).abs().square().into_tensor()?, Some(&[-2, -1]), false, None);
    let ratio = (Expr::from(squares(&r)?) * Expr::from(squares(&inverse)?)).sqrt();
    let bound = bound_of_ratio(a, rcond).max(precision(a));
    let counts = ratio.lt(Expr::from(Scalar::Float(1.0 / bound))).into_tensor()?;
    if !reduce::all(&counts, None, false)?.item()?.to_bool() {
        return Ok(None);
    }
    let (q, inverse) = if m >= n { (view::adjoint(&q)?, inverse) } else { (q, view::adjoint(&inverse)?) };
    Ok(Some(if m >= n { matmul(&inverse, &q)? } else { matmul(&q, &inverse)? }))
}

fn precision(a: &Tensor) -> f64 {
    if a.dtype().real() == DType::Float32 { f32::EPSILON as f64 } else { f64::EPSILON }
}

/// Singular values up to so many times the largest count as 0.
fn bound_of_ratio(a: &Tensor, rcond: Option<f64>) -> f64 {
    let [m, n] = matrix_size(a);
    rcond.unwrap_or(precision(a) * m.max(n) as f64)
}

/// Which singular values are greater than `rcond` times the largest; by default the precision times the larger size.
fn counting(a: &Tensor, s: &Tensor, rcond: Option<f64>) -> Result<Tensor> {
    let [m, n] = matrix_size(a);
    if m.min(n) == 0 {
        return creation::zeros(&reduce::as_i64(&s.shape()), DType::Bool, s.device());
    }
    let bound = mul(&view::narrow(s, -1, 0, 1)?, Scalar::Float(bound_of_ratio(a, rcond)))?;
    Expr::from(s).gt(Expr::from(bound)).into_tensor()
}

/// `V S^-1 U^H` with those singular values that count.
fn inverse_of(u: &Tensor, s: &Tensor, vh: &Tensor, counts: &Tensor) -> Result<Tensor> {
    let inverse = select(Expr::from(counts), Expr::from(s).reciprocal(), Expr::from(Scalar::Float(0.0))).into_tensor()?;
    let v = mul(&view::adjoint(vh)?, &view::unsqueeze(&to_dtype(&inverse, s.dtype())?, -2)?)?;
    matmul(&v, &view::adjoint(u)?)
}
