//! `torch.dtype`: one object an element type.

use ferrotorch_core::DType;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt};

use crate::errors::{Outcome, runtime_error, type_error};

/// Element type of a tensor.
#[pyclass(frozen, name = "dtype", module = "ferrotorch")]
pub(crate) struct PyDtype(pub(crate) DType);

static SINGLETONS: PyOnceLock<Vec<Py<PyDtype>>> = PyOnceLock::new();

/// Other names of dtypes.
pub(crate) const ALIASES: [(&str, DType); 9] = [
    ("float", DType::Float32),
    ("double", DType::Float64),
    ("half", DType::Float16),
    ("int", DType::Int32),
    ("long", DType::Int64),
    ("short", DType::Int16),
    ("chalf", DType::Complex32),
    ("cfloat", DType::Complex64),
    ("cdouble", DType::Complex128),
];

/// The object of a dtype.
pub(crate) fn object(py: Python<'_>, dtype: DType) -> PyResult<Py<PyDtype>> {
    let make = || DType::ALL.iter().map(|&d| Py::new(py, PyDtype(d))).collect::<PyResult<Vec<_>>>();
    Ok(SINGLETONS.get_or_try_init(py, make)?[dtype as usize].clone_ref(py))
}

/// The dtype that an object names: a `torch.dtype`, or one of Python's number types, whose precision is that of Python's
/// numbers.
pub(crate) fn dtype_of(object: &Bound<'_, PyAny>) -> Outcome<DType> {
    if let Ok(dtype) = object.cast::<PyDtype>() {
        return Ok(dtype.get().0);
    }
    let py = object.py();
    if object.is(py.get_type::<PyFloat>()) {
        return Ok(DType::Float64);
    }
    if object.is(py.get_type::<PyBool>()) {
        return Ok(DType::Bool);
    }
    if object.is(py.get_type::<PyInt>()) {
        return Ok(DType::Int64);
    }
    if object.is(py.get_type::<PyComplex>()) {
        return Ok(DType::Complex128);
    }
    Err(type_error(format!("expected a torch.dtype, got {}", object.get_type())))
}

/// An argument that names a dtype.
pub(crate) struct AnyDtype(pub(crate) DType);

impl<'a, 'py> FromPyObject<'a, 'py> for AnyDtype {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        Ok(AnyDtype(dtype_of(&object)?))
    }
}

#[pymethods]
impl PyDtype {
    fn __repr__(&self) -> String {
        format!("torch.{}", self.0.name())
    }

    fn __reduce__(&self) -> &'static str {
        self.0.name()
    }

    /// A floating-point number?
    #[getter]
    fn is_floating_point(&self) -> bool {
        self.0.is_float()
    }

    /// A complex number?
    #[getter]
    fn is_complex(&self) -> bool {
        self.0.is_complex()
    }

    /// Can it hold negative numbers?
    #[getter]
    fn is_signed(&self) -> bool {
        self.0.is_signed()
    }

    /// Bytes an element takes.
    #[getter]
    fn itemsize(&self) -> usize {
        self.0.size()
    }

    /// The dtype of real and imaginary parts.
    fn to_real(&self, py: Python<'_>) -> PyResult<Py<PyDtype>> {
        object(py, self.0.real())
    }

    /// The complex dtype whose parts are of this one.
    fn to_complex(&self, py: Python<'_>) -> Outcome<Py<PyDtype>> {
        match self.0.complex() {
            Some(complex) => Ok(object(py, complex)?),
            None => Err(runtime_error(format!("Unknown Complex ScalarType for {}", self.0.legacy_name()))),
        }
    }
}
