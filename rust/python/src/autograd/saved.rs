//! Saved tensors as Python sees them, and Python functions through which they go.

use std::sync::{Arc, Weak};

use ferrotorch_core::autograd::arena::{self, NodeHandle};
use ferrotorch_core::autograd::engine::walked_twice;
use ferrotorch_core::autograd::saved::{Asker, SavedTensor};
use ferrotorch_core::autograd::saved_hooks::{self, SavedHooks};
use ferrotorch_core::autograd::{Backward, Kept};
use ferrotorch_core::tensor::Foreign;
use ferrotorch_core::{Error, Result, Tensor};
use pyo3::prelude::*;

use crate::errors::{Outcome, foreign, runtime_error};
use crate::ffi::attach::in_callback;
use crate::parser::type_name;
use crate::tensor::{PyTensor, wrap};

struct PyHooks {
    pack: Py<PyAny>,
    unpack: Py<PyAny>,
}

impl SavedHooks for PyHooks {
    fn pack(&self, tensor: &Tensor) -> Result<Foreign> {
        in_callback(|py| {
            let tensor = wrap(py, tensor.clone()).map_err(foreign)?;
            Ok(Box::new(self.pack.call1(py, (tensor,)).map_err(foreign)?) as Foreign)
        })
    }

    fn unpack(&self, packed: &Foreign) -> Result<Tensor> {
        in_callback(|py| {
            let Some(packed) = packed.downcast_ref::<Py<PyAny>>() else {
                return Err(Error::runtime("a saved tensor was packed by someone else"));
            };
            let tensor = self.unpack.call1(py, (packed,)).map_err(foreign)?;
            let tensor = tensor.bind(py);
            PyTensor::get(tensor).cloned().ok_or_else(|| {
                Error::type_(format!(
                    "Output of saved tensor unpack_hook expected to be a Tensor but got result of type {}",
                    type_name(tensor)
                ))
            })
        })
    }
}

/// Sends what is saved on this thread through two functions until [`_pop_saved_tensors_hooks`].
#[pyfunction]
pub(crate) fn _push_saved_tensors_hooks(pack: Py<PyAny>, unpack: Py<PyAny>) {
    saved_hooks::push(Arc::new(PyHooks { pack, unpack }));
}

/// Ends what the last [`_push_saved_tensors_hooks`] began.
#[pyfunction]
pub(crate) fn _pop_saved_tensors_hooks() {
    drop(saved_hooks::pop());
}

/// Do saved tensors go through functions on this thread?
#[pyfunction]
pub(crate) fn _any_saved_tensors_hooks() -> bool {
    saved_hooks::any()
}

/// A tensor that is kept for backward.
#[pyclass(frozen, name = "SavedTensor", module = "ferrotorch._C")]
pub(crate) struct PySaved {
    place: Place,
    asker: Asker,
}

enum Place {
    /// One of those that the rule of a node keeps, while it does; the node lives as long as no walk takes it.
    Rule {
        rule: Weak<dyn Backward>,
        index: usize,
        _node: Option<NodeHandle>,
    },
    Alone(SavedTensor),
}

impl PySaved {
    pub(crate) fn of_rule(rule: &Arc<dyn Backward>, index: usize, asker: Asker) -> PySaved {
        let place = Place::Rule { rule: Arc::downgrade(rule), index, _node: asker.node().map(arena::acquire) };
        PySaved { place, asker }
    }

    /// Looks at the saved tensor; `None` if it has been freed.
    fn with<R>(&self, look: impl FnOnce(&SavedTensor) -> R) -> Option<R> {
        match &self.place {
            Place::Alone(saved) => Some(look(saved)),
            Place::Rule { rule, index, .. } => with_saved(&*rule.upgrade()?, *index, look),
        }
    }
}

/// Looks at the tensor that a rule keeps as number `index`.
fn with_saved<R>(rule: &dyn Backward, index: usize, look: impl FnOnce(&SavedTensor) -> R) -> Option<R> {
    let (mut number, mut look, mut seen) = (0, Some(look), None);
    rule.saved(&mut |_, kept| {
        if let (true, Kept::Tensor(saved) | Kept::Item(saved)) = (number == index, kept)
            && let Some(look) = look.take()
        {
            seen = Some(look(saved));
        }
        number += 1;
    });
    seen
}

#[pymethods]
impl PySaved {
    /// Sends the tensor through two functions: what `pack_hook` makes of it is kept in its place.
    fn register_hooks(&self, pack_hook: Py<PyAny>, unpack_hook: Py<PyAny>) -> Outcome<()> {
        let hooks = Arc::new(PyHooks { pack: pack_hook, unpack: unpack_hook });
        match self.with(|saved| saved.register_hooks(hooks)) {
            Some(outcome) => Ok(outcome?),
            None => Err(runtime_error(
                "Calling register_hooks on a saved tensor after it has been freed. Saved intermediate values of the graph are \
                 freed when you call .backward() or autograd.grad(). Specify retain_graph=True if you need to backward through \
                 the graph a second time or if you need to access saved variables after calling backward.",
            )),
        }
    }

    /// The tensor, or None where none was saved.
    pub(crate) fn unpack(&self, py: Python<'_>) -> Outcome<Option<Py<PyAny>>> {
        let Some(tensor) = self.with(|saved| saved.fetch(&self.asker)) else { return Err(walked_twice().into()) };
        Ok(tensor?.map(|tensor| wrap(py, tensor)).transpose()?)
    }
}

/// Keeps a tensor on its own for a checkpoint, by way of the functions in force.
#[pyfunction]
pub(crate) fn _save_tensor(tensor: &Bound<'_, PyTensor>) -> Outcome<PySaved> {
    let asker = Asker::of(None, "checkpoint");
    Ok(PySaved { place: Place::Alone(SavedTensor::alone(tensor.get().tensor())?), asker })
}
