//! `torch.Generator` and the default generators.

use ferrotorch_core::random::{self, Generator};
use ferrotorch_core::{Device, Tensor, backend};
use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::errors::{Outcome, runtime_error, type_error, value_error};
use crate::number;
use crate::objects::device::{PyDevice, device_of};
use crate::tensor::{PyTensor, wrap};

/// A source of random numbers.
#[pyclass(frozen, subclass, name = "Generator", module = "ferrotorch")]
pub(crate) struct PyGenerator(pub(crate) Generator);

/// A seed as PyTorch takes it: negative ones wrap.
fn seed_of(seed: &Bound<'_, PyAny>) -> Outcome<u64> {
    let integral = PyTensor::get(seed).is_none() && number::is_index(seed);
    if !integral || seed.is_instance_of::<PyBool>() {
        return Err(runtime_error(format!("manual_seed expected a long, but got {}", seed.get_type().name()?)));
    }
    if let Ok(seed) = seed.extract::<u64>() {
        return Ok(seed);
    }
    match seed.extract::<i64>() {
        Ok(seed) => Ok(seed as u64),
        Err(_) => Err(value_error(format!("manual_seed: {seed} does not fit 64 bits"))),
    }
}

impl PyGenerator {
    /// Goes on from a state that `get_state` gave.
    fn restore(&self, state: &Bound<'_, PyAny>) -> Outcome<()> {
        let Some(tensor) = PyTensor::get(state) else {
            return Err(type_error(format!("expected a torch.ByteTensor, but got {}", state.get_type())));
        };
        Ok(self.0.set_state(&tensor.array().to_vec::<u8>()?)?)
    }
}

#[pymethods]
impl PyGenerator {
    #[new]
    #[pyo3(signature = (device = None))]
    fn new(device: Option<&Bound<'_, PyAny>>) -> Outcome<PyGenerator> {
        let device = device.map_or(Ok(Device::CPU), device_of)?.resolved();
        backend::get(device)?;
        Ok(PyGenerator(Generator::on(device, random::DEFAULT_SEED)?))
    }

    /// Starts again from a seed; returns the generator.
    fn manual_seed<'py>(slf: Bound<'py, Self>, seed: &Bound<'py, PyAny>) -> Outcome<Bound<'py, Self>> {
        slf.get().0.manual_seed(seed_of(seed)?);
        Ok(slf)
    }

    /// Starts again from a seed that nobody can foresee, and returns it.
    fn seed(&self) -> u64 {
        self.0.seed()
    }

    /// The seed that the generator last started from.
    fn initial_seed(&self) -> u64 {
        self.0.initial_seed()
    }

    /// The state as a uint8 tensor.
    fn get_state(&self, py: Python<'_>) -> Outcome<Py<PyAny>> {
        let bytes = self.0.get_state();
        Ok(wrap(py, Tensor::from_slice(&[bytes.len()], &bytes)?)?)
    }

    /// Takes over a state that `get_state` returned.
    fn set_state<'py>(slf: Bound<'py, Self>, new_state: &Bound<'py, PyAny>) -> Outcome<Bound<'py, Self>> {
        slf.get().restore(new_state)?;
        Ok(slf)
    }

    /// Counter of the next number of a GPU's generator.
    fn get_offset(&self) -> Outcome<u64> {
        Ok(self.0.offset()?)
    }

    /// Sets the counter of the next number of a GPU's generator.
    fn set_offset(&self, offset: u64) -> Outcome<()> {
        Ok(self.0.set_offset(offset)?)
    }

    /// A generator of its own in the same state.
    fn clone_state(&self) -> PyGenerator {
        PyGenerator(self.0.duplicate())
    }

    /// A generator that draws from the same stream as this one of a GPU: what one has drawn, the other passes over.
    fn graphsafe_get_state(&self) -> Outcome<PyGenerator> {
        Ok(PyGenerator(self.0.share()?))
    }

    /// Draws from now on from the stream of another generator of a GPU.
    fn graphsafe_set_state<'py>(slf: Bound<'py, Self>, state: &PyGenerator) -> Outcome<Bound<'py, Self>> {
        slf.get().0.share_with(&state.0)?;
        Ok(slf)
    }

    /// How `pickle` and `copy` make another in the same state.
    fn __reduce__(slf: &Bound<'_, Self>) -> Outcome<(Py<PyAny>, (String,), Py<PyAny>)> {
        let device = slf.get().0.device().to_string();
        Ok((slf.get_type().into_any().unbind(), (device,), slf.get().get_state(slf.py())?))
    }

    fn __setstate__(&self, state: &Bound<'_, PyAny>) -> Outcome<()> {
        self.restore(state)
    }

    /// The device whose tensors the generator fills.
    #[getter]
    fn device(&self) -> PyDevice {
        PyDevice(self.0.device())
    }
}

/// The states of the default generators of all devices.
#[pyclass(frozen, name = "_RandomStates", module = "ferrotorch._C")]
pub(crate) struct PyRandomStates(random::Snapshot);

#[pymethods]
impl PyRandomStates {
    /// Takes the present states.
    #[new]
    fn new() -> PyRandomStates {
        PyRandomStates(random::Snapshot::take())
    }

    /// Puts all default generators back into these states.
    fn restore(&self) -> Outcome<()> {
        Ok(self.0.restore()?)
    }
}

/// The host's generator of calls that name none.
pub(crate) fn default_generator() -> PyGenerator {
    PyGenerator(random::default_generator().clone())
}

/// A GPU's generator of calls that name none.
#[pyfunction]
pub(crate) fn _gpu_generator(index: u8) -> PyGenerator {
    PyGenerator(random::default_generator_of(Device::wgpu(index)).clone())
}

/// Starts the default generators of all GPUs again from a seed.
#[pyfunction]
pub(crate) fn _seed_gpus(seed: &Bound<'_, PyAny>) -> Outcome<()> {
    random::manual_seed_gpus(seed_of(seed)?);
    Ok(())
}
