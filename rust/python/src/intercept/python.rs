//! Overrides as Python sees them: the private functions and classes that `torch.overrides` is made of.

use parking_lot::Mutex;
use pyo3::exceptions::{PyIndexError, PyRuntimeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::autocast;
use super::modes::{self, Switches};
use crate::ffi::{members, overridable, plain, slots};
use crate::tensor::PyTensor;

/// A context in which overrides are on or off.
#[pyclass(frozen, subclass, name = "_OverrideSwitch", module = "ferrotorch._C")]
pub(crate) struct PySwitch {
    /// What to set; None leaves a switch as it is.
    subclasses: bool,
    modes: Option<bool>,
    before: Mutex<Vec<Switches>>,
}

impl PySwitch {
    fn new(subclasses: bool, modes: Option<bool>) -> PySwitch {
        PySwitch { subclasses, modes, before: Mutex::default() }
    }
}

#[pymethods]
impl PySwitch {
    fn __enter__(&self) {
        let now = modes::switches();
        let to = Switches { subclasses: self.subclasses, modes: self.modes.unwrap_or(now.modes), ..now };
        self.before.lock().push(modes::switch(to));
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        if let Some(before) = self.before.lock().pop() {
            modes::switch(before);
        }
    }
}

/// A context in which nothing is overridden.
#[pyclass(frozen, extends = PySwitch, name = "DisableTorchFunction", module = "ferrotorch._C")]
pub(crate) struct PyDisable;

#[pymethods]
impl PyDisable {
    #[new]
    fn new() -> PyClassInitializer<Self> {
        PyClassInitializer::from(PySwitch::new(false, Some(false))).add_subclass(PyDisable)
    }
}

/// A context in which only modes override.
#[pyclass(frozen, extends = PySwitch, name = "DisableTorchFunctionSubclass", module = "ferrotorch._C")]
pub(crate) struct PyDisableSubclass;

#[pymethods]
impl PyDisableSubclass {
    #[new]
    fn new() -> PyClassInitializer<Self> {
        PyClassInitializer::from(PySwitch::new(false, None)).add_subclass(PyDisableSubclass)
    }
}

/// While the object lives all overrides are on again.
#[pyclass(frozen, name = "_EnableTorchFunction", module = "ferrotorch._C")]
pub(crate) struct PyEnable {
    before: Switches,
}

#[pymethods]
impl PyEnable {
    #[new]
    fn new() -> Self {
        PyEnable { before: modes::switch(Switches { subclasses: true, modes: true, ..modes::switches() }) }
    }
}

impl Drop for PyEnable {
    fn drop(&mut self) {
        modes::switch(self.before);
    }
}

/// While the object lives, or within a `with` block of it, no class is asked by its `__torch_dispatch__`.
#[pyclass(frozen, name = "_DisableTorchDispatch", module = "ferrotorch._C")]
pub(crate) struct PyDisableDispatch {
    before: Mutex<Option<Switches>>,
}

#[pymethods]
impl PyDisableDispatch {
    #[new]
    fn new() -> Self {
        PyDisableDispatch { before: Mutex::new(Some(without_dispatch())) }
    }

    fn __enter__(&self) {}

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) {
        self.end();
    }
}

impl PyDisableDispatch {
    fn end(&self) {
        if let Some(before) = self.before.lock().take() {
            modes::switch(Switches { dispatch: before.dispatch, ..modes::switches() });
        }
    }
}

impl Drop for PyDisableDispatch {
    fn drop(&mut self) {
        self.end();
    }
}

/// Switches off what classes say by `__torch_dispatch__`; returns what was before.
fn without_dispatch() -> Switches {
    modes::switch(Switches { dispatch: false, ..modes::switches() })
}

