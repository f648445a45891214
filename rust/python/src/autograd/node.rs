//! Nodes of the graph as Python objects (`grad_fn`).

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::Edge;
use ferrotorch_core::autograd::arena::{self, EdgeRef, NodeHandle};
use ferrotorch_core::tensor::Source;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use super::garbage;
use super::hooks::{self, PyHandle, When};
use crate::errors::{Outcome, runtime_error};
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

/// A tensor whose gradient comes along an edge: the leaf, or zeros (one element, seen everywhere) in the place of the
/// node's output.
#[pyfunction]
pub(crate) fn _tensor_at_edge(py: Python<'_>, node: &PyNode, output_nr: u32) -> Outcome<Py<PyAny>> {
    let handle = match &node.what {
        What::Leaf(leaf) => return Ok(wrap(py, leaf.clone())?),
        What::Op(handle) => handle,
    };
    let meta = arena::with_node(handle.id(), |node| node.outputs.get(output_nr as usize).cloned());
    let Some(meta) = meta else { return Err(runtime_error("the graph of this node has been freed")) };
    let Some(meta) = meta else {
        return Err(runtime_error(format!("{} has no output {output_nr}", node.name)));
    };
    let mut array = Tensor::full(&[], 0.0.into(), meta.dtype, meta.device)?.array();
    if let Some(layout) = array.layout.expand(&meta.shape) {
        array.layout = layout;
    }
    let tensor = Tensor::from_array(array);
    tensor.graft(Some(Source { node: handle.clone(), output: output_nr, name: node.name }));
    Ok(wrap(py, tensor)?)
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
    #[pyo3(signature = (r#fn))]
    fn register_hook(&self, py: Python<'_>, r#fn: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        match &self.what {
            What::Op(handle) => hooks::on_node(py, handle, r#fn, false),
            What::Leaf(leaf) => hooks::on_leaf(py, leaf, r#fn, When::After),
        }
    }

    /// Calls `hook(grad_outputs)` before the node's rule runs.
    #[pyo3(signature = (r#fn))]
    fn register_prehook(&self, py: Python<'_>, r#fn: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        match &self.what {
            What::Op(handle) => hooks::on_node(py, handle, r#fn, true),
            What::Leaf(leaf) => hooks::on_leaf(py, leaf, r#fn, When::Before),
        }
    }

    /// A dict for notes on the node, which lives as long as the node.
    #[getter]
    fn metadata(&self, py: Python<'_>) -> Outcome<Py<PyAny>> {
        match &self.what {
            What::Op(handle) => hooks::metadata(py, handle.id()),
            What::Leaf(leaf) => hooks::leaf_metadata(py, leaf),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.what {
            What::Op(handle) => garbage::of_node(handle, &visit),
            What::Leaf(leaf) => garbage::of_tensor(leaf, &visit),
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
