//! Running sums, products and extrema along a dimension.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{Facts, Grads, Linear, SavedTensor, is_differentiated, keeping_one, one, record, record_one, telling};
use crate::backend;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::kernel::{Kernel, Scan};
use crate::scalar::Scalar;
use crate::shape;
use crate::tensor::Tensor;

use super::expr::{Expr, conjugate, select};
use super::{arithmetic, cast, gather, join, repeat, view};

/// Running sum.
pub fn cumsum(input: &Tensor, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
    let out = run_one("cumsum", Scan::Sum, input, dim, accumulated(input.dtype(), dtype))?;
    let is_scalar = input.ndim() == 0;
    let adjoint = move |g: &Tensor, lead: usize| {
        let dim = if dim < 0 { dim } else { dim + lead as i64 };
        if is_scalar { Ok(g.clone()) } else { reverse_cumsum(g, dim) }
    };
    record("CumsumBackward0", &[input], &[&out], || {
        telling(along(dim, input), Linear::new(adjoint, move |t: &Tensor| cumsum(t, dim, dtype)))
    })?;
    Ok(out)
}

/// Running product.
pub fn cumprod(input: &Tensor, dim: i64, dtype: Option<DType>) -> Result<Tensor> {
    let dtype = accumulated(input.dtype(), dtype);
    let out = run_one("cumprod", Scan::Prod, input, dim, dtype)?;
    record_one("CumprodBackward0", &[input], &out, || {
        let rule = keeping_one([("self", SavedTensor::input(input))], move |cx, [saved], g| {
            Ok(smallvec![Some(cumprod_backward(g, &cast::to_dtype(&saved.get(cx)?, dtype)?, dim)?)])
        });
        telling(along(dim, input), rule)
    })?;
    Ok(out)
}

/// `log(cumsum(exp(x)))`, computed without overflow.
pub fn logcumsumexp(input: &Tensor, dim: i64) -> Result<Tensor> {
    if !input.dtype().is_differentiable() {
        return Err(Error::dtype("logcumsumexp", input.dtype(), "convert to a float dtype first"));
    }
    let out = run_one("logcumsumexp", Scan::LogSumExp, input, dim, input.dtype())?;
    record_one("LogcumsumexpBackward0", &[input], &out, || {
        let kept = [("self", SavedTensor::input(input)), ("result", SavedTensor::output(&out, 0))];
        let rule =
            keeping_one(kept, move |cx, [x, y], g| Ok(smallvec![Some(logcumsumexp_backward(g, &x.get(cx)?, &y.get(cx)?, dim)?)]));
        telling(along(dim, input), rule)
    })?;
    Ok(out)
}

/// Running maximum and its index.
pub fn cummax(input: &Tensor, dim: i64) -> Result<(Tensor, Tensor)> {
    running_extremum("cummax", "CummaxBackward0", Scan::Max, input, dim)
}

/// Running minimum and its index.
pub fn cummin(input: &Tensor, dim: i64) -> Result<(Tensor, Tensor)> {
    running_extremum("cummin", "CumminBackward0", Scan::Min, input, dim)
}

/// Running product of the elements before each one.
pub(crate) fn exclusive_cumprod(input: &Tensor, dim: i64) -> Result<Tensor> {
    let d = shape::wrap_dim("cumprod", dim, input.ndim())?;
    let mut one = input.shape();
    if one[d] == 0 {
        return Ok(input.clone());
    }
    let shorter = view::narrow(input, dim, 0, one[d] as i64 - 1)?;
    one[d] = 1;
    let ones = Tensor::full(&one, Scalar::Int(1), input.dtype(), input.device())?;
    cumprod(&join::cat(&[ones, shorter], dim)?, dim, None)
}

/// What nodes show: the dimension, counted from the first.
fn along(dim: i64, input: &Tensor) -> Facts<1> {
    [("dim", if dim < 0 { dim + input.ndim().max(1) as i64 } else { dim }.into())]
}

