//! Views: other shapes and windows of the same storage, copying nothing.
//!
//! A view is a linear map, and its backward rule is the adjoint of that map: a permutation goes back by the inverse
//! permutation, an expansion by a sum, a window by laying the gradient into zeros.

mod metadata;
mod order;
mod retype;
mod shape;
mod split;
mod window;

use smallvec::smallvec;

use crate::autograd::{Context, Facts, Gradients, at_once, record_unsaved, telling};
use crate::error::Result;
use crate::layout::Layout;
use crate::tensor::{Tensor, ViewKind};

use super::strided;

pub(in crate::ops) use metadata::resize_storage;
pub use metadata::{
    as_strided_, movedim_, resize_, resize_as_, set_, set_empty_, set_window_, squeeze_, swapaxes_, t_, transpose_, unsqueeze_,
};
pub use order::{adjoint, matrix_h, matrix_transpose, movedim, numpy_t, permute, swapaxes, t, transpose};
pub(crate) use retype::layout_in_parts;
pub use retype::{view_as_complex, view_as_real, view_dtype};
pub use shape::{
    alias, atleast_1d, atleast_2d, atleast_3d, broadcast_tensors, broadcast_to, expand, expand_as, flatten, ravel, reshape,
    reshape_as, squeeze, squeeze_dim, squeeze_dims, unflatten, unsafe_view, unsqueeze, view, view_as,
};
pub use split::{
    Division, Parts, chunk, chunk_into, dsplit, hsplit, split, split_into, split_with_sizes, split_with_sizes_into, tensor_split,
    tensor_split_at, unbind, vsplit,
};
pub use window::{diagonal, narrow, select, slice, unfold};

/// A view with history, whose node shows these arguments: `adjoint` takes the gradient of the view, with so many dimensions in
/// front, to that of the input.
pub(crate) fn view_with<const N: usize, F>(
    node: &'static str,
    input: &Tensor,
    layout: Layout,
    facts: Facts<N>,
    adjoint: F,
) -> Tensor
where
    F: Fn(&Tensor, usize) -> Result<Tensor> + Send + Sync + 'static,
{
    let out = input.alias(layout, input.dtype(), ViewKind::Single);
    record_unsaved(node, input, &[&out], || {
        let rule = move |cx: &Context, mut grads: Gradients| match grads[0].take() {
            Some(grad) => Ok(smallvec![Some(adjoint(&grad, cx.lead)?)]),
            None => Ok(smallvec![None]),
        };
        strided::showing(at_once(telling(facts, rule)), input, &[&out])
    });
    out
}
