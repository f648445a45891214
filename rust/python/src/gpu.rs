//! What `torch.wgpu` and `torch.accelerator` know of the GPUs.

use ferrotorch_core::{Device, backend, device};
use ferrotorch_wgpu as wgpu;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::Outcome;

/// Facts about each adapter, by the names of the attributes of its properties.
#[pyfunction]
pub(crate) fn _gpu_adapters(py: Python<'_>) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let adapters = py.detach(wgpu::adapters);
    adapters
        .into_iter()
        .map(|adapter| {
            let facts = PyDict::new(py);
            facts.set_item("name", adapter.name)?;
            facts.set_item("type", adapter.kind)?;
            facts.set_item("backend", adapter.backend)?;
            facts.set_item("driver", adapter.driver)?;
            facts.set_item("has_int64", adapter.int64)?;
            facts.set_item("has_float64", adapter.float64)?;
            facts.set_item("max_tensor_bytes", adapter.max_tensor_bytes)?;
            Ok(facts)
        })
        .collect()
}

/// Is any GPU open?
#[pyfunction]
pub(crate) fn _gpu_is_open() -> bool {
    wgpu::any_open()
}

/// Waits until a GPU has done all its work, and raises what that has left.
#[pyfunction]
pub(crate) fn _gpu_synchronize(py: Python<'_>, index: u8) -> Outcome<()> {
    Ok(py.detach(|| backend::get(Device::wgpu(index))?.synchronize())?)
}

/// Gives memory that a GPU keeps for reuse back to it.
#[pyfunction]
pub(crate) fn _gpu_empty_cache(py: Python<'_>, index: u8) -> Outcome<()> {
    Ok(py.detach(|| wgpu::release_cached(index))?)
}

/// Bytes in use and kept for reuse, and the most there were of either: (allocated, peak, reserved, peak).
#[pyfunction]
pub(crate) fn _gpu_memory(index: u8) -> (u64, u64, u64, u64) {
    let stats = wgpu::memory_stats(index);
    (stats.in_use, stats.peak, stats.in_use + stats.cached, stats.reserved_peak)
}

/// Lets the peaks of a GPU's memory begin anew.
#[pyfunction]
pub(crate) fn _gpu_reset_peak(index: u8) {
    wgpu::reset_peak_memory(index);
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
