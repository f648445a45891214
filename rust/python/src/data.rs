//! Tensors from Python data: nested sequences, NumPy arrays, buffers; and NumPy arrays from tensors.

use ferrotorch_core::ops::{cast, join};
use ferrotorch_core::promote::{self, promote_types};
use ferrotorch_core::scalar::FromScalar;
use ferrotorch_core::shape::checked_numel;
use ferrotorch_core::{Array, DType, Device, Layout, Scalar, Tensor, match_dtype};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyList, PyString, PyTuple};

use crate::errors::{Outcome, type_error, value_error};
use crate::ffi::foreign;
use crate::number;
use crate::objects::device::default_device;
use crate::tensor::PyTensor;

/// A host tensor with undefined contents, for the legacy constructors.
pub(crate) fn empty(shape: &[usize], dtype: DType) -> ferrotorch_core::Result<Tensor> {
    Ok(Tensor::from_array(Array::empty(shape, dtype, Device::CPU)?))
}

/// Is the object an instance of `numpy.ndarray`? Found by the type's name, so that NumPy need not be loaded.
pub(crate) fn is_ndarray(object: &Bound<'_, PyAny>) -> bool {
    object.hasattr("__array_interface__").unwrap_or(false) && !number::is_numpy_scalar(object)
}

/// A tensor with a copy of the data. Types follow PyTorch: bool, int64, the default float dtype, complex; NumPy's and
/// tensors' dtypes are kept.
pub(crate) fn tensor(object: &Bound<'_, PyAny>, dtype: Option<DType>, device: Option<Device>) -> Outcome<Tensor> {
    let device = device.unwrap_or_else(default_device);
    let host = match object.cast_exact::<PyList>() {
        Ok(list) => match flat_floats(list, dtype)? {
            Some(tensor) => tensor,
            None => general(object, dtype)?,
        },
        Err(_) => general(object, dtype)?,
    };
    Ok(cast::on_device(&host, device)?)
}

/// The quick path: a list of Python floats.
fn flat_floats(list: &Bound<'_, PyList>, dtype: Option<DType>) -> Outcome<Option<Tensor>> {
    let mut values: Vec<f64> = Vec::with_capacity(list.len());
    for item in list.iter() {
        match item.cast_exact::<PyFloat>() {
            Ok(x) => values.push(x.value()),
            Err(_) => return Ok(None),
        }
    }
    if values.is_empty() {
        return Ok(None);
    }
    match dtype.unwrap_or_else(promote::default_dtype) {
        DType::Float32 => Ok(Some(Tensor::from_slice(&[values.len()], &values.iter().map(|&x| x as f32).collect::<Vec<f32>>())?)),
        DType::Float64 => Ok(Some(Tensor::from_slice(&[values.len()], &values)?)),
        _ => Ok(None),
    }
}

fn general(object: &Bound<'_, PyAny>, dtype: Option<DType>) -> Outcome<Tensor> {
    if let Some(tensor) = PyTensor::get(object) {
        let copy = cast::clone_dense(&tensor.detach())?;
        return Ok(cast::to_dtype(&copy, dtype.unwrap_or(copy.dtype()))?.detach());
    }
    if is_ndarray(object) {
        let copy = cast::clone_contiguous(&from_array_interface(object)?)?;
        return Ok(cast::to_dtype(&copy, dtype.unwrap_or(copy.dtype()))?);
    }
    if number::is_numpy_scalar(object) {
        let array = object.call_method0("__array__")?;
        return general(&array, dtype);
    }
    let mut reader = Reader { shape: Vec::new(), values: Vec::new(), dtype: None };
    reader.measure(object)?;
    if reader.shape.iter().product::<usize>() > 0 && holds_arrays(object) {
        return stacked(object, dtype);
    }
    reader.read(object, 0)?;
    let dtype = dtype.or(reader.dtype).unwrap_or_else(promote::default_dtype);
    let (shape, values) = (reader.shape, reader.values);
    check_values(&values, dtype)?;
    match_dtype!(dtype, T => {
        let elements: Vec<T> = values.into_iter().map(T::from_scalar).collect();
        Ok(Tensor::from_slice(&shape, &elements)?)
    })
}

