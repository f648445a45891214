//! Tuples with a class of their own: `torch.Size` and the named results in `torch.return_types`.

use ferrotorch_core::Tensor;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyTuple, PyType};

use crate::tensor::wrap;

static SIZE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static RETURN_TYPES: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
static TUPLE_NEW: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

fn instance<'py>(class: &Bound<'py, PyAny>, items: Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let new = TUPLE_NEW.get_or_try_init(py, || py.get_type::<PyTuple>().getattr("__new__").map(Bound::unbind))?;
    new.bind(py).call1((class, items))
}

/// A `torch.Size`.
pub(crate) fn size<'py>(py: Python<'py>, shape: &[usize]) -> PyResult<Bound<'py, PyAny>> {
    let class = SIZE.get_or_try_init(py, || {
        Ok::<_, PyErr>(py.import("ferrotorch._size")?.getattr("Size")?.cast_into::<PyType>()?.unbind())
    })?;
    instance(class.bind(py), PyTuple::new(py, shape)?)
}

/// A result with named parts.
pub(crate) fn named<'py>(py: Python<'py>, name: &str, parts: impl IntoIterator<Item = Tensor>) -> PyResult<Bound<'py, PyAny>> {
    let parts = parts.into_iter().map(|tensor| wrap(py, tensor)).collect::<PyResult<Vec<_>>>()?;
    of_objects(py, name, PyTuple::new(py, parts)?)
}

/// A result with named parts, which are these objects.
pub(crate) fn of_objects<'py>(py: Python<'py>, name: &str, parts: Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
    let module = RETURN_TYPES.get_or_try_init(py, || py.import("ferrotorch.return_types").map(Bound::unbind))?;
    instance(&module.bind(py).getattr(name)?, parts)
}
