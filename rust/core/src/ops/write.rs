//! Ops that write into their target.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::array::Array;
use crate::autograd::{Backward, Histories, attach, inplace, needs_record, record};
use crate::backend;
use crate::error::Result;
use crate::overlap;
use crate::tensor::Tensor;

use super::cast;

/// Where an op that changes some elements of its input writes them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Into a row-major copy of the input.
    Copy,
    /// Into a copy that lies in memory as the input does.
    Clone,
    /// Into the input itself.
    InPlace,
}

impl Form {
    /// Runs an op in this form; returns what was written to. It is recorded as a node whose inputs are the input and the
    /// `sources` of what is written; `rule` gives their gradients, in that order, and saves nothing of the input.
    pub(crate) fn run<B: Backward + 'static>(
        self,
        op: &'static str,
        node: &'static str,
        input: &Tensor,
        sources: &[&Tensor],
        write: impl FnOnce(&Array) -> Result<()>,
        rule: impl FnOnce() -> B,
    ) -> Result<Tensor> {
        let inputs: SmallVec<[&Tensor; 3]> = std::iter::once(input).chain(sources.iter().copied()).collect();
        match self {
            Form::Copy | Form::Clone => into_copy(self, node, &inputs, write, rule),
            Form::InPlace => {
                inplace::check(op, input, sources)?;
                if inplace::rewrites_base(input, sources) {
                    inplace::assign(op, input, &into_copy(self, node, &inputs, write, rule)?)?;
                } else {
                    into_itself(op, node, &inputs, write, rule)?;
                }
                Ok(input.clone())
            }
        }
    }
}

fn into_copy<B: Backward + 'static>(
    form: Form,
    node: &'static str,
    inputs: &[&Tensor],
    write: impl FnOnce(&Array) -> Result<()>,
    rule: impl FnOnce() -> B,
) -> Result<Tensor> {
    let array = inputs[0].array();
    let out = if form == Form::Clone { array.cloned()? } else { array.to_dtype(array.dtype)? };
    write(&out)?;
    let out = Tensor::from_array(out);
    record(node, inputs, &[&out], rule)?;
    Ok(out)
}

fn into_itself<B: Backward + 'static>(
    op: &'static str,
    node: &'static str,
    inputs: &[&Tensor],
    write: impl FnOnce(&Array) -> Result<()>,
    rule: impl FnOnce() -> B,
) -> Result<()> {
    let histories = needs_record(inputs).then(|| Histories::of(inputs.iter().map(|input| Some(*input))));
    let array = inputs[0].array();
    write(&array)?;
    array.storage.bump(op);
    if let Some(histories) = histories {
        attach(node, histories, &inputs[..1], Arc::new(rule()))?;
    }
    Ok(())
}

/// Runs an op in place: `direct` writes into the target's memory where nothing is recorded; otherwise the result of
/// `functional` is assigned to the target, and brings its history. `inputs` are the tensors that the result depends on.
pub(crate) fn in_place(
    op: &'static str,
    target: &Tensor,
    inputs: &[&Tensor],
    functional: impl FnOnce() -> Result<Tensor>,
    direct: impl FnOnce(&Array) -> Result<()>,
) -> Result<()> {
    target.with_array(|array| overlap::refuse_repeats(op, array))?;
    in_place_repeated(op, target, inputs, functional, direct)
}

/// [`in_place`] for ops that know what to do with a target that shows elements several times.
pub(crate) fn in_place_repeated(
    op: &'static str,
    target: &Tensor,
    inputs: &[&Tensor],
    functional: impl FnOnce() -> Result<Tensor>,
    direct: impl FnOnce(&Array) -> Result<()>,
) -> Result<()> {
    inplace::check_repeated(op, target, inputs)?;
    if needs_record(&[target]) || needs_record(inputs) {
        return inplace::assign(op, target, &functional()?);
    }
    let array = target.array();
    direct(&array)?;
    array.storage.bump(op);
    Ok(())
}

/// Warns where an op that writes to some elements is called on a tensor that shows elements several times; says whether it is.
pub(crate) fn is_repeated(op: &'static str, indexing: &'static str, target: &Tensor) -> bool {
    let repeats = target.with_array(|array| array.layout.repeats() && array.numel() > 0);
    if repeats {
        backend::warn(&format!(
            "Use of {op} on expanded tensors is deprecated. Please clone() the tensor before performing this operation. This also \
             applies to advanced indexing e.g. {indexing}"
        ));
    }
    repeats
}

/// A number in a tensor that shares no memory with the tensor that is to be filled with it: a copy where it would.
pub(crate) fn number_apart(value: &Tensor, target: &Tensor) -> Result<Tensor> {
    let shares = value.with_array(|value| target.with_array(|target| value.storage.ptr_eq(&target.storage)));
    if shares { cast::clone_dense(value) } else { Ok(value.clone()) }
}

/// An input that shares no memory with what is written to: a copy where it would.
pub(crate) fn apart(input: &Array, output: &Array) -> Result<Array> {
    if input.storage.ptr_eq(&output.storage) { input.to_dtype(input.dtype) } else { Ok(input.clone()) }
}
