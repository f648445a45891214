//! The methods and attributes that the class `Tensor` has from Rust, each behind a function that asks for overrides
//! (`doors.rs`). The descriptors stay the interpreter's own.

use std::ffi::{CStr, c_int, c_void};
use std::mem::transmute;
use std::ptr;
use std::sync::OnceLock;

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};
use smallvec::SmallVec;

use super::doors::Behind;
use super::plain::{answer, goes_through};
use crate::intercept::target::{Style, Target, What};

/// Methods that are what overrides are made of.
const WITHOUT_OVERRIDES: [&str; 3] = ["as_subclass", "_outlive", "__del__"];
/// Attributes of that kind.
const BARE: [&str; 1] = ["__dict__"];

/// An attribute: the functions of its descriptor.
struct Attribute {
    name: &'static str,
    get: Option<ffi::getter>,
    set: Option<ffi::setter>,
    closure: *mut c_void,
}

unsafe extern "C" fn get(object: *mut ffi::PyObject, attribute: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: `put_before_attribute` made the closure, for a descriptor that calls this with an instance of the class.
    unsafe {
        let attribute = &*attribute.cast::<Attribute>();
        let go_on = || attribute.get.map_or(ptr::null_mut(), |get| get(object, attribute.closure));
        if goes_through(&[object]) {
            return go_on();
        }
        let target = Target { style: Style::Native, what: What::Accessor(attribute.name, "__get__") };
        answer(&target, &[object], ptr::null_mut()).unwrap_or_else(go_on)
    }
}

unsafe extern "C" fn set(object: *mut ffi::PyObject, value: *mut ffi::PyObject, attribute: *mut c_void) -> c_int {
    // SAFETY: as for `get`; without a value the attribute is to be deleted.
    unsafe {
        let attribute = &*attribute.cast::<Attribute>();
        let go_on = || attribute.set.map_or(-1, |set| set(object, value, attribute.closure));
        let (accessor, values) = match value.is_null() {
            true => ("__delete__", &[object, object][..1]),
            false => ("__set__", &[object, value][..]),
        };
        if goes_through(values) {
            return go_on();
        }
        let target = Target { style: Style::Native, what: What::Accessor(attribute.name, accessor) };
        let Some(object) = answer(&target, values, ptr::null_mut()) else { return go_on() };
        if object.is_null() {
            return -1;
        }
        ffi::Py_DECREF(object);
        0
    }
}

/// A method: its name, and the function that another was put before.
struct Method {
    name: OnceLock<&'static str>,
    behind: Behind,
}

/// Methods that the class may have from Rust, at most.
const ROOM: usize = 64;
static METHODS: [Method; ROOM] = [const { Method { name: OnceLock::new(), behind: Behind::nothing() } }; ROOM];

impl Method {
    fn target(&self) -> Target<'static> {
        Target::member(self.name.get().copied().unwrap_or_default())
    }
}

unsafe extern "C" fn without_arguments<const N: usize>(
    object: *mut ffi::PyObject,
    none: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the descriptor of a method without arguments, for an instance; what is behind it was its function.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::PyCFunction>(METHODS[N].behind.get())(object, none);
        if goes_through(&[object]) {
            return go_on();
        }
        answer(&METHODS[N].target(), &[object], ptr::null_mut()).unwrap_or_else(go_on)
    }
}

unsafe extern "C" fn with_arguments<const N: usize>(
    object: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    positional: ffi::Py_ssize_t,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: called by the descriptor of a method with arguments, by that protocol; what is behind it was its function.
    unsafe {
        let keywords = if names.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(names) };
        let go_on = || {
            transmute::<*mut c_void, ffi::PyCFunctionFastWithKeywords>(METHODS[N].behind.get())(object, values, positional, names)
        };
        let count = (positional + keywords) as usize;
        let given = if count == 0 { &[] } else { std::slice::from_raw_parts(values, count) };
        if goes_through(&[object]) && goes_through(given) {
            return go_on();
        }
        let all: SmallVec<[*mut ffi::PyObject; 8]> = std::iter::once(object).chain(given.iter().copied()).collect();
        answer(&METHODS[N].target(), &all, names).unwrap_or_else(go_on)
    }
}

