//! Functions with a derivative of one's own: the native half of `torch.autograd.Function`.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use ferrotorch_core::autograd::engine::walked_twice;
use ferrotorch_core::autograd::inplace;
use ferrotorch_core::autograd::saved::{Asker, SavedTensor};
use ferrotorch_core::autograd::{self, Backward, Context, Gradients, Histories, Kept, OutputMeta};
use ferrotorch_core::ops::cast;
use ferrotorch_core::{Error, Result, Tensor};
use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::saved::PySaved;
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

/// A rule in Python. `rule(grads)` gets a tuple of gradients, one an output (None where there is none and the
/// function did not ask for zeros), and returns a list, one a tensor among the inputs; `tangents` gets a tuple of tangents,
/// one a tensor among the inputs (None where there is none), and returns a list, one an output.
pub(crate) struct PyRule {
    functions: Arc<Functions>,
    saved: Vec<SavedTensor>,
    materialize: bool,
}

/// The Python half of a rule.
struct Functions {
    rule: Py<PyAny>,
    tangents: Py<PyAny>,
    /// What the functions share: it answers for the node where that has no such attribute.
    context: Py<PyAny>,
}

impl Backward for PyRule {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        in_callback(|py| {
            let objects =
                grads.iter().zip(cx.outputs).map(|(grad, meta)| self.gradient(py, grad, meta)).collect::<Result<Vec<_>>>()?;
            let packed = PyTuple::new(py, objects).map_err(foreign)?;
            let answer = self.functions.rule.bind(py).call1((packed,)).map_err(foreign)?;
            answer.try_iter().map_err(foreign)?.map(|item| gradient_of(&item.map_err(foreign)?, cx.name)).collect()
        })
    }

    fn runs_without_gradients(&self) -> bool {
        true
    }

    fn keeps_nothing(&self) -> bool {
        self.saved.is_empty()
    }

    /// The functions may be called again; whether they ask for what was saved is theirs.
    fn left_behind(&self) -> Option<Arc<dyn Backward>> {
        Some(Arc::new(PyRule { functions: self.functions.clone(), saved: Vec::new(), materialize: self.materialize }))
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        in_callback(|py| {
            let objects = tangents.iter().map(|tangent| tangent.clone().map(|t| wrap(py, t)).transpose().map_err(foreign));
            let packed = PyTuple::new(py, objects.collect::<Result<Vec<_>>>()?).map_err(foreign)?;
            let answer = self.functions.tangents.bind(py).call1((packed,)).map_err(foreign)?;
            answer.try_iter().map_err(foreign)?.map(|item| gradient_of(&item.map_err(foreign)?, cx.name)).collect()
        })
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.saved.iter().for_each(|saved| see("", Kept::Tensor(saved)));
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        Some(self)
    }
}

impl PyRule {
    /// The Python objects that it holds.
    pub(crate) fn objects(&self) -> [&Py<PyAny>; 3] {
        [&self.functions.rule, &self.functions.tangents, &self.functions.context]
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

/// What the context of a function saved, as long as the graph keeps it.
#[pyclass(frozen, name = "_SavedByFunction", module = "ferrotorch._C")]
pub(crate) struct PyKept {
    rule: Weak<PyRule>,
    asker: Asker,
}

#[pymethods]
impl PyKept {
    /// The tensors, each by way of its unpack hook where it has one.
    fn unpack<'py>(&self, py: Python<'py>) -> Outcome<Bound<'py, PyTuple>> {
        let Some(rule) = self.rule.upgrade() else { return Err(walked_twice().into()) };
        let mut tensors = Vec::with_capacity(rule.saved.len());
        for saved in &rule.saved {
            tensors.push(saved.fetch(&self.asker)?.map(|tensor| wrap(py, tensor)).transpose()?);
        }
        Ok(PyTuple::new(py, tensors)?)
    }

    /// The saved tensors as such.
    fn raw<'py>(&self, py: Python<'py>) -> Outcome<Bound<'py, PyTuple>> {
        let Some(rule) = self.rule.upgrade() else { return Err(walked_twice().into()) };
        let count = rule.saved.len();
        let rule: Arc<dyn Backward> = rule;
        let raw = (0..count).map(|i| Py::new(py, PySaved::of_rule(&rule, i, self.asker.clone())));
        Ok(PyTuple::new(py, raw.collect::<PyResult<Vec<_>>>()?)?)
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
    saved: Vec<Option<Bound<'_, PyTensor>>>,
    rules: (Py<PyAny>, Py<PyAny>),
    context: Py<PyAny>,
    materialize: bool,
) -> Outcome<PyKept> {
    let (name, (rule, tangents)) = (interned(name), rules);
    let inputs: Vec<&Tensor> = inputs.iter().map(|t| t.get().tensor()).collect();
    let outputs: Vec<&Tensor> = outputs.iter().map(|t| t.get().tensor()).collect();
    let saved: Vec<Option<&Tensor>> = saved.iter().map(|t| t.as_ref().map(|t| t.get().tensor())).collect();
    let is_input = |out: &Tensor| inputs.iter().any(|input| input.is(out));
    if let Some(leaf) = outputs.iter().find(|out| is_input(out) && out.requires_grad() && out.is_leaf()) {
        return Err(runtime_error(format!(
            "{name}: a leaf Variable that requires grad is being used in an in-place operation (shape {:?})",
            &leaf.shape()[..]
        )));
    }
    let histories = Histories::of(inputs.iter().map(|input| Some(*input)));
    let attach = |results: &[&Tensor]| {
        let keep = |tensor: &Option<&Tensor>| match tensor {
            None => SavedTensor::nothing(),
            // An output held as a tensor would keep the node alive for ever.
            Some(tensor) => match outputs.iter().position(|out| out.is(tensor)) {
                Some(i) => SavedTensor::output(results[i], i as u32),
                None => SavedTensor::input(tensor),
            },
        };
        let functions = Arc::new(Functions { rule, tangents, context });
        let rule = Arc::new(PyRule { functions, saved: saved.iter().map(keep).collect(), materialize });
        let weak = Arc::downgrade(&rule);
        let node = autograd::attach(name, histories, results, rule)?;
        Ok::<_, Error>(PyKept { rule: weak, asker: Asker::of(node, name) })
    };
    let is_written_view = |out: &&&Tensor| out.base().is_some() && is_input(out);
    let Some(view) = outputs.iter().find(is_written_view) else { return Ok(attach(&outputs)?) };
    if outputs.len() > 1 {
        return Err(runtime_error(format!(
            "{name}: a function that writes to a view in place must have that view as its only output"
        )));
    }
    // The node makes the written values, and these replace the window of the base.
    let written = cast::clone_dense(&view.detach())?;
    let kept = attach(&[&written])?;
    inplace::assign(name, view, &written)?;
    Ok(kept)
}
