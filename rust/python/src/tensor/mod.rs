//! `torch.Tensor`: the Python object around a tensor of the core.

mod convert;
pub(crate) mod legacy;
#[allow(unsafe_op_in_unsafe_fn, reason = "what #[pymethods] generates inside operators! is judged as written here")]
mod number;
mod properties;

use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::refusals;
use ferrotorch_core::ops;
use ferrotorch_core::shape::Shape;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use pyo3::{PyTraverseError, PyVisit};

use crate::autograd::garbage;
use crate::batching::{Levels, levels, tensors};
use crate::errors::{Outcome, from_core};
#[cfg(not(Py_GIL_DISABLED))]
use crate::ffi::owner::recycle;
use crate::ffi::{owner, plain};
use crate::opaque;

/// A multi-dimensional array of numbers that can record what is done to it.
#[pyclass(frozen, subclass, dict, weakref, name = "Tensor", module = "ferrotorch")]
pub(crate) struct PyTensor {
    tensor: Tensor,
    /// Address of this object once it is known to stand for the tensor.
    address: AtomicPtr<c_void>,
    /// The `vmap`s that it is a sample of: for each it hides one of the tensor's leading dimensions.
    levels: Levels,
}

impl Drop for PyTensor {
    fn drop(&mut self) {
        if !self.levels.is_none() {
            levels::discount_tensor();
        }
        owner::release(&self.tensor, self.address.load(Ordering::Acquire));
    }
}

impl PyTensor {
    pub(crate) fn of(tensor: Tensor) -> PyTensor {
        PyTensor { tensor, address: AtomicPtr::default(), levels: Levels::NONE }
    }

    /// A tensor that hides dimensions.
    fn batched(tensor: Tensor, levels: Levels) -> PyTensor {
        levels::count_tensor();
        PyTensor { tensor, address: AtomicPtr::default(), levels }
    }

    /// The levels by which it is batched.
    #[inline]
    pub(crate) fn levels(&self) -> Levels {
        self.levels
    }

    /// The levels by which an object is batched: none, unless it is a tensor.
    #[inline]
    pub(crate) fn levels_of(object: &Bound<'_, PyAny>) -> Levels {
        object.cast::<PyTensor>().map_or(Levels::NONE, |tensor| tensor.get().levels)
    }

    /// Number of dimensions that it hides.
    pub(crate) fn hidden(&self) -> usize {
        self.levels.count()
    }

    /// Sizes of the dimensions that it does not hide.
    pub(crate) fn shown_shape(&self) -> Shape {
        let shape = self.tensor.shape();
        if self.levels.is_none() { shape } else { Shape::from_slice(&shape[self.hidden()..]) }
    }

    /// The object of a tensor that is made of this one, and hides the same dimensions.
    #[inline]
    pub(crate) fn show(&self, py: Python<'_>, tensor: Tensor) -> PyResult<Py<PyAny>> {
        if self.levels.is_none() { wrap(py, tensor) } else { tensors::show(py, tensor, self.levels) }
    }

    /// Makes `object` the one object of its tensor.
    fn adopt(object: &Bound<'_, PyTensor>) {
        let this = object.get();
        this.address.store(object.as_ptr().cast(), Ordering::Release);
        owner::adopt(&this.tensor, object.as_any());
    }

    /// The core's tensor.
    pub(crate) fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    /// Is the object a tensor?
    pub(crate) fn check(object: &Bound<'_, PyAny>) -> bool {
        object.cast_exact::<PyTensor>().is_ok() || object.is_instance_of::<PyTensor>()
    }

    /// The core's tensor behind an object, if it is a tensor. The exact type is asked for first.
    #[inline]
    pub(crate) fn get<'o>(object: &'o Bound<'_, PyAny>) -> Option<&'o Tensor> {
        if let Ok(tensor) = object.cast_exact::<PyTensor>() {
            return Some(&tensor.get().tensor);
        }
        match object.cast::<PyTensor>() {
            Ok(tensor) => Some(&tensor.get().tensor),
            Err(_) => None,
        }
    }
}

/// The object of a tensor: the one that it has, or a new one of the base type.
pub(crate) fn wrap(py: Python<'_>, tensor: Tensor) -> PyResult<Py<PyAny>> {
    // A view cannot fail where it takes its place in the graph.
    refusals::raise().map_err(from_core)?;
    if let Some(object) = owner::find(py, &tensor) {
        return Ok(object.unbind());
    }
    if tensor.is_opaque() {
        return Ok(opaque::object(py, tensor)?.unbind());
    }
    Ok(new_object(py, tensor)?.unbind())
}

