//! Python functions that look at, or replace, gradients on their way.

use std::sync::Arc;

use ferrotorch_core::autograd::Gradients;
use ferrotorch_core::autograd::arena::{self, NodeHandle, NodeId};
use ferrotorch_core::autograd::hooks::{self, AccumulateHook, Callee, HookId, NodeHooks, PostHook, PreHook, TensorHook};
use ferrotorch_core::tensor::WeakTensor;
use ferrotorch_core::{Error, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::errors::{Failure, Outcome, foreign, runtime_error, type_error};
use crate::ffi::attach::in_callback;
use crate::parser::type_name;
use crate::tensor::{PyTensor, wrap};

/// Removes a hook: by `remove()`, or at the end of a `with` block.
#[pyclass(frozen, name = "RemovableHandle", module = "ferrotorch.utils.hooks")]
pub(crate) struct PyHandle {
    place: Place,
    id: HookId,
}

enum Place {
    Leaf { leaf: WeakTensor, when: When },
    Output(NodeId, u32),
    Node { node: NodeId, before: bool },
}

/// When a hook of a leaf runs.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// On the tensor's gradient.
    Tensor,
    /// After accumulation; sees the leaf.
    Accumulated,
    /// Before the leaf's node; sees gradients.
    Before,
    /// After the leaf's node; sees gradients.
    After,
}

#[pymethods]
impl PyHandle {
    /// Removes the hook; a second call changes nothing.
    fn remove(&self) {
        // What comes out is dropped after the locks are released: the drop may run code of the user's.
        match &self.place {
            Place::Leaf { leaf, when } => {
                if let Some(leaf) = leaf.upgrade() {
                    remove_from_leaf(&leaf, *when, self.id);
                }
            }
            Place::Output(node, output) => drop(with_hooks(*node, |hooks| hooks.of_output(*output).remove(self.id))),
            Place::Node { node, before: true } => drop(with_hooks(*node, |hooks| hooks.pre.remove(self.id))),
            Place::Node { node, before: false } => drop(with_hooks(*node, |hooks| hooks.post.remove(self.id))),
        }
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.remove();
    }
}

fn with_hooks<R>(node: NodeId, look: impl FnOnce(&mut NodeHooks) -> R) -> Option<R> {
    arena::with_node(node, |node| look(node.hooks.get_or_insert_default()))
}

fn remove_from_leaf(leaf: &Tensor, when: When, id: HookId) {
    match when {
        When::Tensor => drop(leaf.with_leaf_hooks(|h| h.as_mut().map(|h| h.tensor.remove(id)))),
        When::Accumulated => drop(leaf.with_leaf_hooks(|h| h.as_mut().map(|h| h.accumulate.remove(id)))),
        When::Before => drop(leaf.with_leaf_hooks(|h| h.as_mut().map(|h| h.pre.remove(id)))),
        When::After => drop(leaf.with_leaf_hooks(|h| h.as_mut().map(|h| h.post.remove(id)))),
    }
}

/// The notes on a node, a dict that is made when it is first asked for.
pub(super) fn metadata(py: Python<'_>, node: NodeId) -> Outcome<Py<PyAny>> {
    let fresh = PyDict::new(py).into_any().unbind();
    let noted = with_hooks(node, |hooks| notes_in(&mut hooks.metadata, fresh));
    notes(py, noted)
}

/// The notes on a leaf's node.
pub(super) fn leaf_metadata(py: Python<'_>, leaf: &Tensor) -> Outcome<Py<PyAny>> {
    let fresh = PyDict::new(py).into_any().unbind();
    notes(py, Some(leaf.with_leaf_hooks(|hooks| notes_in(&mut hooks.get_or_insert_default().metadata, fresh))))
}

/// What is noted already, or the fresh dict; and the dict that is not needed, to be dropped without a lock.
fn notes_in(slot: &mut Option<Callee>, fresh: Py<PyAny>) -> (Callee, Option<Py<PyAny>>) {
    match slot {
        Some(notes) => (notes.clone(), Some(fresh)),
        None => (slot.insert(Arc::new(fresh)).clone(), None),
    }
}

fn notes(py: Python<'_>, noted: Option<(Callee, Option<Py<PyAny>>)>) -> Outcome<Py<PyAny>> {
    match noted.and_then(|(noted, _)| noted.downcast::<Py<PyAny>>().ok()) {
        Some(notes) => Ok(notes.clone_ref(py)),
        None => Err(runtime_error("the graph of this node has been freed")),
    }
}

/// What a hook answered: nothing, or a tensor.
fn answer(object: Bound<'_, PyAny>) -> Result<Option<Tensor>, Failure> {
    if object.is_none() {
        return Ok(None);
    }
    match PyTensor::get(&object) {
        Some(tensor) => Ok(Some(tensor.clone())),
        None => Err(type_error(format!("hook must return a Tensor or None, got {}", object.get_type()))),
    }
}

fn tensor_hook(hook: Arc<Py<PyAny>>) -> TensorHook {
    Arc::new(move |grad| {
        in_callback(|py| {
            let grad = grad.map(|grad| wrap(py, grad.clone())).transpose().map_err(foreign)?;
            answer(hook.bind(py).call1((grad,)).map_err(foreign)?).map_err(Into::into)
        })
    })
}

fn pre_hook(hook: Arc<Py<PyAny>>) -> PreHook {
    Arc::new(move |grads| {
        in_callback(|py| {
            let grads = pack(py, grads).map_err(foreign)?;
            unpack(hook.bind(py).call1((grads,)).map_err(foreign)?).map_err(Into::into)
        })
    })
}

