//! Tensors from nested sequences of numbers, by PyTorch's rules: the first items say the shape, all items the dtype.

use ferrotorch_core::memory::{collect_for, try_collect_for, vec_for};
use ferrotorch_core::ops::{cast, join};
use ferrotorch_core::outside::LONG;
use ferrotorch_core::promote::{self, promote_types};
use ferrotorch_core::scalar::FromScalar;
use ferrotorch_core::{DType, Scalar, Storage, Tensor, match_dtype};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyList, PyString, PyTuple};

use crate::batching::gate::value_needed;
use crate::data;
use crate::errors::{Failure, Outcome, runtime_error, type_error, value_error};
use crate::ffi::attach::detached;
use crate::number;
use crate::objects::storage::{self, PyStorage};
use crate::process::{BETWEEN_PAUSES, pause};
use crate::tensor::PyTensor;

/// Dimensions that a tensor may have.
const MAX_DIMS: usize = 64;

/// A tensor of the numbers in a sequence of sequences, or of a single number.
pub(crate) fn tensor(object: &Bound<'_, PyAny>, dtype: Option<DType>) -> Outcome<Tensor> {
    if object.is_instance_of::<PyString>() || object.is_instance_of::<PyBytes>() {
        return Err(invalid_type(object));
    }
    if starts_with_array(object) {
        return stacked(object, dtype, 0);
    }
    let is_plain = object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() || number::is_number(object);
    if !is_plain && let Some((storage, own)) = storage::of_object(object) {
        return of_storage(storage, own, dtype);
    }
    let mut reader = Reader::new(shape_of(object)?, dtype)?;
    reader.read(object, 0)?;
    // The numbers are no objects of Python's any more.
    if reader.values.len() >= LONG { detached(object.py(), || reader.finish()) } else { reader.finish() }
}

/// The elements of a storage; those of an untyped one are of the dtype asked for.
fn of_storage(storage: Storage, own: Option<DType>, dtype: Option<DType>) -> Outcome<Tensor> {
    let dtype = dtype.or(own).unwrap_or_else(promote::default_dtype);
    storage::require_dtype(dtype, own)?;
    Ok(cast::clone_dense(&PyStorage(storage).elements(dtype)?)?)
}

/// Would an index find items in it? Strings and bytes have items, too; mappings have none in this sense, nor have numbers.
fn is_sequence(object: &Bound<'_, PyAny>) -> bool {
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        return true;
    }
    if object.is_instance_of::<PyDict>() || PyTensor::check(object) || number::is_number(object) {
        return false;
    }
    object.get_type().hasattr("__getitem__").unwrap_or(false)
}

/// The lengths of the first items, and of their first items, down to one that is no sequence.
fn shape_of(object: &Bound<'_, PyAny>) -> Outcome<Vec<usize>> {
    let (mut shape, mut current) = (Vec::new(), object.clone());
    while is_sequence(&current) {
        let n = current.len()?;
        shape.push(n);
        if shape.len() > MAX_DIMS || current.is_instance_of::<PyString>() {
            return Err(value_error(format!("too many dimensions '{}'", object_type(&current))));
        }
        if n == 0 {
            break;
        }
        let first = current.get_item(0)?;
        if first.is(&current) && !first.is_instance_of::<PyString>() {
            return Err(type_error("new(): self-referential lists are incompatible"));
        }
        current = first;
    }
    Ok(shape)
}

/// Does the first of the innermost items lie in an array of NumPy's?
fn starts_with_array(object: &Bound<'_, PyAny>) -> bool {
    let mut current = object.clone();
    for _ in 0..=MAX_DIMS {
        if data::is_ndarray(&current) {
            return true;
        }
        match current.cast::<PyList>().map(|list| list.get_item(0)).or_else(|_| current.cast::<PyTuple>().map(|t| t.get_item(0)))
        {
            Ok(Ok(first)) => current = first,
            _ => return false,
        }
    }
    false
}

