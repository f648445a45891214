//! `ferrotorch._C._Overridable`: a Python function that asks for overrides before it runs.
//!
//! It stands in the place of the function, of which it has name, documentation, signature and every other attribute, and
//! binds to instances as a function does. A call with plain arguments goes on to the function without a further look. Where
//! the function is another one with what matters for recorded calls and for `out=` around it, all other calls go on to that one.

use std::ffi::{CStr, c_int, c_void};
use std::ptr::{self, NonNull};

use ferrotorch_core::{Tensor, autograd};
use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyString, PyType};

use super::attach::in_slot;
use super::op_type::{Arguments, create_function_type, into_raw};
use super::plain::{goes_through, items};
use crate::intercept::target::{Style, Target, What};
use crate::intercept::{self, is_watched};
use crate::tensor::PyTensor;

#[repr(C)]
struct Object {
    head: ffi::PyObject,
    vectorcall: Option<ffi::vectorcallfunc>,
    /// The function.
    function: *mut ffi::PyObject,
    /// What does the same where nothing is recorded and there is no `out=`, or null.
    unrecorded: *mut ffi::PyObject,
    /// The class that it is a method or attribute of, or None.
    class: *mut ffi::PyObject,
    name: *mut ffi::PyObject,
    style: Style,
    /// Is it what gets an attribute?
    is_getter: bool,
}

unsafe extern "C" fn vectorcall(
    object: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    nargsf: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this slot for instances of the type only, by the vectorcall protocol.
    unsafe {
        let this = object.cast::<Object>();
        let count =
            ffi::PyVectorcall_NARGS(nargsf) as usize + if names.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(names) as usize };
        let given = if count == 0 { &[] } else { std::slice::from_raw_parts(values, count) };
        let go_on = |function: *mut ffi::PyObject| match ffi::PyVectorcall_Function(function) {
            Some(call) => call(function, values, nargsf, names),
            None => ffi::PyObject_Vectorcall(function, values, nargsf, names),
        };
        let asked = if (*this).style == Style::ModesOnly { &[] } else { given };
        if !goes_through(asked) {
            return answer(object, values, nargsf, names).unwrap_or_else(|| go_on((*this).function));
        }
        let is_short = !(*this).unrecorded.is_null() && !has_out(names) && !is_recorded(given);
        go_on(if is_short { (*this).unrecorded } else { (*this).function })
    }
}

/// Is one of the keywords `out`?
///
/// # Safety
/// Null or a live tuple of strings; the thread is attached to the interpreter.
unsafe fn has_out(names: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let count = if names.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(names) };
        (0..count).any(|i| ffi::PyUnicode_CompareWithASCIIString(ffi::PyTuple_GET_ITEM(names, i), c"out".as_ptr()) == 0)
    }
}

/// Does a call with these arguments lead to nodes of a graph?
///
/// # Safety
/// Live objects; the thread is attached to the interpreter.
unsafe fn is_recorded(values: &[*mut ffi::PyObject]) -> bool {
    let requires_grad = |object: &Bound<'_, PyAny>| PyTensor::get(object).is_some_and(Tensor::requires_grad);
    // SAFETY: the caller's promise.
    let py = unsafe { Python::assume_attached() };
    autograd::is_enabled()
        && values.iter().any(|&value| {
            // SAFETY: the caller's promise.
            let object = unsafe { Bound::from_borrowed_ptr(py, value) };
            requires_grad(&object) || items(&object).any(|item| requires_grad(&item))
        })
}

/// The answer of an override, if there is one: a new reference, or null with an error.
///
/// # Safety
/// As for [`vectorcall`].
#[cold]
unsafe fn answer(
    object: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    nargsf: usize,
    names: *mut ffi::PyObject,
) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise; the fields were filled in when the object was made and stay.
    unsafe {
        in_slot(|py| {
            let this = &*object.cast::<Object>();
            let args = Arguments::new(py, object, values, nargsf, names);
            if args.are_plain() && !is_watched() {
                return None;
            }
            let name = Bound::from_borrowed_ptr(py, this.name).to_string();
            let in_messages = || full_name(&Bound::from_borrowed_ptr(py, object), &name);
            let what = if this.is_getter { What::Accessor(&name, "__get__") } else { What::Callable(&in_messages) };
            intercept::call(args, &Target { style: this.style, what }).map(|answer| into_raw(py, answer))
        })
    }
}

/// The name of a function with the module that PyTorch has it in.
fn full_name(object: &Bound<'_, PyAny>, name: &str) -> String {
    // SAFETY: an instance, whose fields are filled in.
    if unsafe { (*object.as_ptr().cast::<Object>()).class != ffi::Py_None() } {
        return format!("torch.Tensor.{name}");
    }
    let home = || -> PyResult<String> {
        let homes = object.py().import("ferrotorch._homes")?;
        homes.call_method1("home_in_pytorch", (object.getattr("__module__")?, name))?.extract()
    };
    format!("{}.{name}", home().unwrap_or_else(|_| "torch".to_owned()))
}

unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone; the fields hold references or, while the object is being made, null.
    unsafe {
        let class = ffi::Py_TYPE(object);
        let this = object.cast::<Object>();
        for field in [(*this).function, (*this).unrecorded, (*this).class, (*this).name] {
            ffi::Py_XDECREF(field);
        }
        ffi::PyObject_Free(object.cast());
        ffi::Py_DECREF(class.cast());
    }
}

unsafe extern "C" fn repr(object: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called for instances of the type only.
    unsafe { ffi::PyObject_Repr((*object.cast::<Object>()).function) }
}

