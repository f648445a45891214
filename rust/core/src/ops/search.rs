//! Finding values: in sorted boundaries, in sets, in bins.

use crate::array::Array;
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::promote::{Promotion, promote_types};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::gather::gather;
use super::pointwise;
use super::pointwise::arithmetic::MINIMUM;
use super::reduce::{self, as_i64};
use super::{cast, check, creation, index, join, scatter, sort, view};

/// Where values would be inserted into sorted boundaries so that these stay sorted: before equals, or (`right`) behind
/// them. Boundaries are 1-D, or have the shape of the values but for the last dimension. `sorter` names the order of
/// boundaries that are not sorted themselves. Both are compared in the dtype that they are promoted to.
pub fn searchsorted(boundaries: &Tensor, values: &Tensor, right: bool, int32: bool, sorter: Option<&Tensor>) -> Result<Tensor> {
    let (b, v) = (boundaries.shape(), values.shape());
    let dtype = [boundaries, values].iter().fold(Promotion::default(), |p, t| p.tensor(t.dtype(), t.ndim())).result()?;
    if dtype == DType::Bool || dtype.is_complex() {
        return Err(Error::dtype("searchsorted", dtype, "it is defined for integers and floats"));
    }
    let (boundaries, values) = (&cast::to_dtype(&boundaries.detach(), dtype)?, &cast::to_dtype(&values.detach(), dtype)?);
    let rows_match = b.len() == v.len() && !b.is_empty() && b[..b.len() - 1] == v[..v.len() - 1];
    ensure!(
        b.len() == 1 || rows_match,
        Runtime,
        "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries tensor and input value \
         tensor must match, but got boundaries tensor {:?} and input value tensor {:?}",
        &b[..],
        &v[..]
    );
    let boundaries = &match sorter {
        Some(order) => {
            ensure!(
                order.shape() == b && order.dtype() == DType::Int64,
                Runtime,
                "torch.searchsorted(): boundary and sorter must have the same size, and sorter must be int64, but got boundary tensor {:?} and \
                 got sorter tensor {:?} of {}",
                &b[..],
                &order.shape()[..],
                order.dtype().name()
            );
            gather(boundaries, -1, order)?
        }
        None => boundaries.clone(),
    };
    let out = Array::empty(&v, DType::Int64, values.device())?;
    if out.numel() > 0 {
        let inputs = [boundaries.operand(), values.array().at_least_1d().into()];
        backend::launch("searchsorted", &Kernel::SearchSorted { right }, &inputs, &[out.at_least_1d()])?;
    }
    let out = Tensor::from_array(out);
    if int32 { cast::to_dtype(&out, DType::Int32) } else { Ok(out) }
}

/// The number of the bin, between 1-D sorted boundaries, that each value falls into.
pub fn bucketize(input: &Tensor, boundaries: &Tensor, int32: bool, right: bool) -> Result<Tensor> {
    ensure!(
        boundaries.ndim() == 1,
        Runtime,
        "bucketize(): boundaries tensor must be 1 dimension, but got dim({})",
        boundaries.ndim()
    );
    searchsorted(boundaries, input, right, int32, None)
}

/// For each element, is it one of the test elements?
pub fn isin(elements: &Tensor, tests: &Tensor, invert: bool) -> Result<Tensor> {
    for tensor in [elements, tests] {
        ensure!(tensor.dtype() != DType::Bool, Runtime, "Unsupported input type encountered for isin(): Bool");
    }
    let dtype = promote_types(elements.dtype(), tests.dtype())?;
    ensure!(!dtype.is_complex(), Runtime, "isin(): complex numbers have no order, got {}", dtype.name());
    if tests.numel() == 0 {
        return Tensor::full(&elements.shape(), Scalar::Bool(invert), DType::Bool, elements.device());
    }
    let elements = cast::to_dtype(&elements.detach(), dtype)?;
    let sorted = sort::sort(&cast::to_dtype(&view::ravel(&tests.detach())?, dtype)?, 0, false)?.0;
    let position = searchsorted(&sorted, &elements, false, false, None)?;
    let last = Scalar::Int(sorted.numel() as i64 - 1);
    let position = pointwise::run(&MINIMUM, &[(&position).into(), last.into()], &[])?;
    let found = Expr::from(index::take(&sorted, &position)?);
    if invert { found.ne(&elements).into_tensor() } else { found.eq(&elements).into_tensor() }
}

