//! What the library has to do with the process that it is loaded into: its end, its signals, its memory.

use ferrotorch_core::{interrupt, memory, outside};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{Outcome, foreign};
use crate::ffi::attach::{self, in_callback, prepare_end};

/// Lets the interpreter run what signals have asked for; an exception of a handler stops the computation.
fn look_at_signals() -> ferrotorch_core::Result<()> {
    in_callback(|py| py.check_signals().map_err(foreign))
}

/// How many numbers go from Python to a tensor, or back, before others have their turn.
pub(crate) const BETWEEN_PAUSES: usize = 1 << 14;

/// Lets signals and other threads have their turn in work on Python's objects, which cannot leave the interpreter.
pub(crate) fn pause(py: Python<'_>) -> PyResult<()> {
    py.check_signals()?;
    py.detach(|| ());
    Ok(())
}

/// Called once, when the library is loaded.
pub(crate) fn start(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    memory::set_aside();
    outside::set_up(attach::outside);
    // Signals are looked at by the main thread only.
    let threading = py.import("threading")?;
    if threading.call_method0("main_thread")?.is(&threading.call_method0("current_thread")?) {
        interrupt::set_up(look_at_signals);
    }
    py.import("atexit")?.call_method1("register", (wrap_pyfunction!(prepare_end, module)?,))?;
    for function in [
        wrap_pyfunction!(_host_memory, module)?,
        wrap_pyfunction!(_release_host_memory, module)?,
        wrap_pyfunction!(_reset_peak_host_memory, module)?,
    ] {
        module.add_function(function)?;
    }
    Ok(())
}

/// Bytes that tensors on the host hold, held at most, and that are kept for the next ones.
#[pyfunction]
fn _host_memory(py: Python<'_>) -> Outcome<Bound<'_, PyDict>> {
    let stats = memory::stats();
    let figures = PyDict::new(py);
    figures.set_item("in_use", stats.in_use)?;
    figures.set_item("peak", stats.peak)?;
    figures.set_item("cached", stats.cached)?;
    Ok(figures)
}

/// Gives memory that is kept for the next tensors back to the system.
#[pyfunction]
fn _release_host_memory(py: Python<'_>) {
    py.detach(memory::release_cached);
}

/// Starts counting the peak anew.
#[pyfunction]
fn _reset_peak_host_memory() {
    memory::reset_peak();
}
