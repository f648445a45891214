//! Slices reduced into slices.

use crate::backend;
use crate::error::{IndexOp, Indexed, Result};
use crate::tensor::Tensor;

use super::super::reduce::as_i64;
use super::super::scatter::{self, Reduce};
use super::super::view;
use super::along::Slices;

/// A copy of `input` with the slices of `source` reduced (product, mean, largest or smallest) into the slices of `dim`
/// that the index names. Without `include_self`, what was there does not count.
pub fn index_reduce(
    input: &Tensor,
    dim: i64,
    index: &Tensor,
    source: &Tensor,
    reduce: Reduce,
    include_self: bool,
) -> Result<Tensor> {
    let op = "index_reduce";
    let (dim, index, source) = spread(op, input, dim, index, source)?;
    let wide = view::atleast_1d(input)?;
    let out = backend::by_index(blamed(op), || scatter::reduced(op, &wide, dim, &index, &source, reduce, include_self))?;
    view::reshape(&out, &as_i64(&input.shape()))
}

/// [`index_reduce`] in place.
pub fn index_reduce_(
    target: &Tensor,
    dim: i64,
    index: &Tensor,
    source: &Tensor,
    reduce: Reduce,
    include_self: bool,
) -> Result<()> {
    let op = "index_reduce_";
    let (dim, index, source) = spread(op, target, dim, index, source)?;
    let wide = view::atleast_1d(target)?;
    backend::by_index(blamed(op), || scatter::reduced_in_place(op, &wide, dim, &index, &source, reduce, include_self))
}

/// Its indices are of slices, though elements are scattered.
fn blamed(op: &'static str) -> IndexOp {
    IndexOp { op, dim: None, what: Indexed::Slice }
}

/// Element by element this is a scatter whose index is the same along all other dimensions: the dimension, that index, and
/// the source, each of at least one dimension.
fn spread(op: &'static str, input: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Result<(i64, Tensor, Tensor)> {
    let call = Slices::combined(op, input, dim, index)?;
    call.check_source(input, source)?;
    let source = view::atleast_1d(source)?;
    let mut column = vec![1i64; source.ndim()];
    column[call.dim()] = -1;
    let index = view::expand(&view::reshape(call.index(), &column)?, &as_i64(&source.shape()))?;
    Ok((call.dim() as i64, index, source))
}