/// A new object of the base type for a tensor that has none.
pub(crate) fn new_object(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyAny>> {
    let object = object_of(py, tensor)?;
    PyTensor::adopt(&object);
    Ok(object.into_any())
}

/// The object of a tensor that hides the first of its dimensions; the one that it has is given back as it is.
pub(crate) fn wrap_batched(py: Python<'_>, tensor: Tensor, levels: Levels) -> PyResult<Py<PyAny>> {
    if let Some(object) = owner::find(py, &tensor) {
        return Ok(object.unbind());
    }
    let object = Bound::new(py, PyTensor::batched(tensor, levels))?;
    PyTensor::adopt(&object);
    Ok(object.into_any().unbind())
}

/// An object around a tensor: one that is used again, or a new one.
#[cfg(not(Py_GIL_DISABLED))]
fn object_of(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyTensor>> {
    let tensor = match recycle::revive(py, tensor) {
        Ok(object) => return Ok(object),
        Err(tensor) => tensor,
    };
    let object = Bound::new(py, PyTensor::of(tensor))?;
    recycle::learn(&object);
    Ok(object)
}

#[cfg(Py_GIL_DISABLED)]
fn object_of(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyTensor>> {
    Bound::new(py, PyTensor::of(tensor))
}

/// The same data, with its history, as an instance of a subclass.
pub(crate) fn subclassed<'py>(tensor: &Bound<'py, PyTensor>, class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyTensor>> {
    instance(class, ops::view::alias(tensor.get().tensor()))
}

/// An instance of `class` around a tensor that has no object yet.
fn instance<'py>(class: &Bound<'py, PyType>, tensor: Tensor) -> PyResult<Bound<'py, PyTensor>> {
    let py = class.py();
    if !class.is_subclass_of::<PyTensor>()? {
        return Err(PyRuntimeError::new_err(
            "Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your class \
             inherits from Tensor.",
        ));
    }
    let object = wrap(py, tensor)?.into_bound(py);
    if class.is(py.get_type::<PyTensor>()) {
        return Ok(object.cast_into()?);
    }
    let carrier = match plain::reclassify(object, class, 1) {
        Ok(object) => return Ok(object.cast_into()?),
        Err(carrier) => carrier,
    };
    // Classes with fields of their own need other memory. `Tensor.__new__` with a tensor makes a view of it.
    let object = py.get_type::<PyTensor>().call_method1("__new__", (class, carrier))?.cast_into::<PyTensor>()?;
    PyTensor::adopt(&object);
    Ok(object)
}

#[pymethods]
impl PyTensor {
    /// The legacy constructor: `Tensor(2, 3)`, `Tensor([1, 2])`, `Tensor(ndarray)`, `Tensor(tensor)`; float32 by default.
    #[new]
    #[pyo3(signature = (*args, **kwargs))]
    fn new(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> Outcome<PyTensor> {
        Ok(PyTensor::of(legacy::tensor("Tensor", args, kwargs, ferrotorch_core::promote::default_dtype(), false)?))
    }

    #[pyo3(signature = (*_args, **_kwargs))]
    fn __init__(slf: &Bound<'_, Self>, _args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) {
        PyTensor::adopt(slf);
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        // An object is known to the collector before it has contents: making its `__dict__` may start a collection. Until
        // it is adopted its memory is zeros, of which nothing but the address may be looked at.
        if self.address.load(Ordering::Acquire).is_null() {
            return Ok(());
        }
        garbage::of_tensor(&self.tensor, &visit)
    }

    /// Called when the last reference goes (`__del__`): the object stays if the tensor has other holders.
    fn _outlive(slf: &Bound<'_, Self>) {
        owner::outlive(slf);
    }

    fn __clear__(&self) {
        if self.tensor.handles() == 1 {
            self.tensor.unlink();
            drop(self.tensor.release_kept());
        }
    }

    /// An instance of a subclass that shares the data of a tensor, without its history. The keywords, by which PyTorch asks the
    /// class for sizes, strides, device and layout, change nothing: the memory answers.
    #[staticmethod]
    #[pyo3(signature = (cls, data, require_grad = false, **_asks))]
    fn _make_subclass<'py>(
        cls: &Bound<'py, PyType>,
        data: &Bound<'py, PyTensor>,
        require_grad: bool,
        _asks: Option<&Bound<'py, PyDict>>,
    ) -> Outcome<Bound<'py, PyTensor>> {
        let object = instance(cls, data.get().tensor.detach())?;
        object.get().tensor.set_requires_grad(require_grad)?;
        Ok(object)
    }

    /// The same data, with its history, as an instance of a subclass.
    fn as_subclass<'py>(slf: &Bound<'py, Self>, cls: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyTensor>> {
        subclassed(slf, cls)
    }
}
