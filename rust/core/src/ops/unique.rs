//! Distinct elements and slices.

use crate::autograd::{Context, record_one};
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::scalar::Scalar;
use crate::shape;
use crate::tensor::Tensor;

use super::expr::Expr;
use super::reduce::as_i64;
use super::{arithmetic, cast, check, creation, index, masked, pad, reduce, scan, scatter, search, sort, view};

/// Distinct entries, for each entry of the input the number of its like, and how often each occurs.
pub struct Distinct {
    /// The distinct entries.
    pub values: Tensor,
    /// For each entry of the input, its position among the distinct ones, where it was asked for.
    pub inverse: Option<Tensor>,
    /// How often each distinct entry occurs.
    pub counts: Tensor,
}

/// The distinct elements in rising order. Every NaN counts as distinct. Positions only where `inverse` asks for them.
pub fn unique(input: &Tensor, inverse: bool) -> Result<Distinct> {
    check::require_values("unique", input)?;
    let plain = input.detach();
    let elements = view::ravel(&plain)?;
    let distinct = match by_places(&elements, inverse)? {
        Some(distinct) => distinct,
        None => {
            let (values, order) = sort::sort(&elements, 0, false)?;
            collapsed(&values, Some(&order))?
        }
    };
    without_derivative("Unique2Backward0", "_unique2", input, with_shape(&plain, distinct)?)
}

/// Integers between bounds that are not far apart have a place each in a table of counts: [`unique`] without a sort. `None` for
/// others.
fn by_places(elements: &Tensor, inverse: bool) -> Result<Option<Distinct>> {
    let (dtype, n) = (elements.dtype(), elements.numel());
    let Some((least, greatest)) = dtype.integer_bounds().filter(|_| n >= MANY && dtype != DType::UInt64) else { return Ok(None) };
    let (low, high) = match dtype.size() {
        1 => (least as i64, greatest as i64),
        _ => {
            // Wide unsigned integers have no order of their own.
            let known = if dtype.is_wide_unsigned() { cast::to_dtype(elements, DType::Int64)? } else { elements.clone() };
            (reduce::min_all(&known)?.item()?.to_i64(), reduce::max_all(&known)?.item()?.to_i64())
        }
    };
    if i128::from(high) - i128::from(low) >= n as i128 {
        return Ok(None);
    }
    let places = arithmetic::sub(&cast::to_dtype(elements, DType::Int64)?, Scalar::Int(low))?;
    let counts = search::count_places(&places, (high - low) as usize + 1)?;
    let is_there = Expr::from(&counts).ne(Scalar::Int(0)).into_tensor()?;
    let there = view::reshape(&masked::nonzero(&is_there)?, &[-1])?;
    let number = || arithmetic::sub(&scan::cumsum(&is_there, 0, None)?, Scalar::Int(1));
    Ok(Some(Distinct {
        values: cast::to_dtype(&arithmetic::add(&there, Scalar::Int(low))?, dtype)?,
        inverse: inverse.then(|| index::index_select(&number()?, 0, &places)).transpose()?,
        counts: index::index_select(&counts, 0, &there)?,
    }))
}

/// Fewer elements are sorted sooner than the ops of a table are called.
const MANY: usize = 1024;

/// The result for an input that may require gradients: it does too, but a walk that comes to it is refused.
fn without_derivative(node: &'static str, op: &'static str, input: &Tensor, distinct: Distinct) -> Result<Distinct> {
    record_one(node, &[input], &distinct.values, || {
        move |_: &Context, _: &Tensor| crate::bail!(NotImplemented, "the derivative for '{op}' is not implemented.")
    })?;
    Ok(distinct)
}

/// The elements with repeated neighbours left out.
pub fn unique_consecutive(input: &Tensor) -> Result<Distinct> {
    check::require_values("unique_consecutive", input)?;
    let plain = input.detach();
    let distinct = with_shape(&plain, collapsed(&view::ravel(&plain)?, None)?)?;
    without_derivative("UniqueConsecutiveBackward0", "unique_consecutive", input, distinct)
}

/// The inverse of a flattened input in the input's shape.
fn with_shape(input: &Tensor, distinct: Distinct) -> Result<Distinct> {
    let inverse = distinct.inverse.map(|inverse| view::reshape(&inverse, &as_i64(&input.shape()))).transpose()?;
    Ok(Distinct { inverse, ..distinct })
}

/// The distinct slices along `dim`, in lexicographic order.
pub fn unique_dim(input: &Tensor, dim: i64) -> Result<Distinct> {
    let plain = input.detach();
    let (rows, d) = as_rows("unique_dim", &plain, dim)?;
    let order = lexicographic(&rows)?;
    let distinct = finish(&plain, d, &index::index_select(&rows, 0, &order)?, Some(&order))?;
    without_derivative("UniqueDimBackward0", "unique_dim", input, distinct)
}

/// The slices along `dim` with repeated neighbours left out.
pub fn unique_consecutive_dim(input: &Tensor, dim: i64) -> Result<Distinct> {
    let plain = input.detach();
    let (rows, d) = as_rows("unique_consecutive", &plain, dim)?;
    let distinct = finish(&plain, d, &rows, None)?;
    without_derivative("UniqueConsecutiveBackward0", "unique_consecutive", input, distinct)
}

/// The slices of a dimension as rows of a matrix.
fn as_rows(op: &'static str, input: &Tensor, dim: i64) -> Result<(Tensor, usize)> {
    check::require_values(op, input)?;
    let d = shape::wrap_dim(op, dim, input.ndim())?;
    let front = view::movedim(&view::atleast_1d(input)?, &[d as i64], &[0])?;
    let n = front.size(0);
    let width = shape::numel(&front.shape()[1..]);
    ensure!(
        n == 0 || width > 0 || front.ndim() == 1,
        Runtime,
        "{op}(): There are 0 sized dimensions, and they aren't selected, so unique cannot be applied to shape {:?}",
        &input.shape()[..]
    );
    ensure!(
        n > 0 || width > 0,
        Runtime,
        "{op}(): Number of zero sized dimensions is more than one, so unique cannot be applied to shape {:?}",
        &input.shape()[..]
    );
    Ok((view::reshape(&front, &[n as i64, width as i64])?, d))
}

