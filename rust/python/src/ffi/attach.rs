//! Attachment to the interpreter also while it ends, when it still frees objects and runs `__del__`.
//!
//! `Python::attach` refuses then: it panics, and a panic in a function that the interpreter calls ends the process.
//!
//! Threads that the interpreter does not wait for are another matter. Until 3.14 it ends a thread that wants to
//! attach when it is too late by unwinding its stack, which functions of Rust do not survive. So such threads stay
//! detached, for ever, once the program ends; [`prepare_end`] sees to it.
//!
//! Python may also be lent work that a function of Rust waits for: [`lend`].

use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
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

/// Work of a Rust function that Python may do while that function waits for it, without the time that it may be done in.
struct Work(NonNull<dyn FnMut() -> PyResult<()>>);

// SAFETY: `Lent::do_it` looks at it on the thread that lent it only.
unsafe impl Send for Work {}

/// A handle to work; of no use once the function that lent it has returned.
#[pyclass(frozen, name = "_Lent", module = "ferrotorch._C")]
pub(crate) struct Lent {
    work: Mutex<Option<Work>>,
    owner: ThreadId,
}

#[pymethods]
impl Lent {
    /// Does the work; a second time is an error, and so is another thread, or a call that comes too late.
    fn __call__(&self) -> PyResult<()> {
        let late = || PyRuntimeError::new_err("a launch can be run once, by the thread that makes it, while it is asked about");
        if thread::current().id() != self.owner {
            return Err(late());
        }
        let mut work = self.work.lock().take().ok_or_else(late)?;
        // SAFETY: `lend` takes the pointer away before what it points to ends, and hands it out to this thread alone; it was
        // taken out above, so that no second call can use it meanwhile.
        unsafe { work.0.as_mut()() }
    }
}

/// Lends work to Python for as long as `during` runs.
pub(crate) fn lend<'py, R>(
    py: Python<'py>,
    work: &mut dyn FnMut() -> PyResult<()>,
    during: impl FnOnce(&Bound<'py, Lent>) -> PyResult<R>,
) -> PyResult<R> {
    let pointer: NonNull<dyn FnMut() -> PyResult<()> + '_> = NonNull::from(work);
    // SAFETY: only the lifetime changes; the pointer is gone from the handle when this function returns or unwinds.
    let pointer = unsafe {
        std::mem::transmute::<NonNull<dyn FnMut() -> PyResult<()> + '_>, NonNull<dyn FnMut() -> PyResult<()>>>(pointer)
    };
    let lent = Bound::new(py, Lent { work: Mutex::new(Some(Work(pointer))), owner: thread::current().id() })?;
    let _end = End(lent.clone().unbind());
    during(&lent)
}

/// Takes the work away when the time is over.
struct End(Py<Lent>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.get().work.lock().take();
    }
}
