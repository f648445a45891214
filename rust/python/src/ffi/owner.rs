//! The Python object that stands for a tensor, found again from the tensor.

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use ferrotorch_core::Tensor;
use pyo3::ffi;
use pyo3::prelude::*;

/// The live object of a tensor, if it has one.
///
/// The slot holds a borrowed pointer. It is set by [`adopt`] and cleared by [`release`] when the object's contents
/// are dropped, both with the interpreter attached. Between the moment in which the last reference goes and that
/// drop, callbacks of weak references may run: an object without references counts as gone.
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) fn find<'py>(py: Python<'py>, tensor: &Tensor) -> Option<Bound<'py, PyAny>> {
    let object = tensor.owner().load(Ordering::Acquire).cast::<ffi::PyObject>();
    if object.is_null() {
        return None;
    }
    // SAFETY: the pointer is cleared before the object's memory is freed, and the interpreter's lock, which `py`
    // proves, keeps that from happening now.
    unsafe { (ffi::Py_REFCNT(object) > 0).then(|| Bound::from_borrowed_ptr(py, object)) }
}

/// Without the interpreter's lock a borrowed pointer proves nothing: another thread may be freeing the object. Every
/// wrapping makes an object of its own there.
#[cfg(Py_GIL_DISABLED)]
pub(crate) fn find<'py>(_py: Python<'py>, _tensor: &Tensor) -> Option<Bound<'py, PyAny>> {
    None
}

/// Notes that `object` stands for the tensor.
pub(crate) fn adopt(tensor: &Tensor, object: &Bound<'_, PyAny>) {
    tensor.owner().store(object.as_ptr().cast::<c_void>(), Ordering::Release);
}

/// Forgets the object at `address`, if it is the one noted.
pub(crate) fn release(tensor: &Tensor, address: *mut c_void) {
    let _ = tensor.owner().compare_exchange(address, std::ptr::null_mut(), Ordering::AcqRel, Ordering::Relaxed);
}