/// Refuses what an element of the dtype cannot hold. Floats that are too large become infinite, here as in PyTorch.
fn check_values(values: &[Scalar], dtype: DType) -> Outcome<()> {
    if dtype.integer_bounds().is_some() {
        values.iter().try_for_each(|x| x.fitting(dtype).map(drop))?;
    }
    if dtype.is_float() && values.iter().any(|x| matches!(x, Scalar::Complex(_))) {
        return Err(type_error(format!("must be real number, not complex: a tensor of {} was asked for", dtype.name())));
    }
    Ok(())
}

/// Collects the numbers of nested sequences.
struct Reader {
    shape: Vec<usize>,
    values: Vec<Scalar>,
    dtype: Option<DType>,
}

/// A list, tuple or other sequence of which tensors are made?
fn as_sequence<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        return Some(object.clone());
    }
    let no_sequence = object.is_instance_of::<PyString>() || object.is_instance_of::<PyDict>();
    if no_sequence || PyTensor::check(object) || number::is_number(object) {
        return None;
    }
    (object.hasattr("__len__").unwrap_or(false) && object.hasattr("__getitem__").unwrap_or(false)).then(|| object.clone())
}

fn holds_arrays(object: &Bound<'_, PyAny>) -> bool {
    let Some(sequence) = as_sequence(object) else {
        return PyTensor::get(object).is_some_and(|t| t.ndim() > 0) || is_ndarray(object);
    };
    sequence.get_item(0).is_ok_and(|first| holds_arrays(&first))
}

/// Sequences of tensors or arrays: each becomes a tensor, then they are stacked.
fn stacked(object: &Bound<'_, PyAny>, dtype: Option<DType>) -> Outcome<Tensor> {
    if as_sequence(object).is_none_or(|_| is_ndarray(object)) {
        return general(object, dtype);
    }
    let parts = object.try_iter()?.map(|item| stacked(&item?, dtype)).collect::<Outcome<Vec<_>>>()?;
    let common = parts.iter().map(Tensor::dtype).reduce(promote_types).unwrap_or(DType::Float32);
    let parts = parts.iter().map(|part| cast::to_dtype(part, common)).collect::<Result<Vec<_>, _>>()?;
    Ok(join::stack(&parts, 0)?)
}

impl Reader {
    fn measure(&mut self, object: &Bound<'_, PyAny>) -> Outcome<()> {
        let mut current = object.clone();
        while let Some(sequence) = as_sequence(&current) {
            let n = sequence.len()?;
            self.shape.push(n);
            if self.shape.len() > 64 {
                return Err(value_error("too many dimensions: the sequences are nested more than 64 deep"));
            }
            if n == 0 {
                return Ok(());
            }
            current = sequence.get_item(0)?;
        }
        if let Some(tensor) = PyTensor::get(&current) {
            self.shape.extend(tensor.shape());
        }
        Ok(())
    }

