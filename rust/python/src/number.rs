//! Python's numbers, NumPy's included, as the core's scalars.

use ferrotorch_core::{Scalar, Tensor};
use num_complex::Complex;
use pyo3::exceptions::PyOverflowError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyComplex, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

use crate::batching::gate::value_needed;
use crate::errors::{Failure, Outcome, type_error, value_error};
use crate::ffi::plain;
use crate::tensor::PyTensor;

/// A Python number, or one of NumPy's?
pub(crate) fn is_number(object: &Bound<'_, PyAny>) -> bool {
    object.is_exact_instance_of::<PyFloat>()
        || object.is_instance_of::<PyInt>()
        || object.is_instance_of::<PyFloat>()
        || object.is_instance_of::<PyComplex>()
        || is_numpy_number(object)
}

/// A complex number of Python's or NumPy's?
pub(crate) fn is_complex(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyComplex>() || numpy_kind(object).is_some_and(|kind| kind == 'c')
}

/// An instance of `numpy.generic`, found by the name of its type so that NumPy need not be loaded.
pub(crate) fn is_numpy_scalar(object: &Bound<'_, PyAny>) -> bool {
    let (py, class) = (object.py(), object.get_type());
    // The name of a class is looked up for few objects: subclasses of Python's numbers are among those of NumPy's.
    !is_certainly_other(object)
        && class.module().is_ok_and(|module| module == "numpy")
        && object.hasattr(intern!(py, "dtype")).unwrap_or(false)
        && !object.hasattr(intern!(py, "__setitem__")).unwrap_or(true)
}

/// Is it a tensor, a container of Python's or None?
fn is_certainly_other(object: &Bound<'_, PyAny>) -> bool {
    object.is_none()
        || object.is_exact_instance_of::<PyTuple>()
        || object.is_exact_instance_of::<PyList>()
        || object.is_exact_instance_of::<PyString>()
        || PyTensor::check(object)
}

/// The letter for the kind of a NumPy scalar's dtype: `b`, `i`, `u`, `f`, `c`, or one of those that are no numbers.
fn numpy_kind(object: &Bound<'_, PyAny>) -> Option<char> {
    if !is_numpy_scalar(object) {
        return None;
    }
    object.getattr("dtype").ok()?.getattr("kind").ok()?.extract().ok()
}

/// A number of NumPy's: no date, text or record.
fn is_numpy_number(object: &Bound<'_, PyAny>) -> bool {
    numpy_kind(object).is_some_and(|kind| "biufc".contains(kind))
}

/// NumPy's bool?
pub(crate) fn is_numpy_bool(object: &Bound<'_, PyAny>) -> bool {
    is_numpy_scalar(object) && object.get_type().name().is_ok_and(|name| name == "bool" || name == "bool_")
}

/// One of the Python types `bool`, `int`, `float`, `complex`, which stand for dtypes?
pub(crate) fn is_python_type(object: &Bound<'_, PyAny>) -> bool {
    let py = object.py();
    object.is_instance_of::<PyType>()
        && (object.is(py.get_type::<PyFloat>())
            || object.is(py.get_type::<PyInt>())
            || object.is(py.get_type::<PyBool>())
            || object.is(py.get_type::<PyComplex>()))
}

/// Has it `__index__`, and may it be used as an integer (tensors: only 0-dim integers)?
pub(crate) fn is_index(object: &Bound<'_, PyAny>) -> bool {
    match PyTensor::get(object) {
        Some(tensor) => tensor.dtype().is_integral() && (tensor.numel() == 1 || !PyTensor::levels_of(object).is_none()),
        None => plain::has_index(object),
    }
}

/// The number.
pub(crate) fn scalar(object: &Bound<'_, PyAny>) -> Outcome<Scalar> {
    match exact_scalar(object)? {
        Some(x) => Ok(x),
        None => other_scalar(object),
    }
}

/// A float, int, bool or complex; anything else is `None`.
#[inline]
pub(crate) fn exact_scalar(object: &Bound<'_, PyAny>) -> Outcome<Option<Scalar>> {
    if let Ok(x) = object.cast_exact::<PyFloat>() {
        return Ok(Some(Scalar::Float(x.value())));
    }
    if let Ok(x) = object.cast_exact::<PyInt>() {
        return Ok(Some(wide_int(x)?));
    }
    if let Ok(x) = object.cast_exact::<PyBool>() {
        return Ok(Some(Scalar::Bool(x.is_true())));
    }
    if let Ok(z) = object.cast_exact::<PyComplex>() {
        return Ok(Some(Scalar::Complex(z.extract::<Complex<f64>>()?)));
    }
    Ok(None)
}

