//! Small compositions of ops that Python's interface names.

use ferrotorch_core::ops::expr::{Expr, select};
use ferrotorch_core::ops::pointwise::{activation, comparison, run, selection};
use ferrotorch_core::ops::{cast, complex, creation, view};
use ferrotorch_core::{DType, Error, Result, Scalar, Tensor, ensure, shape};

/// `|a - b| <= atol + rtol * |b|`, equal infinities included, and NaN where asked.
pub(crate) fn isclose(a: &Tensor, b: &Tensor, rtol: f64, atol: f64, equal_nan: bool) -> Result<Tensor> {
    ensure!(a.dtype() == b.dtype(), Runtime, "{} did not match {}", a.dtype().legacy_name(), b.dtype().legacy_name());
    ensure!(
        rtol >= 0.0 && atol >= 0.0,
        Runtime,
        "rtol and atol must be greater than or equal to zero, but got {rtol} and {atol}"
    );
    let equal = run(&comparison::EQ, &[a.into(), b.into()], &[])?;
    if a.dtype().is_integral() && rtol == 0.0 && atol == 0.0 {
        return Ok(equal);
    }
    // Integers and truth values are compared as floats: a difference of them could wrap, or would have no meaning.
    let float = |t: &Tensor| match t.dtype().is_integral() {
        true => cast::to_dtype(t, DType::Float64),
        false => Ok(t.clone()),
    };
    let (a, b) = (float(&a.detach())?, float(&b.detach())?);
    let limit = Expr::from(&b).abs() * rtol + atol;
    let difference = (Expr::from(&a) - Expr::from(&b)).abs().into_tensor()?;
    let finite = run(&comparison::ISFINITE, &[(&difference).into()], &[])?;
    let near = Expr::from(&difference).le(limit).and(Expr::from(finite));
    let close = select(Expr::from(&equal), Expr::from(&equal), near).into_tensor()?;
    if !equal_nan || a.dtype().is_integral() {
        return Ok(close);
    }
    let both = Expr::from(&a).isnan().and(Expr::from(&b).isnan());
    Expr::apply(&comparison::LOGICAL_OR, [close.into(), both], &[]).into_tensor()
}

/// Truth values to the power of one: themselves, or true everywhere.
pub(crate) fn power_of_truth(base: &Tensor, exponent: bool) -> Result<Tensor> {
    if exponent { cast::clone_dense(base) } else { creation::ones_like(base, None, None) }
}

/// `nan_to_num` of the parts of complex numbers.
pub(crate) fn finite_parts(input: &Tensor, nan: f64, high: Option<f64>, low: Option<f64>) -> Result<Tensor> {
    let parts = view::view_as_real(&complex::resolve_conj(input)?)?;
    let largest = if parts.dtype() == DType::Float64 { f64::MAX } else { f64::from(f32::MAX) };
    let params = [nan, high.unwrap_or(largest), low.unwrap_or(-largest)].map(Scalar::Float);
    view::view_as_complex(&run(&selection::NAN_TO_NUM, &[(&parts).into()], &params)?)
}

/// `a * sigmoid(b)` for the halves of a tensor along a dimension.
pub(crate) fn glu(input: &Tensor, dim: i64) -> Result<Tensor> {
    if !input.dtype().is_float() {
        return Err(Error::dtype("glu", input.dtype(), "convert to a float dtype first"));
    }
    ensure!(input.ndim() > 0, Runtime, "glu does not support scalars because halving size must be even");
    let dim = shape::wrap_dim("glu", dim, input.ndim())?;
    let (size, dim) = (input.size(dim) as i64, dim as i64);
    ensure!(size % 2 == 0, Runtime, "Halving dimension must be even, but dimension {dim} is size {size}");
    let [a, b] = [0, size / 2].map(|start| view::narrow(input, dim, start, size / 2));
    run(&activation::GATED, &[(&a?).into(), (&b?).into()], &[])
}
