//! `torch.device`.

use std::cell::RefCell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

use ferrotorch_core::{Device, DeviceKind};
use parking_lot::RwLock;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString, PyTuple};

use crate::errors::{Outcome, runtime_error, type_error};

/// A device: its kind and, for kinds that can be several, its number.
#[pyclass(frozen, name = "device", module = "ferrotorch")]
pub(crate) struct PyDevice(pub(crate) Device);

thread_local! {
    /// The devices of the `with` blocks that this thread is in, the innermost last.
    static BLOCKS: RefCell<Vec<Device>> = const { RefCell::new(Vec::new()) };
}

static DEFAULT: RwLock<Device> = RwLock::new(Device::CPU);

/// The device of tensors that are made without naming one.
pub(crate) fn default_device() -> Device {
    BLOCKS.with_borrow(|blocks| blocks.last().copied()).unwrap_or_else(|| *DEFAULT.read())
}

/// Sets it.
pub(crate) fn set_default_device(device: Device) {
    *DEFAULT.write() = device;
}

/// Is what programs call `cuda` the GPU of this library?
static GPUS_ARE_CUDA: AtomicBool = AtomicBool::new(false);

/// Lets programs that say `cuda` mean the GPU of this library, and see it under this name; or no more.
#[pyfunction]
pub(crate) fn _set_gpus_are_cuda(on: bool) {
    GPUS_ARE_CUDA.store(on, Ordering::Relaxed);
}

/// The name of a kind as programs see it.
fn shown(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Wgpu if GPUS_ARE_CUDA.load(Ordering::Relaxed) => DeviceKind::Cuda.name(),
        _ => kind.name(),
    }
}

/// The kind of device that GPUs are shown as.
#[pyfunction]
pub(crate) fn _gpu_kind() -> &'static str {
    shown(DeviceKind::Wgpu)
}

/// The device that a string names.
fn parsed(text: &str) -> Outcome<Device> {
    let device: Device = text.parse()?;
    let is_alias = device.kind == DeviceKind::Cuda && GPUS_ARE_CUDA.load(Ordering::Relaxed);
    Ok(if is_alias { Device { kind: DeviceKind::Wgpu, ..device } } else { device })
}

/// A `torch.device`, a string, or the number of a GPU?
pub(crate) fn is_device_like(object: &Bound<'_, PyAny>) -> bool {
    object.is_instance_of::<PyDevice>()
        || object.is_instance_of::<PyString>()
        || object.is_instance_of::<PyInt>() && !object.is_instance_of::<PyBool>()
}

/// The number of a device.
fn index_of(number: i64) -> Outcome<u8> {
    if number < 0 {
        return Err(runtime_error("Device index must not be negative"));
    }
    u8::try_from(number).map_err(|_| runtime_error(format!("Device index must be between 0 and 255, got {number}")))
}

/// The device that an object names.
pub(crate) fn device_of(object: &Bound<'_, PyAny>) -> Outcome<Device> {
    if let Ok(device) = object.cast::<PyDevice>() {
        return Ok(device.get().0);
    }
    if let Ok(text) = object.cast::<PyString>() {
        return parsed(text.to_str()?);
    }
    match object.extract::<i64>() {
        Ok(number) if !object.is_instance_of::<PyBool>() => Ok(Device::wgpu(index_of(number)?)),
        _ => Err(type_error(format!("expected a device, got {}", object.get_type()))),
    }
}

#[pymethods]
impl PyDevice {
    #[new]
    #[pyo3(signature = (r#type, index = None))]
    fn new(r#type: &Bound<'_, PyAny>, index: Option<&Bound<'_, PyAny>>) -> Outcome<PyDevice> {
        let Some(index) = index else { return Ok(PyDevice(device_of(r#type)?)) };
        if !r#type.is_instance_of::<PyString>() {
            let given = r#type.get_type().name()?.to_string();
            return Err(type_error(format!("device(): argument 'type' (position 1) must be str, not {given}")));
        }
        let device = device_of(r#type)?;
        if index.is_instance_of::<PyBool>() {
            return Err(type_error("device(): argument 'index' (position 2) must be int, not bool"));
        }
        let index: i64 = index.extract()?;
        if device.index.is_some() {
            return Err(type_error(format!(
                "type (string) must not include an index because index was passed explicitly: {device}"
            )));
        }
        Ok(PyDevice(Device { kind: device.kind, index: Some(index_of(index)?) }))
    }

    /// Kind of device: "cpu", "wgpu" or "meta"; "cuda" for a GPU where programs are to see it so.
    #[getter]
    fn r#type(&self) -> &'static str {
        shown(self.0.kind)
    }

    /// Number of the device among those of its kind, or None.
    #[getter]
    fn index(&self) -> Option<u8> {
        self.0.index
    }

    fn __repr__(&self) -> String {
        match self.0.index {
            Some(index) => format!("device(type='{}', index={index})", shown(self.0.kind)),
            None => format!("device(type='{}')", shown(self.0.kind)),
        }
    }

    fn __str__(&self) -> String {
        self.0.to_string().replacen(self.0.kind.name(), shown(self.0.kind), 1)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyDevice>().is_ok_and(|other| other.get().0 == self.0)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        hasher.finish()
    }

    /// Makes it the device of tensors that name none, until the end of the `with` block.
    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        BLOCKS.with_borrow_mut(|blocks| blocks.push(slf.get().0));
        slf
    }

    #[pyo3(signature = (*_exception))]
    fn __exit__(&self, _exception: &Bound<'_, PyTuple>) -> Outcome<()> {
        match BLOCKS.with_borrow_mut(Vec::pop) {
            Some(_) => Ok(()),
            None => Err(runtime_error("device.__exit__(): there is no block that this could end")),
        }
    }

    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<(Py<PyAny>, (String,))> {
        Ok((slf.get_type().into_any().unbind(), (slf.get().__str__(),)))
    }
}
