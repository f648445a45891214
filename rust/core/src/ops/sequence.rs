//! Evenly spaced sequences, and the coordinates of triangles.

use std::ops::Range;

use crate::array::Array;
use crate::backend;
use crate::device::Device;
use crate::dtype::{Category, DType};
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory::vec_for;
use crate::promote;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::pointwise::{self, arithmetic::POW};
use super::{cast, view};

/// `n` numbers from `start` on, `step` apart; 1-D.
pub fn range(start: Scalar, step: Scalar, n: usize, dtype: DType, device: Device) -> Result<Tensor> {
    launched("arange", &Kernel::Range { start, step }, n, dtype, device)
}

fn launched(op: &'static str, kernel: &Kernel, n: usize, dtype: DType, device: Device) -> Result<Tensor> {
    if dtype == DType::Bool {
        return Err(Error::dtype(op, dtype, "ask for an integer dtype and compare"));
    }
    let [out] = backend::compute(op, kernel, &[], [(Layout::contiguous(&[n]), dtype)], device)?;
    Ok(Tensor::from_array(out))
}

/// Numbers from `start` to before `end`, `step` apart: `ceil((end - start) / step)` of them. Without a dtype, int64
/// if all three are integers, otherwise the default dtype.
pub fn arange(start: Scalar, end: Scalar, step: Scalar, dtype: Option<DType>, device: Device) -> Result<Tensor> {
    let [start, end, step] = real_bounds([start, end, step])?;
    let integral = [start, end, step].iter().all(|x| x.category() <= Category::Integer);
    let dtype = dtype.unwrap_or_else(|| if integral { DType::Int64 } else { promote::default_dtype() });
    let (start, end, step) = (held(start, dtype)?, held(end, dtype)?, held(step, dtype)?);
    check_bounds("arange", start, end, step)?;
    require_order("arange", dtype)?;
    let exact = [start, end, step].iter().all(|x| x.category() <= Category::Integer);
    let n = if exact { steps_between_integers(start, end, step) } else { steps_between(start, end, step).ceil() };
    range(start, step, length("arange", n)?, dtype, device)
}

/// Numbers from `start` to `end`, both included: `floor((end - start) / step) + 1` of them.
pub fn range_inclusive(start: Scalar, end: Scalar, step: Scalar, dtype: Option<DType>, device: Device) -> Result<Tensor> {
    let [start, end, step] = real_bounds([start, end, step])?;
    check_bounds("range", start, end, step)?;
    let dtype = dtype.unwrap_or_else(promote::default_dtype);
    require_order("range", dtype)?;
    let n = steps_between(start, end, step).floor() + 1.0;
    range(start, step, length("range", n)?, dtype, device)
}

fn require_order(op: &'static str, dtype: DType) -> Result<()> {
    if dtype.is_complex() {
        return Err(Error::dtype(op, dtype, "complex numbers have no order"));
    }
    Ok(())
}

fn check_bounds(op: &'static str, start: Scalar, end: Scalar, step: Scalar) -> Result<()> {
    let (first, last, by) = (start.to_f64(), end.to_f64(), step.to_f64());
    ensure!(by != 0.0, Runtime, "{op}(): step must be nonzero");
    ensure!(by.is_finite(), Runtime, "{op}(): step must be finite but got {by}");
    ensure!(first.is_finite() && last.is_finite(), Runtime, "{op}(): unsupported range: {first} -> {last}");
    let forward = (by > 0.0 && last >= first) || (by < 0.0 && last <= first);
    ensure!(forward, Runtime, "{op}(): upper bound and lower bound inconsistent with step sign (from {first} to {last} by {by})");
    Ok(())
}

fn steps_between(start: Scalar, end: Scalar, step: Scalar) -> f64 {
    (end.to_f64() - start.to_f64()) / step.to_f64()
}