    fn read(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Outcome<()> {
        if depth == self.shape.len() {
            return self.push(object, depth);
        }
        let Some(sequence) = as_sequence(object) else {
            return Err(value_error(format!("expected sequence of length {} at dim {depth} (got a number)", self.shape[depth])));
        };
        let n = sequence.len()?;
        if n != self.shape[depth] {
            return Err(value_error(format!("expected sequence of length {} at dim {depth} (got {n})", self.shape[depth])));
        }
        if let Ok(list) = sequence.cast::<PyList>() {
            return list.iter().try_for_each(|item| self.read(&item, depth + 1));
        }
        sequence.try_iter()?.try_for_each(|item| self.read(&item?, depth + 1))
    }

    fn push(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Outcome<()> {
        if depth > 0 && as_sequence(object).is_some() {
            return Err(type_error(format!(
                "only integer, float, bool and complex items can be converted; got a sequence at dim {depth}"
            )));
        }
        let (x, dtype) = match number::exact_scalar(object)? {
            Some(x) => (x, promote::dtype_of_scalar(x)),
            None if object.is_instance_of::<PyString>() => {
                return Err(type_error(format!("new(): invalid data type '{}'", object.get_type().name()?)));
            }
            None => match PyTensor::get(object) {
                Some(tensor) => (number::item(tensor)?, tensor.dtype()),
                None if number::is_numpy_scalar(object) => (number::scalar(object)?, numpy_dtype(object)?),
                None if number::is_number(object) => {
                    let x = number::scalar(object)?;
                    (x, promote::dtype_of_scalar(x))
                }
                None if object.is_none() => return Err(runtime_none()),
                None => return Err(runtime_infer(object)),
            },
        };
        self.values.push(x);
        self.dtype = Some(self.dtype.map_or(dtype, |seen| promote_types(seen, dtype)));
        Ok(())
    }
}

#[cold]
fn runtime_none() -> crate::errors::Failure {
    crate::errors::runtime_error("Could not infer dtype of NoneType")
}

#[cold]
fn runtime_infer(object: &Bound<'_, PyAny>) -> crate::errors::Failure {
    let name = object.get_type().name().map_or_else(|_| "object".to_owned(), |n| n.to_string());
    crate::errors::runtime_error(format!("Could not infer dtype of {name}"))
}

fn numpy_dtype(object: &Bound<'_, PyAny>) -> Outcome<DType> {
    let text: String = object.getattr("dtype")?.getattr("str")?.extract()?;
    parse_typestr(&text)
}

/// The dtype of a type string of NumPy's array interface.
fn parse_typestr(text: &str) -> Outcome<DType> {
    Ok(match text.trim_start_matches(['<', '|', '=']) {
        "b1" => DType::Bool,
        "u1" => DType::UInt8,
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
                "can't convert np.ndarray of type {text}. The only supported types are: float64, float32, float16, complex64, complex128, int64, int32, int16, int8, uint8, and bool."
            )));
        }
    })
}

fn typestr(dtype: DType) -> Outcome<&'static str> {
    Ok(match dtype {
        DType::Bool => "|b1",
        DType::UInt8 => "|u1",
        DType::Int8 => "|i1",
        DType::Int16 => "<i2",
        DType::Int32 => "<i4",
        DType::Int64 => "<i8",
        DType::Float16 => "<f2",
        DType::Float32 => "<f4",
        DType::Float64 => "<f8",
        DType::Complex64 => "<c8",
        DType::Complex128 => "<c16",
        DType::BFloat16 => {
            return Err(type_error("Got unsupported ScalarType BFloat16: NumPy has no such dtype; convert with .float() first"));
        }
    })
}

/// A tensor that shares the memory of a NumPy array.
pub(crate) fn from_numpy(object: &Bound<'_, PyAny>) -> Outcome<Tensor> {
    if !is_ndarray(object) {
        return Err(type_error(format!("expected np.ndarray (got {})", object.get_type().name()?)));
    }
    from_array_interface(object)
}

fn from_array_interface(object: &Bound<'_, PyAny>) -> Outcome<Tensor> {
    let interface = object.getattr("__array_interface__")?.cast_into::<PyDict>()?;
    let field = |name: &str| -> Outcome<Bound<'_, PyAny>> {
        interface.get_item(name)?.ok_or_else(|| type_error(format!("__array_interface__ lacks '{name}'")))
    };
    let (address, read_only): (usize, bool) = field("data")?.extract()?;
    let shape: Vec<usize> = field("shape")?.extract()?;
    let dtype = parse_typestr(&field("typestr")?.extract::<String>()?)?;
    let size = dtype.size() as isize;
    let strides: Option<Vec<isize>> = match interface.get_item("strides")? {
        Some(strides) if !strides.is_none() => Some(strides.extract()?),
        _ => None,
    };
    checked_numel(&shape)?;
    let layout = match strides {
        None => Layout::contiguous(&shape),
        Some(bytes) => {
            if bytes.iter().zip(&shape).any(|(&s, &n)| s < 0 && n > 1) {
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
            Layout::strided(&shape, &strides, 0)
        }
    };
    let bytes = layout.span().end * dtype.size();
    if bytes > 0 && !address.is_multiple_of(foreign::alignment(dtype)) {
        return Err(value_error(
            "given numpy array is not aligned to its elements. Copy the numpy array to reallocate the memory.",
        ));
    }
    // SAFETY: the array interface promises `span` elements at the address for as long as the array lives.
    let storage = unsafe { foreign::storage(address, bytes, !read_only, object.clone().unbind()) };
    Ok(Tensor::from_array(Array::new(storage, layout, dtype)))
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
    Ok(py.import("numpy")?.call_method1("asarray", (view,))?)
}
