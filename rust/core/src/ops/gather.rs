//! Elements picked along a dimension, one index an element.

use crate::array::Array;
use crate::autograd::{Context, Fact, SavedTensor, keeping_linear, record, telling};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::scalar::Scalar;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;

use super::pointwise::{self, arithmetic::REMAINDER};
use super::reduce::as_i64;
use super::scatter::scatter_add_;
use super::{cast, creation, view};

pub use super::scatter::scatter_add;

/// `out[i][j] = input[index[i][j]][j]` along `dim` (here 0). The index (int64 or int32) has the dimensions of the
/// input and is nowhere larger, except along `dim`.
pub fn gather(input: &Tensor, dim: i64, index: &Tensor) -> Result<Tensor> {
    let array = input.array();
    let (d, index) = check_index("gather", array.shape(), dim, index)?;
    let idx = index.array();
    let out = Array::empty(idx.shape(), array.dtype, array.device())?;
    if idx.numel() > 0 {
        let inputs = [array.at_least_1d().into(), idx.at_least_1d().into()];
        backend::launch("gather", &Kernel::Gather { dim: d }, &inputs, &[out.at_least_1d()])?;
    }
    let out = Tensor::from_array(out);
    record("GatherBackward0", &[input], &[&out], || {
        let shape = input.shape();
        let adjoint = move |cx: &Context, [index]: &[SavedTensor; 1], g: &Tensor| {
            let sum = creation::zeros_with(g, &shape)?;
            scatter_add_(&sum, dim, &index.get(cx)?, g)?;
            Ok(sum)
        };
        let kept = [("index", SavedTensor::input(&index))];
        let rule = keeping_linear(kept, adjoint, move |cx, [index], t| gather(t, dim, &index.get(cx)?));
        telling([("dim", Fact::of(d)), ("sparse_grad", false.into())], rule)
    })?;
    Ok(out)
}

/// [`gather`] with input and indices broadcast against each other but for `dim`; without a dimension, of the flattened
/// input. Along a dimension, indices go round. Meant for the results of `argmax`, `argsort` and the like.
pub fn take_along_dim(input: &Tensor, indices: &Tensor, dim: Option<i64>) -> Result<Tensor> {
    let Some(dim) = dim else {
        return gather(&view::ravel(input)?, 0, &view::ravel(indices)?);
    };
    ensure!(
        indices.dtype() == DType::Int64,
        Runtime,
        "take_along_dim(): dtype of indices should be Long but got {}",
        indices.dtype().legacy_name()
    );
    ensure!(
        input.ndim() == indices.ndim(),
        Runtime,
        "take_along_dim(): input and indices should have the same number of dimensions, but got {} dimensions for input, and {} \
         dimensions for indices",
        input.ndim(),
        indices.ndim()
    );
    ensure!(input.ndim() > 0, Index, "take_along_dim(): Dimension specified as {dim} but tensor has no dimensions");
    let d = shape::wrap_dim("take_along_dim", dim, input.ndim())?;
    let without = |t: &Tensor| -> Shape { (0..t.ndim()).map(|i| if i == d { 1 } else { t.size(i) }).collect() };
    let common = shape::broadcast_shapes("take_along_dim", &without(input), &without(indices))?;
    let spread = |t: &Tensor| {
        let mut size = as_i64(&common);
        size[d] = t.size(d) as i64;
        view::expand(t, &size)
    };
    // Indices go round, from the end those below 0.
    let round = pointwise::run(&REMAINDER, &[(&spread(indices)?).into(), Scalar::Int(input.size(d) as i64).into()], &[])?;
    gather(&spread(input)?, dim, &round)
}

/// Backward of picking one element a row: `g` at the picked places, 0 elsewhere.
pub(crate) fn select_backward(g: &Tensor, index: &Tensor, shape: &[usize], dim: i64, keepdim: bool) -> Result<Tensor> {
    if shape.is_empty() {
        return view::reshape(g, &[]);
    }
    let d = shape::wrap_dim("gather", dim, shape.len())?;
    let mut kept = as_i64(shape);
    kept[d] = 1;
    let restore = |t: &Tensor| if keepdim { Ok(t.clone()) } else { view::reshape(t, &kept) };
    let sum = creation::zeros_with(g, shape)?;
    scatter_add_(&sum, dim, &restore(index)?, &restore(g)?)?;
    Ok(sum)
}

/// Checks dimension and index against the shape of what is indexed; the index comes back as int64.
pub(crate) fn check_index(op: &'static str, shape: &[usize], dim: i64, index: &Tensor) -> Result<(usize, Tensor)> {
    let d = shape::wrap_dim(op, dim, shape.len())?;
    ensure!(
        matches!(index.dtype(), DType::Int64 | DType::Int32) || index.numel() == 0,
        Runtime,
        "{op}(): Expected dtype int32/int64 for index, got {}",
        index.dtype().name()
    );
    let index = cast::to_dtype(index, DType::Int64)?;
    let got = index.shape();
    if got.contains(&0) {
        return Ok((d, index));
    }
    ensure!(
        got.len().max(1) == shape.len().max(1),
        Runtime,
        "{op}(): Index tensor must have the same number of dimensions as input tensor, got {:?} and {shape:?}",
        &got[..]
    );
    let fits = got.iter().zip(shape).enumerate().all(|(i, (n, size))| i == d || n <= size);
    ensure!(
        fits,
        Runtime,
        "{op}(): Size does not match at some dimension: expected index {:?} to be no larger than self {shape:?} apart from dimension {d}",
        &got[..]
    );
    if shape.get(d) == Some(&0) {
        crate::bail!(Runtime, "{op}(): index 0 is out of bounds for dimension {d} with size 0");
    }
    Ok((d, index))
}
