//! Attachment to the interpreter also while it ends, when it still frees objects and runs `__del__`.
//!
//! `Python::attach` refuses then: it panics, and a panic in a function that the interpreter calls ends the process.

use pyo3::prelude::*;

/// Runs a slot, a destructor or another function that the interpreter calls.
///
/// # Safety
/// The calling thread is attached to the interpreter, whether PyO3 knows of it or not.
#[inline]
pub(super) unsafe fn in_slot<R>(work: impl FnOnce(Python<'_>) -> R) -> R {
    // SAFETY: attaching an attached thread once more only counts, at any time in the interpreter's life.
    unsafe { Python::attach_unchecked(work) }
}

/// Runs a call from the core back into Python, on the thread from which Python called the core or one that this waits for.
#[inline]
pub(crate) fn in_callback<R>(work: impl FnOnce(Python<'_>) -> R) -> R {
    // SAFETY: the thread has a state in the interpreter, which waits for the core to return, or gets one now, for as long as
    // the call takes. If the interpreter ends meanwhile, the thread that ends it may attach, and any other is held back by the interpreter itself.
    unsafe { Python::attach_unchecked(work) }
}