/// Integers up to 2^64 are numbers of ops: masks such as 0xffffffffffffffff are written so. Others are Python's OverflowError.
fn wide_int(x: &Bound<'_, PyInt>) -> Outcome<Scalar> {
    match x.extract::<i64>() {
        Ok(i) => Ok(Scalar::Int(i)),
        Err(_) => Ok(Scalar::from(x.extract::<u64>()?)),
    }
}

#[cold]
fn other_scalar(object: &Bound<'_, PyAny>) -> Outcome<Scalar> {
    if let Some(tensor) = PyTensor::get(object) {
        check_value(object)?;
        return item(tensor);
    }
    if is_numpy_scalar(object) {
        let item = object.call_method0("item")?;
        return match exact_scalar(&item)? {
            Some(x) => Ok(x),
            // Long doubles have no Python number of their own.
            None if is_numpy_number(object) => Ok(Scalar::Float(item.extract()?)),
            None => Err(not_a_number(object)),
        };
    }
    if let Ok(x) = object.cast::<PyFloat>() {
        return Ok(Scalar::Float(x.value()));
    }
    if let Ok(x) = object.cast::<PyInt>() {
        return wide_int(x);
    }
    if let Ok(z) = object.cast::<PyComplex>() {
        return Ok(Scalar::Complex(z.extract::<Complex<f64>>()?));
    }
    Err(not_a_number(object))
}

#[cold]
fn not_a_number(object: &Bound<'_, PyAny>) -> Failure {
    type_error(format!("expected a number, got {}", object.get_type()))
}

/// The float that a Python or NumPy number is, integers of any size included.
pub(crate) fn float(object: &Bound<'_, PyAny>) -> Outcome<f64> {
    if let Ok(x) = object.cast::<PyInt>() {
        return Ok(x.extract()?);
    }
    match scalar(object)? {
        Scalar::Complex(_) => Err(type_error(format!("must be real number, not {}", object.get_type().name()?))),
        x => Ok(x.to_f64()),
    }
}

/// Refuses a batched tensor, which has a value for each sample.
fn check_value(object: &Bound<'_, PyAny>) -> Outcome<()> {
    if PyTensor::levels_of(object).is_none() { Ok(()) } else { Err(value_needed("item")) }
}

/// An integer: an int, or anything with `__index__`.
pub(crate) fn int(object: &Bound<'_, PyAny>) -> Outcome<i64> {
    let tensor = if object.is_exact_instance_of::<PyInt>() { None } else { PyTensor::get(object) };
    match tensor {
        Some(tensor) => {
            check_value(object)?;
            index_of(tensor)
        }
        None => object.extract().map_err(|error| too_large(object, error)),
    }
}

/// An integer as a bound of a slice: one beyond int64 is as good as the largest.
pub(crate) fn clipped_int(object: &Bound<'_, PyAny>) -> Outcome<i64> {
    match object.cast::<PyInt>() {
        Ok(x) => match x.extract::<i64>() {
            Ok(i) => Ok(i),
            Err(_) => Ok(if x.lt(0)? { i64::MIN } else { i64::MAX }),
        },
        Err(_) => int(object),
    }
}

/// PyTorch's word for an integer beyond int64.
#[cold]
fn too_large(object: &Bound<'_, PyAny>, error: PyErr) -> Failure {
    if error.is_instance_of::<PyOverflowError>(object.py()) { beyond_int64() } else { error.into() }
}

/// The error for an integer that int64 cannot hold, where nothing else will do.
#[cold]
pub(crate) fn beyond_int64() -> Failure {
    value_error("Overflow when unpacking long long")
}

/// A one-element integer tensor as an index.
pub(crate) fn index_of(tensor: &Tensor) -> Outcome<i64> {
    if !tensor.dtype().is_integral() || tensor.numel() != 1 {
        return Err(type_error("only integer tensors of a single element can be converted to an index"));
    }
    Ok(item(tensor)?.to_i64())
}

/// The single element of a tensor.
pub(crate) fn item(tensor: &Tensor) -> Outcome<Scalar> {
    Ok(tensor.item()?)
}

/// A default of a signature: whole numbers are integers, so that they do not raise the dtype of integer tensors.
pub(crate) fn from_default(x: f64) -> Scalar {
    if x.fract() == 0.0 { Scalar::Int(x as i64) } else { Scalar::Float(x) }
}

/// To Python.
#[inline]
pub(crate) fn to_python(py: Python<'_>, x: Scalar) -> PyResult<Py<PyAny>> {
    Ok(match x {
        Scalar::Bool(b) => PyBool::new(py, b).to_owned().into_any().unbind(),
        Scalar::Int(i) => i.into_pyobject(py)?.into_any().unbind(),
        Scalar::Unsigned(u) => u.into_pyobject(py)?.into_any().unbind(),
        Scalar::Float(x) => PyFloat::new(py, x).into_any().unbind(),
        Scalar::Complex(z) => PyComplex::from_doubles(py, z.re, z.im).into_any().unbind(),
    })
}
