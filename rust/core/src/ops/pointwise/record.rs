//! History of pointwise ops: the node saves what the derivative's formula says it reads.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::autograd::saved::NOTHING;
use crate::autograd::{Backward, Context, Gradients, Histories, Kept, SavedTensor, attach, forward};
use crate::error::Result;
use crate::ops::cast;
use crate::ops::expr::{Expr, Terms, conjugate};
use crate::ops::reduce::as_i64;
use crate::ops::view;
use crate::row::{Partial, Row};
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::run::{Arg, histories, is_recorded};

/// What a node of a pointwise op keeps.
pub(super) struct Saved {
    row: &'static Row,
    inputs: SmallVec<[SavedInput; 3]>,
    result: Option<SavedTensor>,
    params: SmallVec<[Scalar; 3]>,
    /// What the formulas that may run read.
    reads: u8,
}

enum SavedInput {
    Tensor(SavedTensor),
    Number(Scalar),
    /// No formula that will run reads it.
    Unread,
}

impl Saved {
    fn new(row: &'static Row, histories: &Histories, args: &[Arg], params: &[Scalar], result: &Tensor) -> Saved {
        let reads = what_is_read(row, histories);
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
        Saved { row, inputs, result, params: SmallVec::from_slice(params), reads }
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
fn what_is_read(row: &'static Row, histories: &Histories) -> u8 {
    let is_tracked = |(i, _): &(usize, &Partial)| histories.is_tracked(*i);
    row.partials.iter().enumerate().filter(is_tracked).fold(0, |reads, (_, partial)| reads | partial.reads)
}

impl Backward for Saved {
    fn apply(&self, cx: &Context, mut grads: Gradients) -> Result<Gradients> {
        let Some(grad) = grads[0].take() else { return Ok(SmallVec::from_elem(None, cx.needs.len())) };
        let terms = Terms { grad: &grad, saved: &self.open(cx)? };
        let mut results: Gradients = smallvec![None; cx.needs.len()];
        for (i, partial) in self.row.partials.iter().enumerate() {
            if cx.needs[i] {
                let result = (partial.formula)(&terms).into_tensor()?;
                // A formula that does not read the gradient knows nothing of what is in front.
                let is_whole = cx.lead == 0 || result.ndim() == grad.ndim();
                results[i] = Some(if is_whole { result } else { view::broadcast_to(&result, &as_i64(&grad.shape()))? });
            }
        }
        Ok(results)
    }

    /// What is in front broadcasts, as the formulas are of single elements.
    fn takes_many(&self) -> bool {
        true
    }

    /// The Jacobian is diagonal, so that the formula of an input's gradient is that of its part in the result's tangent as
    /// well. Formulas are written for gradients, which holomorphic functions multiply by the conjugate of the derivative.
    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        let is_complex = |tangent: &Tensor| tangent.dtype().is_complex();
        if !self.row.op.is_holomorphic() && tangents.iter().flatten().any(is_complex) {
            return forward::transpose(self, cx, tangents);
        }
        let opened = self.open(cx)?;
        let mut sum: Option<Expr> = None;
        for (partial, tangent) in self.row.partials.iter().zip(tangents) {
            let Some(tangent) = tangent else { continue };
            let grad = conjugate(cast::to_dtype(tangent, cx.outputs[0].dtype)?).into_tensor()?;
            let part = (partial.formula)(&Terms { grad: &grad, saved: &opened });
            sum = Some(if let Some(sum) = sum { sum + part } else { part });
        }
        let tangent = sum.map(|sum| sum.into_tensor().and_then(|sum| conjugate(sum).into_tensor())).transpose()?;
        Ok(smallvec![tangent])
    }

    fn is_attribute(&self, input: usize) -> bool {
        let is_number = matches!(self.inputs.get(input), Some(SavedInput::Number(_)));
        let is_condition = input == 0 && self.row.op.chooses();
        is_condition || is_number && self.row.node_with_number.iter().any(|(at, _)| *at == input)
    }

    fn keeps_nothing(&self) -> bool {
        // A number that a formula reads in the place of a tensor is a tensor to PyTorch, and freed as one.
        let is_tensor = |(i, input): (usize, &SavedInput)| match input {
            SavedInput::Tensor(_) => true,
            SavedInput::Number(_) => self.reads & (Partial::A << i) != 0 && !self.is_attribute(i),
            SavedInput::Unread => false,
        };
        self.result.is_none() && !self.inputs.iter().enumerate().any(is_tensor)
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let inputs = self.row.partials.iter().enumerate().filter(|(i, _)| !self.is_attribute(*i));
        let reads = inputs.fold(0, |reads, (_, partial)| reads | partial.reads);
        for (i, (input, name)) in self.inputs.iter().zip(self.row.input_names).enumerate() {
            if reads & (Partial::A << i) != 0 {
                see(
                    name,
                    match input {
                        SavedInput::Tensor(tensor) => Kept::Tensor(tensor),
                        SavedInput::Number(x) if self.is_attribute(i) => Kept::Number(*x),
                        SavedInput::Number(x) => Kept::Wrapped(*x),
                        SavedInput::Unread => Kept::Tensor(&NOTHING),
                    },
                );
            }
        }
        if reads & Partial::Y != 0 {
            see("result", Kept::Tensor(self.result.as_ref().unwrap_or(&NOTHING)));
        }
        for (param, name) in self.params.iter().zip(self.row.param_names).filter(|(_, name)| !name.is_empty()) {
            // A limit that is not given is infinite here.
            let is_absent = param.to_f64().is_infinite();
            see(name, if is_absent { Kept::Tensor(&NOTHING) } else { Kept::Number(*param) });
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
        let histories = histories(args);
        let saved = Saved::new(row, &histories, args, params, out);
        attach(node_name(row, args), histories, &[out], Arc::new(saved))?;
    }
    Ok(())
}

/// What an in-place call that will be recorded needs of its target, taken before the target is written to.
pub(super) struct BeforeWrite {
    histories: Histories,
    /// A copy of the target, where a formula reads it.
    original: Option<Tensor>,
}

/// Takes it; `None` where nothing will be recorded.
pub(super) fn before_write(row: &'static Row, args: &[Arg], target: &Tensor) -> Result<Option<BeforeWrite>> {
    if !is_differentiable(row) || !is_recorded(args) {
        return Ok(None);
    }
    let histories = histories(args);
    let reads = what_is_read(row, &histories);
    let is_read = |(i, arg): (usize, &Arg)| reads & (Partial::A << i) != 0 && arg.tensor().is_some_and(|t| t.is(target));
    let original = args.iter().enumerate().any(is_read).then(|| cast::clone_dense(target)).transpose()?;
    Ok(Some(BeforeWrite { histories, original }))
}

/// Gives the target of an in-place call its new history. Another input that is the target too has changed under the
/// formula that reads it, which backward will notice; tangents are sent along at once, from what it was.
pub(super) fn after_write(
    row: &'static Row,
    before: BeforeWrite,
    args: &[Arg],
    params: &[Scalar],
    target: &Tensor,
) -> Result<()> {
    let BeforeWrite { histories, original } = before;
    let mut args: SmallVec<[Arg; 3]> = SmallVec::from_slice(args);
    if let Some(original) = &original {
        for (i, arg) in args.iter_mut().enumerate() {
            if i == 0 || histories.have_tangents() && arg.tensor().is_some_and(|t| t.is(target)) {
                *arg = Arg::Tensor(original);
            }
        }
    }
    let mut saved = Saved::new(row, &histories, &args, params, target);
    for input in &mut saved.inputs {
        if let SavedInput::Tensor(tensor) = input {
            tensor.age_if_same_storage(target);
        }
    }
    attach(node_name(row, &args), histories, &[target], Arc::new(saved))?;
    Ok(())
}
