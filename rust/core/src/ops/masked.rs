//! Elements chosen by a condition.

use crate::array::{Array, Operand};
use crate::autograd::{Grads, SavedTensor, keeping_one, record_one};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::overlap::{self, Reads};
use crate::scalar::Scalar;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;

use super::creation::number_like;
use super::expr::{Expr, select};
use super::pointwise::selection::WHERE;
use super::pointwise::{self, Arg};
use super::reduce::{self, as_i64, count_nonzero};
use super::write::{apart, in_place, in_place_repeated, is_repeated};
use super::{cast, check, index, view};

/// Coordinates of the elements that are not zero, in row-major order: int64, (count, ndim). Waits for the device.
pub fn nonzero(input: &Tensor) -> Result<Tensor> {
    check::require_values("nonzero", input)?;
    coordinates(input, count_nonzero(&input.detach(), None)?.item()?.to_i64() as usize)
}

/// [`nonzero`] of a tensor with so many elements that are not zero.
fn coordinates(input: &Tensor, count: usize) -> Result<Tensor> {
    let array = input.array();
    // Each column is dense: that is how columns are used, as coordinates.
    let columns = Array::empty(&[array.layout.ndim(), count], DType::Int64, array.device())?;
    let out = columns.with_layout(columns.layout.transpose(0, 1));
    if out.numel() > 0 {
        backend::launch("nonzero", &Kernel::Nonzero, &[array.into()], std::slice::from_ref(&out))?;
    }
    Ok(Tensor::from_array(out))
}

/// [`nonzero`] under NumPy's name.
pub fn argwhere(input: &Tensor) -> Result<Tensor> {
    nonzero(input)
}

/// [`nonzero`] as one vector a dimension (`as_tuple=True`); a 0-dim tensor counts as a vector of one.
pub fn nonzero_tuple(input: &Tensor) -> Result<Vec<Tensor>> {
    view::unbind(&nonzero(&view::atleast_1d(&input.detach())?)?, 1)
}

/// [`nonzero`] as one dense vector a dimension, as the index kernels like it.
pub(crate) fn nonzero_columns(mask: &Tensor) -> Result<Vec<Tensor>> {
    columns(&nonzero(&view::atleast_1d(&mask.detach())?)?)
}

fn columns(coordinates: &Tensor) -> Result<Vec<Tensor>> {
    view::unbind(coordinates, 1)?.iter().map(|column| cast::contiguous(&column.detach())).collect()
}

/// [`nonzero`] for ops whose result has one shape whatever is found: in a tensor without values, nothing.
fn found(input: &Tensor) -> Result<Tensor> {
    if input.device().has_data() { nonzero(input) } else { coordinates(input, 0) }
}

/// The first `size` rows of [`nonzero`], filled up with `fill_value`.
pub fn nonzero_static(input: &Tensor, size: i64, fill_value: i64) -> Result<Tensor> {
    ensure!(size >= 0, Runtime, "nonzero_static: 'size' must be an non-negative integer, got {size}");
    let kept = view::slice(&found(input)?, 0, None, Some(size), 1)?;
    let missing = size - kept.size(0) as i64;
    super::pad::constant_pad_nd(&kept, &[0, 0, 0, missing], Scalar::Int(fill_value))
}

fn check_mask(op: &'static str, mask: &Tensor) -> Result<()> {
    let dtype = mask.dtype();
    ensure!(
        dtype == DType::Bool,
        Runtime,
        "{op} only supports boolean masks (expected BoolTensor for mask), but got mask with dtype {}",
        dtype.legacy_name()
    );
    Ok(())
}

/// `condition ? a : b` element by element, with broadcasting and promotion of `a` and `b`. The condition is bool or
/// uint8.
pub fn where_(condition: &Tensor, a: Arg, b: Arg) -> Result<Tensor> {
    ensure!(
        matches!(condition.dtype(), DType::Bool | DType::UInt8),
        Runtime,
        "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
        condition.dtype().legacy_name()
    );
    pointwise::run(&WHERE, &[condition.into(), a, b], &[])
}

/// The value of a masked fill in the dtype of what it fills.
fn fill_value(input: &Tensor, value: &Tensor) -> Result<Tensor> {
    ensure!(
        value.ndim() == 0,
        Runtime,
        "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {} dimension(s).",
        value.ndim()
    );
    ensure!(
        !value.dtype().is_complex() || input.dtype().is_complex() || input.dtype() == DType::Bool,
        Runtime,
        "masked_fill: value of dtype {} cannot be converted to type {} without overflow",
        value.dtype().name(),
        input.dtype().name()
    );
    cast::on_device(&cast::to_dtype(value, input.dtype())?, input.device())
}

/// `input` with a number where the mask is true; both broadcast.
pub fn masked_fill(input: &Tensor, mask: &Tensor, value: Scalar) -> Result<Tensor> {
    masked_fill_tensor(input, mask, &number_like(input, value)?)
}

/// [`masked_fill`] in place; the mask broadcasts.
pub fn masked_fill_(target: &Tensor, mask: &Tensor, value: Scalar) -> Result<()> {
    masked_fill_tensor_(target, mask, &number_like(target, value)?)
}

/// [`masked_fill`] with the number in a 0-dim tensor, which may have a gradient.
pub fn masked_fill_tensor(input: &Tensor, mask: &Tensor, value: &Tensor) -> Result<Tensor> {
    check_mask("masked_fill", mask)?;
    let value = fill_value(input, value)?;
    let (filled, kept) = (Expr::from(&value), Expr::from(input));
    let out = {
        let _guard = crate::autograd::mode::Guard::new(false);
        cast::contiguous(&select(Expr::from(mask), filled, kept).into_tensor()?)?
    };
    record_one("MaskedFillBackward0", &[input, &value], &out, || {
        keeping_one([("mask", SavedTensor::input(mask))], move |cx, [mask], g| {
            let mask = mask.get(cx)?;
            let of_value = || select(Expr::from(&mask), g, 0.0).into_tensor();
            Grads::new(cx).set(0, || masked_fill(g, &mask, Scalar::Int(0)))?.set(1, of_value)?.done()
        })
    })?;
    Ok(out)
}

