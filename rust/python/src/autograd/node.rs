//! Nodes of the graph as Python objects (`grad_fn`).

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::Edge;
use ferrotorch_core::autograd::arena::{self, EdgeRef, NodeHandle};
use pyo3::prelude::*;

use super::hooks::{self, PyHandle};
use crate::errors::Outcome;
use crate::tensor::wrap;

/// A recorded op.
#[pyclass(frozen, name = "Node", module = "ferrotorch.autograd.graph", weakref)]
pub(crate) struct PyNode {
    what: What,
    name: &'static str,
}

enum What {
    Op(NodeHandle),
    Leaf(Tensor),
}

/// `grad_fn` of a tensor.
pub(crate) fn of_tensor(py: Python<'_>, tensor: &Tensor) -> PyResult<Option<Py<PyAny>>> {
    if !tensor.requires_grad() {
        return Ok(None);
    }
    let Some(source) = tensor.source() else { return Ok(None) };
    Ok(Some(Bound::new(py, PyNode { name: source.name, what: What::Op(source.node) })?.into_any().unbind()))
}

fn of_edge(py: Python<'_>, edge: Edge) -> PyResult<(Option<Py<PyNode>>, u32)> {
    Ok(match edge {
        Edge::None => (None, 0),
        Edge::Node(handle, output) => {
            let name = arena::with_node(handle.id(), |node| node.name).unwrap_or("Node");
            (Some(Py::new(py, PyNode { name, what: What::Op(handle) })?), output)
        }
        Edge::Leaf(leaf) => (Some(Py::new(py, PyNode { name: "torch::autograd::AccumulateGrad", what: What::Leaf(leaf) })?), 0),
    })
}

#[pymethods]
impl PyNode {
    /// Name of the op.
    fn name(&self) -> &'static str {
        self.name
    }

    /// Where the gradients of the inputs go: pairs of node and output number.
    #[getter]
    fn next_functions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, pyo3::types::PyTuple>> {
        let edges: Vec<EdgeRef> = match &self.what {
            What::Op(handle) => {
                arena::with_node(handle.id(), |node| node.edges.iter().map(EdgeRef::of).collect()).unwrap_or_default()
            }
            What::Leaf(_) => Vec::new(),
        };
        let nodes = edges.into_iter().map(|edge| of_edge(py, edge.acquire())).collect::<PyResult<Vec<_>>>()?;
        pyo3::types::PyTuple::new(py, nodes)
    }

    /// For the node of a leaf, the leaf.
    #[getter]
    fn variable(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        match &self.what {
            What::Leaf(leaf) => Ok(Some(wrap(py, leaf.clone())?)),
            What::Op(_) => Ok(None),
        }
    }

    /// Calls `hook(grad_inputs, grad_outputs)` after the node's rule ran.
    fn register_hook(&self, py: Python<'_>, hook: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        match &self.what {
            What::Op(handle) => hooks::on_node(py, handle, hook, false),
            What::Leaf(_) => {
                Err(crate::errors::runtime_error("register_hook on AccumulateGrad is not available: use Tensor.register_hook"))
            }
        }
    }

    /// Calls `hook(grad_outputs)` before the node's rule runs.
    fn register_prehook(&self, py: Python<'_>, hook: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        match &self.what {
            What::Op(handle) => hooks::on_node(py, handle, hook, true),
            What::Leaf(_) => {
                Err(crate::errors::runtime_error("register_prehook on AccumulateGrad is not available: use Tensor.register_hook"))
            }
        }
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        let name = slf.get().name.trim_start_matches("torch::autograd::");
        format!("<{name} object at {:#x}>", slf.as_ptr() as usize)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyNode>().is_ok_and(|other| match (&self.what, &other.get().what) {
            (What::Op(a), What::Op(b)) => a == b,
            (What::Leaf(a), What::Leaf(b)) => a.is(b),
            _ => false,
        })
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        match &self.what {
            What::Op(handle) => handle.hash(&mut hasher),
            What::Leaf(leaf) => leaf.id().hash(&mut hasher),
        }
        hasher.finish()
    }
}