/// Sequences of arrays: each becomes a tensor, then they are stacked.
fn stacked(object: &Bound<'_, PyAny>, dtype: Option<DType>, depth: usize) -> Outcome<Tensor> {
    if data::is_ndarray(object) {
        return data::tensor_on_host(object, dtype).or_else(|_| data::tensor_on_host(&plain(object)?, dtype));
    }
    if !is_sequence(object) {
        return data::tensor_on_host(object, dtype);
    }
    let parts = try_collect_for("tensor", object.try_iter()?.map(|item| stacked(&item?, dtype, depth + 1)))?;
    let Some(first) = parts.first() else { return tensor(object, dtype) };
    if let Some(other) = parts.iter().find(|part| part.shape() != first.shape()) {
        return Err(unequal(first, other, depth + 1));
    }
    let common = parts.iter().try_fold(first.dtype(), |common, part| promote_types(common, part.dtype()))?;
    let parts = parts.iter().map(|part| cast::to_dtype(part, common)).collect::<Result<Vec<_>, _>>()?;
    Ok(join::stack(&parts, 0)?)
}

/// A copy of an array in the machine's byte order and the usual order of elements.
#[cold]
fn plain<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let dtype = array.getattr("dtype")?.call_method1("newbyteorder", ("=",))?;
    array.call_method1("astype", (dtype, "C"))
}

/// The error for parts of a stack that differ in shape.
#[cold]
fn unequal(first: &Tensor, other: &Tensor, depth: usize) -> Failure {
    let (expected, got) = (first.shape(), other.shape());
    match expected.iter().zip(&got).position(|(a, b)| a != b) {
        Some(dim) => value_error(unexpected_length(expected[dim], depth + dim, got[dim])),
        None => type_error("not a sequence"),
    }
}

fn unexpected_length(expected: usize, dim: usize, got: usize) -> String {
    format!("expected sequence of length {expected} at dim {dim} (got {got})")
}

/// Collects the numbers of nested sequences.
struct Reader {
    shape: Vec<usize>,
    values: Vec<Scalar>,
    /// The dtype that was asked for.
    wanted: Option<DType>,
    /// The promoted dtype of what was read.
    seen: Option<DType>,
    /// Was there an integer that int64 cannot hold? It is read as a float.
    beyond_int64: bool,
}

impl Reader {
    /// Takes memory for the numbers, whose count is known; a range may have more than any memory has room for.
    fn new(shape: Vec<usize>, wanted: Option<DType>) -> Outcome<Reader> {
        let count = shape.iter().try_fold(1usize, |count, &n| count.checked_mul(n));
        let count = if shape.contains(&0) { 0 } else { count.unwrap_or(usize::MAX) };
        Ok(Reader { shape, values: vec_for("tensor", count)?, wanted, seen: None, beyond_int64: false })
    }

