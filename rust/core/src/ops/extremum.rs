//! Largest and smallest along a dimension, with where they were found.

use smallvec::smallvec;

use crate::autograd::{Fact, SavedTensor, keeping_one, record_first, telling};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::{Extremum, Kernel};
use crate::layout::Layout;
use crate::shape;
use crate::tensor::Tensor;

use super::{gather, view};

/// Largest along `dim` and its index (int64).
pub fn max(input: &Tensor, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    along("max", "MaxBackward0", Extremum::Max, input, dim, keepdim)
}

/// Smallest along `dim` and its index (int64).
pub fn min(input: &Tensor, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    along("min", "MinBackward0", Extremum::Min, input, dim, keepdim)
}

/// Index of the largest along `dim`, or in the flattened tensor.
pub fn argmax(input: &Tensor, dim: Option<i64>, keepdim: bool) -> Result<Tensor> {
    index_of("argmax", Extremum::Max, input, dim, keepdim)
}

/// Index of the smallest along `dim`, or in the flattened tensor.
pub fn argmin(input: &Tensor, dim: Option<i64>, keepdim: bool) -> Result<Tensor> {
    index_of("argmin", Extremum::Min, input, dim, keepdim)
}

fn index_of(op: &'static str, extremum: Extremum, input: &Tensor, dim: Option<i64>, keepdim: bool) -> Result<Tensor> {
    if input.dtype() == DType::Bool {
        return Err(Error::dtype(op, DType::Bool, "convert to an integer dtype first"));
    }
    let flat;
    let (source, axis) = match dim {
        Some(dim) => (input, dim),
        None => {
            ensure!(
                input.numel() > 0,
                Index,
                "{op}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
            );
            flat = view::reshape(&input.detach(), &[-1])?;
            (&flat, 0)
        }
    };
    let (_, indices) = run(op, extremum, source, axis, keepdim)?;
    match dim {
        None if keepdim => view::reshape(&indices, &vec![1; input.ndim()]),
        None => view::reshape(&indices, &[]),
        Some(_) => Ok(indices),
    }
}

fn along(
    op: &'static str,
    node: &'static str,
    extremum: Extremum,
    input: &Tensor,
    dim: i64,
    keepdim: bool,
) -> Result<(Tensor, Tensor)> {
    let (values, indices) = run(op, extremum, input, dim, keepdim)?;
    record_first(node, &[input], &[&values, &indices], || {
        let shape = input.shape();
        let at = if dim < 0 { dim + shape.len().max(1) as i64 } else { dim };
        let facts = [("dim", at.into()), ("keepdim", keepdim.into()), ("self_sym_sizes", Fact::SizesOf(0))];
        let rule = keeping_one([("indices", SavedTensor::input(&indices))], move |cx, [indices], g| {
            Ok(smallvec![Some(gather::select_backward(g, &indices.get(cx)?, &shape, dim, keepdim)?)])
        });
        telling(facts, rule)
    })?;
    Ok((values, indices))
}

fn run(op: &'static str, extremum: Extremum, input: &Tensor, dim: i64, keepdim: bool) -> Result<(Tensor, Tensor)> {
    let array = input.array();
    ensure!(!array.dtype.is_complex(), Type, "{op}(): does not support complex input: complex numbers have no order");
    let ndim = array.layout.ndim();
    shape::check_choice(ndim)?;
    let dim = shape::wrap_dim(op, dim, ndim)?;
    // A 0-dim tensor is looked at as one element in one dimension.
    let array = array.at_least_1d();
    ensure!(array.shape()[dim] > 0, Index, "{op}(): Expected reduction dim {dim} to have non-zero size.");
    let mut kept = shape::Shape::from_slice(array.shape());
    kept[dim] = 1;
    let (outputs, device) = ([array.dtype, DType::Int64].map(|dtype| (Layout::contiguous(&kept), dtype)), array.device());
    let outputs = backend::compute(op, &Kernel::ArgReduce { op: extremum, dim }, &[array.into()], outputs, device)?;
    if !keepdim || ndim == 0 {
        kept.remove(dim);
    }
    let layout = Layout::contiguous(&kept);
    let [values, indices] = outputs.map(|array| Tensor::from_array(array.with_layout(layout.clone())));
    Ok((values, indices))
}