/// The functions of a number, for the two ways in which methods are called.
struct Pair(ffi::PyCFunction, ffi::PyCFunctionFastWithKeywords);

macro_rules! numbered {
    ($($n:literal)*) => { [$(Pair(without_arguments::<$n>, with_arguments::<$n>)),*] };
}

static FUNCTIONS: [Pair; ROOM] = numbered! {
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
};

/// Puts the functions of number `n` before a method; false if the method is called in neither of the two ways.
///
/// # Safety
/// `descriptor` is a method descriptor of a class that nobody uses yet.
unsafe fn put_before_method(n: usize, descriptor: *mut ffi::PyMethodDescrObject) -> PyResult<bool> {
    const WITH_ARGUMENTS: c_int = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;
    let (Some(method), Some(Pair(without, with))) = (METHODS.get(n), FUNCTIONS.get(n)) else {
        return Err(PyRuntimeError::new_err("Tensor has more methods than ffi/members.rs has room for"));
    };
    // SAFETY: the caller's promise: the method's definition is memory that PyO3 made for the class and gave to it for ever.
    unsafe {
        let definition = &mut *(*descriptor).d_method;
        match definition.ml_flags {
            ffi::METH_NOARGS => {
                method.behind.set(definition.ml_meth.PyCFunction as *mut c_void);
                definition.ml_meth = ffi::PyMethodDefPointer { PyCFunction: *without };
            }
            WITH_ARGUMENTS => {
                method.behind.set(definition.ml_meth.PyCFunctionFastWithKeywords as *mut c_void);
                definition.ml_meth = ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: *with };
            }
            _ => return Ok(false),
        }
        let _ = method.name.set(text(definition.ml_name));
    }
    Ok(true)
}

/// Puts [`get`] and [`set`] before an attribute.
///
/// # Safety
/// `descriptor` is a getset descriptor of a class that nobody uses yet.
unsafe fn put_before_attribute(descriptor: *mut ffi::PyGetSetDescrObject) {
    // SAFETY: as for `put_before_method`.
    unsafe {
        let definition = &mut *(*descriptor).d_getset;
        let attribute =
            Attribute { name: text(definition.name), get: definition.get, set: definition.set, closure: definition.closure };
        definition.get = attribute.get.map(|_| get as ffi::getter);
        definition.set = attribute.set.map(|_| set as ffi::setter);
        definition.closure = Box::into_raw(Box::new(attribute)).cast();
    }
}

/// # Safety
/// The name of a member of a class that is never freed.
unsafe fn text(name: *const std::ffi::c_char) -> &'static str {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default()
}

/// Puts functions that ask for overrides before the methods and attributes of `Tensor`. To be called before the class has
/// instances.
pub(crate) fn install(class: &Bound<'_, PyType>) -> PyResult<()> {
    let members: Bound<'_, PyDict> = PyDict::new(class.py());
    members.update(class.getattr("__dict__")?.cast()?)?;
    let mut methods = 0;
    for (name, member) in members {
        let (name, pointer) = (name.to_string(), member.as_ptr());
        // SAFETY: each is of the type that was asked for.
        unsafe {
            let kind = ffi::Py_TYPE(pointer);
            if kind == &raw mut ffi::PyMethodDescr_Type && !WITHOUT_OVERRIDES.contains(&name.as_str()) {
                methods += usize::from(put_before_method(methods, pointer.cast())?);
            } else if kind == &raw mut ffi::PyGetSetDescr_Type && !BARE.contains(&name.as_str()) {
                put_before_attribute(pointer.cast());
            }
        }
    }
    Ok(())
}