fn post_hook(hook: Arc<Py<PyAny>>) -> PostHook {
    Arc::new(move |inputs, outputs| {
        in_callback(|py| {
            let (inputs, outputs) = (pack(py, inputs).map_err(foreign)?, pack(py, outputs).map_err(foreign)?);
            unpack(hook.bind(py).call1((inputs, outputs)).map_err(foreign)?).map_err(Into::into)
        })
    })
}

fn pack<'py>(py: Python<'py>, grads: &Gradients) -> PyResult<Bound<'py, PyTuple>> {
    let objects = grads.iter().map(|grad| grad.clone().map(|g| wrap(py, g)).transpose()).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, objects)
}

/// The gradients that a node's hook answered, if any.
fn unpack(object: Bound<'_, PyAny>) -> Result<Option<Gradients>, Failure> {
    if object.is_none() {
        return Ok(None);
    }
    let Ok(grads) = object.cast::<PyTuple>() else {
        return Err(type_error(format!("expected tuple, but hook returned {}", object.get_type().name()?)));
    };
    Ok(Some(grads.iter().map(answer).collect::<Outcome<Gradients>>()?))
}

/// A hook on a node, before or after its rule.
pub(super) fn on_node(py: Python<'_>, handle: &NodeHandle, hook: Py<PyAny>, before: bool) -> Outcome<Py<PyHandle>> {
    let (node, callee) = (handle.id(), Arc::new(hook));
    let id = if before {
        let hook = pre_hook(callee.clone());
        with_hooks(node, |hooks| hooks.pre.add_with_callee(hook, Some(callee)))
    } else {
        let hook = post_hook(callee.clone());
        with_hooks(node, |hooks| hooks.post.add_with_callee(hook, Some(callee)))
    };
    match id {
        Some(id) => Ok(Py::new(py, PyHandle { place: Place::Node { node, before }, id })?),
        None => Err(runtime_error("the graph of this node has been freed")),
    }
}

/// A hook on a leaf or on its node.
pub(super) fn on_leaf(py: Python<'_>, leaf: &Tensor, hook: Py<PyAny>, when: When) -> Outcome<Py<PyHandle>> {
    let callee = Arc::new(hook);
    let id = leaf.with_leaf_hooks(|hooks| {
        let hooks = hooks.get_or_insert_default();
        match when {
            When::Tensor => hooks.tensor.add_with_callee(tensor_hook(callee.clone()), Some(callee)),
            When::Accumulated => hooks.accumulate.add_with_callee(accumulate_hook(callee.clone()), Some(callee)),
            When::Before => hooks.pre.add_with_callee(pre_hook(callee.clone()), Some(callee)),
            When::After => hooks.post.add_with_callee(post_hook(callee.clone()), Some(callee)),
        }
    });
    Ok(Py::new(py, PyHandle { place: Place::Leaf { leaf: leaf.downgrade(), when }, id })?)
}

fn accumulate_hook(hook: Arc<Py<PyAny>>) -> AccumulateHook {
    Arc::new(move |leaf| {
        in_callback(|py| {
            let object = wrap(py, leaf.clone()).map_err(foreign)?;
            let answer = hook.bind(py).call1((object,)).map_err(foreign)?;
            match PyTensor::get(&answer) {
                _ if answer.is_none() => Ok(()),
                Some(same) if same.is(leaf) => Ok(()),
                Some(_) => Err(Error::runtime("Tensor post accumulate grad hooks should return None.")),
                None => Err(Error::type_(format!("expected Variable, but hook returned '{}'", type_name(&answer)))),
            }
        })
    })
}

#[pymethods]
impl PyTensor {
    /// Calls `hook(grad)` when the gradient of the tensor is computed; what it returns replaces the gradient.
    fn register_hook(slf: &Bound<'_, Self>, hook: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        let tensor = slf.get().tensor();
        if !tensor.requires_grad() {
            return Err(runtime_error("cannot register a hook on a tensor that doesn't require gradient"));
        }
        let Some(source) = tensor.source() else { return on_leaf(slf.py(), tensor, hook, When::Tensor) };
        let (node, output, callee) = (source.node.id(), source.output, Arc::new(hook));
        let hook = tensor_hook(callee.clone());
        match with_hooks(node, |hooks| hooks.of_output(output).add_with_callee(hook, Some(callee))) {
            Some(id) => Ok(Py::new(slf.py(), PyHandle { place: Place::Output(node, output), id })?),
            None => Err(runtime_error("the graph of this tensor has been freed")),
        }
    }

    /// Calls `hook(tensor)` after the gradient of a leaf was accumulated.
    fn register_post_accumulate_grad_hook(slf: &Bound<'_, Self>, hook: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        let tensor = slf.get().tensor();
        if !tensor.requires_grad() || tensor.source().is_some() {
            return Err(runtime_error("post accumulate grad hooks cannot be registered on non-leaf tensors"));
        }
        on_leaf(slf.py(), tensor, hook, When::Accumulated)
    }

    /// Keeps `.grad` of a tensor that is no leaf.
    fn retain_grad(&self) -> Outcome<()> {
        let tensor = self.tensor();
        if !tensor.requires_grad() {
            return Err(runtime_error("can't retain_grad on Tensor that has requires_grad=False"));
        }
        if let Some(source) = tensor.source()
            && !tensor.retains_grad()
        {
            hooks::keep_gradient(tensor, &source);
            tensor.set_retains_grad();
        }
        Ok(())
    }
}