/// The order of rows: stable sorts by each column, the last one first.
fn lexicographic(rows: &Tensor) -> Result<Tensor> {
    if rows.dtype().is_float() && reduce::any_nan(rows)? {
        return lexicographic_beside_nan(rows);
    }
    let mut order = creation::range(Scalar::Int(0), Scalar::Int(1), rows.size(0), DType::Int64, rows.device())?;
    for column in (0..rows.size(1) as i64).rev() {
        let keys = index::index_select(&view::select(rows, 1, column)?, 0, &order)?;
        order = index::index_select(&order, 0, &sort::argsort(&keys, 0, false)?)?;
    }
    Ok(order)
}

/// The order of rows some of which hold NaN, which is neither below nor above anything: the elements behind it decide. There is no
/// order of all rows then, and what comes out depends on which ones are compared; those of up to [`FEW`] rows are PyTorch's.
fn lexicographic_beside_nan(rows: &Tensor) -> Result<Tensor> {
    let (count, width) = (rows.size(0), rows.size(1));
    let elements = cast::to_dtype(rows, DType::Float64)?.array().to_host_contiguous()?.to_vec::<f64>()?;
    let row = |i: usize| &elements[i * width..(i + 1) * width];
    let is_below = |a: usize, b: usize| {
        let first_difference = row(a).iter().zip(row(b)).find_map(|(x, y)| x.partial_cmp(y).filter(|order| order.is_ne()));
        first_difference.is_some_and(std::cmp::Ordering::is_lt)
    };
    let mut order: Vec<usize> = (0..count).collect();
    sort_by(&mut order, &is_below);
    let order: Vec<i64> = order.into_iter().map(|i| i as i64).collect();
    cast::on_device(&Tensor::from_slice(&[count], &order)?, rows.device())
}

/// So many entries are sorted by insertion.
const FEW: usize = 16;

/// Sorts by a relation that need not be an order: by insertion, or by merging sorted halves. Of entries that are not below one another
/// the earlier comes first.
fn sort_by(entries: &mut [usize], is_below: &impl Fn(usize, usize) -> bool) {
    if entries.len() <= FEW {
        for i in 1..entries.len() {
            let entry = entries[i];
            let is_first = is_below(entry, entries[0]);
            let kept =
                if is_first { 0 } else { entries[..i].iter().rposition(|&other| !is_below(entry, other)).map_or(0, |at| at + 1) };
            entries[kept..=i].rotate_right(1);
        }
        return;
    }
    let (low, high) = entries.split_at_mut(entries.len() / 2);
    sort_by(low, is_below);
    sort_by(high, is_below);
    let (low, high) = (low.to_vec(), high.to_vec());
    let (mut i, mut j) = (0, 0);
    for slot in entries {
        let takes_high = i == low.len() || (j < high.len() && is_below(high[j], low[i]));
        let (half, at) = if takes_high { (&high, &mut j) } else { (&low, &mut i) };
        *slot = half[*at];
        *at += 1;
    }
}

fn finish(input: &Tensor, d: usize, rows: &Tensor, order: Option<&Tensor>) -> Result<Distinct> {
    let distinct = collapsed(rows, order)?;
    let mut size: Vec<i64> = as_i64(&view::movedim(&view::atleast_1d(input)?, &[d as i64], &[0])?.shape()).to_vec();
    size[0] = distinct.values.size(0) as i64;
    let values = view::movedim(&view::reshape(&distinct.values, &size)?, &[0], &[d as i64])?;
    Ok(Distinct { values: super::cast::clone_contiguous(&values)?, ..distinct })
}

/// Leaves out entries (elements, or rows of a matrix) that equal the one before. `order` says where in the input the
/// entries stood.
fn collapsed(entries: &Tensor, order: Option<&Tensor>) -> Result<Distinct> {
    let n = entries.size(0);
    let is_first = firsts(entries, n)?;
    let group = arithmetic::sub(&scan::cumsum(&is_first, 0, None)?, Scalar::Int(1))?;
    let inverse = match order {
        Some(order) => scatter::scatter(&creation::zeros_like(&group, None, None)?, 0, order, &group)?,
        None => group,
    };
    let starts = view::reshape(&masked::nonzero(&is_first)?, &[-1])?;
    let ends = pad::constant_pad_nd(&view::slice(&starts, 0, Some(1), None, 1)?, &[0, i64::from(n > 0)], Scalar::Int(n as i64))?;
    Ok(Distinct {
        values: index::index_select(entries, 0, &starts)?,
        inverse: Some(inverse),
        counts: arithmetic::sub(&ends, &starts)?,
    })
}

/// Which entries differ from the one before; the first always does.
fn firsts(entries: &Tensor, n: usize) -> Result<Tensor> {
    if n == 0 {
        return Tensor::full(&[0], Scalar::Bool(true), DType::Bool, entries.device());
    }
    let (before, behind) = (view::narrow(entries, 0, 0, n as i64 - 1)?, view::narrow(entries, 0, 1, n as i64 - 1)?);
    let changes = Expr::from(&before).ne(&behind).into_tensor()?;
    let changes = if changes.ndim() > 1 { reduce::any(&changes, Some(&[1]), false)? } else { changes };
    pad::constant_pad_nd(&changes, &[1, 0], Scalar::Bool(true))
}
