//! A function put before another in a table of the class `Tensor`: asks for overrides (`plain.rs`), and goes on to the other.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

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
