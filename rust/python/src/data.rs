//! Tensors from Python data: NumPy arrays and what exports its memory; and NumPy arrays from tensors.

use std::sync::atomic::{AtomicBool, Ordering};

use ferrotorch_core::memory::{collect_for, vec_for};
use ferrotorch_core::ops::cast;
use ferrotorch_core::promote;
use ferrotorch_core::shape::checked_numel;
use ferrotorch_core::{Array, DType, Device, Layout, Tensor};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::exceptions::PyUserWarning;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

use crate::errors::{Outcome, type_error, value_error};
use crate::ffi::exchange;
use crate::nested;
use crate::number;
use crate::objects::device::default_device;
use crate::process::{BETWEEN_PAUSES, pause};
use crate::tensor::PyTensor;

/// A host tensor with undefined contents, for the legacy constructors.
pub(crate) fn empty(shape: &[usize], dtype: DType) -> ferrotorch_core::Result<Tensor> {
    Ok(Tensor::from_array(Array::empty(shape, dtype, Device::CPU)?))
}

/// Is the object an array of NumPy's kind? The type is asked, so that NumPy need not be loaded, and need not describe the array.
pub(crate) fn is_ndarray(object: &Bound<'_, PyAny>) -> bool {
    let interface = intern!(object.py(), "__array_interface__");
    object.get_type().hasattr(interface).unwrap_or(false) && !number::is_numpy_scalar(object)
}

/// A tensor with a copy of the data. Types follow PyTorch: bool, int64, the default float dtype, complex; NumPy's and
/// tensors' dtypes are kept, and a tensor's device where none is named.
pub(crate) fn tensor(object: &Bound<'_, PyAny>, dtype: Option<DType>, device: Option<Device>) -> Outcome<Tensor> {
    let device = device.unwrap_or_else(|| PyTensor::get(object).map_or_else(default_device, Tensor::device));
    let made = match object.cast_exact::<PyList>() {
        Ok(list) => match flat_floats(list, dtype)? {
            Some(tensor) => tensor,
            None => tensor_on_host(object, dtype)?,
        },
        Err(_) => tensor_on_host(object, dtype)?,
    };
    Ok(cast::on_device(&made, device)?)
}

/// The quick path: a list of Python floats.
fn flat_floats(list: &Bound<'_, PyList>, dtype: Option<DType>) -> Outcome<Option<Tensor>> {
    if list.get_item(0).is_ok_and(|first| !first.is_exact_instance_of::<PyFloat>()) {
        return Ok(None);
    }
    let mut values: Vec<f64> = vec_for("tensor", list.len())?;
    for item in list.iter() {
        match item.cast_exact::<PyFloat>() {
            Ok(x) => values.push(x.value()),
            Err(_) => return Ok(None),
        }
        if values.len().is_multiple_of(BETWEEN_PAUSES) {
            pause(list.py())?;
        }
    }
    if values.is_empty() {
        return Ok(None);
    }
    match dtype.unwrap_or_else(promote::default_dtype) {
        DType::Float32 => {
            Ok(Some(Tensor::from_slice(&[values.len()], &collect_for("tensor", values.iter().map(|&x| x as f32))?)?))
        }
        DType::Float64 => Ok(Some(Tensor::from_slice(&[values.len()], &values)?)),
        _ => Ok(None),
    }
}

/// A tensor with a copy of the data, on the host.
pub(crate) fn tensor_on_host(object: &Bound<'_, PyAny>, dtype: Option<DType>) -> Outcome<Tensor> {
    if object.is_exact_instance_of::<PyList>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyInt>()
    {
        return nested::tensor(object, dtype);
    }
    let copy = if let Some(tensor) = PyTensor::get(object) {
        cast::clone_dense(&tensor.detach())?
    } else if is_ndarray(object) {
        cast::clone_contiguous(&from_array_interface(object)?)?
    } else if number::is_numpy_scalar(object) && !object.is_instance_of::<PyString>() {
        return tensor_on_host(&object.call_method0("__array__")?, dtype);
    } else if let Some(tensor) = of_dlpack(object)? {
        cast::clone_contiguous(&tensor)?
    } else {
        return nested::tensor(object, dtype);
    };
    Ok(cast::to_dtype(&copy, dtype.unwrap_or(copy.dtype()))?.detach())
}

