//! The legacy constructors `torch.Tensor(..)`, `torch.FloatTensor(..)` and `Tensor.new(..)`: sizes, data, or another tensor.

use ferrotorch_core::ops::{cast, view};
use ferrotorch_core::{DType, Device, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyTuple};

use super::PyTensor;
use crate::args::Ints;
use crate::data;
use crate::errors::{Outcome, runtime_error, type_error};
use crate::number;
use crate::objects::device::device_of;
use crate::objects::storage::PyStorage;

/// What a legacy constructor makes of its arguments. `of_own_dtype`: a tensor among them must have the constructor's dtype.
pub(crate) fn tensor(
    name: &str,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    dtype: DType,
    of_own_dtype: bool,
) -> Outcome<Tensor> {
    let (mut device, mut size) = (None, None);
    for (key, value) in kwargs.into_iter().flatten() {
        match key.to_string().as_str() {
            "device" if value.is_none() => {}
            "device" => device = Some(device_of(&value)?.resolved()),
            "size" => size = Some(value),
            key => return Err(type_error(format!("{name}() got an unexpected keyword argument '{key}'"))),
        }
    }
    let made = match (args.len(), size) {
        (0, None) => data::empty(&[0], dtype)?,
        (0, Some(size)) => sized(&size.try_iter()?.collect::<PyResult<Vec<_>>>()?, dtype)?,
        (1, None) => from_one(&args.get_item(0)?, dtype, of_own_dtype)?,
        (_, None) => sized(&args.iter().collect::<Vec<_>>(), dtype)?,
        (_, Some(_)) => return Err(type_error(format!("{name}() got sizes by position and by name"))),
    };
    // Where no device is named, another tensor stays where it is.
    Ok(device.map_or(Ok(made.clone()), |device| cast::on_device(&made, device))?)
}

fn from_one(argument: &Bound<'_, PyAny>, dtype: DType, of_own_dtype: bool) -> Outcome<Tensor> {
    if let Some(tensor) = PyTensor::get(argument) {
        if of_own_dtype && tensor.dtype() != dtype {
            return Err(type_error(format!("expected a tensor of dtype {}, got {}", dtype.name(), tensor.dtype().name())));
        }
        return Ok(view::alias(tensor));
    }
    if let Ok(storage) = argument.cast::<PyStorage>() {
        return Ok(storage.get().elements(dtype)?);
    }
    let is_size = argument.get_type().name()? == "Size";
    if is_size || number::is_index(argument) && !argument.is_instance_of::<PyBool>() && !data::is_ndarray(argument) {
        let sizes = if is_size { argument.try_iter()?.collect::<PyResult<Vec<_>>>()? } else { vec![argument.clone()] };
        return sized(&sizes, dtype);
    }
    if number::is_number(argument) || argument.is_none() || argument.is_instance_of::<PyDict>() {
        return Err(type_error(format!("new(): data must be a sequence (got {})", argument.get_type().name()?)));
    }
    data::tensor(argument, Some(dtype), Some(Device::CPU))
}

/// Undefined contents in a shape.
fn sized(sizes: &[Bound<'_, PyAny>], dtype: DType) -> Outcome<Tensor> {
    let mut shape = Ints::new();
    for (at, size) in sizes.iter().enumerate() {
        if !number::is_index(size) || size.is_instance_of::<PyBool>() {
            return Err(type_error(format!("new(): sizes must be ints, got {} at pos {}", size.get_type().name()?, at + 1)));
        }
        shape.push(number::int(size).map_err(|error| {
            type_error(format!(
                "new(): argument 'size' failed to unpack the object at pos {} with error \"{}\"",
                at + 1,
                PyErr::from(error)
            ))
        })?);
    }
    match shape.iter().find(|&&n| n < 0) {
        Some(n) => Err(runtime_error(format!("Trying to create tensor with negative dimension {n}: {:?}", &shape[..]))),
        None => Ok(data::empty(&shape.iter().map(|&n| n as usize).collect::<Vec<_>>(), dtype)?),
    }
}
