//! `torch.Generator` and the default generator.

use ferrotorch_core::Tensor;
use ferrotorch_core::random::{self, Generator};
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

#[pymethods]
impl PyGenerator {
    #[new]
    #[pyo3(signature = (device = None))]
    fn new(device: Option<&Bound<'_, PyAny>>) -> Outcome<PyGenerator> {
        if let Some(device) = device {
            device_of(device)?;
        }
        Ok(PyGenerator(Generator::new(random::DEFAULT_SEED)))
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
    fn set_state(&self, new_state: &Bound<'_, PyAny>) -> Outcome<()> {
        let Some(tensor) = PyTensor::get(new_state) else {
            return Err(type_error(format!("expected a torch.ByteTensor, but got {}", new_state.get_type())));
        };
        Ok(self.0.set_state(&tensor.array().to_vec::<u8>()?)?)
    }

    /// A generator of its own in the same state.
    fn clone_state(&self) -> Outcome<PyGenerator> {
        let copy = Generator::new(0);
        copy.set_state(&self.0.get_state())?;
        Ok(PyGenerator(copy))
    }

    /// How `pickle` and `copy` make another in the same state.
    fn __reduce__(slf: &Bound<'_, Self>) -> Outcome<(Py<PyAny>, (), Py<PyAny>)> {
        Ok((slf.get_type().into_any().unbind(), (), slf.get().get_state(slf.py())?))
    }

    fn __setstate__(&self, state: &Bound<'_, PyAny>) -> Outcome<()> {
        self.set_state(state)
    }

    /// The device that the generator serves.
    #[getter]
    fn device(&self) -> PyDevice {
        PyDevice(ferrotorch_core::Device::CPU)
    }
}

/// The generator of calls that name none.
pub(crate) fn default_generator() -> PyGenerator {
    PyGenerator(random::default_generator().clone())
}
