//! Copies: other dtypes, other devices, other memory order.

use crate::array::Array;
use crate::autograd::record_linear;
use crate::backend;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::tensor::Tensor;

/// The tensor with its elements converted; itself where they need no conversion.
pub fn to_dtype(input: &Tensor, dtype: DType) -> Result<Tensor> {
    let from = input.dtype();
    if from == dtype {
        return Ok(input.clone());
    }
    let out = copy_into("to", input, input.with_array(|a| a.layout.dense_like()), dtype)?;
    let adjoint = move |g: &Tensor, _| {
        let g = if g.dtype().is_complex() && !from.is_complex() { super::complex::real(g)? } else { g.clone() };
        to_dtype(&g, from)
    };
    record_linear("ToCopyBackward0", input, &out, adjoint, move |t| to_dtype(t, dtype))?;
    Ok(out)
}

/// A dense copy with its own storage whose dimensions lie in the same order (`clone`).
pub fn clone_dense(input: &Tensor) -> Result<Tensor> {
    clone_with(input, input.with_array(|a| a.layout.dense_like()))
}

/// A copy with its own storage in a memory format.
pub fn clone_in(input: &Tensor, format: MemoryFormat) -> Result<Tensor> {
    match format {
        MemoryFormat::Preserve => clone_dense(input),
        format => clone_with(input, format.layout(&input.shape())?),
    }
}

/// The tensor itself if its elements lie in a memory format, otherwise a copy whose elements do.
pub fn in_format(input: &Tensor, format: MemoryFormat) -> Result<Tensor> {
    let keeps = format == MemoryFormat::Preserve || input.with_array(|a| format.holds(&a.layout));
    if keeps { Ok(input.clone()) } else { clone_in(input, format) }
}

/// A result in the memory format that a model has: the result itself, if the format can be read off its strides too.
pub fn in_format_of(result: &Tensor, model: &Tensor) -> Result<Tensor> {
    let format = model.with_array(|a| MemoryFormat::suggested_by(&a.layout));
    let keeps = result.with_array(|a| format.holds(&a.layout) && MemoryFormat::suggested_by(&a.layout) == format);
    if keeps { Ok(result.clone()) } else { clone_in(result, format) }
}

/// A row-major copy with its own storage.
pub fn clone_contiguous(input: &Tensor) -> Result<Tensor> {
    clone_with(input, Layout::contiguous(&input.shape()))
}

/// The tensor itself if it is row-major, otherwise a copy that is.
pub fn contiguous(input: &Tensor) -> Result<Tensor> {
    if input.with_array(|a| a.layout.is_contiguous()) { Ok(input.clone()) } else { clone_contiguous(input) }
}

/// A copy with a dense layout of one's own.
pub fn clone_with(input: &Tensor, layout: Layout) -> Result<Tensor> {
    let out = copy_into("clone", input, layout, input.dtype())?;
    record_linear("CloneBackward0", input, &out, |g, _| Ok(g.clone()), |t| Ok(t.clone()))?;
    Ok(out)
}

fn copy_into(op: &'static str, input: &Tensor, layout: Layout, dtype: DType) -> Result<Tensor> {
    let array = input.array();
    let out = Array::empty_with(layout, dtype, array.device())?;
    backend::launch(op, &Kernel::Copy, &[array.into()], std::slice::from_ref(&out))?;
    Ok(Tensor::from_array(out))
}

/// The tensor on another device; itself where it is there already.
pub fn on_device(input: &Tensor, device: Device) -> Result<Tensor> {
    let device = device.resolved();
    let from = input.device();
    if from == device {
        return Ok(input.clone());
    }
    let array = input.array();
    if !device.has_data() {
        return recorded(input, Array::empty_with(array.layout.dense_like(), array.dtype, device)?);
    }
    // What crosses is row-major: the memory of a dense copy in the order of its dimensions, as one line.
    let layout = array.layout.dense_like();
    let line = Layout::contiguous(&[array.numel()]);
    let dense = if array.layout.is_dense() { array } else { copy_into("to", input, layout.clone(), array.dtype)?.array() };
    let offset = dense.layout.offset();
    let host = dense.with_layout(Layout::strided(line.shape(), line.strides(), offset)).to_host_contiguous()?;
    let moved = if device.is_cpu() {
        // Reading from another device made a copy of our own.
        host
    } else {
        let there = Array::empty(host.shape(), host.dtype, device)?;
        backend::write(&host, &there)?;
        there
    };
    recorded(input, moved.with_layout(layout))
}

/// A copy on another device as the result of an op.
fn recorded(input: &Tensor, copy: Array) -> Result<Tensor> {
    let (from, out) = (input.device(), Tensor::from_array(copy));
    let to = out.device();
    record_linear("ToCopyBackward0", input, &out, move |g, _| on_device(g, from), move |t| on_device(t, to))?;
    Ok(out)
}