/// Attributes: the few of the type itself, and all others of the function.
unsafe extern "C" fn get_attribute(object: *mut ffi::PyObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called for instances of the type only, attached, with a string.
    unsafe {
        in_slot(|py| {
            let this = &*object.cast::<Object>();
            let (function, name) = (Bound::from_borrowed_ptr(py, this.function), Bound::from_borrowed_ptr(py, name));
            let text = name.cast::<PyString>().ok().and_then(|name| name.to_str().ok()).unwrap_or_default();
            match text {
                "__wrapped__" => function.into_ptr(),
                "_modes_only" => PyBool::new(py, this.style == Style::ModesOnly).to_owned().into_ptr(),
                "__reduce__" | "__reduce_ex__" | "__class__" | "__call__" | "__get__" => {
                    ffi::PyObject_GenericGetAttr(object, name.as_ptr())
                }
                _ => into_raw(py, function.getattr(name.cast_into_unchecked::<PyString>()).map(Bound::unbind)),
            }
        })
    }
}

unsafe extern "C" fn set_attribute(object: *mut ffi::PyObject, name: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    // SAFETY: called for instances of the type only; without a value the attribute is deleted.
    unsafe { ffi::PyObject_SetAttr((*object.cast::<Object>()).function, name, value) }
}

/// For pickle: the name that the function's module has it under, or how the class is asked for it.
unsafe extern "C" fn reduce(object: *mut ffi::PyObject, _protocol: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: called for instances of the type only, attached.
    unsafe {
        in_slot(|py| {
            let this = &*object.cast::<Object>();
            let (class, name) = (Bound::from_borrowed_ptr(py, this.class), Bound::from_borrowed_ptr(py, this.name));
            if class.is_none() {
                return name.into_ptr();
            }
            let found = || -> PyResult<Py<PyAny>> {
                let getattr = py.import("builtins")?.getattr("getattr")?;
                Ok((getattr, (class, name)).into_pyobject(py)?.into_any().unbind())
            };
            into_raw(py, found())
        })
    }
}

fn methods() -> [ffi::PyMethodDef; 3] {
    let method = |name: &'static CStr, flags| ffi::PyMethodDef {
        ml_name: name.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: reduce },
        ml_flags: flags,
        ml_doc: ptr::null(),
    };
    [method(c"__reduce__", ffi::METH_NOARGS), method(c"__reduce_ex__", ffi::METH_O), ffi::PyMethodDef::zeroed()]
}

/// Makes the type; once per process.
fn create_type(py: Python<'_>) -> PyResult<Py<PyType>> {
    let layout = (std::mem::size_of::<Object>(), std::mem::offset_of!(Object, vectorcall));
    let slots = [
        (ffi::Py_tp_dealloc, dealloc as *mut c_void),
        (ffi::Py_tp_repr, repr as *mut c_void),
        (ffi::Py_tp_getattro, get_attribute as *mut c_void),
        (ffi::Py_tp_setattro, set_attribute as *mut c_void),
    ];
    // SAFETY: the functions are for instances of this layout, whose `vectorcall` is filled in by `create`.
    unsafe { create_function_type(py, c"ferrotorch._C._Overridable", layout, &slots, methods().to_vec()) }
}

static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();

/// The type.
pub(crate) fn class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    Ok(CLASS.get_or_try_init(py, || create_type(py))?.bind(py))
}

/// `function` as what asks for overrides first: as the function of that name, as the method of a class, or with `getter` as
/// what gets an attribute of it. `unrecorded` may stand for the function where nothing is recorded and there is no `out=`.
#[pyfunction]
#[pyo3(signature = (function, name, owner = None, *, getter = false, unrecorded = None))]
pub(crate) fn _overridable<'py>(
    function: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    owner: Option<&Bound<'py, PyType>>,
    getter: bool,
    unrecorded: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let object = create(function, name, owner, getter, false)?;
    if let Some(unrecorded) = unrecorded {
        // SAFETY: an object of this layout, which nobody else has seen.
        unsafe { (*object.as_ptr().cast::<Object>()).unrecorded = unrecorded.clone().into_ptr() };
    }
    Ok(object)
}

/// Makes such an object. With `modes_only` the arguments are data, and only modes are asked.
pub(crate) fn create<'py>(
    function: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    owner: Option<&Bound<'py, PyType>>,
    getter: bool,
    modes_only: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    if !function.is_callable() {
        return Err(PyRuntimeError::new_err(format!("{name} is not callable")));
    }
    let class = class(py)?;
    let owner = owner.map_or_else(|| py.None().into_bound(py), |owner| owner.clone().into_any());
    let style = if modes_only { Style::ModesOnly } else { Style::Composed };
    // SAFETY: `class` was made by `create_type`, so its instances have the layout of `Object`; all fields are filled in
    // before anyone else sees the object.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
        let Some(instance) = NonNull::new(object.cast::<Object>()) else { return Err(PyErr::fetch(py)) };
        let this = instance.as_ptr();
        (&raw mut (*this).vectorcall).write(Some(vectorcall));
        (&raw mut (*this).function).write(function.clone().into_ptr());
        (&raw mut (*this).unrecorded).write(ptr::null_mut());
        (&raw mut (*this).class).write(owner.into_ptr());
        (&raw mut (*this).name).write(name.clone().into_ptr());
        (&raw mut (*this).style).write(style);
        (&raw mut (*this).is_getter).write(getter);
        Ok(Bound::from_owned_ptr(py, object))
    }
}
