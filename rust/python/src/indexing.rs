//! Index expressions: Python's `x[...]` as views and gathers of the core.

use ferrotorch_core::autograd::inplace;
use ferrotorch_core::ops::{cast, index as gather, view};
use ferrotorch_core::{DType, Scalar, Tensor, backend};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyEllipsis, PyInt, PyList, PyRange, PySlice, PyString, PyTuple};

use crate::batching::Levels;
use crate::batching::gate::dynamic;
use crate::batching::tensors::Batched;
use crate::data;
use crate::errors::{Failure, Outcome, type_error};
use crate::number;
use crate::tensor::PyTensor;

/// One item of an index expression.
enum Item<'py> {
    Int(i64),
    Slice(Bound<'py, PySlice>),
    NewAxis,
    Ellipsis,
    /// An integer tensor, or a mask, which stands for as many dimensions as it has: at least one.
    Tensor(Batched),
    Bool(bool),
}

/// An expression of which what is a view is done: what remains are tensors, one slot a dimension.
pub(crate) struct Resolved {
    pub(crate) viewed: Tensor,
    pub(crate) tensors: Vec<Option<Batched>>,
}

/// The tensors of an expression in which none is batched.
fn plain(tensors: Vec<Option<Batched>>) -> Vec<Option<Tensor>> {
    tensors.into_iter().map(|index| index.map(|index| index.tensor)).collect()
}

/// `input[index]`.
pub(crate) fn get(input: &Tensor, index: &Bound<'_, PyAny>) -> Outcome<Tensor> {
    if index.is_exact_instance_of::<PyInt>() {
        return select_first(input, number::int(index)?);
    }
    if let Ok(slice) = index.cast_exact::<PySlice>() {
        return apply_slice(input, 0, 0, slice, false);
    }
    read(input, resolve(input, 0, index)?)
}

/// What an expression without batched tensors stands for.
pub(crate) fn read(input: &Tensor, Resolved { viewed, tensors }: Resolved) -> Outcome<Tensor> {
    if tensors.iter().any(Option::is_some) {
        return Ok(gather::index(&viewed, &plain(tensors))?);
    }
    // Only `x[...]` and the like change nothing; they are views all the same.
    if viewed.is(input) { Ok(view::alias(input)) } else { Ok(viewed) }
}