/// How often each number occurs in a vector of non-negative integers; with weights, the sum of the weights of each.
pub fn bincount(input: &Tensor, weights: Option<&Tensor>, min_length: i64) -> Result<Tensor> {
    ensure!(min_length >= 0, Runtime, "minlength should be >= 0");
    if input.dtype().integer_bounds().is_none() {
        return Err(Error::dtype("bincount", input.dtype(), "convert to an integer dtype first"));
    }
    ensure!(input.ndim() == 1, Runtime, "bincount only supports 1-d non-negative integral inputs, got {input:?}");
    check::require_values("bincount", input)?;
    let values = cast::to_dtype(input, DType::Int64)?;
    let size = if input.numel() == 0 {
        0
    } else {
        let smallest = reduce::min_all(&values)?.item()?.to_i64();
        ensure!(smallest >= 0, Runtime, "bincount only supports 1-d non-negative integral inputs, got {smallest}");
        reduce::max_all(&values)?.item()?.to_i64() + 1
    };
    let size = size.max(min_length) as usize;
    let Some(weights) = weights else { return count_places(&values, size) };
    let dtype = if weights.dtype() == DType::Float32 { DType::Float32 } else { DType::Float64 };
    ensure!(weights.shape() == input.shape(), Runtime, "weights should be 1-d and have the same length as input");
    let sums = Tensor::full(&[size], Scalar::Int(0), dtype, input.device())?;
    scatter::scatter_add(&sums, 0, &values, &cast::to_dtype(&weights.detach(), dtype)?)
}

/// How often each of `size` places occurs in a vector of them.
pub(super) fn count_places(places: &Tensor, size: usize) -> Result<Tensor> {
    let one = Tensor::full(&[1], Scalar::Int(1), DType::Int64, places.device())?;
    let counts = Tensor::full(&[size], Scalar::Int(0), DType::Int64, places.device())?;
    scatter::scatter_add_(&counts, 0, places, &view::expand(&one, &as_i64(&places.shape()))?)?;
    Ok(counts)
}

/// How many elements fall into each of `bins` equal bins between `min` and `max` (where these are equal: the smallest
/// and the largest element).
pub fn histc(input: &Tensor, bins: i64, min: f64, max: f64) -> Result<Tensor> {
    let input = input.detach();
    let (dtype, device) = (input.dtype(), input.device());
    if !dtype.is_float() {
        return Err(Error::dtype("histogram_cpu", dtype, "convert to a float dtype first"));
    }
    ensure!(bins > 0, Runtime, "bins must be > 0, but got {bins}");
    if !device.has_data() {
        return creation::empty(&[bins], dtype, device);
    }
    let (mut low, mut high) = (min, max);
    if low == high && input.numel() > 0 {
        (low, high) = (reduce::min_all(&input)?.item()?.to_f64(), reduce::max_all(&input)?.item()?.to_f64());
    }
    if low == high {
        (low, high) = (low - 1.0, high + 1.0);
    }
    ensure!(low.is_finite() && high.is_finite(), Runtime, "histc(): range of [{low}, {high}] is not finite");
    ensure!(low < high, Runtime, "histc(): max must be larger than min, got {low} and {high}");
    let inside = Expr::from(&input).ge(low).and(Expr::from(&input).le(high)).into_tensor()?;
    // The last bin includes its upper end; behind it is one for what is outside.
    let bin = ((Expr::from(&input) - low) * bins as f64 / (high - low)).floor();
    let last = Expr::from(bins as f64 - 1.0);
    let bin = select(Expr::from(&inside), Expr::apply(&MINIMUM, [bin, last], &[]), bins as f64).into_tensor()?;
    let bin = view::reshape(&cast::to_dtype(&bin, DType::Int64)?, &[-1])?;
    let ones = view::expand(&Tensor::full(&[1], Scalar::Int(1), dtype, device)?, &as_i64(&bin.shape()))?;
    let counts = Tensor::full(&[bins as usize + 1], Scalar::Int(0), dtype, device)?;
    cast::clone_dense(&view::slice(&scatter::scatter_add(&counts, 0, &bin, &ones)?, 0, None, Some(bins), 1)?)
}

/// Coordinates of flat positions in a shape: one tensor a dimension, which lie element by element beside one another.
pub fn unravel_index(indices: &Tensor, shape: &[i64]) -> Result<Vec<Tensor>> {
    ensure!(
        indices.dtype().is_integral() && indices.dtype() != DType::Bool,
        Type,
        "expected 'indices' to be integer dtype, but got torch.{}",
        indices.dtype().name()
    );
    ensure!(shape.iter().all(|&n| n >= 0), Value, "'shape' cannot have negative values, but got {shape:?}");
    let indices = &cast::to_dtype(indices, DType::Int64)?;
    let mut step: i64 = 1;
    let mut coordinates = Vec::with_capacity(shape.len());
    for &n in shape.iter().rev() {
        let row = pointwise::run(&pointwise::arithmetic::DIV_FLOOR, &[indices.into(), Scalar::Int(step).into()], &[])?;
        coordinates.push(pointwise::run(&pointwise::arithmetic::REMAINDER, &[(&row).into(), Scalar::Int(n).into()], &[])?);
        step = step.saturating_mul(n.max(1));
    }
    coordinates.reverse();
    if coordinates.is_empty() { Ok(coordinates) } else { view::unbind(&join::stack(&coordinates, -1)?, -1) }
}
