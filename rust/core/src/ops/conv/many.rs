//! Gradients of a convolution for many gradients of its result at once, which have a dimension in front: each as one pass.

use crate::autograd::many::shape_behind;
use crate::error::Result;
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::super::reduce::as_i64;
use super::super::view;
use super::passes::Way;

/// The gradients of the input, of this shape: the samples of all are one batch.
pub(super) fn of_input(
    lead: usize,
    g: &Tensor,
    shape: &[usize],
    pass: impl Fn(&Tensor, &[usize]) -> Result<Tensor>,
) -> Result<Tensor> {
    if lead == 0 {
        return pass(g, shape);
    }
    let mut joined = Shape::from_slice(shape);
    joined[0] *= g.size(0);
    let out = pass(&view::flatten(g, 0, 1)?, &joined)?;
    view::reshape(&out, &shape_behind(g, lead, &as_i64(shape)))
}

/// The gradients of the weight, of this shape: the channels of all gradients are those of one.
pub(super) fn of_weight(
    lead: usize,
    way: Way,
    [g, x]: [&Tensor; 2],
    groups: usize,
    shape: &[usize],
    pass: impl Fn(&Tensor, &Tensor, &[usize]) -> Result<Tensor>,
) -> Result<Tensor> {
    if lead == 0 {
        return pass(g, x, shape);
    }
    let many = g.size(0);
    // Of `(many, N, channels, ..)` the channels side by side, group by group.
    let apart = view::unflatten(g, 2, &[groups as i64, -1])?;
    let beside = view::movedim(&apart, &[0], &[2])?;
    let joined = view::flatten(&beside, 1, 3)?;
    let mut wide = Shape::from_slice(shape);
    let by_weight = match way {
        Way::Forward => {
            wide[0] *= many;
            let filters = pass(&joined, x, &wide)?;
            let of_groups = view::unflatten(&filters, 0, &[groups as i64, many as i64, -1])?;
            view::movedim(&of_groups, &[1], &[0])?
        }
        Way::Transposed => {
            wide[1] *= many;
            let filters = pass(&joined, x, &wide)?;
            view::movedim(&view::unflatten(&filters, 1, &[many as i64, -1])?, &[1], &[0])?
        }
    };
    view::reshape(&by_weight, &shape_behind(g, lead, &as_i64(shape)))
}
