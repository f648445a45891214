//! Nodes of the graph as Python objects (`grad_fn`).

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::arena::{self, EdgeRef, NodeHandle, Observer};
use ferrotorch_core::autograd::mode::is_enabled;
use ferrotorch_core::autograd::{Edge, Gradients, engine, inplace};
use ferrotorch_core::tensor::Source;
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};

use super::hooks::{self, PyHandle, When};
use super::{attributes, garbage};
use crate::errors::{Failure, Outcome, runtime_error, type_error};
use crate::tensor::{PyTensor, wrap};

/// A recorded op. What users see are instances of subclasses, one for each name: `AddBackward0`.
#[pyclass(frozen, subclass, name = "Node", module = "ferrotorch.autograd.graph", weakref)]
pub(crate) struct PyNode {
    what: What,
    name: &'static str,
}

enum What {
    Op {
        node: Observer,
        /// What the rule of a custom function holds; see [`Observer`].
        function: Option<[Py<PyAny>; 3]>,
    },
    Leaf(Tensor),
}

impl What {
    fn of(py: Python<'_>, handle: NodeHandle) -> What {
        let rule = arena::with_node(handle.id(), |node| node.rule.clone());
        let function = rule.as_ref().and_then(attributes::function);
        What::Op { node: Observer::new(handle), function: function.map(|rule| rule.objects().map(|object| object.clone_ref(py))) }
    }

    fn copy(&self, py: Python<'_>) -> What {
        match self {
            What::Op { node, .. } => What::of(py, node.handle().clone()),
            What::Leaf(leaf) => What::Leaf(leaf.clone()),
        }
    }
}

/// The subclasses by name.
static CLASSES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// The class of the nodes of a name, made when it is first asked for.
fn class_of<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let classes = CLASSES.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
    if let Some(class) = classes.get_item(name)? {
        return Ok(class);
    }
    let members = PyDict::new(py);
    members.set_item("__module__", "ferrotorch.autograd.graph")?;
    members.set_item("__slots__", PyTuple::empty(py))?;
    let class = py.get_type::<PyType>().call1((name, (py.get_type::<PyNode>(),), members))?;
    classes.set_item(name, &class)?;
    Ok(class)
}

/// The object for a node.
fn object(py: Python<'_>, node: PyNode) -> PyResult<Py<PyAny>> {
    let class = class_of(py, node.short_name())?;
    Ok(class.call1((Py::new(py, node)?,))?.unbind())
}

/// `grad_fn` of a tensor.
pub(crate) fn of_tensor(py: Python<'_>, tensor: &Tensor) -> PyResult<Option<Py<PyAny>>> {
    if !tensor.requires_grad() {
        return Ok(None);
    }
    if let Some(error) = inplace::invalid_view_error(tensor) {
        return Err(Failure::from(error).into());
    }
    let Some(source) = tensor.source() else { return Ok(None) };
    object(py, PyNode { name: source.name, what: What::of(py, source.node) }).map(Some)
}

fn of_edge(py: Python<'_>, edge: Edge) -> PyResult<(Option<Py<PyAny>>, u32)> {
    Ok(match edge {
        Edge::None => (None, 0),
        Edge::Node(handle, output) => {
            let name = arena::with_node(handle.id(), |node| node.name).unwrap_or("Node");
            (Some(object(py, PyNode { name, what: What::of(py, handle) })?), output)
        }
        Edge::Leaf(leaf) => (Some(object(py, PyNode { name: "torch::autograd::AccumulateGrad", what: What::Leaf(leaf) })?), 0),
    })
}

