//! From the core's errors to Python's exceptions, and back.

use ferrotorch_core::Error;
use ferrotorch_core::error::{Class, Kind};
use pyo3::exceptions::{PyIndexError, PyMemoryError, PyNotImplementedError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::{PyErr, create_exception};

create_exception!(ferrotorch, OutOfMemoryError, PyRuntimeError, "A device has no memory left for an allocation.");

create_exception!(
    torch._C,
    _LinAlgError,
    PyRuntimeError,
    "Error raised by torch.linalg functions for a matrix for which something cannot be computed, such as the inverse of a singular one."
);

create_exception!(ferrotorch, BatchingError, PyRuntimeError, "Something that `vmap` cannot do for all samples at once.");

/// Why a call was refused: by the core, or by Python code that ran on the way.
#[derive(Debug)]
pub(crate) enum Failure {
    Core(Error),
    Python(PyErr),
}

/// The result of whatever a Python program asked for.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Core(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Failure::Python(error)
    }
}

impl<'a, 'py> From<pyo3::CastError<'a, 'py>> for Failure {
    fn from(error: pyo3::CastError<'a, 'py>) -> Self {
        Failure::Python(error.into())
    }
}

impl<'py> From<pyo3::CastIntoError<'py>> for Failure {
    fn from(error: pyo3::CastIntoError<'py>) -> Self {
        Failure::Python(error.into())
    }
}

impl From<Failure> for PyErr {
    #[cold]
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Python(error) => error,
            Failure::Core(error) => from_core(error),
        }
    }
}

impl From<Failure> for Error {
    #[cold]
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Python(error) => Kind::Foreign(Box::new(error)).into(),
            Failure::Core(error) => error,
        }
    }
}

/// A Python exception on its way through the core.
#[cold]
pub(crate) fn foreign(error: PyErr) -> Error {
    Failure::Python(error).into()
}

/// The one place that knows which exception class a case becomes.
#[cold]
pub(crate) fn from_core(error: Error) -> PyErr {
    let (class, text) = (error.class(), error.to_string());
    if let Kind::Foreign(inner) = error.into_kind()
        && let Ok(error) = inner.downcast::<PyErr>()
    {
        return *error;
    }
    match class {
        Class::Runtime => PyRuntimeError::new_err(text),
        Class::Type => PyTypeError::new_err(text),
        Class::Value => PyValueError::new_err(text),
        Class::Index => PyIndexError::new_err(text),
        Class::Memory => PyMemoryError::new_err(text),
        Class::NotImplemented => PyNotImplementedError::new_err(text),
        Class::DeviceMemory => OutOfMemoryError::new_err(text),
        Class::LinAlg => _LinAlgError::new_err(text),
    }
}

/// A `TypeError`.
#[cold]
pub(crate) fn type_error(text: impl Into<String>) -> Failure {
    Failure::Python(PyTypeError::new_err(text.into()))
}

/// A `ValueError`.
#[cold]
pub(crate) fn value_error(text: impl Into<String>) -> Failure {
    Failure::Python(PyValueError::new_err(text.into()))
}

/// A refusal to run for all samples of a `vmap` at once.
#[cold]
pub(crate) fn batching_error(text: impl Into<String>) -> Failure {
    Failure::Python(BatchingError::new_err(text.into()))
}

/// A `RuntimeError`.
#[cold]
pub(crate) fn runtime_error(text: impl Into<String>) -> Failure {
    Failure::Python(PyRuntimeError::new_err(text.into()))
}