/// A tensor over the memory of an object that offers it by DLPack.
pub(crate) fn of_dlpack(object: &Bound<'_, PyAny>) -> Outcome<Option<Tensor>> {
    if !object.hasattr("__dlpack__")? {
        return Ok(None);
    }
    let imported = object.py().import("ferrotorch._exchange.dlpack")?.call_method1("from_dlpack", (object,))?;
    Ok(PyTensor::get(&imported).cloned())
}

pub(crate) fn numpy_dtype(object: &Bound<'_, PyAny>) -> Outcome<DType> {
    let text: String = object.getattr("dtype")?.getattr("str")?.extract()?;
    parse_typestr(&text)
}

/// The dtype of a type string of NumPy's array interface.
fn parse_typestr(text: &str) -> Outcome<DType> {
    if text.starts_with('>') {
        return Err(value_error(
            "given numpy array has byte order different from the native byte order. Conversion between byte orders is currently not supported.",
        ));
    }
    Ok(match text.trim_start_matches(['<', '|', '=']) {
        "b1" => DType::Bool,
        "u1" => DType::UInt8,
        "u2" => DType::UInt16,
        "u4" => DType::UInt32,
        "u8" => DType::UInt64,
        "i1" => DType::Int8,
        "i2" => DType::Int16,
        "i4" => DType::Int32,
        "i8" => DType::Int64,
        "f2" => DType::Float16,
        "f4" => DType::Float32,
        "f8" => DType::Float64,
        "c8" => DType::Complex64,
        "c16" => DType::Complex128,
        _ => {
            return Err(type_error(format!(
                "can't convert np.ndarray of type {text}. The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool."
            )));
        }
    })
}

fn typestr(dtype: DType) -> Outcome<&'static str> {
    Ok(match dtype {
        DType::Bool => "|b1",
        DType::UInt8 => "|u1",
        DType::UInt16 => "<u2",
        DType::UInt32 => "<u4",
        DType::UInt64 => "<u8",
        DType::Int8 => "|i1",
        DType::Int16 => "<i2",
        DType::Int32 => "<i4",
        DType::Int64 => "<i8",
        DType::Float16 => "<f2",
        DType::Float32 => "<f4",
        DType::Float64 => "<f8",
        DType::Complex64 => "<c8",
        DType::Complex128 => "<c16",
        other => {
            let name = other.legacy_name();
            return Err(type_error(format!(
                "Got unsupported ScalarType {name}: NumPy has no such dtype; convert with .float() first"
            )));
        }
    })
}

/// A tensor that shares the memory of a NumPy array.
pub(crate) fn from_numpy(object: &Bound<'_, PyAny>) -> Outcome<Tensor> {
    if !is_ndarray(object) {
        return Err(type_error(format!("expected np.ndarray (got {})", object.get_type().name()?)));
    }
    let tensor = from_array_interface(object)?;
    if tensor.with_array(|a| a.storage.as_host().is_some_and(|buffer| !buffer.is_writable())) {
        warn_of_read_only(object.py())?;
    }
    Ok(tensor)
}

/// Says once that a tensor over read-only memory is read-only, too.
#[cold]
fn warn_of_read_only(py: Python<'_>) -> PyResult<()> {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if WARNED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let text = c"The given NumPy array is not writable, and a tensor that shares its memory is non-writable, too: writing to the tensor raises. \
        Copy the array, or make it writable, before converting it to a tensor. This warning will be suppressed for the rest of this program.";
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), text, 1)
}

/// An array in somebody else's memory.
struct Description {
    shape: Vec<usize>,
    /// Steps in bytes; `None` for row-major.
    strides: Option<Vec<isize>>,
    dtype: DType,
    address: usize,
    read_only: bool,
}

impl Description {
    /// By the buffer protocol, which takes a quarter of the time of the array interface; `None` where the interface has to say
    /// more.
    fn by_buffer(object: &Bound<'_, PyAny>) -> Option<Description> {
        let buffer = PyUntypedBuffer::get(object).ok()?;
        if buffer.dimensions() == 0 {
            return None;
        }
        let dtype = match (buffer.format().to_bytes(), buffer.item_size()) {
            (b"?", 1) => DType::Bool,
            (b"B", 1) => DType::UInt8,
            (b"b", 1) => DType::Int8,
            (b"H", 2) => DType::UInt16,
            (b"I" | b"L", 4) => DType::UInt32,
            (b"L" | b"Q", 8) => DType::UInt64,
            (b"h", 2) => DType::Int16,
            (b"i" | b"l", 4) => DType::Int32,
            (b"l" | b"q", 8) => DType::Int64,
            (b"e", 2) => DType::Float16,
            (b"f", 4) => DType::Float32,
            (b"d", 8) => DType::Float64,
            (b"Zf", 8) => DType::Complex64,
            (b"Zd", 16) => DType::Complex128,
            _ => return None,
        };
        Some(Description {
            shape: buffer.shape().to_vec(),
            strides: Some(buffer.strides().to_vec()),
            dtype,
            address: buffer.buf_ptr() as usize,
            read_only: buffer.readonly(),
        })
    }

