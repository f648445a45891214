//! Slices reduced into slices.

use crate::array::Array;
use crate::backend;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::shape;
use crate::tensor::Tensor;

use super::super::reduce::as_i64;
use super::super::scatter::{Reduce, scatter_reduce};
use super::super::view;
use super::super::write::in_place;
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
    let call = Slices::new("index_reduce", input, dim, index)?;
    call.check_source(input, source)?;
    if input.ndim() == 0 {
        let vector =
            scatter_reduce(&view::atleast_1d(input)?, 0, call.index(), &view::atleast_1d(source)?, reduce, include_self)?;
        return view::reshape(&vector, &[]);
    }
    // Element by element this is a scatter whose index is the same along all other dimensions.
    let d = shape::wrap_dim("index_reduce", dim, input.ndim())?;
    let mut column = vec![1i64; input.ndim()];
    column[d] = -1;
    let index = view::expand(&view::reshape(call.index(), &column)?, &as_i64(&source.shape()))?;
    scatter_reduce(input, dim, &index, source, reduce, include_self)
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
    let functional = || index_reduce(target, dim, index, source, reduce, include_self);
    let direct =
        |out: &Array| backend::launch("index_reduce_", &Kernel::Copy, &[functional()?.operand()], std::slice::from_ref(out));
    in_place("index_reduce_", target, &[source], functional, direct)
}
