//! `torch.UntypedStorage`: the bytes behind a tensor.

use ferrotorch_core::memory::HostBuffer;
use ferrotorch_core::{Array, DType, Device, Layout, Storage, Tensor, meta};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PySequence};

use crate::errors::{Outcome, from_core, runtime_error, value_error};
use crate::objects::device::{PyDevice, device_of};
use crate::objects::dtype::PyDtype;

/// Bytes of the object itself. With what `sys.getsizeof` adds for the collector an empty storage has PyTorch's 64.
const PYTHON_OBJECT: usize = 48;

/// The memory of a tensor, shared by all its views.
#[pyclass(frozen, name = "UntypedStorage", module = "ferrotorch")]
pub(crate) struct PyStorage(pub(crate) Storage);

impl PyStorage {
    /// The bytes as a 1-D uint8 tensor that shares them.
    fn as_tensor(&self) -> Tensor {
        let layout = Layout::contiguous(&[self.0.bytes()]);
        Tensor::from_array(Array::new(self.0.clone(), layout, DType::UInt8))
    }

    /// The bytes as a 1-D tensor of a dtype.
    pub(crate) fn elements(&self, dtype: DType) -> ferrotorch_core::Result<Tensor> {
        Ok(ferrotorch_core::ops::view::view_dtype(&self.as_tensor(), dtype)?.detach())
    }
}

/// What tells memory from other memory: its address on the host, elsewhere a number; 0 where there is none.
pub(crate) fn address(storage: &Storage) -> usize {
    match storage.as_host() {
        Some(buffer) => buffer.as_ptr() as usize,
        None if storage.device().has_data() => storage.id(),
        None => 0,
    }
}

/// The storage that an object is, typed or not, and the dtype that a typed one has.
///
/// `TypedStorage` is Python's; it is known by what it holds.
pub(crate) fn of_object(object: &Bound<'_, PyAny>) -> Option<(Storage, Option<DType>)> {
    if let Ok(storage) = object.cast::<PyStorage>() {
        return Some((storage.get().0.clone(), None));
    }
    let untyped = object.getattr("_untyped_storage").ok()?;
    let dtype = object.getattr("dtype").ok()?;
    Some((untyped.cast::<PyStorage>().ok()?.get().0.clone(), Some(dtype.cast::<PyDtype>().ok()?.get().0)))
}

/// Refuses a typed storage of another dtype.
pub(crate) fn require_dtype(wanted: DType, given: Option<DType>) -> Outcome<()> {
    match given {
        Some(given) if given != wanted => Err(runtime_error(format!(
            "Expected a Storage of type {} or an UntypedStorage, but got type {} for argument 1 'storage'",
            wanted.legacy_name(),
            given.legacy_name()
        ))),
        _ => Ok(()),
    }
}

/// The low bytes of the integers of a sequence.
fn bytes_of(sequence: &Bound<'_, PySequence>) -> Outcome<Vec<u8>> {
    let kind = sequence.get_type().name()?;
    let byte = |item: PyResult<Bound<'_, PyAny>>| match item? {
        item if item.is_instance_of::<PyInt>() => Ok(item.extract::<i64>()? as u8),
        item => Err(runtime_error(format!(
            "torch.UntypedStorage(): tried to construct a storage from a sequence ({kind}), but one of the items was of type {} \
             instead of int",
            item.get_type().name()?
        ))),
    };
    sequence.try_iter()?.map(byte).collect()
}