/// A tensor whose gradient comes along an edge: the leaf, or zeros (one element, seen everywhere) in the place of the
/// node's output.
#[pyfunction]
pub(crate) fn _tensor_at_edge(py: Python<'_>, node: &PyNode, output_nr: u32) -> Outcome<Py<PyAny>> {
    let handle = match &node.what {
        What::Leaf(leaf) => return Ok(wrap(py, leaf.clone())?),
        What::Op { node, .. } => node.handle(),
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

/// Gradients that a node is called with.
fn gradients_of(objects: &Bound<'_, PyTuple>) -> Outcome<Gradients> {
    let of = |(i, object): (usize, Bound<'_, PyAny>)| match PyTensor::get(&object) {
        None if object.is_none() => Ok(None),
        None => Err(type_error(format!("argument {i} is not a Variable"))),
        Some(tensor) => Ok(Some(tensor.clone())),
    };
    objects.iter().enumerate().map(of).collect()
}

impl PyNode {
    fn short_name(&self) -> &'static str {
        self.name.trim_start_matches("torch::autograd::")
    }
}

#[pymethods]
impl PyNode {
    /// The same node as another object, of the class that is called.
    #[new]
    fn new(node: &Bound<'_, PyNode>) -> PyNode {
        PyNode { what: node.get().what.copy(node.py()), name: node.get().name }
    }

    /// Name of the op.
    fn name(&self) -> &'static str {
        self.name
    }

    /// Where the gradients of the inputs go: pairs of node and output number.
    #[getter]
    fn next_functions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let edges: Vec<EdgeRef> = match &self.what {
            What::Op { node, .. } => {
                let inputs = arena::with_node(node.handle().id(), |node| {
                    let edges = node.edges.iter().enumerate().filter(|(i, _)| !node.rule.is_attribute(*i));
                    edges.map(|(_, edge)| EdgeRef::of(edge)).collect()
                });
                inputs.unwrap_or_default()
            }
            What::Leaf(_) => Vec::new(),
        };
        let nodes = edges.into_iter().map(|edge| of_edge(py, edge.acquire())).collect::<PyResult<Vec<_>>>()?;
        PyTuple::new(py, nodes)
    }

    /// For the node of a leaf, the leaf; other nodes have no such attribute.
    #[getter]
    fn variable(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match &self.what {
            What::Leaf(leaf) => wrap(py, leaf.clone()),
            What::Op { .. } => Err(PyAttributeError::new_err(format!("{:?} object has no attribute 'variable'", self.name))),
        }
    }

    /// Calls `hook(grad_inputs, grad_outputs)` after the node's rule ran.
    #[pyo3(signature = (r#fn))]
    fn register_hook(&self, py: Python<'_>, r#fn: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        match &self.what {
            What::Op { node, .. } => hooks::on_node(py, node.handle(), r#fn, false),
            What::Leaf(leaf) => hooks::on_leaf(py, leaf, r#fn, When::After),
        }
    }

    /// Calls `hook(grad_outputs)` before the node's rule runs.
    #[pyo3(signature = (r#fn))]
    fn register_prehook(&self, py: Python<'_>, r#fn: Py<PyAny>) -> Outcome<Py<PyHandle>> {
        match &self.what {
            What::Op { node, .. } => hooks::on_node(py, node.handle(), r#fn, true),
            What::Leaf(leaf) => hooks::on_leaf(py, leaf, r#fn, When::Before),
        }
    }

    /// The gradients of the inputs by those of the outputs, without hooks. A leaf's adds its gradient up.
    #[pyo3(signature = (*gradients))]
    fn __call__(&self, py: Python<'_>, gradients: &Bound<'_, PyTuple>) -> Outcome<Py<PyAny>> {
        if let What::Op { function: Some(_), .. } = &self.what {
            return Err(type_error(format!("'{}' object is not callable", self.short_name())));
        }
        let gradients = gradients_of(gradients)?;
        let results = match &self.what {
            What::Op { node, .. } => engine::call(node.handle(), gradients)?,
            What::Leaf(leaf) => {
                if let Some(gradient) = gradients.into_iter().next().flatten() {
                    engine::accumulate(leaf, gradient, is_enabled())?;
                }
                return Ok(PyTuple::empty(py).into_any().unbind());
            }
        };
        let objects = results.into_iter().map(|result| result.map(|tensor| wrap(py, tensor)).transpose());
        let objects = objects.collect::<PyResult<Vec<_>>>()?;
        match &objects[..] {
            [only] => Ok(only.into_py_any(py)?),
            _ => Ok(PyTuple::new(py, objects)?.into_any().unbind()),
        }
    }

    /// A dict for notes on the node, which lives as long as the node.
    #[getter]
    fn metadata(&self, py: Python<'_>) -> Outcome<Py<PyAny>> {
        match &self.what {
            What::Op { node, .. } => hooks::metadata(py, node.handle().id()),
            What::Leaf(leaf) => hooks::leaf_metadata(py, leaf),
        }
    }

    /// What its rule saved (`_saved_self`, `_raw_saved_self`); for a custom function, whatever its context has.
    fn __getattr__<'py>(slf: &Bound<'py, Self>, name: &str) -> Outcome<Bound<'py, PyAny>> {
        let py = slf.py();
        let found = match &slf.get().what {
            What::Op { function: Some([_, _, context]), .. } => attributes::of_context(context.bind(py), name)?,
            What::Op { node, .. } => attributes::of_node(py, node.handle(), slf.get().name, name)?,
            What::Leaf(_) => None,
        };
        match found {
            Some(value) => Ok(value),
            None => {
                let class = slf.get().short_name();
                Err(PyAttributeError::new_err(format!("'{class}' object has no attribute '{name}'")).into())
            }
        }
    }

    fn __dir__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let names = py.get_type::<PyAny>().call_method1("__dir__", (slf,))?;
        let own = match &slf.get().what {
            What::Op { function: Some(_), .. } => vec!["saved_tensors".to_owned(), "_raw_saved_tensors".to_owned()],
            What::Op { node, .. } => attributes::names(node.handle()),
            What::Leaf(_) => Vec::new(),
        };
        names.call_method1("extend", (own,))?;
        Ok(names)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.what {
            What::Op { node, function } => {
                function.iter().flatten().try_for_each(|object| visit.call(object))?;
                garbage::of_node(node, &visit)
            }
            What::Leaf(leaf) => garbage::of_tensor(leaf, &visit),
        }
    }

    fn __repr__(slf: &Bound<'_, Self>) -> String {
        let name = slf.get().short_name();
        format!("<{name} object at {:#x}>", slf.as_ptr() as usize)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyNode>().is_ok_and(|other| match (&self.what, &other.get().what) {
            (What::Op { node: a, .. }, What::Op { node: b, .. }) => a == b,
            (What::Leaf(a), What::Leaf(b)) => a.is(b),
            _ => false,
        })
    }

    fn __hash__(&self) -> u64 {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        match &self.what {
            What::Op { node, .. } => node.hash(&mut hasher),
            What::Leaf(leaf) => leaf.id().hash(&mut hasher),
        }
        hasher.finish()
    }
}
