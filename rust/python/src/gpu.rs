//! What `torch.wgpu` and `torch.accelerator` know of the GPUs.

use std::collections::{BTreeMap, HashMap};
use std::sync::Once;

use ferrotorch_core::backend::{Backend, DeviceInfo, Platform};
use ferrotorch_core::{Device, DeviceKind, backend, device};
use ferrotorch_wgpu as wgpu;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{Outcome, foreign};

/// The GPUs as the core finds and opens them.
pub(crate) struct Gpus;

impl Platform for Gpus {
    fn devices(&self) -> ferrotorch_core::Result<Vec<DeviceInfo>> {
        quietly(|| wgpu::Adapters.devices())?
    }

    /// What the work of an open GPU leaves is raised at the latest when the program ends.
    fn open(&self, index: u8) -> ferrotorch_core::Result<Box<dyn Backend>> {
        static FINISHES: Once = Once::new();
        let backend = quietly(|| wgpu::Adapters.open(index))??;
        FINISHES.call_once(|| {
            let registered = Python::attach(|py| {
                let finish = py.import("ferrotorch._C")?.getattr("_gpu_finish")?;
                py.import("atexit")?.call_method1("register", (finish,)).map(drop)
            });
            if let Err(error) = registered {
                Python::attach(|py| error.write_unraisable(py, None));
            }
        });
        Ok(backend)
    }
}

/// Does work that may load drivers, without the layer by which Mesa prefers a device: it asks for a window system, and
/// complains on the terminal where there is none.
fn quietly<T: Send>(work: impl FnOnce() -> T + Send) -> ferrotorch_core::Result<T> {
    const SWITCH: &str = "NODEVICE_SELECT";
    Python::attach(|py| {
        let environment = py.import("os")?.getattr("environ")?;
        if environment.contains(SWITCH)? {
            return Ok(py.detach(work));
        }
        environment.set_item(SWITCH, "1")?;
        let done = py.detach(work);
        environment.del_item(SWITCH)?;
        Ok(done)
    })
    .map_err(foreign)
}

/// A look at Python's signals for work that waits.
pub(crate) fn check_interrupt() -> ferrotorch_core::Result<()> {
    Python::try_attach(|py| py.check_signals()).unwrap_or(Ok(())).map_err(foreign)
}

/// Lets a forked process refuse GPUs that its parent uses. Where processes do not fork there is nothing to do.
pub(crate) fn watch_forks(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let os = module.py().import("os")?;
    if !os.hasattr("register_at_fork")? {
        return Ok(());
    }
    let options = PyDict::new(module.py());
    options.set_item("after_in_child", module.getattr("_gpu_after_fork")?)?;
    os.call_method("register_at_fork", (), Some(&options)).map(drop)
}

/// Notes in the child of a fork that GPUs which the parent uses are lost.
#[pyfunction]
pub(crate) fn _gpu_after_fork() {
    wgpu::after_fork();
}

/// Waits for all GPUs that are open, and raises the first error that their work has left. A forked process has none.
#[pyfunction]
pub(crate) fn _gpu_finish(py: Python<'_>) -> Outcome<()> {
    if wgpu::is_lost() {
        return Ok(());
    }
    Ok(py.detach(|| backend::all_opened(DeviceKind::Wgpu).try_for_each(Backend::synchronize))?)
}

