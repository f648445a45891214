//! Attachment to the interpreter also while it ends, when it still frees objects and runs `__del__`.
//!
//! `Python::attach` refuses then: it panics, and a panic in a function that the interpreter calls ends the process.
//!
//! Threads that the interpreter does not wait for are another matter. Until 3.14 it ends a thread that wants to
//! attach when it is too late by unwinding its stack, which functions of Rust do not survive. So such threads stay
//! detached, for ever, once the program ends; [`prepare_end`] sees to it.

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use pyo3::ffi;
use pyo3::prelude::*;

/// The thread that ends the program, once it does.
static ENDING: OnceLock<ThreadId> = OnceLock::new();
/// Threads that are attaching, or attached by a call from the core.
static ATTACHING: AtomicUsize = AtomicUsize::new(0);
/// How long the end waits for these, and they for the end: handlers of the program's end may wait for them in turn.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(1);

thread_local! {
    /// How often this thread is counted in [`ATTACHING`].
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

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
pub(crate) fn in_callback<R>(work: impl FnOnce(Python<'_>) -> R) -> R {
    let _counted = Counted::enter();
    // SAFETY: the thread has a state in the interpreter, which waits for the core to return, or gets one now, for as long as
    // the call takes. While the interpreter ends only the thread that ends it comes here.
    unsafe { Python::attach_unchecked(work) }
}

/// Runs the core's part of a call while other threads use the interpreter.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> T {
    let (result, _counted) = py.detach(|| {
        let result = work();
        (result, Counted::enter())
    });
    result
}

/// Does work of the core while other threads use the interpreter, if the calling thread is attached to it.
pub(crate) fn outside(work: &mut dyn FnMut()) {
    /// Work that stays on its thread.
    struct Here<'w>(&'w mut dyn FnMut());
    // SAFETY: `detach` runs the work on the thread that calls it; it asks for `Send` to keep out what belongs to the
    // interpreter, and the core, whose work this is, has nothing of that in its hands.
    unsafe impl Send for Here<'_> {}
    impl Here<'_> {
        fn run(self) {
            self.0();
        }
    }

    // SAFETY: any thread may ask whether it is attached, at any time.
    if unsafe { ffi::PyGILState_Check() } == 0 {
        return work();
    }
    let here = Here(work);
    // SAFETY: the thread is attached.
    unsafe { Python::attach_unchecked(|py| detached(py, || here.run())) }
}

/// A thread on its way to the interpreter, or there for the core.
struct Counted;

impl Counted {
    fn enter() -> Counted {
        ATTACHING.fetch_add(1, Ordering::SeqCst);
        DEPTH.set(DEPTH.get() + 1);
        if ENDING.get().is_some_and(|ending| *ending != thread::current().id()) {
            stay_away();
        }
        Counted
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        ATTACHING.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Waits until the interpreter ends, and from then on for ever; goes on if it does not end.
#[cold]
fn stay_away() {
    let (depth, start) = (DEPTH.get(), Instant::now());
    ATTACHING.fetch_sub(depth, Ordering::SeqCst);
    while is_ending() || start.elapsed() < PATIENCE {
        thread::sleep(if is_ending() { PATIENCE } else { PAUSE });
    }
    ATTACHING.fetch_add(depth, Ordering::SeqCst);
}

/// Is it too late to attach?
fn is_ending() -> bool {
    // SAFETY: may be asked by any thread at any time.
    unsafe {
        #[cfg(Py_3_13)]
        return ffi::Py_IsFinalizing() != 0;
        #[cfg(not(Py_3_13))]
        return ffi::Py_IsInitialized() == 0;
    }
}

/// Called when the program ends, before the interpreter does: from now on other threads stay detached.
#[pyfunction]
pub(crate) fn prepare_end(py: Python<'_>) {
    if ENDING.set(thread::current().id()).is_err() {
        return;
    }
    py.detach(|| {
        let start = Instant::now();
        while ATTACHING.load(Ordering::SeqCst) > 0 && start.elapsed() < PATIENCE {
            thread::sleep(PAUSE);
        }
    });
}