/// [`masked_fill_tensor`] in place.
pub fn masked_fill_tensor_(target: &Tensor, mask: &Tensor, value: &Tensor) -> Result<()> {
    check_mask("masked_fill_", mask)?;
    target.with_array(|out| mask.with_array(|mask| overlap::refuse_shared("masked_fill_", out, mask, Reads::InStep)))?;
    if is_repeated("masked_fill_", "tensor[mask] = scalar", target) {
        return masked_fill_repeated("masked_fill_", target, mask, value);
    }
    let direct = |out: &Array| fill_where(out, mask, &fill_value(target, value)?);
    in_place("masked_fill_", target, &[value], || masked_fill_tensor(target, mask, value), direct)
}

/// Writes one number, of the array's dtype, where the mask is true.
fn fill_where(out: &Array, mask: &Tensor, value: &Tensor) -> Result<()> {
    let spread = |a: Array| -> Result<Operand> {
        let Some(layout) = a.layout.expand(out.shape()) else {
            crate::bail!(
                Runtime,
                "masked_fill_(): the mask of shape {:?} does not broadcast to the tensor of shape {:?}",
                a.shape(),
                out.shape()
            );
        };
        Ok(a.with_layout(layout).into())
    };
    let inputs = [spread(apart(&mask.array(), out)?)?, spread(value.array())?, out.clone().into()];
    let kernel = Kernel::Pointwise { op: &WHERE.op, compute: out.dtype, params: &[] };
    backend::launch("masked_fill_", &kernel, &inputs, std::slice::from_ref(out))
}

/// [`masked_fill_tensor`] into a tensor that shows elements several times: an element is filled if the mask is true at any of
/// its places.
pub(crate) fn masked_fill_repeated(op: &'static str, target: &Tensor, mask: &Tensor, value: &Tensor) -> Result<()> {
    let direct = |out: &Array| {
        let layout = out.layout.without_repeats();
        let repeated: Vec<i64> = (0..layout.ndim()).filter(|&d| layout.shape()[d] != out.shape()[d]).map(|d| d as i64).collect();
        let anywhere = reduce::any(&view::expand(&mask.detach(), &as_i64(out.shape()))?, Some(&repeated), true)?;
        fill_where(&out.with_layout(layout), &anywhere, &fill_value(target, value)?)
    };
    in_place_repeated(op, target, &[value], || masked_fill_tensor(target, mask, value), direct)
}

/// The elements where the mask is true, as a vector; input and mask broadcast together. Waits for the device.
pub fn masked_select(input: &Tensor, mask: &Tensor) -> Result<Tensor> {
    check_mask("masked_select", mask)?;
    check::require_values("masked_select", mask)?;
    let shape = shape::broadcast_shapes("masked_select", &input.shape(), &mask.shape())?;
    let spread = |t: &Tensor| if shape.is_empty() { view::reshape(t, &[1]) } else { view::expand(t, &as_i64(&shape)) };
    index::index(&spread(input)?, &[Some(spread(mask)?)])
}

/// `input` with the elements of `source`, in order, where the mask is true; input and mask broadcast together.
pub fn masked_scatter(input: &Tensor, mask: &Tensor, source: &Tensor) -> Result<Tensor> {
    let op = "masked_scatter";
    let shape: Shape = shape::broadcast_shapes(op, &input.shape(), &mask.shape())?;
    let (columns, values) = chosen(op, input.dtype(), &shape, mask, source)?;
    let wide = view::atleast_1d(&view::expand(input, &as_i64(&shape))?)?;
    let out = cast::contiguous(&index::index_put(&wide, &columns, &values, false)?)?;
    view::reshape(&out, &as_i64(&shape))
}

/// Where the mask is true in a shape, and the elements of `source` that go there.
fn chosen(
    op: &'static str,
    dtype: DType,
    shape: &[usize],
    mask: &Tensor,
    source: &Tensor,
) -> Result<(Vec<Option<Tensor>>, Tensor)> {
    check_mask(op, mask)?;
    ensure!(
        dtype == source.dtype(),
        Runtime,
        "{op}(): expected self and source to have same dtypes but got {} and {}",
        dtype.legacy_name(),
        source.dtype().legacy_name()
    );
    let columns = columns(&found(&view::atleast_1d(&view::expand(&mask.detach(), &as_i64(shape))?)?)?)?;
    let count = columns.first().map_or(0, Tensor::numel);
    ensure!(
        source.numel() >= count,
        Runtime,
        "{op}(): Number of elements of source < number of ones in mask ({} < {count})",
        source.numel()
    );
    let values = view::narrow(&view::ravel(source)?, 0, 0, count as i64)?;
    Ok((columns.into_iter().map(Some).collect(), values))
}

/// [`masked_scatter`] in place; the mask broadcasts.
pub fn masked_scatter_(target: &Tensor, mask: &Tensor, source: &Tensor) -> Result<()> {
    let op = "masked_scatter_";
    let direct = |out: &Array| {
        let (columns, values) = chosen(op, out.dtype, out.shape(), mask, source)?;
        index::write_unrecorded(op, &view::atleast_1d(&target.detach())?, &columns, &values, false)
    };
    in_place(op, target, &[source], || masked_scatter(target, mask, source), direct)
}
