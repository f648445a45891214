//! Work of a Rust function that Python may do while that function waits for it.

use std::ptr::NonNull;
use std::thread::{self, ThreadId};

use parking_lot::Mutex;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

/// The work, without the time that it may be done in.
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