/// The difference of integers is taken exactly.
fn steps_between_integers(start: Scalar, end: Scalar, step: Scalar) -> f64 {
    let (step, span) = (step.to_i64() as i128, end.to_i64() as i128 - start.to_i64() as i128);
    (span / step + i128::from(span % step != 0)) as f64
}

/// Bounds without an imaginary part.
fn real_bounds(bounds: [Scalar; 3]) -> Result<[Scalar; 3]> {
    for bound in bounds {
        bound.fitting(DType::Float64)?;
    }
    Ok(bounds.map(|bound| if let Scalar::Complex(z) = bound { Scalar::Float(z.re) } else { bound }))
}

/// A bound as sequences of a dtype count it: one beyond int64 has a place among floats only.
fn held(bound: Scalar, dtype: DType) -> Result<Scalar> {
    match bound {
        Scalar::Unsigned(u) if !dtype.is_integral() => Ok(Scalar::Float(u as f64)),
        Scalar::Unsigned(_) => bound.fitting(DType::Int64),
        other => Ok(other),
    }
}

fn length(op: &'static str, n: f64) -> Result<usize> {
    ensure!((0.0..9e15).contains(&n), Runtime, "{op}(): invalid size, possible overflow? ({n} elements)");
    Ok(n as usize)
}

/// `steps` numbers from `start` to `end`, both included. Without a dtype, complex if one of the ends is, otherwise the
/// default dtype.
pub fn linspace(start: Scalar, end: Scalar, steps: i64, dtype: Option<DType>, device: Device) -> Result<Tensor> {
    let dtype = dtype_between("linspace", start, end, steps, dtype)?;
    points("linspace", start, end, steps, dtype, device)
}

fn points(op: &'static str, start: Scalar, end: Scalar, steps: i64, dtype: DType, device: Device) -> Result<Tensor> {
    // The ends of a sequence of integers are integers.
    let (start, end) = (start.fitting(dtype)?.cast(dtype), end.fitting(dtype)?.cast(dtype));
    if steps == 1 {
        return Tensor::full(&[1], start, dtype, device);
    }
    launched(op, &Kernel::Linspace { start, end }, steps as usize, dtype, device)
}

/// The dtype of numbers between two.
fn dtype_between(op: &'static str, start: Scalar, end: Scalar, steps: i64, dtype: Option<DType>) -> Result<DType> {
    ensure!(steps >= 0, Runtime, "{op}(): number of steps must be non-negative, got {steps}");
    let is_complex = [start, end].iter().any(|x| x.category() == Category::Complex);
    let inferred = if is_complex { promote::default_complex_dtype() } else { promote::default_dtype() };
    let dtype = dtype.unwrap_or(inferred);
    ensure!(
        dtype.is_complex() || !is_complex,
        Runtime,
        "torch.{op}(): inferred dtype {} can't be safely cast to passed dtype {}",
        inferred.c_name(),
        dtype.legacy_name()
    );
    Ok(dtype)
}

/// `base` to the powers of [`linspace`].
pub fn logspace(start: Scalar, end: Scalar, steps: i64, base: f64, dtype: Option<DType>, device: Device) -> Result<Tensor> {
    let dtype = dtype_between("logspace", start, end, steps, dtype)?;
    if steps == 1 {
        // The exponent is no element here, and so may be a fraction.
        let power = match start {
            Scalar::Complex(z) => Scalar::Complex(num_complex::Complex::new(base, 0.0).powc(z)),
            real => Scalar::Float(base.powf(real.to_f64())),
        };
        return Tensor::full(&[1], power, dtype, device);
    }
    let (start, end) = (start.fitting(dtype)?.cast(dtype), end.fitting(dtype)?.cast(dtype));
    // Integers are rounded from float64 results, half types from float32 ones.
    let compute = if dtype.is_integral() { DType::Float64 } else { dtype.accumulate() };
    let exponents = points("logspace", start, end, steps, if dtype == DType::Bool { dtype } else { compute }, device)?;
    let powers = pointwise::run(&POW, &[Scalar::Float(base).into(), (&exponents).into()], &[])?;
    cast::to_dtype(&powers, dtype)
}

