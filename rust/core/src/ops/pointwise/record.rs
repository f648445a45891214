//! History of pointwise ops: the node saves what the derivative's formula says it reads.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::autograd::saved::NOTHING;
use crate::autograd::{Backward, Context, Edge, Gradients, Kept, SavedTensor, attach};
use crate::error::Result;
use crate::ops::cast;
use crate::ops::expr::{Expr, Terms, conjugate};
use crate::row::{Partial, Row};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::run::{Arg, edges, is_recorded};

/// What a node of a pointwise op keeps.
pub(super) struct Saved {
    row: &'static Row,
    inputs: SmallVec<[SavedInput; 3]>,
    result: Option<SavedTensor>,
    params: SmallVec<[Scalar; 3]>,
}

enum SavedInput {
    Tensor(SavedTensor),
    Number(Scalar),
    /// No formula that will run reads it.
    Unread,
}

impl Saved {
    fn new(row: &'static Row, edges: &[Edge], args: &[Arg], params: &[Scalar], result: &Tensor) -> Saved {
        let reads = what_is_read(row, edges);
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
        Saved { row, inputs, result, params: SmallVec::from_slice(params) }
    }

    /// Takes out what was kept, each tensor once.
    fn open(&self, cx: &Context) -> Result<Opened<'_>> {
        let mut inputs = SmallVec::new();
        for input in &self.inputs {
            inputs.push(match input {
                SavedInput::Tensor(tensor) => Some(tensor.get(cx)?),
                SavedInput::Number(_) | SavedInput::Unread => None,
            });
        }
        let result = self.result.as_ref().map(|result| result.get(cx)).transpose()?;
        Ok(Opened { saved: self, inputs, result })
    }
}

/// What a node kept, as one run of the formulas reads it.
pub struct Opened<'a> {
    saved: &'a Saved,
    inputs: SmallVec<[Option<Tensor>; 3]>,
    result: Option<Tensor>,
}

impl Opened<'_> {
    pub(in crate::ops) fn input(&self, i: usize) -> Expr {
        match (&self.inputs[i], &self.saved.inputs[i]) {
            (Some(tensor), _) => conjugate(tensor.clone()),
            (None, SavedInput::Number(Scalar::Complex(z))) => Scalar::Complex(z.conj()).into(),
            (None, SavedInput::Number(x)) => (*x).into(),
            (None, _) => self.unread("an input"),
        }
    }

    pub(in crate::ops) fn result(&self) -> Expr {
        match &self.result {
            Some(tensor) => conjugate(tensor.clone()),
            None => self.unread("a result"),
        }
    }

    pub(in crate::ops) fn params(&self) -> &[Scalar] {
        &self.saved.params
    }

    fn unread(&self, what: &str) -> Expr {
        let name = self.saved.row.op.name;
        Expr::Failed(crate::Error::runtime(format!("{name}: the derivative reads {what} that its row does not name")))
    }
}

/// The union of what the formulas of the inputs that need a gradient read.
fn what_is_read(row: &'static Row, edges: &[Edge]) -> u8 {
    row.partials
        .iter()
        .zip(edges)
        .filter(|(_, edge)| !matches!(edge, Edge::None))
        .fold(0, |reads, (partial, _)| reads | partial.reads)
}

impl Backward for Saved {
    fn apply(&self, cx: &Context, mut grads: Gradients) -> Result<Gradients> {
        let Some(grad) = grads[0].take() else { return Ok(SmallVec::from_elem(None, cx.needs.len())) };
        let terms = Terms { grad: &grad, saved: &self.open(cx)? };
        let mut results: Gradients = smallvec![None; cx.needs.len()];
        for (i, partial) in self.row.partials.iter().enumerate() {
            if cx.needs[i] {
                results[i] = Some((partial.formula)(&terms).into_tensor()?);
            }
        }
        Ok(results)
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let reads = self.row.partials.iter().fold(0, |reads, partial| reads | partial.reads);
        for (i, (input, name)) in self.inputs.iter().zip(self.row.input_names).enumerate() {
            if reads & (Partial::A << i) != 0 {
                see(
                    name,
                    match input {
                        SavedInput::Tensor(tensor) => Kept::Tensor(tensor),
                        SavedInput::Number(x) => Kept::Number(*x),
                        SavedInput::Unread => Kept::Tensor(&NOTHING),
                    },
                );
            }
        }
        if reads & Partial::Y != 0 {
            see("result", Kept::Tensor(self.result.as_ref().unwrap_or(&NOTHING)));
        }
    }
}

fn node_name(row: &'static Row, args: &[Arg]) -> &'static str {
    let is_number = |(at, _): &&(usize, &str)| matches!(args.get(*at), Some(Arg::Scalar(_)));
    row.node_with_number.iter().find(is_number).map_or(row.node, |(_, name)| name)
}

/// Is there anything to differentiate? Comparisons and bitwise ops have no derivative.
fn is_differentiable(row: &'static Row) -> bool {
    !row.partials.is_empty()
}

/// Gives a new result its history.
pub(super) fn record(row: &'static Row, args: &[Arg], params: &[Scalar], out: &Tensor) -> Result<()> {
    if is_differentiable(row) && is_recorded(args) && out.dtype().is_differentiable() {
        let edges = edges(args);
        let saved = Saved::new(row, &edges, args, params, out);
        attach(node_name(row, args), edges, &[out], Arc::new(saved))?;
    }
    Ok(())
}

/// What an in-place call that will be recorded needs of its target, taken before the target is written to.
pub(super) struct BeforeWrite {
    edges: SmallVec<[Edge; 2]>,
    /// A copy of the target, where a formula reads it.
    original: Option<Tensor>,
}

/// Takes it; `None` where nothing will be recorded.
pub(super) fn before_write(row: &'static Row, args: &[Arg], target: &Tensor) -> Result<Option<BeforeWrite>> {
    if !is_differentiable(row) || !is_recorded(args) {
        return Ok(None);
    }
    let edges = edges(args);
    let original = (what_is_read(row, &edges) & Partial::A != 0).then(|| cast::clone_dense(target)).transpose()?;
    Ok(Some(BeforeWrite { edges, original }))
}

/// Gives the target of an in-place call its new history. Another input that is the target too has changed under the
/// formula that reads it, which backward will notice.
pub(super) fn after_write(
    row: &'static Row,
    before: BeforeWrite,
    args: &[Arg],
    params: &[Scalar],
    target: &Tensor,
) -> Result<()> {
    let mut args: SmallVec<[Arg; 3]> = SmallVec::from_slice(args);
    if let Some(original) = &before.original {
        args[0] = Arg::Tensor(original);
    }
    let mut saved = Saved::new(row, &before.edges, &args, params, target);
    for input in &mut saved.inputs {
        if let SavedInput::Tensor(tensor) = input {
            tensor.age_if_same_storage(target);
        }
    }
    attach(node_name(row, &args), before.edges, &[target], Arc::new(saved))?;
    Ok(())
}
