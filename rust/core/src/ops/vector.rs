//! Norms and products of vectors, which lie along dimensions of tensors.

use smallvec::smallvec;

use crate::autograd::{Context, Grads, SavedTensor, keeping_both, keeping_one, mode, record, record_one, telling};
use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::Reduction;
use crate::promote::promote_types;
use crate::scalar::Scalar;
use crate::shape;
use crate::tensor::Tensor;

use super::expr::{Expr, conjugate, select};
use super::matmul::{self, along, kept_factors};
use super::pointwise::arithmetic::MAXIMUM;
use super::reduce::{self, Axes};
use super::{cast, join, view};

/// Refuses dtypes that have no norm.
fn require_float(op: &'static str, dtype: DType) -> Result<()> {
    ensure!(
        dtype.is_differentiable(),
        NotImplemented,
        "{op}: Expected a floating point or complex tensor as input. Got {}",
        dtype.legacy_name()
    );
    Ok(())
}

/// Refuses a dtype for the computation that is not as wide as the input's, or of another kind.
fn check_dtype(op: &'static str, input: DType, dtype: DType) -> Result<()> {
    let (own, asked) = (input.legacy_name(), dtype.legacy_name());
    ensure!(dtype.is_differentiable(), Runtime, "{op}: dtype should be floating point or complex, but got {asked}");
    ensure!(
        input.is_complex() == dtype.is_complex(),
        Runtime,
        "{op}: dtype should be {kind} for {kind} inputs, but got {asked}",
        kind = if input.is_complex() { "complex" } else { "real" }
    );
    ensure!(
        promote_types(input, dtype)? == dtype,
        Runtime,
        "{op}: the dtype of the input ({own}) should be convertible without narrowing to the specified dtype ({asked})"
    );
    Ok(())
}

/// Nothing has no norm of an order below 0 or of infinite order.
fn require_elements(op: &'static str, axes: &Axes, input: &Tensor, p: f64, dims: Option<&[i64]>) -> Result<()> {
    if axes.count() > 0 || (p >= 0.0 && p.is_finite()) {
        return Ok(());
    }
    let reason = "empty and the operation does not have an identity";
    match dims {
        None | Some([]) => bail!(Runtime, "{op} cannot compute the {p} norm on an empty tensor: it is {reason}"),
        Some(_) => {
            let shape = input.shape();
            let dim = axes.listed().into_iter().find(|&d| shape[d as usize] == 0).unwrap_or_default();
            bail!(Runtime, "{op} cannot compute the {p} norm on the dimension {dim} because this dimension is {reason}")
        }
    }
}

/// Vector norm `sum(|x|^p)^(1/p)` over dimensions, computed in `dtype`.
pub fn vector_norm(input: &Tensor, p: Scalar, dims: Option<&[i64]>, keepdim: bool, dtype: Option<DType>) -> Result<Tensor> {
    const OP: &str = "linalg.vector_norm";
    require_float(OP, input.dtype())?;
    ensure!(!matches!(p, Scalar::Complex(_)), Runtime, "{OP}: Expected a non-complex scalar as the order of norm.");
    let p = p.to_f64();
    let input = &match dtype {
        Some(dtype) => {
            check_dtype(OP, input.dtype(), dtype)?;
            cast::to_dtype(input, dtype)?
        }
        None => input.clone(),
    };
    let axes = Axes::new(OP, input, dims, keepdim)?;
    require_elements(OP, &axes, input, p, dims)?;
    let out = axes.run_one("norm", Reduction::Norm { p }, input, input.dtype().real())?;
    record_one("LinalgVectorNormBackward0", &[input], &out, || {
        let (facts, kept) = (axes.facts(dims), [("self", SavedTensor::input(input)), ("result", SavedTensor::output(&out, 0))]);
        let rule = keeping_one(kept, move |cx, [x, y], g| {
            let (x, y) = (x.get(cx)?, axes.expand(&y.get(cx)?)?);
            if p == 0.0 {
                return Ok(smallvec![None]);
            }
            Ok(smallvec![Some(norm_backward(&axes, &x, &y, axes.expand(g)?, p)?)])
        });
        telling([("ord", p.into())], telling(facts, rule))
    })?;
    Ok(out)
}