/// Row and column numbers, (2, n), of the elements on and below a diagonal of a `rows` by `columns` matrix.
pub fn tril_indices(rows: i64, columns: i64, offset: i64, dtype: DType, device: Device) -> Result<Tensor> {
    let op = "tril_indices";
    check_triangle(op, rows, columns, dtype)?;
    let offset = offset.saturating_add(1);
    let count = clamped_sum(rows, offset, columns);
    // Rows above the triangle are skipped.
    let rows = if count == 0 { 0..0 } else { offset.saturating_neg().saturating_add(1).max(0)..rows };
    triangle_indices(op, rows, count, dtype, device, |i| 0..i.saturating_add(offset).clamp(0, columns))
}

/// Row and column numbers, (2, n), of the elements on and above a diagonal of a `rows` by `columns` matrix.
pub fn triu_indices(rows: i64, columns: i64, offset: i64, dtype: DType, device: Device) -> Result<Tensor> {
    let op = "triu_indices";
    check_triangle(op, rows, columns, dtype)?;
    let count = (rows as i128 * columns as i128).saturating_sub(clamped_sum(rows, offset, columns));
    // Rows below the triangle are skipped.
    let rows = if count == 0 { 0..0 } else { 0..columns.saturating_sub(offset).clamp(0, rows) };
    triangle_indices(op, rows, count, dtype, device, |i| i.saturating_add(offset).clamp(0, columns)..columns)
}

/// The sum of `clamp(i + offset, 0, most)` over the `i` of `0..n`.
fn clamped_sum(n: i64, offset: i64, most: i64) -> i128 {
    let most = most as i128;
    let below = |end: i128| {
        let ramp = end.clamp(0, most + 1);
        (ramp * (ramp - 1) / 2).saturating_add((end - ramp).max(0).saturating_mul(most))
    };
    below(n as i128 + offset as i128).saturating_sub(below(offset as i128))
}

fn check_triangle(op: &'static str, rows: i64, columns: i64, dtype: DType) -> Result<()> {
    ensure!(rows >= 0 && columns >= 0, Runtime, "{op}(): row and col must be non-negative, got {rows} and {columns}");
    if !matches!(dtype, DType::Int32 | DType::Int64) {
        return Err(Error::dtype(op, dtype, "the indices are int64 or int32"));
    }
    Ok(())
}

/// The coordinates of `count` elements of some rows.
fn triangle_indices(
    op: &'static str,
    rows: Range<i64>,
    count: i128,
    dtype: DType,
    device: Device,
    columns_of: impl Fn(i64) -> Range<i64>,
) -> Result<Tensor> {
    let places = || rows.clone().flat_map(|i| columns_of(i).map(move |j| (i, j)));
    let built = if device.has_data() { Device::CPU } else { device };
    let count = usize::try_from(count.saturating_mul(2)).unwrap_or(usize::MAX);
    let indices = index_vector(op, count, built, || places().map(|(i, _)| i).chain(places().map(|(_, j)| j)))?;
    let out = view::reshape(&indices, &[2, (count / 2) as i64])?;
    cast::on_device(&cast::to_dtype(&out.detach(), dtype)?, device)
}

/// An int64 vector of so many entries, which are counted out on the host; not where tensors have no elements.
pub(crate) fn index_vector<I: Iterator<Item = i64>>(
    op: &'static str,
    count: usize,
    device: Device,
    entries: impl FnOnce() -> I,
) -> Result<Tensor> {
    if !device.has_data() {
        return Ok(Tensor::from_array(Array::empty(&[count], DType::Int64, device)?));
    }
    let mut indices = vec_for(op, count)?;
    indices.extend(entries());
    cast::on_device(&Tensor::from_slice(&[count], &indices)?, device)
}