/// `target[index] = value`.
pub(crate) fn set(target: &Tensor, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> Outcome<()> {
    write(target, resolve(target, 0, index)?, value)
}

/// Writes where an expression without batched tensors says.
pub(crate) fn write(target: &Tensor, Resolved { viewed, tensors }: Resolved, value: &Bound<'_, PyAny>) -> Outcome<()> {
    let gathers = tensors.iter().any(Option::is_some);
    let value = value_of(target, value, gathers)?;
    let value = drop_leading_ones(&value)?;
    if gathers {
        return Ok(gather::index_put_(&viewed, &plain(tensors), &value, false)?);
    }
    Ok(inplace::assign("setitem", &viewed, &value)?)
}

/// What is assigned to elements of `target`, one by one or as a window, as a tensor.
pub(crate) fn value_of(target: &Tensor, value: &Bound<'_, PyAny>, gathers: bool) -> Outcome<Tensor> {
    Ok(match PyTensor::get(value) {
        Some(tensor) => tensor.clone(),
        None if number::is_number(value) => {
            let x = settable(number::scalar(value)?, target.dtype(), gathers)?;
            Tensor::full(&[], x, target.dtype(), target.device())?
        }
        None if value.is_none() || !value.hasattr("__len__")? || value.is_instance_of::<PyDict>() => {
            return Err(type_error(format!(
                "can't assign a {} to a torch.{}Tensor",
                value.get_type().name()?,
                target.dtype().legacy_name()
            )));
        }
        None => data::tensor(value, None, Some(target.device()))?,
    })
}

/// A number that elements of the dtype can be set to; one by one they take no number beyond a half type.
fn settable(x: Scalar, dtype: DType, one_by_one: bool) -> Outcome<Scalar> {
    match x {
        Scalar::Unsigned(_) if dtype.integer_bounds().is_some() && dtype != DType::UInt64 => Err(number::beyond_int64()),
        x if one_by_one => Ok(x.fitting(dtype)?),
        x => Ok(x.storable(dtype)?),
    }
}

/// Values may have more dimensions than what they are assigned to, if these are of size 1.
fn drop_leading_ones(value: &Tensor) -> Outcome<Tensor> {
    let shape = value.shape();
    let extra = shape.iter().take_while(|&&n| n == 1).count();
    if extra == 0 {
        return Ok(value.clone());
    }
    let rest: Vec<i64> = shape[extra..].iter().map(|&n| n as i64).collect();
    Ok(view::reshape(value, &rest)?)
}

fn select_first(input: &Tensor, i: i64) -> Outcome<Tensor> {
    if input.ndim() == 0 {
        return Err(index_error(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python to convert a 0-dim tensor to a number",
        ));
    }
    select_at(input, 0, 0, i)
}

/// `shown` is the number of the dimension in the expression, for the message.
fn select_at(input: &Tensor, dim: usize, shown: usize, i: i64) -> Outcome<Tensor> {
    let n = if dim < input.ndim() { input.size(dim) as i64 } else { 0 };
    if i < -n || i >= n {
        return Err(index_error(&format!("index {i} is out of bounds for dimension {shown} with size {n}")));
    }
    Ok(view::select(input, dim as i64, i)?)
}

/// The first `hidden` dimensions are not to be indexed. `passes`: a slice of the whole dimension changes nothing, and makes no view.
fn apply_slice(input: &Tensor, hidden: usize, dim: usize, slice: &Bound<'_, PySlice>, passes: bool) -> Outcome<Tensor> {
    if input.ndim() == hidden {
        return Err(index_error("slice() cannot be applied to a 0-dim tensor."));
    }
    if dim >= input.ndim() {
        return Err(out_of_dims(input, dim));
    }
    let bound = |name: &str| -> Outcome<Option<i64>> {
        let value = slice.getattr(name)?;
        if value.is_none() {
            return Ok(None);
        }
        number::clipped_int(&value).map(Some).map_err(|error| match number::is_index(&value) {
            true => error,
            false => type_error("slice indices must be integers or None or have an __index__ method"),
        })
    };
    let step = bound("step")?.unwrap_or(1);
    if step <= 0 {
        return Err(crate::errors::value_error("step must be greater than zero"));
    }
    let (start, stop, n) = (bound("start")?, bound("stop")?, input.size(dim) as i64);
    if passes && step == 1 && start.is_none_or(|i| i == 0 || i <= -n) && stop.is_none_or(|i| i >= n) {
        return Ok(input.clone());
    }
    Ok(view::slice(input, dim as i64, start, stop, step)?)
}

/// Applies ints, slices, None and `...` as views to what stands behind the first `hidden` dimensions; what remains are
/// tensors, one slot a dimension.
pub(crate) fn resolve(input: &Tensor, hidden: usize, index: &Bound<'_, PyAny>) -> Outcome<Resolved> {
    let items = parse(index)?;
    let (used, rank) = (items.iter().map(consumed).sum::<usize>(), input.ndim() - hidden);
    if used > rank {
        return Err(index_error(&format!("too many indices for tensor of dimension {rank}")));
    }
    let (skipped, passes) = (rank - used, items.len() > 1);
    let (mut current, mut tensors, mut dim, mut shown) = (input.clone(), vec![None; hidden], hidden, 0);
    for item in items {
        match item {
            Item::Int(i) => {
                current = select_at(&current, dim, shown, i)?;
                shown += 1;
            }
            Item::Slice(slice) => {
                current = apply_slice(&current, hidden, dim, &slice, passes)?;
                (dim, shown) = (dim + 1, shown + 1);
                tensors.push(None);
            }
            Item::NewAxis => {
                current = view::unsqueeze(&current, dim as i64)?;
                dim += 1;
                tensors.push(None);
            }
            // As in PyTorch, another one stands for as many dimensions again; there must be no more to index then.
            Item::Ellipsis => {
                (dim, shown) = (dim + skipped, shown + skipped);
                tensors.resize(tensors.len() + skipped, None);
            }
            Item::Bool(b) => {
                current = view::unsqueeze(&current, dim as i64)?;
                let rows: &[i64] = if b { &[0] } else { &[] };
                tensors.push(Some(unbatched(Tensor::from_slice(&[rows.len()], rows)?)));
                dim += 1;
            }
            Item::Tensor(mask) if is_mask(&mask) => {
                let mask = mask.tensor;
                check_mask(&current, &mask, dim)?;
                // The core takes masks as they are.
                (dim, shown) = (dim + mask.ndim(), shown + mask.ndim());
                tensors.push(Some(unbatched(mask)));
            }
            Item::Tensor(index) => {
                tensors.push(Some(Batched { tensor: cast::to_dtype(&index.tensor, DType::Int64)?, levels: index.levels }));
                (dim, shown) = (dim + 1, shown + 1);
            }
        }
    }
    // Dimensions behind the last tensor are whole anyway.
    while matches!(tensors.last(), Some(None)) {
        tensors.pop();
    }
    Ok(Resolved { viewed: current, tensors })
}

fn unbatched(tensor: Tensor) -> Batched {
    Batched { tensor, levels: Levels::NONE }
}

fn is_mask(index: &Batched) -> bool {
    matches!(index.tensor.dtype(), DType::Bool | DType::UInt8)
}

/// How many dimensions of the input an item stands for.
fn consumed(item: &Item<'_>) -> usize {
    match item {
        Item::Int(_) | Item::Slice(_) => 1,
        Item::NewAxis | Item::Ellipsis | Item::Bool(_) => 0,
        Item::Tensor(mask) if is_mask(mask) => mask.rank(),
        Item::Tensor(_) => 1,
    }
}

/// Refuses a mask of another shape than what it masks.
fn check_mask(input: &Tensor, mask: &Tensor, dim: usize) -> Outcome<()> {
    if dim + mask.ndim() > input.ndim() {
        return Err(out_of_dims(input, dim));
    }
    for (i, &n) in mask.shape().iter().enumerate() {
        if input.size(dim + i) != n {
            return Err(index_error(&format!(
                "The shape of the mask {:?} at index {i} does not match the shape of the indexed tensor {:?} at index {}",
                &mask.shape()[..],
                &input.shape()[..],
                dim + i
            )));
        }
    }
    Ok(())
}

fn parse<'py>(index: &Bound<'py, PyAny>) -> Outcome<Vec<Item<'py>>> {
    if let Ok(tuple) = index.cast::<PyTuple>() {
        return tuple.iter().map(|item| parse_item(&item)).collect();
    }
    if let Ok(list) = index.cast::<PyList>()
        && is_like_tuple(list)
    {
        return list.iter().map(|item| parse_item(&item)).collect();
    }
    Ok(vec![parse_item(index)?])
}

