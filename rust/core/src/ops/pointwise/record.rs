//! History of pointwise ops: the node saves what the derivative's formula says it reads.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::autograd::{Backward, Context, Edge, Gradients, SavedTensor, attach};
use crate::error::Result;
use crate::ops::cast;
use crate::ops::expr::{Expr, Terms};
use crate::pointwise::{Partial, Pointwise};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::arithmetic;
use super::run::{Arg, edges, is_recorded};

/// What a node of a pointwise op keeps.
pub struct Saved {
    op: &'static Pointwise,
    inputs: SmallVec<[SavedInput; 3]>,
    result: Option<SavedTensor>,
    pub(in crate::ops) params: SmallVec<[Scalar; 3]>,
}

enum SavedInput {
    Tensor(SavedTensor),
    Number(Scalar),
    /// No formula that will run reads it.
    Unread,
}

impl Saved {
    fn new(op: &'static Pointwise, edges: &[Edge], args: &[Arg], params: &[Scalar], result: &Tensor) -> Saved {
        let reads = what_is_read(op, edges);
        let inputs = args
            .iter()
            .enumerate()
            .map(|(i, arg)| match arg {
                Arg::Scalar(x) => SavedInput::Number(*x),
                Arg::Tensor(tensor) if reads & (Partial::A << i) != 0 => SavedInput::Tensor(SavedTensor::input(tensor)),
                Arg::Tensor(_) => SavedInput::Unread,
            })
            .collect();
        let result = (reads & Partial::Y != 0).then(|| SavedTensor::output(result, 0));
        Saved { op, inputs, result, params: SmallVec::from_slice(params) }
    }

    pub(in crate::ops) fn input(&self, cx: &Context, i: usize) -> Expr {
        match &self.inputs[i] {
            SavedInput::Tensor(tensor) => conjugated(tensor.get(cx)),
            SavedInput::Number(Scalar::Complex(z)) => Scalar::Complex(z.conj()).into(),
            SavedInput::Number(x) => (*x).into(),
            SavedInput::Unread => Expr::Failed(crate::Error::runtime(format!(
                "{}: the derivative reads an input that its row does not name",
                self.op.name
            ))),
        }
    }

    pub(in crate::ops) fn result(&self, cx: &Context) -> Expr {
        match &self.result {
            Some(tensor) => conjugated(tensor.get(cx)),
            None => Expr::Failed(crate::Error::runtime(format!(
                "{}: the derivative reads a result that its row does not name",
                self.op.name
            ))),
        }
    }
}

fn conjugated(tensor: Result<Tensor>) -> Expr {
    match tensor {
        Ok(tensor) if tensor.dtype().is_complex() => Expr::Tensor(tensor).map(&arithmetic::CONJ),
        other => other.into(),
    }
}

/// The union of what the formulas of the inputs that need a gradient read.
fn what_is_read(op: &'static Pointwise, edges: &[Edge]) -> u8 {
    op.partials
        .iter()
        .zip(edges)
        .filter(|(_, edge)| !matches!(edge, Edge::None))
        .fold(0, |reads, (partial, _)| reads | partial.reads)
}

impl Backward for Saved {
    fn apply(&self, cx: &Context, mut grads: Gradients) -> Result<Gradients> {
        let Some(grad) = grads[0].take() else { return Ok(SmallVec::from_elem(None, cx.needs.len())) };
        let terms = Terms { cx, grad: &grad, saved: self };
        let mut results: Gradients = smallvec![None; cx.needs.len()];
        for (i, partial) in self.op.partials.iter().enumerate() {
            if cx.needs[i] {
                results[i] = Some((partial.formula)(&terms).into_tensor()?);
            }
        }
        Ok(results)
    }
}

/// Is there anything to differentiate? Comparisons and bitwise ops have no derivative.
fn is_differentiable(op: &'static Pointwise) -> bool {
    !op.partials.is_empty()
}

/// Gives a new result its history.
pub(super) fn record(op: &'static Pointwise, args: &[Arg], params: &[Scalar], out: &Tensor) {
    if is_differentiable(op) && is_recorded(args) && out.dtype().is_differentiable() {
        let edges = edges(args);
        let saved = Saved::new(op, &edges, args, params, out);
        attach(op.node, edges, &[out], Arc::new(saved));
    }
}

/// What an in-place call that will be recorded needs of its target, taken before the target is written to.
pub(super) struct BeforeWrite {
    edges: SmallVec<[Edge; 2]>,
    /// A copy of the target, where a formula reads it.
    original: Option<Tensor>,
}

/// Takes it; `None` where nothing will be recorded.
pub(super) fn before_write(op: &'static Pointwise, args: &[Arg], target: &Tensor) -> Result<Option<BeforeWrite>> {
    if !is_differentiable(op) || !is_recorded(args) {
        return Ok(None);
    }
    let edges = edges(args);
    let original = (what_is_read(op, &edges) & Partial::A != 0).then(|| cast::clone_dense(target)).transpose()?;
    Ok(Some(BeforeWrite { edges, original }))
}

/// Gives the target of an in-place call its new history. Another input that is the target too has changed under the
/// formula that reads it, which backward will notice.
pub(super) fn after_write(op: &'static Pointwise, before: BeforeWrite, args: &[Arg], params: &[Scalar], target: &Tensor) {
    let mut args: SmallVec<[Arg; 3]> = SmallVec::from_slice(args);
    if let Some(original) = &before.original {
        args[0] = Arg::Tensor(original);
    }
    let mut saved = Saved::new(op, &before.edges, &args, params, target);
    for input in &mut saved.inputs {
        if let SavedInput::Tensor(tensor) = input {
            tensor.age_if_same_storage(target);
        }
    }
    attach(op.node, before.edges, &[target], Arc::new(saved));
}
