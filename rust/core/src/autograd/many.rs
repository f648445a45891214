//! Walks that take many gradients through a graph at once, along a new first dimension of each.
//!
//! A rule that says so ([`Backward::takes_many`]) gets them all together and leaves that dimension alone: [`Context::lead`] counts
//! it. Any other rule, and every hook, gets them one after the other.

use smallvec::SmallVec;

use crate::error::Result;
use crate::ops::{creation, join, view};
use crate::tensor::Tensor;

use super::{Backward, Context, Gradients, Kept};

/// A rule that takes many gradients at once, if the condition holds.
pub struct AtOnce<R> {
    rule: R,
    holds: bool,
}

/// Says of a rule that it takes many gradients at once.
pub fn at_once<R: Backward>(rule: R) -> AtOnce<R> {
    at_once_if(true, rule)
}

/// [`at_once`], under a condition.
pub fn at_once_if<R: Backward>(holds: bool, rule: R) -> AtOnce<R> {
    AtOnce { rule, holds }
}

impl<R: Backward> Backward for AtOnce<R> {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        self.rule.apply(cx, grads)
    }

    fn takes_many(&self) -> bool {
        self.holds
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        self.rule.push(cx, tangents)
    }

    fn keeps_nothing(&self) -> bool {
        self.rule.keeps_nothing()
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.rule.saved(see);
    }
}

/// A shape behind the leading dimensions that a gradient has besides.
pub fn shape_behind(grad: &Tensor, lead: usize, shape: &[i64]) -> SmallVec<[i64; 5]> {
    grad.shape()[..lead].iter().map(|&n| n as i64).chain(shape.iter().copied()).collect()
}

/// Dimensions where there are `lead` others in front of them; those that count from the end stay.
pub fn dims_behind(dims: &[i64], lead: usize) -> SmallVec<[i64; 5]> {
    dims.iter().map(|&d| if d < 0 { d } else { d + lead as i64 }).collect()
}

/// Does something with each of many lists of gradients, and puts the answers together.
pub(super) fn one_by_one(
    many: usize,
    grads: &Gradients,
    mut each: impl FnMut(Gradients) -> Result<Gradients>,
) -> Result<Gradients> {
    let answers = (0..many).map(|i| each(row(grads, i)?)).collect::<Result<Vec<_>>>()?;
    let count = answers.iter().map(|answer| answer.len()).max().unwrap_or(0);
    (0..count).map(|k| stacked(answers.iter().map(|answer| answer.get(k).and_then(Option::as_ref)))).collect()
}

/// Entry `i` of all gradients that there are.
pub(super) fn row(grads: &Gradients, i: usize) -> Result<Gradients> {
    grads.iter().map(|grad| grad.as_ref().map(|grad| view::select(grad, 0, i as i64)).transpose()).collect()
}

/// Gradients along a new first dimension, with zeros for those that are not there; nothing if none is.
fn stacked<'a>(rows: impl Iterator<Item = Option<&'a Tensor>> + Clone) -> Result<Option<Tensor>> {
    let Some(model) = rows.clone().flatten().next() else { return Ok(None) };
    let rows = rows.map(|row| row.map_or_else(|| creation::zeros_with(model, &model.shape()), |row| Ok(row.clone())));
    join::stack(&rows.collect::<Result<Vec<_>>>()?, 0).map(Some)
}