/// What a class without a `__torch_dispatch__` has in its place: calls the function as on plain tensors.
#[pyfunction]
#[pyo3(signature = (func, types, args = None, kwargs = None))]
pub(crate) fn _disabled_torch_dispatch_impl<'py>(
    func: &Bound<'py, PyAny>,
    types: &Bound<'py, PyAny>,
    args: Option<Bound<'py, PyAny>>,
    kwargs: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = types;
    let py = func.py();
    let args = match args {
        Some(args) => PyTuple::new(py, args.try_iter()?.collect::<PyResult<Vec<_>>>()?)?,
        None => PyTuple::empty(py),
    };
    let before = without_dispatch();
    let done = without_subclasses(|| func.call(args, kwargs.as_ref()));
    modes::switch(before);
    done
}

/// Calls a function while no class overrides it.
fn without_subclasses<R>(work: impl FnOnce() -> R) -> R {
    let before = modes::switch(Switches { subclasses: false, ..modes::switches() });
    let done = work();
    modes::switch(before);
    done
}

/// What a class that overrides nothing has as its `__torch_function__`: calls the function.
#[pyfunction]
#[pyo3(signature = (func, types, args = None, kwargs = None))]
pub(crate) fn _disabled_torch_function_impl<'py>(
    func: &Bound<'py, PyAny>,
    types: &Bound<'py, PyAny>,
    args: Option<Bound<'py, PyTuple>>,
    kwargs: Option<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = types;
    let args = args.unwrap_or_else(|| PyTuple::empty(func.py()));
    without_subclasses(|| func.call(args, kwargs.as_ref()))
}

/// [`_disabled_torch_function_impl`], and its result as instances of `cls`, unless the function is among those whose result
/// stays as it is: what `Tensor.__torch_function__` does.
#[pyfunction]
pub(crate) fn _call_for_subclass<'py>(
    cls: &Bound<'py, PyType>,
    func: &Bound<'py, PyAny>,
    args: Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
    converts: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let result = without_subclasses(|| func.call(args, kwargs))?;
    if converts { super::convert::to_class(result, cls, 1) } else { Ok(result) }
}

/// An object, or the tensors in a list or tuple, as instances of a subclass of `Tensor`.
#[pyfunction]
pub(crate) fn _to_subclass<'py>(object: Bound<'py, PyAny>, cls: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    super::convert::to_class(object, cls, 0)
}

/// Enters a mode.
#[pyfunction]
pub(crate) fn _push_on_torch_function_stack(mode: Py<PyAny>) {
    modes::push(mode);
}

/// Leaves the innermost mode, and returns it.
#[pyfunction]
pub(crate) fn _pop_torch_function_stack() -> PyResult<Py<PyAny>> {
    modes::pop().ok_or_else(|| PyRuntimeError::new_err("trying to pop from empty mode stack"))
}

/// A mode by its place, the outermost first.
#[pyfunction]
pub(crate) fn _get_function_stack_at(py: Python<'_>, ind: usize) -> PyResult<Py<PyAny>> {
    modes::at(py, ind).ok_or_else(|| PyIndexError::new_err(format!("there is no mode number {ind}")))
}

/// Number of modes of this thread.
#[pyfunction]
pub(crate) fn _len_torch_function_stack() -> usize {
    modes::depth()
}

/// Is this thread in a mode that is on?
#[pyfunction]
pub(crate) fn _is_torch_function_mode_enabled() -> bool {
    modes::is_in_mode()
}

/// Do the classes of arguments override?
#[pyfunction]
pub(crate) fn _is_torch_function_enabled() -> bool {
    modes::switches().subclasses
}

/// Does nothing override?
#[pyfunction]
pub(crate) fn _is_torch_function_all_disabled() -> bool {
    let on = modes::switches();
    !on.subclasses && !on.modes
}

fn overrides(object: &Bound<'_, PyAny>) -> bool {
    modes::switches().subclasses && !plain::is_parameter(object) && plain::own_override(object).is_some()
}