fn accumulated(input: DType, asked: Option<DType>) -> DType {
    asked.unwrap_or(if input.is_integral() { DType::Int64 } else { input })
}

fn run(op: &'static str, scan: Scan, input: &Tensor, dim: i64, dtypes: &[DType]) -> Result<Vec<Tensor>> {
    let array = input.array();
    let dim = shape::wrap_dim(op, dim, array.layout.ndim())?;
    let outputs = dtypes.iter().map(|&dtype| Array::empty(array.shape(), dtype, array.device())).collect::<Result<Vec<_>>>()?;
    let kernel_outputs: Vec<Array> = outputs.iter().map(Array::at_least_1d).collect();
    backend::launch(op, &Kernel::Scan { op: scan, dim }, &[array.at_least_1d().into()], &kernel_outputs)?;
    Ok(outputs.into_iter().map(Tensor::from_array).collect())
}

fn run_one(op: &'static str, scan: Scan, input: &Tensor, dim: i64, dtype: DType) -> Result<Tensor> {
    run(op, scan, input, dim, &[dtype])?.pop().ok_or_else(|| Error::runtime(format!("{op}(): no result")))
}

fn running_extremum(op: &'static str, node: &'static str, scan: Scan, input: &Tensor, dim: i64) -> Result<(Tensor, Tensor)> {
    if input.dtype().is_complex() {
        return Err(Error::dtype(op, input.dtype(), "complex numbers have no order"));
    }
    let mut outputs = run(op, scan, input, dim, &[input.dtype(), DType::Int64])?;
    let (Some(indices), Some(values)) = (outputs.pop(), outputs.pop()) else {
        return Err(Error::runtime(format!("{op}(): no result")));
    };
    record(node, &[input], &[&values, &indices], || {
        let rule = keeping_one([("indices", SavedTensor::input(&indices))], move |cx, [saved], g| {
            let of_input = || {
                if g.ndim() == 0 {
                    return Ok(g.clone());
                }
                let zeros = Tensor::full(&g.shape(), Scalar::Int(0), g.dtype(), g.device())?;
                gather::scatter_add(&zeros, dim, &saved.get(cx)?, g)
            };
            Grads::new(cx).set(0, of_input)?.done()
        });
        one(telling(along(dim, input), rule))
    })?;
    Ok((values, indices))
}

fn reverse_cumsum(g: &Tensor, dim: i64) -> Result<Tensor> {
    if g.ndim() == 0 {
        return Ok(g.clone());
    }
    repeat::flip(&cumsum(&repeat::flip(g, &[dim])?, dim, None)?, &[dim])
}

/// `dx[k] = sum over i >= k of g[i] * prod of x[j], j <= i, j != k`. Without zeros that is
/// `reverse_cumsum(g * y) / x`.
fn cumprod_backward(g: &Tensor, x: &Tensor, dim: i64) -> Result<Tensor> {
    if x.ndim() == 0 {
        return Ok(g.clone());
    }
    let (has_data, is_host) = (x.device().has_data(), x.with_array(|a| a.storage.as_host().is_some()));
    // A device is not waited for, except where the formula matters.
    if has_data && !is_host && !is_differentiated() {
        return cumprod_backward_around_zeros(g, x, dim);
    }
    match has_data && has_zero(x)? {
        true if is_differentiated() => cumprod_backward_by_products(g, x, dim),
        true => cumprod_backward_around_zeros(g, x, dim),
        false => {
            let weighted = arithmetic::mul(g, &conjugated(&cumprod(x, dim, None)?)?)?;
            arithmetic::div(&reverse_cumsum(&weighted, dim)?, &conjugated(x)?)
        }
    }
}

/// Is any element zero? Waits for the device.
fn has_zero(x: &Tensor) -> Result<bool> {
    Ok(super::reduce::any(&Expr::from(x).eq(0.0).into_tensor()?, None, false)?.item()?.to_bool())
}

