//! What Python's collector of garbage is told of references that lie in the graph.

use std::any::Any;

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::arena::Observer;
use ferrotorch_core::autograd::reach;
use pyo3::prelude::*;
use pyo3::{PyTraverseError, PyVisit};

use super::function::PyRule;

/// Visits one thing that the core holds for us.
fn visit_one(visit: &PyVisit<'_>, held: &dyn Any) -> Result<(), PyTraverseError> {
    match (held.downcast_ref::<Py<PyAny>>(), held.downcast_ref::<PyRule>()) {
        (Some(object), _) => visit.call(object),
        (_, Some(rule)) => rule.objects().into_iter().try_for_each(|object| visit.call(object)),
        _ => Ok(()),
    }
}

/// Collects the results of visits; after the first that says stop, nothing more is visited.
fn visits(visit: &PyVisit<'_>, run: impl FnOnce(&mut dyn FnMut(&dyn Any))) -> Result<(), PyTraverseError> {
    let mut result = Ok(());
    run(&mut |held| {
        if result.is_ok() {
            result = visit_one(visit, held);
        }
    });
    result
}

/// Visits what a tensor's object alone keeps alive.
pub(crate) fn of_tensor(tensor: &Tensor, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
    if tensor.handles() != 1 {
        return Ok(());
    }
    visits(visit, |see| reach::from_tensor(tensor, see))
}

/// Visits what a node's object alone keeps alive.
pub(crate) fn of_node(node: &Observer, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
    visits(visit, |see| reach::from_node(node, see))
}