/// Facts about each adapter, by the names of the attributes of its properties.
#[pyfunction]
pub(crate) fn _gpu_adapters(py: Python<'_>) -> Outcome<Vec<Bound<'_, PyDict>>> {
    let adapters = backend::devices(DeviceKind::Wgpu)?;
    Ok(adapters
        .into_iter()
        .map(|adapter| {
            let facts = PyDict::new(py);
            facts.set_item("name", adapter.name)?;
            facts.set_item("type", adapter.class)?;
            facts.set_item("backend", adapter.api)?;
            facts.set_item("driver", adapter.driver)?;
            facts.set_item("has_int64", adapter.int64)?;
            facts.set_item("has_float64", adapter.float64)?;
            facts.set_item("max_tensor_bytes", adapter.max_tensor_bytes)?;
            Ok(facts)
        })
        .collect::<PyResult<_>>()?)
}

/// Is any GPU open?
#[pyfunction]
pub(crate) fn _gpu_is_open() -> bool {
    backend::all_opened(DeviceKind::Wgpu).next().is_some()
}

/// Waits until a GPU has done all its work, and raises what that has left.
#[pyfunction]
pub(crate) fn _gpu_synchronize(py: Python<'_>, index: u8) -> Outcome<()> {
    Ok(py.detach(|| backend::get(Device::wgpu(index))?.synchronize())?)
}

/// Gives memory that a GPU keeps for reuse back to it.
#[pyfunction]
pub(crate) fn _gpu_empty_cache(py: Python<'_>, index: u8) -> Outcome<()> {
    Ok(py.detach(|| backend::opened(Device::wgpu(index)).map_or(Ok(()), Backend::release_cached))?)
}

/// Bytes in use and kept for reuse, and the most there were of either: (allocated, peak, reserved, peak).
#[pyfunction]
pub(crate) fn _gpu_memory(index: u8) -> (u64, u64, u64, u64) {
    let stats = backend::opened(Device::wgpu(index)).map(Backend::memory).unwrap_or_default();
    (stats.in_use, stats.peak, stats.in_use + stats.cached, stats.reserved_peak)
}

/// What a GPU has been asked to do since it was opened: (launches, submissions, waits, bytes read, bytes written).
#[pyfunction]
pub(crate) fn _gpu_work(index: u8) -> (u64, u64, u64, u64, u64) {
    let work = backend::opened(Device::wgpu(index)).map(Backend::work).unwrap_or_default();
    (work.launches, work.submissions, work.waits, work.bytes_read, work.bytes_written)
}

/// How often each shader of a GPU was launched.
#[pyfunction]
pub(crate) fn _gpu_launches(index: u8) -> BTreeMap<String, u64> {
    backend::opened(Device::wgpu(index)).map(Backend::launches).unwrap_or_default()
}

/// How many calls of each op the host has computed for a GPU.
#[pyfunction]
pub(crate) fn _gpu_fallbacks(index: u8) -> HashMap<&'static str, u64> {
    backend::fallbacks(index).into_iter().collect()
}

/// Lets the peaks of a GPU's memory begin anew.
#[pyfunction]
pub(crate) fn _gpu_reset_peak(index: u8) {
    if let Some(backend) = backend::opened(Device::wgpu(index)) {
        backend.reset_peak_memory();
    }
}

/// The GPU that "wgpu" without a number means to this thread.
#[pyfunction]
pub(crate) fn _gpu_current() -> u8 {
    device::current_gpu()
}

/// Sets the GPU that "wgpu" without a number means to this thread.
#[pyfunction]
pub(crate) fn _gpu_set_current(index: u8) {
    device::set_current_gpu(index);
}

/// Says whether results must be the same each time where that costs time.
#[pyfunction]
pub(crate) fn _gpu_set_deterministic(on: bool) {
    wgpu::set_deterministic(on);
}

/// Adds the functions to the module.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for function in [
        wrap_pyfunction!(_gpu_adapters, module)?,
        wrap_pyfunction!(_gpu_after_fork, module)?,
        wrap_pyfunction!(_gpu_finish, module)?,
        wrap_pyfunction!(_gpu_is_open, module)?,
        wrap_pyfunction!(_gpu_synchronize, module)?,
        wrap_pyfunction!(_gpu_empty_cache, module)?,
        wrap_pyfunction!(_gpu_memory, module)?,
        wrap_pyfunction!(_gpu_work, module)?,
        wrap_pyfunction!(_gpu_launches, module)?,
        wrap_pyfunction!(_gpu_fallbacks, module)?,
        wrap_pyfunction!(_gpu_reset_peak, module)?,
        wrap_pyfunction!(_gpu_current, module)?,
        wrap_pyfunction!(_gpu_set_current, module)?,
        wrap_pyfunction!(_gpu_set_deterministic, module)?,
    ] {
        module.add_function(function)?;
    }
    Ok(())
}