/// Would one of the arguments, or a mode, override a function that is called with them?
#[pyfunction]
pub(crate) fn _has_torch_function(relevant_args: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut found = modes::is_in_mode();
    let items = relevant_args.try_iter().map_err(|_| PyTypeError::new_err("expected a sequence"))?;
    for object in items {
        found |= overrides(&object?);
    }
    Ok(found && !modes::skips())
}

/// As above, of one argument.
#[pyfunction]
pub(crate) fn _has_torch_function_unary(tensor: &Bound<'_, PyAny>) -> bool {
    (modes::is_in_mode() || overrides(tensor)) && !modes::skips()
}

/// As above, of the arguments of this call.
#[pyfunction]
#[pyo3(signature = (*args))]
pub(crate) fn _has_torch_function_variadic(args: &Bound<'_, PyTuple>) -> bool {
    (modes::is_in_mode() || args.iter().any(|object| overrides(&object))) && !modes::skips()
}

/// Calls a function past the override that is being asked; what it calls in turn is overridden.
#[pyfunction]
pub(crate) fn _skip_one_hop_torch_function<'py>(
    func: &Bound<'py, PyAny>,
    types: &Bound<'py, PyAny>,
    args: Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let _ = types;
    modes::skipping_once(|| func.call(args, kwargs))
}

/// Learns the class of parameters, whose instances override nothing.
#[pyfunction]
pub(crate) fn _set_parameter_class(cls: &Bound<'_, PyType>) {
    plain::set_parameter(cls);
}

/// Adds all of these to the module.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    module.add("_Overridable", overridable::class(py)?)?;
    module.add_class::<PySwitch>()?;
    module.add_class::<PyDisableDispatch>()?;
    for class in [py.get_type::<PyDisable>(), py.get_type::<PyDisableSubclass>(), py.get_type::<PyEnable>()] {
        module.add(class.name()?, class)?;
    }
    for function in [
        wrap_pyfunction!(_disabled_torch_function_impl, module)?,
        wrap_pyfunction!(_disabled_torch_dispatch_impl, module)?,
        wrap_pyfunction!(_call_for_subclass, module)?,
        wrap_pyfunction!(_to_subclass, module)?,
        wrap_pyfunction!(_push_on_torch_function_stack, module)?,
        wrap_pyfunction!(_pop_torch_function_stack, module)?,
        wrap_pyfunction!(_get_function_stack_at, module)?,
        wrap_pyfunction!(_len_torch_function_stack, module)?,
        wrap_pyfunction!(_is_torch_function_mode_enabled, module)?,
        wrap_pyfunction!(_is_torch_function_enabled, module)?,
        wrap_pyfunction!(_is_torch_function_all_disabled, module)?,
        wrap_pyfunction!(_has_torch_function, module)?,
        wrap_pyfunction!(_has_torch_function_unary, module)?,
        wrap_pyfunction!(_has_torch_function_variadic, module)?,
        wrap_pyfunction!(_skip_one_hop_torch_function, module)?,
        wrap_pyfunction!(_set_parameter_class, module)?,
        wrap_pyfunction!(autocast::_set_autocast_rules, module)?,
        wrap_pyfunction!(overridable::_overridable, module)?,
    ] {
        module.add_function(function)?;
    }
    let class = py.get_type::<PyTensor>();
    super::dispatch::add_to(module)?;
    let no_dispatch = module.getattr("_disabled_torch_dispatch_impl")?;
    plain::install(py, &module.getattr("_disabled_torch_function_impl")?, &no_dispatch);
    class.setattr("__torch_dispatch__", no_dispatch)?;
    for (name, modes_only) in [("tensor", true), ("as_tensor", true), ("frombuffer", true), ("result_type", false)] {
        let function = module.getattr(name)?;
        module.add(name, overridable::create(&function, &PyString::new(py, name), None, false, modes_only)?)?;
    }
    slots::install(&class)?;
    members::install(&class)
}