    fn by_interface(object: &Bound<'_, PyAny>) -> Outcome<Description> {
        let interface = object.getattr("__array_interface__")?.cast_into::<PyDict>()?;
        let field = |name: &str| -> Outcome<Bound<'_, PyAny>> {
            interface.get_item(name)?.ok_or_else(|| type_error(format!("__array_interface__ lacks '{name}'")))
        };
        let shape: Vec<usize> = field("shape")?.extract()?;
        let dtype = parse_typestr(&field("typestr")?.extract::<String>()?)?;
        let strides: Option<Vec<isize>> = match interface.get_item("strides")? {
            Some(strides) if !strides.is_none() => Some(strides.extract()?),
            _ => None,
        };
        if strides.as_ref().is_some_and(|bytes| bytes.len() != shape.len()) {
            return Err(value_error("__array_interface__ has another number of strides than of sizes"));
        }
        let (address, read_only) = field("data")?.extract()?;
        Ok(Description { shape, strides, dtype, address, read_only })
    }

    fn layout(&self) -> Outcome<Layout> {
        let (shape, size) = (&self.shape, self.dtype.size() as isize);
        checked_numel(shape)?;
        let Some(bytes) = &self.strides else { return Ok(Layout::contiguous(shape)) };
        if bytes.iter().zip(shape).any(|(&s, &n)| s < 0 && n > 1) {
            return Err(value_error(
                "At least one stride in the given numpy array is negative, and tensors with negative strides are not currently supported. (You can probably work around this by making a copy of your array with array.copy().)",
            ));
        }
        if bytes.iter().any(|s| s % size != 0) {
            return Err(value_error(
                "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate the memory.",
            ));
        }
        let strides: Vec<isize> = bytes.iter().map(|s| (s / size).max(0)).collect();
        Ok(Layout::strided(shape, &strides, 0))
    }
}

fn from_array_interface(object: &Bound<'_, PyAny>) -> Outcome<Tensor> {
    let described = match Description::by_buffer(object) {
        Some(described) => described,
        None => Description::by_interface(object)?,
    };
    let layout = described.layout()?;
    let storage = exchange::of_memory(object, described.address, described.read_only, &layout, described.dtype)?;
    Ok(Tensor::from_array(Array::new(storage, layout, described.dtype)))
}

/// A host tensor's memory in the form that `numpy.asarray` reads; keeps the memory alive.
#[pyclass(frozen, module = "ferrotorch._C")]
struct ArrayView {
    array: Array,
}

#[pymethods]
impl ArrayView {
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> Outcome<Bound<'py, PyDict>> {
        let interface = PyDict::new(py);
        let size = self.array.dtype.size() as isize;
        let strides: Vec<isize> = self.array.layout.strides().iter().map(|s| s * size).collect();
        let writable = self.array.storage.as_host().is_some_and(|buffer| buffer.is_writable());
        interface.set_item("version", 3)?;
        interface.set_item("typestr", typestr(self.array.dtype)?)?;
        interface.set_item("shape", PyTuple::new(py, self.array.shape())?)?;
        interface.set_item("strides", PyTuple::new(py, strides)?)?;
        interface.set_item("data", (self.array.host_ptr().map_or(0, |p| p as usize), !writable))?;
        Ok(interface)
    }
}

/// A NumPy array that shares the memory of a host tensor, if that holds its elements as they are.
pub(crate) fn to_numpy<'py>(py: Python<'py>, tensor: &Tensor) -> Outcome<Bound<'py, PyAny>> {
    typestr(tensor.dtype())?;
    let array = tensor.array().resolved()?;
    array.storage.fix();
    let view = Bound::new(py, ArrayView { array })?;
    static ASARRAY: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    Ok(ASARRAY.import(py, "numpy", "asarray")?.call1((view,))?)
}