    fn read(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Outcome<()> {
        if depth == self.shape.len() {
            return self.push(object);
        }
        if self.wanted.is_none() && object.is_instance_of::<PyBytes>() {
            return Err(invalid_type(object));
        }
        if !is_sequence(object) && PyTensor::get(object).is_none_or(|tensor| tensor.ndim() == 0) {
            return Err(type_error("not a sequence"));
        }
        if self.shape[depth] == 0 {
            // What holds nothing counts as floats.
            let default = promote::default_dtype();
            self.see(default)?;
        }
        if let Ok(list) = object.cast::<PyList>() {
            self.expect(list.len(), depth)?;
            return list.iter().try_for_each(|item| self.read(&item, depth + 1));
        }
        if let Ok(tuple) = object.cast::<PyTuple>() {
            self.expect(tuple.len(), depth)?;
        }
        let mut n = 0;
        for item in object.try_iter()? {
            n += 1;
            self.read(&item?, depth + 1)?;
        }
        self.expect(n, depth)
    }

    /// Nothing is compared with what has no elements.
    fn expect(&self, got: usize, depth: usize) -> Outcome<()> {
        let expected = self.shape[depth];
        if got == expected || self.shape.contains(&0) {
            return Ok(());
        }
        Err(value_error(unexpected_length(expected, depth, got)))
    }

    fn push(&mut self, object: &Bound<'_, PyAny>) -> Outcome<()> {
        if let Ok(x) = object.cast_exact::<PyInt>() {
            let x = match x.extract::<i64>() {
                Ok(i) => Scalar::Int(i),
                Err(_) if self.wanted == Some(DType::UInt64) => x.extract::<u64>()?.into(),
                Err(_) => {
                    self.beyond_int64 = true;
                    Scalar::Float(x.extract()?)
                }
            };
            return self.add(object.py(), x, DType::Int64);
        }
        let (x, dtype) = match number::exact_scalar(object)? {
            Some(x) => (x, promote::dtype_of_scalar(x)),
            None => self.unusual(object)?,
        };
        self.add(object.py(), x, dtype)
    }

    /// Promotes what was read to a dtype, if none was asked for.
    fn see(&mut self, dtype: DType) -> Outcome<()> {
        if self.wanted.is_none() {
            self.seen = Some(self.seen.map_or(Ok(dtype), |seen| promote_types(seen, dtype))?);
        }
        Ok(())
    }

    fn add(&mut self, py: Python<'_>, x: Scalar, dtype: DType) -> Outcome<()> {
        self.see(dtype)?;
        if self.shape.contains(&0) {
            return Ok(());
        }
        if self.values.len() == self.values.capacity() {
            return Err(value_error("a sequence gave more items than its length"));
        }
        self.values.push(x);
        if self.values.len().is_multiple_of(BETWEEN_PAUSES) {
            pause(py)?;
        }
        Ok(())
    }

    /// A tensor of one element, a number of NumPy's or of a class of its own, or what can be converted to the dtype asked for.
    fn unusual(&self, object: &Bound<'_, PyAny>) -> Outcome<(Scalar, DType)> {
        if let Some(tensor) = PyTensor::get(object) {
            if !PyTensor::levels_of(object).is_none() {
                return Err(value_needed("tensor"));
            }
            return self.single(tensor);
        }
        if data::is_ndarray(object) && object.getattr("ndim")?.extract::<usize>()? == 0 {
            return Ok((number::scalar(&object.call_method0("item")?)?, data::numpy_dtype(object)?));
        }
        if number::is_numpy_scalar(object) {
            return Ok((number::scalar(object)?, data::numpy_dtype(object)?));
        }
        if number::is_number(object) {
            let x = number::scalar(object)?;
            return Ok((x, promote::dtype_of_scalar(x)));
        }
        if object.is_instance_of::<PyString>() {
            return Err(invalid_type(object));
        }
        if is_sequence(object) {
            return Err(type_error(format!("'{}' object cannot be interpreted as an integer", object_type(object))));
        }
        let Some(wanted) = self.wanted else {
            return Err(runtime_error(format!("Could not infer dtype of {}", object_type(object))));
        };
        let x = match wanted {
            _ if wanted.is_float() => Scalar::Float(object.extract()?),
            _ if wanted.is_complex() => Scalar::Complex(object.extract()?),
            _ => Scalar::Int(number::int(object)?),
        };
        Ok((x, wanted))
    }

    fn single(&self, tensor: &Tensor) -> Outcome<(Scalar, DType)> {
        if tensor.numel() != 1 {
            return Err(value_error("only one element tensors can be converted to Python scalars"));
        }
        if self.wanted.is_some_and(DType::is_integral) && !tensor.dtype().is_integral() {
            return Err(type_error("only integer tensors of a single element can be converted to an index"));
        }
        Ok((number::item(tensor)?, tensor.dtype()))
    }

    fn finish(self) -> Outcome<Tensor> {
        let dtype = self.wanted.or(self.seen).unwrap_or_else(promote::default_dtype);
        if self.beyond_int64 && dtype.integer_bounds().is_some() {
            return Err(number::beyond_int64());
        }
        check_values(&self.values, dtype)?;
        match_dtype!(dtype, T => {
            let elements: Vec<T> = collect_for("tensor", self.values.into_iter().map(T::from_scalar))?;
            Ok(Tensor::from_slice(&self.shape, &elements)?)
        })
    }
}

/// Refuses what an element of the dtype cannot hold. Floats that are too large become infinite, here as in PyTorch.
fn check_values(values: &[Scalar], dtype: DType) -> Outcome<()> {
    let has_complex = || values.iter().any(|x| matches!(x, Scalar::Complex(_)));
    if dtype.is_float() && has_complex() {
        return Err(type_error(format!("must be real number, not complex: a tensor of {} was asked for", dtype.name())));
    }
    if dtype.integer_bounds().is_some() {
        if has_complex() {
            return Err(type_error("'complex' object cannot be interpreted as an integer"));
        }
        values.iter().try_for_each(|x| x.fitting(dtype).map(drop))?;
    }
    Ok(())
}

fn object_type(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "object".to_owned(), |n| n.to_string())
}

#[cold]
fn invalid_type(object: &Bound<'_, PyAny>) -> Failure {
    type_error(format!("new(): invalid data type '{}'", object_type(object)))
}