/// `g * d norm / dx`; 0 where the norm has a kink, as PyTorch's subgradient. There, 1 stands for the zero that would be
/// divided by, so that the derivative of this formula is finite, too.
fn norm_backward(axes: &Axes, x: &Tensor, y: &Tensor, g: Tensor, p: f64) -> Result<Tensor> {
    let (xe, ye, g) = (|| Expr::from(x), || Expr::from(y), Expr::from(g));
    let size = || select(xe().eq(0.0), 1.0, xe().abs());
    let norm = || select(ye().eq(0.0), 1.0, ye());
    let slope = if p == 1.0 {
        g * xe().sgn()
    } else if p == 2.0 {
        select(ye().eq(0.0), 0.0, g * (xe() / norm()))
    } else if p.is_infinite() {
        let hits = cast::to_dtype(&xe().abs().eq(ye()).into_tensor()?, y.dtype())?;
        let count = Expr::from(reduce::sum(&hits, Some(&axes.listed()), true, None)?);
        // Beside NaN nothing is the norm.
        let share = Expr::from(&hits) / Expr::apply(&MAXIMUM, [count, 1.0.into()], &[]);
        g * select(Expr::from(hits), xe().sgn(), 0.0) * share
    } else if p < 1.0 {
        let slope = xe().sgn() * size().pow(p - 1.0) * ye().pow(1.0 - p);
        select(xe().eq(0.0), 0.0, g * slope)
    } else {
        select(ye().eq(0.0), 0.0, g * xe().sgn() * (size() / norm()).pow(p - 1.0))
    };
    slope.into_tensor()
}

/// Inner products along a dimension, of the first vectors conjugated; other dimensions broadcast.
pub fn vecdot(x: &Tensor, y: &Tensor, dim: i64) -> Result<Tensor> {
    const OP: &str = "linalg.vecdot";
    require_float(OP, x.dtype())?;
    ensure!(
        x.dtype() == y.dtype(),
        Runtime,
        "{OP}: Expected x and y to have the same dtype, but found x of type {} and y of type {} instead",
        x.dtype().legacy_name(),
        y.dtype().legacy_name()
    );
    if x.ndim() == 1 && y.ndim() == 1 && x.numel() == y.numel() {
        shape::wrap_dim(OP, dim, 1)?;
        return matmul::vdot(x, y);
    }
    let products = (conjugate(x.clone()) * Expr::from(y)).into_tensor()?;
    reduce::sum(&products, Some(&[dim]), false, None)
}

/// Vector products along a dimension of size 3; other dimensions broadcast.
pub fn cross(a: &Tensor, b: &Tensor, dim: i64) -> Result<Tensor> {
    let d = check_cross(a, b, dim)?;
    let out = mode::no_grad(|| {
        let (a, b) = (turned(a, d)?, turned(b, d)?);
        let [a, b] = [a, b].map(|x| move |by: i64| Ok::<_, Error>(Expr::from(view::narrow(&x, d, by, 3)?)));
        cast::contiguous(&(a(1)? * b(2)? - a(2)? * b(1)?).into_tensor()?)
    })?;
    record("LinalgCrossBackward0", &[a, b], &[&out], || {
        let back = move |cx: &Context, [a, b]: &[SavedTensor; 2], g: &Tensor| {
            let by = |x: &SavedTensor| conjugate(x.get(cx)?).into_tensor();
            Grads::new(cx).set(0, || cross(&by(b)?, g, d))?.set(1, || cross(g, &by(a)?, d))?.done()
        };
        keeping_both(kept_factors(["self", "other"], a, b), back, along(move |a, b| cross(a, b, d)))
    })?;
    Ok(out)
}

/// Entries 0, 1, 2, 0, 1 of a dimension: from there on, two places ahead of any of three there is always one.
fn turned(x: &Tensor, dim: i64) -> Result<Tensor> {
    join::cat(&[x.clone(), view::narrow(x, dim, 0, 2)?], dim)
}

/// The dimension of vectors that can be multiplied, counted from the first.
fn check_cross(a: &Tensor, b: &Tensor, dim: i64) -> Result<i64> {
    const OP: &str = "linalg.cross";
    ensure!(a.ndim() == b.ndim(), Runtime, "{OP}: inputs must have the same number of dimensions.");
    let d = shape::wrap_dim(OP, dim, a.ndim())?;
    let length = |x: &Tensor| x.shape().get(d).copied().unwrap_or(1);
    ensure!(
        length(a) == 3 && length(b) == 3,
        Runtime,
        "{OP}: inputs dimension {dim} must have length 3. Got {} and {}",
        length(a),
        length(b)
    );
    ensure!(
        a.dtype() == b.dtype(),
        Runtime,
        "{OP}: expected scalar type {} but found {}",
        a.dtype().legacy_name(),
        b.dtype().legacy_name()
    );
    if a.dtype() == DType::Bool {
        return Err(Error::dtype(OP, a.dtype(), "convert to an integer or float dtype first"));
    }
    Ok(d as i64)
}

/// [`cross`] along the first dimension of size 3 where none is named.
pub fn cross_along(a: &Tensor, b: &Tensor, dim: Option<i64>) -> Result<Tensor> {
    match dim.or_else(|| a.shape().iter().position(|&n| n == 3).map(|d| d as i64)) {
        Some(dim) => cross(a, b, dim),
        None => Err(Error::runtime("cross(): no dimension of size 3 in input")),
    }
}
