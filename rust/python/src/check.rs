//! What functions written in Python ask of the values of tensors.

use ferrotorch_core::error::Class;
use ferrotorch_core::ops::check;
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::errors::{Outcome, type_error};
use crate::tensor::PyTensor;

/// Raises `error` (RuntimeError, ValueError or IndexError) unless all elements of a bool tensor are true: at once on the
/// host, at the next read on a GPU, never where tensors have no elements.
#[pyfunction]
pub(crate) fn _require_all(
    py: Python<'_>,
    condition: &Bound<'_, PyTensor>,
    text: &str,
    error: &Bound<'_, PyType>,
) -> Outcome<()> {
    let classes = [
        (py.get_type::<PyRuntimeError>(), Class::Runtime),
        (py.get_type::<PyValueError>(), Class::Value),
        (py.get_type::<PyIndexError>(), Class::Index),
    ];
    let Some((_, class)) = classes.into_iter().find(|(known, _)| known.is(error)) else {
        return Err(type_error(format!("_require_all(): no check raises {error}")));
    };
    let condition = condition.get().tensor();
    Ok(py.detach(|| check::require_all("check", condition, class, text))?)
}
