//! What the type of an object says about overrides: asked of the type itself, so that an answer costs no attribute error.

use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicPtr, Ordering};

use ferrotorch_core::Tensor;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple, PyType};

use super::attach::in_slot;
use super::op_type::{Arguments, into_raw};
use crate::intercept::target::Target;
use crate::intercept::{self, is_watched};
use crate::tensor::PyTensor;

unsafe extern "C" {
    /// The attribute that instances of a type find on it, borrowed, or null; makes no error. Not declared by `pyo3::ffi`.
    fn _PyType_Lookup(class: *mut ffi::PyTypeObject, name: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

/// Classes whose instances override nothing, though they are tensors: `Tensor` itself and `nn.Parameter`.
static PLAIN: [AtomicPtr<ffi::PyTypeObject>; 2] = [const { AtomicPtr::new(ptr::null_mut()) }; 2];

/// A method of a class that is asked about calls.
struct Hook {
    name: Py<PyString>,
    /// What lies there in a class that wants not to be asked.
    disabled: Py<PyAny>,
}

static OVERRIDE: OnceLock<Hook> = OnceLock::new();
static DISPATCH: OnceLock<Hook> = OnceLock::new();

impl Hook {
    fn new(name: &str, disabled: &Bound<'_, PyAny>) -> Hook {
        Hook { name: PyString::intern(disabled.py(), name).unbind(), disabled: disabled.clone().unbind() }
    }

    /// The hook of the object's class, as it lies there; none where that is switched off.
    fn of<'py>(&self, object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
        let (py, class) = (object.py(), object.get_type_ptr());
        // SAFETY: a live type and an interned string; the result is borrowed from the type, which the object keeps alive.
        let found = unsafe { Bound::from_borrowed_ptr_or_opt(py, _PyType_Lookup(class, self.name.as_ptr())) };
        found.filter(|found| !found.is(&self.disabled))
    }
}

/// Learns `Tensor`, and what its hooks are where a class has none.
pub(crate) fn install(py: Python<'_>, no_override: &Bound<'_, PyAny>, no_dispatch: &Bound<'_, PyAny>) {
    PLAIN[0].store(py.get_type::<PyTensor>().as_type_ptr(), Ordering::Release);
    let _ = OVERRIDE.set(Hook::new("__torch_function__", no_override));
    let _ = DISPATCH.set(Hook::new("__torch_dispatch__", no_dispatch));
}

/// Learns the class of parameters.
pub(crate) fn set_parameter(class: &Bound<'_, PyType>) {
    PLAIN[1].store(class.as_type_ptr(), Ordering::Release);
}

/// Does the object certainly override nothing? The answer for almost every argument, by a look at its type.
///
/// # Safety
/// A live object; the thread is attached to the interpreter.
#[inline]
pub(super) unsafe fn is_surely_plain(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise.
    unsafe { is_simple(object) || has_simple_items(object) }
}

/// Is it a tuple or list of simple objects?
///
/// # Safety
/// As for [`is_surely_plain`].
unsafe fn has_simple_items(object: *mut ffi::PyObject) -> bool {
    // SAFETY: the caller's promise. A tuple's items are alive with it, a list's as long as the interpreter's lock is held.
    unsafe {
        if ffi::PyTuple_CheckExact(object) != 0 {
            return (0..ffi::PyTuple_GET_SIZE(object)).all(|i| is_simple(ffi::PyTuple_GET_ITEM(object, i)));
        }
        #[cfg(not(Py_GIL_DISABLED))]
        if ffi::PyList_CheckExact(object) != 0 {
            return (0..ffi::PyList_GET_SIZE(object)).all(|i| is_simple(ffi::PyList_GET_ITEM(object, i)));
        }
        false
    }
}

/// Is it a tensor, or of a type of the interpreter's own that is no sequence of others?
///
/// # Safety
/// As for [`is_surely_plain`].
#[inline]
unsafe fn is_simple(object: *mut ffi::PyObject) -> bool {
    const OTHERS: std::ffi::c_ulong = ffi::Py_TPFLAGS_HEAPTYPE | ffi::Py_TPFLAGS_LIST_SUBCLASS | ffi::Py_TPFLAGS_TUPLE_SUBCLASS;
    // SAFETY: the caller's promise.
    unsafe {
        let class = ffi::Py_TYPE(object);
        class == PLAIN[0].load(Ordering::Relaxed)
            || class == PLAIN[1].load(Ordering::Relaxed)
            || ffi::PyType_HasFeature(class, OTHERS) == 0
    }
}

/// Is the object of a class that overrides nothing, and no list or tuple of others that do?
#[inline]
pub(super) fn is_plain(object: Borrowed<'_, '_, PyAny>) -> bool {
    // SAFETY: a live object.
    let surely = unsafe { is_surely_plain(object.as_ptr()) };
    surely || own_override(&object).is_none() && !dispatches(&object) && has_plain_items(&object)
}

/// Is it a tensor whose elements do not lie in a strided array? Such tensors are never of the very class `Tensor`.
pub(crate) fn is_opaque(object: &Bound<'_, PyAny>) -> bool {
    PyTensor::get(object).is_some_and(Tensor::is_opaque)
}

/// Is it a tensor that ops are not run on: an opaque one, or one of a class that says by `__torch_dispatch__` what they do?
pub(crate) fn dispatches(object: &Bound<'_, PyAny>) -> bool {
    is_opaque(object) || own_dispatch(object)
}

/// Is it a tensor of a class with a `__torch_dispatch__` of its own?
pub(crate) fn own_dispatch(object: &Bound<'_, PyAny>) -> bool {
    let Some(hook) = DISPATCH.get() else { return false };
    PyTensor::get(object).is_some() && !is_exact_tensor(object) && !is_parameter(object) && hook.of(object).is_some()
}

/// Is it of the very class `Tensor`?
#[inline]
pub(super) fn is_exact_tensor(object: &Bound<'_, PyAny>) -> bool {
    object.get_type_ptr() == PLAIN[0].load(Ordering::Relaxed)
}

/// Do the items of a list or tuple override nothing?
fn has_plain_items(object: &Bound<'_, PyAny>) -> bool {
    let is_plain = |item: &Bound<'_, PyAny>| is_exact_tensor(item) || own_override(item).is_none() && !dispatches(item);
    match object.cast::<PyTuple>() {
        Ok(tuple) => tuple.iter_borrowed().all(|item| is_plain(&item)),
        Err(_) => object.cast::<PyList>().map_or(true, |list| list.iter().all(|item| is_plain(&item))),
    }
}

/// Is it of the very class of parameters?
pub(crate) fn is_parameter(object: &Bound<'_, PyAny>) -> bool {
    object.get_type_ptr() == PLAIN[1].load(Ordering::Relaxed)
}

/// The items of a list or tuple, by the interpreter's own check of either.
pub(crate) fn items<'py>(object: &Bound<'py, PyAny>) -> impl Iterator<Item = Bound<'py, PyAny>> {
    let of_tuple = object.cast::<PyTuple>().ok().map(|tuple| tuple.iter());
    let of_list = object.cast::<PyList>().ok().map(|list| list.iter());
    of_tuple.into_iter().flatten().chain(of_list.into_iter().flatten())
}

