//! New tensors filled with a number.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{Context, Grads, inplace, record_one};
use crate::backend;
use crate::device::Device;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory_format::{self, MemoryFormat};
use crate::promote;
use crate::scalar::Scalar;
use crate::shape::{Dims, Shape};
use crate::tensor::Tensor;

use super::write;

pub use super::sequence::range;

/// Sizes as the user gave them; none may be negative.
pub fn sizes(op: &'static str, size: &[i64]) -> Result<Shape> {
    size.iter()
        .map(|&n| {
            ensure!(n >= 0, Runtime, "{op}(): Trying to create tensor with negative dimension {n}: {size:?}");
            Ok(n as usize)
        })
        .collect()
}

/// A tensor with undefined contents in a memory format.
pub fn empty_in(format: MemoryFormat, size: &[i64], dtype: DType, device: Device) -> Result<Tensor> {
    ensure!(format != MemoryFormat::Preserve, Runtime, "unsupported memory format option Preserve");
    let layout = format.layout(&sizes("empty", size)?)?;
    Ok(Tensor::from_array(Array::empty_with(layout, dtype, device)?))
}

/// A row-major tensor with undefined contents.
pub fn empty(size: &[i64], dtype: DType, device: Device) -> Result<Tensor> {
    Ok(Tensor::from_array(Array::empty(&sizes("empty", size)?, dtype, device)?))
}

/// A tensor with strides of one's own and undefined contents.
pub fn empty_strided(size: &[i64], strides: &[i64], dtype: DType, device: Device) -> Result<Tensor> {
    let shape = sizes("empty_strided", size)?;
    ensure!(
        size.len() == strides.len(),
        Runtime,
        "empty_strided(): dimensionality of sizes ({}) must match dimensionality of strides ({})",
        size.len(),
        strides.len()
    );
    ensure!(strides.iter().all(|&s| s >= 0), Runtime, "empty_strided(): strides must not be negative, got {strides:?}");
    let strides: Vec<isize> = strides.iter().map(|&s| s as isize).collect();
    let layout = Layout::strided(&shape, &strides, 0);
    let storage = Array::empty(&[elements_spanned(&shape, &strides)?], dtype, device)?;
    Ok(Tensor::from_array(storage.with_layout(layout)))
}

/// How many elements a storage needs for a layout, or an error where that overflows.
fn elements_spanned(shape: &[usize], strides: &[isize]) -> Result<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let reach = |sum: usize, (&n, &s): (&usize, &isize)| sum.checked_add((n - 1).checked_mul(s as usize)?);
    match shape.iter().zip(strides).try_fold(1, reach) {
        Some(elements) => Ok(elements),
        None => crate::bail!(Runtime, "empty_strided(): shape {shape:?} with strides {strides:?} is larger than memory"),
    }
}

/// A dense tensor with undefined contents whose dimensions lie in memory in the given order, the outermost first.
pub fn empty_permuted(size: &[i64], order: &[i64], dtype: DType, device: Device) -> Result<Tensor> {
    let shape = sizes("empty_permuted", size)?;
    ensure!(
        size.len() == order.len(),
        Runtime,
        "empty_permuted(): Number of dimensions in size does not match the length of the physical_layout; i.e. len(size) = {} is not \
         equal to len(physical_layout) = {}",
        size.len(),
        order.len()
    );
    let mut dims = Dims::new();
    for &d in order {
        ensure!(
            (0..size.len() as i64).contains(&d),
            Runtime,
            "empty_permuted(): Dimension out of range (expected to be between 0 and {}, but got {d} at index {})",
            size.len() - 1,
            dims.len()
        );
        ensure!(!dims.contains(&(d as usize)), Runtime, "empty_permuted(): Duplicate dim not allowed");
        dims.push(d as usize);
    }
    Ok(Tensor::from_array(Array::empty_with(memory_format::ordered(&shape, &dims), dtype, device)?))
}

/// A tensor with undefined contents, in the shape and memory order of another.
pub fn empty_like(input: &Tensor, dtype: Option<DType>, device: Option<Device>) -> Result<Tensor> {
    empty_like_in(MemoryFormat::Preserve, input, dtype, device)
}

/// [`empty_like`] in a memory format.
pub fn empty_like_in(format: MemoryFormat, input: &Tensor, dtype: Option<DType>, device: Option<Device>) -> Result<Tensor> {
    let array = input.array();
    let (dtype, device) = (dtype.unwrap_or(array.dtype), device.unwrap_or(array.device()));
    let layout = match format {
        MemoryFormat::Preserve => array.layout.dense_like(),
        format => format.layout(array.shape())?,
    };
    Ok(Tensor::from_array(Array::empty_with(layout, dtype, device)?))
}

/// A new tensor, filled with a number.
pub fn filled(tensor: Tensor, value: Scalar) -> Result<Tensor> {
    set_all(&tensor.array(), value.storable(tensor.dtype())?)?;
    Ok(tensor)
}

/// A tensor filled with a number; the dtype is that of the number unless another is asked for.
pub fn full(size: &[i64], value: Scalar, dtype: Option<DType>, device: Device) -> Result<Tensor> {
    let dtype = dtype.unwrap_or_else(|| promote::dtype_of_scalar(value));
    Tensor::full(&sizes("full", size)?, value.storable(dtype)?, dtype, device)
}

/// Zeros.
pub fn zeros(size: &[i64], dtype: DType, device: Device) -> Result<Tensor> {
    Tensor::full(&sizes("zeros", size)?, Scalar::Int(0), dtype, device)
}

