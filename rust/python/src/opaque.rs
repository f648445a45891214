//! Opaque tensors in Python: their handle is a Python object, which knows what they consist of.
//!
//! A handle has a `tensor_class`, the subclass of `Tensor` that its tensors are instances of. Calls with such tensors, and with
//! those of classes that have a `__torch_dispatch__`, go to `ferrotorch._opaque`, below overrides and autocasting; what that
//! declines goes through to the core.

use ferrotorch_core::opaque::{Handle, set_sum};
use ferrotorch_core::{Result, Tensor};
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::errors::foreign;
use crate::ffi::attach::in_callback;
use crate::ffi::op_type::Arguments;
use crate::ffi::plain;
use crate::intercept::modes;
use crate::intercept::target::{Style, Target};
use crate::objects::device::PyDevice;
use crate::objects::dtype::PyDtype;
use crate::tensor::{PyTensor, new_object, wrap};

const HOME: &str = "ferrotorch._opaque";

/// A tensor that consists of what a handle knows.
#[pyfunction]
fn _opaque_tensor(
    py: Python<'_>,
    handle: Py<PyAny>,
    shape: Vec<usize>,
    dtype: &Bound<'_, PyDtype>,
    device: &Bound<'_, PyDevice>,
) -> PyResult<Py<PyAny>> {
    let handle: Handle = Box::new(handle);
    wrap(py, Tensor::opaque(&shape, dtype.get().0, device.get().0, handle))
}

/// The handle of an opaque tensor; None for what is no such tensor.
#[pyfunction]
fn _opaque_handle<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    handle(object.py(), PyTensor::get(object)?)
}

/// Is it a tensor of a class with a `__torch_dispatch__` that is to be asked?
#[pyfunction]
fn _has_torch_dispatch(object: &Bound<'_, PyAny>) -> bool {
    modes::switches().dispatch && plain::own_dispatch(object)
}

fn handle<'py>(py: Python<'py>, tensor: &Tensor) -> Option<Bound<'py, PyAny>> {
    tensor.with_handle(|handle| handle.downcast_ref::<Py<PyAny>>().map(|object| object.bind(py).clone())).flatten()
}

/// A new object for an opaque tensor, of the class that its handle names.
pub(crate) fn object(py: Python<'_>, tensor: Tensor) -> PyResult<Bound<'_, PyAny>> {
    let Some(handle) = handle(py, &tensor) else {
        return Err(PyRuntimeError::new_err("an opaque tensor has no handle from Python"));
    };
    let class = handle.getattr(intern!(py, "tensor_class"))?.cast_into::<PyType>()?;
    plain::reclassify(new_object(py, tensor)?, &class, 1)
        .map_err(|_| PyRuntimeError::new_err(format!("a tensor cannot become an instance of {class}")))
}

/// The answer of those who compute with opaque tensors, if there are any among the arguments and they do not decline; or of
/// classes with a `__torch_dispatch__`.
pub(crate) fn call<'py>(args: Arguments<'_, 'py>, target: &Target<'_>) -> Option<PyResult<Py<PyAny>>> {
    let is_asked = if modes::switches().dispatch { plain::dispatches } else { plain::is_opaque };
    let is_or_has = |object: &Bound<'py, PyAny>| is_asked(object) || plain::items(object).any(|item| is_asked(&item));
    let is_among =
        (0..args.len()).any(|i| is_or_has(&args.get(i))) || (0..args.keywords()).any(|i| is_or_has(&args.keyword(i).1));
    if is_among { ask(args, target).transpose() } else { None }
}

fn ask<'py>(args: Arguments<'_, 'py>, target: &Target<'_>) -> PyResult<Option<Py<PyAny>>> {
    let py = args.python();
    let positional = PyTuple::new(py, (0..args.len()).map(|i| args.get(i)))?;
    let keywords = PyDict::new(py);
    for i in 0..args.keywords() {
        let (name, value) = args.keyword(i);
        keywords.set_item(name, value)?;
    }
    let is_composed = target.style == Style::Composed;
    let call = py.import(intern!(py, HOME))?.getattr(intern!(py, "call"))?;
    let answer = call.call1((target.name(), is_composed, positional, keywords))?;
    Ok((!answer.is(py.NotImplemented())).then(|| answer.unbind()))
}

/// Sums of gradients.
fn sum(sum: Option<&Tensor>, grad: &Tensor, in_place: bool) -> Result<Tensor> {
    in_callback(|py| {
        let sum = sum.map(|sum| wrap(py, sum.clone())).transpose().map_err(foreign)?;
        let grad = wrap(py, grad.clone()).map_err(foreign)?;
        let add = py.import(intern!(py, HOME)).and_then(|home| home.getattr(intern!(py, "sum_of_gradients")));
        let result = add.and_then(|add| add.call1((sum, grad, in_place))).map_err(foreign)?;
        Ok(result.cast::<PyTensor>().map_err(|error| foreign(error.into()))?.get().tensor().clone())
    })
}

/// Adds what Python needs to the module.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    set_sum(sum);
    module.add_function(wrap_pyfunction!(_opaque_tensor, module)?)?;
    module.add_function(wrap_pyfunction!(_has_torch_dispatch, module)?)?;
    module.add_function(wrap_pyfunction!(_opaque_handle, module)?)
}
