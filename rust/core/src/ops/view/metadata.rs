//! Shapes and storages changed behind the handle: `x.t_()`, `x.resize_()`, `x.set_()`.

use crate::array::Array;
use crate::autograd::{self, Context, captured, inplace, record_one};
use crate::backend;
use crate::deferred::Deferred;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::shape;
use crate::storage::Storage;
use crate::tensor::Tensor;

use super::super::strided;
use super::{movedim, squeeze, squeeze_dims, t, transpose, unsqueeze};

/// Turns the tensor into a view of what it was, history included. It counts as a write: a node that saved the tensor
/// would find it in another shape.
fn become_view(op: &'static str, target: &Tensor, view: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<()> {
    inplace::check_repeated(op, target, &[])?;
    let view = view(target)?;
    let (source, tangents) = (view.source(), view.tangents());
    target.replace_array(view.array());
    target.with_array(|array| array.storage.bump(op));
    if source.is_some() {
        target.graft(source);
    }
    target.set_tangents(tangents);
    Ok(())
}

/// [`squeeze`] in place; `None`: all dimensions of size 1.
pub fn squeeze_(target: &Tensor, dims: Option<&[i64]>) -> Result<()> {
    become_view("squeeze_", target, |x| match dims {
        Some(dims) => squeeze_dims(x, dims),
        None => squeeze(x),
    })
}

/// [`unsqueeze`] in place.
pub fn unsqueeze_(target: &Tensor, dim: i64) -> Result<()> {
    become_view("unsqueeze_", target, |x| unsqueeze(x, dim))
}

/// [`t`] in place.
pub fn t_(target: &Tensor) -> Result<()> {
    become_view("t_", target, t)
}

/// [`transpose`] in place.
pub fn transpose_(target: &Tensor, dim0: i64, dim1: i64) -> Result<()> {
    become_view("transpose_", target, |x| transpose(x, dim0, dim1))
}

/// [`transpose_`], under NumPy's name.
pub fn swapaxes_(target: &Tensor, axis0: i64, axis1: i64) -> Result<()> {
    transpose_(target, axis0, axis1)
}

/// [`movedim`] in place.
pub fn movedim_(target: &Tensor, source: &[i64], destination: &[i64]) -> Result<()> {
    become_view("movedim_", target, |x| movedim(x, source, destination))
}

/// `as_strided` in place.
pub fn as_strided_(target: &Tensor, size: &[usize], strides: &[isize], offset: Option<usize>) -> Result<()> {
    become_view("as_strided_", target, |x| strided::as_strided(x, size, strides, offset))
}

/// Another shape, row-major (or in the memory format given) from the tensor's offset on; without a format, a tensor that has
/// the shape already stays as it is. Elements that were in the storage stay, new ones are undefined; a storage that is too
/// small is replaced, so views of the old one no longer see the tensor.
pub fn resize_(target: &Tensor, size: &[i64], format: Option<MemoryFormat>) -> Result<()> {
    ensure!(format != Some(MemoryFormat::Preserve), Runtime, "Unsupported memory format Preserve");
    ensure!(!target.requires_grad(), Runtime, "cannot resize variables that require grad");
    ensure!(size.iter().all(|&n| n >= 0), Runtime, "resize_(): sizes must not be negative, got {size:?}");
    let size: shape::Shape = size.iter().map(|&n| n as usize).collect();
    inplace::check_inference(target)?;
    captured::refuse("resize_", target)?;
    if format.is_some() || target.with_array(|array| array.shape() != &size[..]) {
        resize_storage("resize_", target, &format.unwrap_or(MemoryFormat::Contiguous).layout(&size)?)?;
        target.with_array(|array| array.storage.bump("resize_"));
    }
    Ok(())
}