/// [`cumprod_backward`] for any `x`, itself not differentiable: in front of the first zero by division, at the first zero
/// from the products that leave it out, and zero behind it.
fn cumprod_backward_around_zeros(g: &Tensor, x: &Tensor, dim: i64) -> Result<Tensor> {
    let x = conjugated(x)?;
    let is_zero = Expr::from(&x).eq(0.0).into_tensor()?;
    let zeros = cumsum(&is_zero, dim, None)?;
    let is_first = Expr::from(&is_zero).and(Expr::from(&zeros).eq(1.0)).into_tensor()?;
    let sums = |factors: &Tensor| reverse_cumsum(&arithmetic::mul(g, &cumprod(factors, dim, None)?)?, dim);
    let in_front = Expr::from(sums(&x)?) / select(Expr::from(&is_zero), 1.0, &x);
    let at_first = sums(&select(Expr::from(&is_first), 1.0, &x).into_tensor()?)?;
    select(Expr::from(&is_first), &at_first, select(Expr::from(&zeros).eq(0.0), in_front, 0.0)).into_tensor()
}

/// [`cumprod_backward`] for any `x`: every product that leaves one element out is formed. Quadratic in the length, exact and
/// differentiable.
fn cumprod_backward_by_products(g: &Tensor, x: &Tensor, dim: i64) -> Result<Tensor> {
    let n = x.size(shape::wrap_dim("cumprod", dim, x.ndim())?) as i64;
    let mut parts = Vec::new();
    for k in 0..n {
        let before = view::narrow(x, dim, 0, k)?;
        let one = Tensor::full(&view::narrow(x, dim, k, 1)?.shape(), Scalar::Int(1), x.dtype(), x.device())?;
        let behind = view::narrow(x, dim, k + 1, n - k - 1)?;
        let products = cumprod(&join::cat(&[before, one, behind], dim)?, dim, None)?;
        let tail = arithmetic::mul(&view::narrow(g, dim, k, n - k)?, &conjugated(&view::narrow(&products, dim, k, n - k)?)?)?;
        parts.push(super::reduce::sum(&tail, Some(&[dim]), true, None)?);
    }
    if parts.is_empty() { Ok(g.clone()) } else { join::cat(&parts, dim) }
}

fn conjugated(x: &Tensor) -> Result<Tensor> {
    conjugate(x.clone()).into_tensor()
}

/// `exp(x) * reverse_cumsum(g * exp(-y))`, done apart for positive and negative gradients in logarithms.
fn logcumsumexp_backward(g: &Tensor, x: &Tensor, y: &Tensor, dim: i64) -> Result<Tensor> {
    if x.ndim() == 0 {
        return Ok(g.clone());
    }
    let reverse = |x: Expr| -> Result<Tensor> {
        let flipped = repeat::flip(&x.into_tensor()?, &[dim])?;
        repeat::flip(&logcumsumexp(&flipped, dim)?, &[dim])
    };
    // Stands for log 0. Finite, so that the derivative of this formula has no difference of infinities.
    let log_zero = match g.dtype() {
        DType::Float64 | DType::Complex128 => -1e300,
        DType::Float16 => -3e4,
        _ => -1e38,
    };
    if g.dtype().is_complex() {
        // Complex logarithms know no sign, hence no parts.
        let log_g = select(Expr::from(g).eq(0.0), log_zero, conjugate(g.clone()).log());
        let result = (Expr::from(reverse(log_g - Expr::from(y))?) + Expr::from(x)).exp();
        return conjugated(&result.into_tensor()?);
    }
    let part = |sign: f64| -> Result<Expr> {
        let log_g = select((Expr::from(g) * sign).gt(0.0), (Expr::from(g) * sign).log(), log_zero);
        Ok((Expr::from(reverse(log_g - Expr::from(y))?) + Expr::from(x)).exp())
    };
    (part(1.0)? - part(-1.0)?).into_tensor()
}