#[pymethods]
impl PyStorage {
    #[new]
    #[pyo3(signature = (size = None, *, device = None))]
    fn new(size: Option<&Bound<'_, PyAny>>, device: Option<&Bound<'_, PyAny>>) -> Outcome<PyStorage> {
        let device = device.map_or(Ok(Device::CPU), |device| device_of(device).map(|device| device.resolved()))?;
        if let Some(sequence) = size.and_then(|size| size.cast::<PySequence>().ok()) {
            let bytes = Array::from_slice(&[sequence.len()?], &bytes_of(sequence)?)?;
            return Ok(PyStorage(ferrotorch_core::ops::cast::on_device(&Tensor::from_array(bytes), device)?.storage()));
        }
        let size = size.map_or(Ok(0), |size| size.extract())?;
        Ok(PyStorage(match device.is_cpu() {
            true => Storage::host(HostBuffer::zeroed(size)?),
            false => ferrotorch_core::backend::get(device)?.allocate(size, DType::UInt8)?,
        }))
    }

    /// A storage with a copy of the bytes of a buffer.
    #[staticmethod]
    fn from_buffer(buffer: &Bound<'_, PyAny>) -> Outcome<PyStorage> {
        let bytes = PyBuffer::<u8>::get(buffer)?;
        let bytes = bytes.to_vec(buffer.py())?;
        Ok(PyStorage(Array::from_slice(&[bytes.len()], &bytes)?.storage))
    }

    /// Size in bytes.
    fn nbytes(&self) -> usize {
        self.0.bytes()
    }

    /// Size in bytes.
    fn size(&self) -> usize {
        self.0.bytes()
    }

    fn __len__(&self) -> usize {
        self.0.bytes()
    }

    /// Address of the first byte on the host; on a GPU a number that names the memory; 0 where there is none.
    fn data_ptr(&self) -> usize {
        address(&self.0)
    }

    /// Where it is.
    #[getter]
    fn device(&self) -> PyDevice {
        PyDevice(self.0.device())
    }

    /// A copy on the same device.
    fn clone(&self) -> Outcome<PyStorage> {
        Ok(PyStorage(ferrotorch_core::ops::cast::clone_dense(&self.as_tensor())?.storage()))
    }

    /// A copy of the bytes.
    fn tobytes<'py>(&self, py: Python<'py>) -> Outcome<Bound<'py, PyBytes>> {
        self._bytes(py, 0, self.0.bytes())
    }

    /// A copy of the bytes from `start` to `end`.
    fn _bytes<'py>(&self, py: Python<'py>, start: usize, end: usize) -> Outcome<Bound<'py, PyBytes>> {
        if start > end || end > self.0.bytes() {
            return Err(value_error(format!("a storage of {} bytes has no bytes {start} to {end}", self.0.bytes())));
        }
        if !self.0.device().has_data() {
            return Err(meta::no_data().into());
        }
        let layout = Layout::strided(&[end - start], &[1], start);
        let part = Array::new(self.0.clone(), layout, DType::UInt8);
        let copy = |target: &mut [u8]| part.copy_to_slice(target).map_err(from_core);
        Ok(PyBytes::new_with(py, end - start, copy)?)
    }

    /// What the object takes, its bytes included.
    fn __sizeof__(&self) -> usize {
        PYTHON_OBJECT + self.0.bytes()
    }

    /// Overwrites the storage with the bytes of a buffer of the same size.
    fn _set_bytes(&self, buffer: &Bound<'_, PyAny>) -> Outcome<()> {
        let bytes = PyBuffer::<u8>::get(buffer)?;
        let bytes = bytes.to_vec(buffer.py())?;
        if bytes.len() != self.0.bytes() {
            return Err(runtime_error(format!("a storage of {} bytes cannot take {} bytes", self.0.bytes(), bytes.len())));
        }
        let source = Tensor::from_slice(&[bytes.len()], &bytes)?;
        Ok(ferrotorch_core::autograd::inplace::write("copy_", &self.as_tensor(), &source)?)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<PyStorage>().is_ok_and(|other| other.get().0.ptr_eq(&self.0))
    }

    fn __hash__(&self) -> usize {
        self.0.id()
    }

    fn __repr__(&self) -> String {
        format!("torch.UntypedStorage(device={}) of size {}", self.0.device(), self.0.bytes())
    }
}