/// [`resize_`] in the name of an op that is about to write to the tensor, and counts that write itself. `dense` has the strides.
pub(in crate::ops) fn resize_storage(op: &str, target: &Tensor, dense: &Layout) -> Result<()> {
    let array = target.array();
    let numel = shape::checked_numel(dense.shape())?;
    let elements = if numel == 0 { 0 } else { array.layout.offset() + numel };
    let fits = elements.checked_mul(array.dtype.size()).is_some_and(|bytes| bytes <= array.storage.bytes());
    let storage = if fits { array.storage.clone() } else { grown(op, &array, elements)? };
    let layout = Layout::strided(dense.shape(), dense.strides(), array.layout.offset());
    target.replace_array(Array { storage, layout, ..array });
    Ok(())
}

/// A larger storage that starts with the elements of the array's, and goes on counting its writes.
fn grown(op: &str, array: &Array, elements: usize) -> Result<Storage> {
    ensure!(!array.storage.is_fixed(), Runtime, "{op}(): Trying to resize storage that is not resizable");
    let larger = Array::empty(&[elements], array.dtype, array.device())?;
    // The memory moves as it is, whatever is still to be done to its elements.
    let array = &array.clone().with_deferred(Deferred::NONE);
    let all = Layout::contiguous(&[array.storage.bytes() / array.dtype.size()]);
    let start = larger.with_layout(all.clone());
    backend::launch("resize_", &Kernel::Copy, &[array.with_layout(all).into()], std::slice::from_ref(&start))?;
    Ok(larger.storage.with_own_version(array.storage.version()))
}

/// [`resize_`] to the shape of another tensor, `Preserve` being its format.
pub fn resize_as_(target: &Tensor, other: &Tensor, format: Option<MemoryFormat>) -> Result<()> {
    let suggested = || other.with_array(|a| MemoryFormat::suggested_by(&a.layout));
    let format = format.map(|format| if format == MemoryFormat::Preserve { suggested() } else { format });
    resize_(target, &super::super::reduce::as_i64(&other.shape()), format)
}

/// Lets the tensor share storage and layout of `source`.
pub fn set_(target: &Tensor, source: &Tensor) -> Result<()> {
    become_array(target, source.array())
}

/// Leaves the tensor with no elements and an empty storage of its own.
pub fn set_empty_(target: &Tensor) -> Result<()> {
    become_array(target, Array::empty(&[0], target.dtype(), target.device())?)
}

/// Lets the tensor show elements of a storage, as a layout has them.
pub fn set_window_(target: &Tensor, storage: Storage, layout: &Layout) -> Result<()> {
    let dtype = target.dtype();
    shape::checked_numel(layout.shape())?;
    layout.check_bounds("set_", storage.bytes() / dtype.size())?;
    become_array(target, Array::new(storage, layout.clone(), dtype))
}

/// Puts an array behind the tensor, which goes on counting its own writes. No gradient goes through that.
fn become_array(target: &Tensor, array: Array) -> Result<()> {
    captured::refuse("set_", target)?;
    settable(target, &array)?;
    target.become_array(array);
    target.with_array(|array| array.storage.bump("set_"));
    if autograd::is_tracked(target) {
        record_one("torch::autograd::NotImplemented", &[target], target, || {
            |_: &Context, _: &Tensor| crate::bail!(Runtime, "derivative for aten::set_ is not implemented")
        })?;
    }
    Ok(())
}

fn settable(target: &Tensor, array: &Array) -> Result<()> {
    inplace::check_inference(target)?;
    let (dtype, device) = (target.dtype(), target.device());
    ensure!(
        dtype == array.dtype,
        Runtime,
        "set_(): Could not set tensor of type {} to a tensor of type {}",
        array.dtype.legacy_name(),
        dtype.legacy_name()
    );
    ensure!(
        device == array.device(),
        Runtime,
        "set_(): Attempted to set the storage of a tensor on device \"{device}\" to a storage on different device \"{}\"",
        array.device()
    );
    ensure!(
        !(autograd::is_enabled() && target.requires_grad() && target.is_leaf()),
        Runtime,
        "set_(): a leaf Variable that requires grad is being used in an in-place operation."
    );
    Ok(())
}
