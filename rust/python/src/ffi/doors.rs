//! A function put before another in a table of the class `Tensor`: asks for overrides, and goes on to the other.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use pyo3::ffi;

use super::attach::in_slot;
use super::op_type::{Arguments, into_raw};
use super::plain::is_surely_plain;
use crate::intercept::target::Target;
use crate::intercept::{self, is_watched};

/// The function that another was put before.
pub(super) struct Behind(AtomicPtr<c_void>);

impl Behind {
    pub(super) const fn nothing() -> Behind {
        Behind(AtomicPtr::new(ptr::null_mut()))
    }

    #[inline]
    pub(super) fn get(&self) -> *mut c_void {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, function: *mut c_void) {
        self.0.store(function, Ordering::Release);
    }
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
