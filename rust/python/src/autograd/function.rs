//! Functions with a derivative of one's own: the native half of `torch.autograd.Function`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ferrotorch_core::autograd::inplace;
use ferrotorch_core::autograd::{self, Backward, Context, Gradients, OutputMeta, SavedTensor};
use ferrotorch_core::ops::cast;
use ferrotorch_core::{Error, Result, Tensor};
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::{Outcome, foreign, runtime_error};
use crate::ffi::attach::in_callback;
use crate::tensor::{PyTensor, wrap};

/// Names of nodes and of composed functions live as long as the process: one a class or function.
static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

pub(crate) fn interned(name: &str) -> &'static str {
    let mut names = NAMES.lock();
    if let Some(known) = names.get(name) {
        return known;
    }
    let leaked: &'static str = Box::leak(name.to_owned().into_boxed_str());
    names.insert(leaked);
    leaked
}

/// A backward rule in Python: `rule(grads, saved)` gets a tuple of gradients, one an output (None where there is none
/// and the function did not ask for zeros), and the outputs that were saved, and returns a list, one a tensor among the
/// inputs.
pub(crate) struct PyRule {
    rule: Py<PyAny>,
    /// Outputs that `save_for_backward` was given. Held as tensors they would keep the node alive for ever.
    saved: Vec<SavedTensor>,
    materialize: bool,
}

impl Backward for PyRule {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        in_callback(|py| {
            let objects =
                grads.iter().zip(cx.outputs).map(|(grad, meta)| self.gradient(py, grad, meta)).collect::<Result<Vec<_>>>()?;
            let packed = PyTuple::new(py, objects).map_err(foreign)?;
            let saved = self.saved.iter().map(|s| wrap(py, s.get(cx)?).map_err(foreign)).collect::<Result<Vec<_>>>()?;
            let answer = self.rule.bind(py).call1((packed, saved)).map_err(foreign)?;
            answer.try_iter().map_err(foreign)?.map(|item| gradient_of(&item.map_err(foreign)?, cx.name)).collect()
        })
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl PyRule {
    /// The Python callable.
    pub(crate) fn object(&self) -> &Py<PyAny> {
        &self.rule
    }

    fn gradient(&self, py: Python<'_>, grad: &Option<Tensor>, meta: &OutputMeta) -> Result<Option<Py<PyAny>>> {
        let tensor = match grad {
            Some(grad) => grad.clone(),
            None if self.materialize => meta.zeros()?,
            None => return Ok(None),
        };
        wrap(py, tensor).map(Some).map_err(foreign)
    }
}

fn gradient_of(item: &Bound<'_, PyAny>, name: &str) -> Result<Option<Tensor>> {
    if item.is_none() {
        return Ok(None);
    }
    match PyTensor::get(item) {
        Some(tensor) => Ok(Some(tensor.clone())),
        None => Err(Error::runtime(format!(
            "{name} returned an invalid gradient: expected a Tensor or None, got {}",
            item.get_type()
        ))),
    }
}

/// Makes `outputs` the results of a node with these inputs. An output that is an input too was written to in place.
#[pyfunction]
pub(crate) fn _attach_function(
    name: &str,
    inputs: Vec<Bound<'_, PyTensor>>,
    outputs: Vec<Bound<'_, PyTensor>>,
    saved: Vec<usize>,
    rule: Py<PyAny>,
    materialize: bool,
) -> Outcome<()> {
    let inputs: Vec<&Tensor> = inputs.iter().map(|t| t.get().tensor()).collect();
    let outputs: Vec<&Tensor> = outputs.iter().map(|t| t.get().tensor()).collect();
    let is_input = |out: &Tensor| inputs.iter().any(|input| input.is(out));
    if let Some(leaf) = outputs.iter().find(|out| is_input(out) && out.requires_grad() && out.is_leaf()) {
        return Err(runtime_error(format!(
            "{name}: a leaf Variable that requires grad is being used in an in-place operation (shape {:?})",
            &leaf.shape()[..]
        )));
    }
    let edges = inputs.iter().map(|t| t.edge()).collect();
    let attach = |outputs: &[&Tensor]| {
        let keep = |&i: &usize| outputs.get(i).map(|out| SavedTensor::output(out, i as u32));
        let saved = saved.iter().filter_map(keep).collect();
        autograd::attach(interned(name), edges, outputs, Arc::new(PyRule { rule, saved, materialize }));
    };
    let is_written_view = |out: &&&Tensor| out.base().is_some() && is_input(out);
    let Some(view) = outputs.iter().find(is_written_view) else {
        attach(&outputs);
        return Ok(());
    };
    if outputs.len() > 1 {
        return Err(runtime_error(format!(
            "{name}: a function that writes to a view in place must have that view as its only output"
        )));
    }
    // The node makes the written values, and these replace the window of the base.
    let written = cast::clone_dense(&view.detach())?;
    attach(&[&written]);
    Ok(inplace::assign(interned(name), view, &written)?)
}
