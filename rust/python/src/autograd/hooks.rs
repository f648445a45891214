//! Python functions that look at, or replace, gradients on their way.

use std::sync::Arc;

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::Gradients;
use ferrotorch_core::autograd::arena::{self, NodeHandle, NodeId};
use ferrotorch_core::autograd::hooks::{HookId, NodeHooks};
use ferrotorch_core::tensor::WeakTensor;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::errors::{Failure, Outcome, foreign, runtime_error, type_error};
use crate::tensor::{PyTensor, wrap};

/// Removes a hook: by `remove()`, or at the end of a `with` block.
#[pyclass(frozen, name = "RemovableHandle", module = "ferrotorch.utils.hooks")]
pub(crate) struct PyHandle {
    place: Place,
    id: HookId,
}

enum Place {
    Leaf(WeakTensor),
    LeafAfter(WeakTensor),
    Output(NodeId, u32),
    Node { node: NodeId, before: bool },
}

#[pymethods]
impl PyHandle {
    /// Removes the hook; a second call changes nothing.
    fn remove(&self) {
        let id = self.id;
        let _was_there = match &self.place {
            Place::Leaf(leaf) => {
                leaf.upgrade().and_then(|t| t.with_leaf_hooks(|hooks| hooks.as_mut().map(|h| h.tensor.remove(id))))
            }
            Place::LeafAfter(leaf) => {
                leaf.upgrade().and_then(|t| t.with_leaf_hooks(|hooks| hooks.as_mut().map(|h| h.accumulate.remove(id))))
            }
            Place::Output(node, output) => with_hooks(*node, |hooks| hooks.of_output(*output).remove(id)),
            Place::Node { node, before: true } => with_hooks(*node, |hooks| hooks.pre.remove(id)),
            Place::Node { node, before: false } => with_hooks(*node, |hooks| hooks.post.remove(id)),
        };
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

fn tensor_hook(hook: Py<PyAny>) -> ferrotorch_core::autograd::hooks::TensorHook {
    Arc::new(move |grad| {
        Python::attach(|py| {
            let grad = wrap(py, grad.clone()).map_err(foreign)?;
            answer(hook.bind(py).call1((grad,)).map_err(foreign)?).map_err(Into::into)
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
    if PyTensor::check(&object) {
        return Ok(Some(std::iter::once(answer(object)?).collect()));
    }
    Ok(Some(object.try_iter()?.map(|item| answer(item?)).collect::<Outcome<Gradients>>()?))
}

/// A hook on a node, before or after its rule.
pub(super) fn on_node(py: Python<'_>, handle: &NodeHandle, hook: Py<PyAny>, before: bool) -> Outcome<Py<PyHandle>> {
    let node = handle.id();
    let id = if before {
        let run = move |grads: &Gradients| -> ferrotorch_core::Result<Option<Gradients>> {
            Python::attach(|py| {
                let grads = pack(py, grads).map_err(foreign)?;
                unpack(hook.bind(py).call1((grads,)).map_err(foreign)?).map_err(Into::into)
            })
        };
        with_hooks(node, |hooks| hooks.pre.add(Arc::new(run)))
    } else {
        let run = move |inputs: &Gradients, outputs: &Gradients| -> ferrotorch_core::Result<Option<Gradients>> {
            Python::attach(|py| {
                let (inputs, outputs) = (pack(py, inputs).map_err(foreign)?, pack(py, outputs).map_err(foreign)?);
                unpack(hook.bind(py).call1((inputs, outputs)).map_err(foreign)?).map_err(Into::into)
            })
        };
        with_hooks(node, |hooks| hooks.post.add(Arc::new(run)))
    };
    match id {
        Some(id) => Ok(Py::new(py, PyHandle { place: Place::Node { node, before }, id })?),
        None => Err(runtime_error("the graph of this node has been freed")),
    }
}

#[pymethods]
impl PyTensor {
    /// Calls `hook(grad)` when the gradient of the tensor is computed; what it returns replaces the gradient.
    fn register_hook(slf: &Bound<'_, Self>, hook: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        let tensor = slf.get().tensor();
        if !tensor.requires_grad() {
            return Err(runtime_error("cannot register a hook on a tensor that doesn't require gradient"));
        }
        let hook = tensor_hook(hook);
        let (place, id) = match tensor.source() {
            None => (
                Place::Leaf(tensor.downgrade()),
                Some(tensor.with_leaf_hooks(|hooks| hooks.get_or_insert_default().tensor.add(hook))),
            ),
            Some(source) => {
                let node = source.node.id();
                (Place::Output(node, source.output), with_hooks(node, |hooks| hooks.of_output(source.output).add(hook)))
            }
        };
        match id {
            Some(id) => Ok(Py::new(slf.py(), PyHandle { place, id })?),
            None => Err(runtime_error("the graph of this tensor has been freed")),
        }
    }

    /// Calls `hook(tensor)` after the gradient of a leaf was accumulated.
    fn register_post_accumulate_grad_hook(slf: &Bound<'_, Self>, hook: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        let tensor = slf.get().tensor();
        if !tensor.requires_grad() || tensor.source().is_some() {
            return Err(runtime_error("post accumulate grad hooks cannot be registered on non-leaf tensors"));
        }
        let run = move |leaf: &Tensor| -> ferrotorch_core::Result<()> {
            Python::attach(|py| {
                let leaf = wrap(py, leaf.clone()).map_err(foreign)?;
                hook.bind(py).call1((leaf,)).map(drop).map_err(foreign)
            })
        };
        let id = tensor.with_leaf_hooks(|hooks| hooks.get_or_insert_default().accumulate.add(Arc::new(run)));
        Ok(Py::new(slf.py(), PyHandle { place: Place::LeafAfter(tensor.downgrade()), id })?)
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
            with_hooks(source.node.id(), |hooks| hooks.retain.push((source.output, tensor.downgrade())));
            tensor.set_retains_grad();
        }
        Ok(())
    }
}