/// Ones.
pub fn ones(size: &[i64], dtype: DType, device: Device) -> Result<Tensor> {
    Tensor::full(&sizes("ones", size)?, Scalar::Int(1), dtype, device)
}

/// A tensor filled with a number, in the shape and dense memory order of another.
pub fn full_like(input: &Tensor, value: Scalar, dtype: Option<DType>, device: Option<Device>) -> Result<Tensor> {
    filled(empty_like(input, dtype, device)?, value)
}

/// The value of a 0-dim tensor everywhere in the shape of `input`, whose own gradient is zero.
pub fn fill_tensor(input: &Tensor, value: &Tensor) -> Result<Tensor> {
    check_fill_value("fill", value)?;
    let out = empty_like(&input.detach(), None, None)?;
    inplace::write("fill", &out, value)?;
    record_one("FillBackward1", &[input, value], &out, || {
        |cx: &Context, g: &Tensor| {
            let of_value = || super::reduce::sum(g, None, false, None);
            Grads::new(cx).set(0, || zeros_like(g, None, None))?.set(1, of_value)?.done()
        }
    })?;
    Ok(out)
}

fn check_fill_value(op: &'static str, value: &Tensor) -> Result<()> {
    let ndim = value.ndim();
    ensure!(ndim == 0, Runtime, "{op}() only supports 0-dimension value tensor but got tensor with {ndim} dimensions.");
    Ok(())
}

/// [`fill_tensor`] in place.
pub fn fill_tensor_(target: &Tensor, value: &Tensor) -> Result<()> {
    check_fill_value("fill_", value)?;
    let value = &write::number_apart(value, target)?;
    if target.with_array(|array| array.layout.repeats()) {
        let once = |array: &Array| array.with_layout(array.layout.without_repeats());
        let direct = |array: &Array| inplace::overwrite("fill_", &once(array), value);
        return write::in_place_repeated("fill_", target, &[value], || fill_tensor(target, value), direct);
    }
    inplace::assign("fill_", target, value)
}

/// Zeros in the shape and dense memory order of another tensor.
pub fn zeros_like(input: &Tensor, dtype: Option<DType>, device: Option<Device>) -> Result<Tensor> {
    full_like(input, Scalar::Int(0), dtype, device)
}

/// Ones in the shape and dense memory order of another tensor.
pub fn ones_like(input: &Tensor, dtype: Option<DType>, device: Option<Device>) -> Result<Tensor> {
    full_like(input, Scalar::Int(1), dtype, device)
}

/// Zeros of a tensor's dtype and on its device, in a shape of one's own.
pub(crate) fn zeros_with(model: &Tensor, shape: &[usize]) -> Result<Tensor> {
    Tensor::full(shape, Scalar::Int(0), model.dtype(), model.device())
}

/// A number as a 0-dim tensor of another's dtype and on its device; one that the dtype cannot hold is refused.
pub(crate) fn number_like(model: &Tensor, value: Scalar) -> Result<Tensor> {
    scalar_tensor(value.fitting(model.dtype())?, Some(model.dtype()), model.device())
}

/// A 0-dim tensor.
pub fn scalar_tensor(value: Scalar, dtype: Option<DType>, device: Device) -> Result<Tensor> {
    let dtype = dtype.unwrap_or_else(promote::default_dtype);
    Tensor::full(&[], value.storable(dtype)?, dtype, device)
}

/// The `n` by `m` matrix with ones on the diagonal.
pub fn eye(n: i64, m: i64, dtype: DType, device: Device) -> Result<Tensor> {
    ensure!(n >= 0, Runtime, "eye(): n must be greater or equal to 0, got {n}");
    ensure!(m >= 0, Runtime, "eye(): m must be greater or equal to 0, got {m}");
    let out = zeros(&[n, m], dtype, device)?;
    let diagonal = Layout::strided(&[n.min(m) as usize], &[m as isize + 1], 0);
    set_all(&out.with_array(|a| a.with_layout(diagonal)), Scalar::Int(1))?;
    Ok(out)
}

fn set_all(array: &Array, value: Scalar) -> Result<()> {
    if array.layout.repeats() {
        return set_all(&array.with_layout(array.layout.without_repeats()), value);
    }
    backend::launch("fill", &Kernel::Fill { value }, &[], std::slice::from_ref(array))
}

/// The shape and dtype of the input, all elements one number. Its gradient is zero.
pub fn fill(input: &Tensor, value: Scalar) -> Result<Tensor> {
    fill_as("FillBackward0", input, value)
}

fn fill_as(node: &'static str, input: &Tensor, value: Scalar) -> Result<Tensor> {
    let out = full_like(input, value, None, None)?;
    record_one(node, &[input], &out, || |_: &Context, g: &Tensor| Ok(smallvec![Some(zeros_like(g, None, None)?)]))?;
    Ok(out)
}

/// [`fill`] in place.
pub fn fill_(target: &Tensor, value: Scalar) -> Result<()> {
    let value = value.storable(target.dtype())?;
    write::in_place_repeated("fill_", target, &[], || fill_as("FillBackward2", target, value), |array| set_all(array, value))
}

/// Zeros in place.
pub fn zero_(target: &Tensor) -> Result<()> {
    let zero = Scalar::Int(0);
    write::in_place_repeated("zero_", target, &[], || fill_as("ZeroBackward0", target, zero), |array| set_all(array, zero))
}