/// A short list with sequences or slices in it counts as a tuple, by NumPy's old rule, which PyTorch follows.
fn is_like_tuple(list: &Bound<'_, PyList>) -> bool {
    list.len() < 32
        && list.iter().any(|item| {
            item.is_none()
                || item.is_instance_of::<PyList>()
                || item.is_instance_of::<PyTuple>()
                || item.is_instance_of::<PySlice>()
                || item.is_instance_of::<PyEllipsis>()
                || Batched::of(&item).is_some_and(|tensor| tensor.rank() > 0)
        })
}

fn parse_item<'py>(item: &Bound<'py, PyAny>) -> Outcome<Item<'py>> {
    if item.is_none() {
        return Ok(Item::NewAxis);
    }
    if let Ok(b) = item.cast_exact::<PyBool>() {
        return Ok(Item::Bool(b.is_true()));
    }
    if let Ok(i) = item.cast::<PyInt>() {
        return Ok(Item::Int(number::int(i)?));
    }
    if let Ok(slice) = item.cast::<PySlice>() {
        return Ok(Item::Slice(slice.clone()));
    }
    if item.is_instance_of::<PyEllipsis>() {
        return Ok(Item::Ellipsis);
    }
    if let Some(tensor) = Batched::of(item) {
        return tensor_item(tensor);
    }
    let is_array = data::is_ndarray(item);
    if !is_array && number::is_index(item) {
        return Ok(Item::Int(number::int(item)?));
    }
    if is_array || item.is_instance_of::<PyList>() || item.is_instance_of::<PyTuple>() || item.is_instance_of::<PyRange>() {
        let tensor = data::tensor(item, None, None)?;
        // An empty list selects nothing.
        return tensor_item(unbatched(if tensor.numel() == 0 && !is_array {
            cast::to_dtype(&tensor, DType::Int64)?
        } else {
            tensor
        }));
    }
    Err(not_an_index(item))
}

fn tensor_item<'py>(index: Batched) -> Outcome<Item<'py>> {
    if !index.levels.is_none() {
        return if is_mask(&index) { Err(dynamic("index")) } else { Ok(Item::Tensor(index)) };
    }
    let tensor = &index.tensor;
    match tensor.dtype() {
        DType::Bool if tensor.ndim() == 0 => Ok(Item::Bool(number::item(tensor)?.to_bool())),
        DType::UInt8 if tensor.ndim() == 0 => {
            backend::warn(gather::BYTE_MASK);
            Ok(Item::Bool(number::item(tensor)?.to_bool()))
        }
        dtype if dtype.is_integral() && tensor.ndim() == 0 => Ok(Item::Int(number::item(tensor)?.to_i64())),
        dtype if dtype.is_integral() => Ok(Item::Tensor(index)),
        _ => Err(index_error("tensors used as indices must be long, int, byte or bool tensors")),
    }
}

/// Texts are sequences, though of nothing that could be an index: their class is another, as in PyTorch.
#[cold]
fn not_an_index(item: &Bound<'_, PyAny>) -> Failure {
    let name = item.get_type().name().map_or_else(|_| "object".to_owned(), |n| n.to_string());
    let text =
        format!("only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {name})");
    if item.is_instance_of::<PyString>() || item.is_instance_of::<PyBytes>() { type_error(text) } else { index_error(&text) }
}

#[cold]
fn out_of_dims(input: &Tensor, dim: usize) -> Failure {
    let n = input.ndim();
    index_error(&format!("Dimension out of range (expected to be in range of [-{n}, {}], but got {dim})", n.saturating_sub(1)))
}

#[cold]
fn index_error(text: &str) -> Failure {
    ferrotorch_core::Error::index(text).into()
}
