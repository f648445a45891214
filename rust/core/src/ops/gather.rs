//! Gather and scatter along a dimension.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{Context, SavedTensor, record, record_one};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Combine, Kernel};
use crate::scalar::Scalar;
use crate::shape;
use crate::tensor::Tensor;

use super::reduce::as_i64;
use super::view;

/// `out[i][j] = input[index[i][j]][j]` along `dim`.
pub fn gather(input: &Tensor, dim: i64, index: &Tensor) -> Result<Tensor> {
    let (array, idx) = (input.array(), index.array());
    let d = check_index("gather", array.shape(), dim, &idx)?;
    let out = Array::empty(idx.shape(), array.dtype, array.device())?;
    backend::launch(
        "gather",
        &Kernel::Gather { dim: d },
        &[at_least_1d(&array).into(), at_least_1d(&idx).into()],
        &[at_least_1d(&out)],
    )?;
    let out = Tensor::from_array(out);
    record_one("GatherBackward0", &[input], &out, || {
        let (shape, index) = (input.shape(), SavedTensor::input(index));
        move |cx: &Context, g: &Tensor| {
            let zeros = Tensor::full(&shape, Scalar::Int(0), g.dtype(), g.device())?;
            Ok(smallvec![Some(scatter_add(&zeros, dim, &index.get(cx)?, g)?)])
        }
    });
    Ok(out)
}

/// A copy of `input` with `src` added where `index` says along `dim`.
pub fn scatter_add(input: &Tensor, dim: i64, index: &Tensor, src: &Tensor) -> Result<Tensor> {
    let out = scattered("scatter_add", input, dim, index, src, Combine::Add)?;
    record("ScatterAddBackward0", &[input, src], &[&out], || {
        let (index, size) = (SavedTensor::input(index), src.shape());
        move |cx: &Context, mut grads: crate::autograd::Gradients| {
            let Some(g) = grads[0].take() else { return Ok(smallvec![None, None]) };
            let of_src = if cx.needs[1] { Some(into_corner(&gather(&g, dim, &index.get(cx)?)?, &size)?) } else { None };
            Ok(smallvec![Some(g), of_src])
        }
    });
    Ok(out)
}

/// A gradient of the part of a source that the index covered, in the source's shape.
pub(crate) fn into_corner(g: &Tensor, size: &[usize]) -> Result<Tensor> {
    if g.shape()[..] == *size {
        return Ok(g.clone());
    }
    let whole = Tensor::full(size, Scalar::Int(0), g.dtype(), g.device())?;
    let corner = g.shape().iter().enumerate().try_fold(whole.clone(), |t, (d, &n)| view::narrow(&t, d as i64, 0, n as i64))?;
    crate::autograd::inplace::assign("scatter", &corner, g)?;
    Ok(whole)
}

/// A copy of `input` with values combined into the elements that `index` names, without history.
pub(crate) fn scattered(
    op: &'static str,
    input: &Tensor,
    dim: i64,
    index: &Tensor,
    src: &Tensor,
    combine: Combine,
) -> Result<Tensor> {
    let (array, idx, src) = (input.array(), index.array(), src.array());
    let d = check_index(op, array.shape(), dim, &idx)?;
    ensure!(
        src.dtype == array.dtype,
        Runtime,
        "{op}(): Expected self.dtype to be equal to src.dtype, got {} and {}",
        array.dtype.name(),
        src.dtype.name()
    );
    ensure!(
        src.layout.ndim() == idx.layout.ndim() && idx.shape().iter().zip(src.shape()).all(|(i, s)| i <= s) || idx.numel() == 0,
        Runtime,
        "{op}(): Expected index {:?} to be no larger than src {:?}",
        idx.shape(),
        src.shape()
    );
    let out = array.to_dtype(array.dtype)?;
    let inputs = [at_least_1d(&idx).into(), at_least_1d(&src).into()];
    backend::launch(op, &Kernel::Scatter { dim: d, combine }, &inputs, &[at_least_1d(&out)])?;
    Ok(Tensor::from_array(out))
}

/// Backward of picking one element a row: `g` at the picked places, 0 elsewhere.
pub(crate) fn select_backward(g: &Tensor, index: &Tensor, shape: &[usize], dim: i64, keepdim: bool) -> Result<Tensor> {
    let zeros = Tensor::full(shape, Scalar::Int(0), g.dtype(), g.device())?;
    if shape.is_empty() {
        return Ok(g.clone());
    }
    let d = shape::wrap_dim("gather", dim, shape.len())?;
    let mut kept = as_i64(shape);
    kept[d] = 1;
    let restore = |t: &Tensor| if keepdim { Ok(t.clone()) } else { view::reshape(t, &kept) };
    scatter_add(&zeros, dim, &restore(index)?, &restore(g)?)
}

pub(crate) fn at_least_1d(array: &Array) -> Array {
    if array.layout.ndim() == 0 { array.with_layout(array.layout.unsqueeze(0)) } else { array.clone() }
}

pub(crate) fn check_index(op: &'static str, shape: &[usize], dim: i64, index: &Array) -> Result<usize> {
    let d = shape::wrap_dim(op, dim, shape.len())?;
    ensure!(index.dtype == DType::Int64, Runtime, "{op}(): Expected dtype int64 for index, got {}", index.dtype.name());
    if index.numel() == 0 {
        return Ok(d);
    }
    ensure!(
        index.layout.ndim().max(1) == shape.len().max(1),
        Runtime,
        "{op}(): Index tensor must have the same number of dimensions as input tensor, got {:?} and {shape:?}",
        index.shape()
    );
    let fits = index.shape().iter().zip(shape).enumerate().all(|(i, (n, size))| i == d || n <= size);
    ensure!(
        fits,
        Runtime,
        "{op}(): Size does not match at some dimension: expected index {:?} to be no larger than self {shape:?} apart from dimension {d}",
        index.shape()
    );
    Ok(d)
}