/// The `__torch_function__` of the object's class, as it lies there; none for the class `Tensor` and those that switch it off.
pub(crate) fn own_override<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    if is_exact_tensor(object) { None } else { any_override(object) }
}

/// As [`own_override`], that of the class `Tensor` included.
pub(crate) fn any_override<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    OVERRIDE.get()?.of(object)
}

/// Has the object's class an `__index__`?
pub(crate) fn has_index(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: a live object.
    unsafe { ffi::PyIndex_Check(object.as_ptr()) != 0 }
}

/// Number of references to an object.
pub(crate) fn references(object: &Bound<'_, PyAny>) -> isize {
    // SAFETY: a live object.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) }
}

/// Makes an instance of `class`, a subclass of `Tensor`, of a tensor's object that nobody has seen beside those who hold it by
/// `holders` references; gives it back where there are more, or where its memory has another layout.
pub(crate) fn reclassify<'py>(
    object: Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
    holders: isize,
) -> Result<Bound<'py, PyAny>, Bound<'py, PyAny>> {
    let is_unseen = is_exact_tensor(&object) && references(&object) == holders;
    if is_unseen && object.setattr(intern!(object.py(), "__class__"), class).is_ok() { Ok(object) } else { Err(object) }
}

/// Is nobody to be asked about these arguments?
///
/// # Safety
/// Live objects; the thread is attached to the interpreter.
#[inline]
pub(super) unsafe fn goes_through(values: &[*mut ffi::PyObject]) -> bool {
    // SAFETY: the caller's promise.
    !is_watched() && values.iter().all(|value| unsafe { is_surely_plain(*value) })
}

/// The answer of an override, if there is one: a new reference, or null with an error.
///
/// # Safety
/// As for [`goes_through`]; `names` is null or the names of the last values, by the vectorcall protocol.
#[cold]
pub(super) unsafe fn answer(
    target: &Target<'_>,
    values: &[*mut ffi::PyObject],
    names: *mut ffi::PyObject,
) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise.
    unsafe {
        in_slot(|py| {
            let keywords = if names.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(names) as usize };
            let args = Arguments::new(py, ptr::null_mut(), values.as_ptr(), values.len() - keywords, names);
            intercept::call(args, target).map(|answer| into_raw(py, answer))
        })
    }
}
