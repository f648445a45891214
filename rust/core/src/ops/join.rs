//! Tensors put together.

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::{Context, Fact, Gradients, OutputMeta, at_once, free, one, pushing, record, telling};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Kind, Result};
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory::room_for_lists;
use crate::memory_format::MemoryFormat;
use crate::promote::Promotion;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;

use super::creation;
use super::reduce::as_i64;
use super::view;

/// The dtype that all promote to; they must be on one device.
fn common_dtype(op: &'static str, tensors: &[Tensor]) -> Result<DType> {
    let device = tensors[0].device();
    if let Some(other) = tensors.iter().find(|t| t.device() != device) {
        return Err(Kind::Devices { op, lhs: device, rhs: other.device() }.into());
    }
    tensors.iter().fold(Promotion::default(), |p, t| p.tensor(t.dtype(), t.ndim())).result()
}

/// The memory format that all have, or row-major.
fn common_format<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> MemoryFormat {
    let mut formats = tensors.map(|t| t.with_array(|a| MemoryFormat::suggested_by(&a.layout)));
    let first = formats.next().unwrap_or(MemoryFormat::Contiguous);
    if formats.all(|format| format == first) { first } else { MemoryFormat::Contiguous }
}

/// The layout of tensors stacked along a dimension: that of the tensors joined there, which is then divided.
fn stacked_layout(tensors: &[Tensor], shape: &[usize], dim: usize) -> Result<Layout> {
    let mut joined = tensors[0].shape();
    let Some(n) = joined.get_mut(dim) else { return Ok(Layout::contiguous(shape)) };
    *n = shape::times("stack", *n, tensors.len() as i64)?;
    let dense = common_format(tensors.iter()).layout(&joined)?;
    Ok(dense.view(shape).unwrap_or_else(|| Layout::contiguous(shape)))
}

/// Fills an array with pieces one behind the other along a dimension, each converted to its dtype.
fn lay(op: &'static str, pieces: &[Array], out: &Array, dim: usize) -> Result<()> {
    if pieces.len() > 1 && pieces.iter().all(|piece| piece.dtype == out.dtype) {
        let operands: SmallVec<[Operand; 4]> = pieces.iter().map(|piece| piece.clone().into()).collect();
        return backend::launch(op, &Kernel::Concat { dim }, &operands, std::slice::from_ref(out));
    }
    let mut start = 0;
    pieces.iter().try_for_each(|piece| {
        let length = piece.shape()[dim];
        let window = out.with_layout(out.layout.slice(dim, start, length, 1));
        start += length;
        backend::launch(op, &Kernel::Copy, &[piece.clone().into()], std::slice::from_ref(&window))
    })
}

/// Tensors one behind the other along `dim`. Dtypes promote; 1-D tensors of size 0 are passed over, as in PyTorch.
pub fn cat(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Value, "cat(): expected a non-empty list of Tensors");
    room_for_lists("cat", tensors.len())?;
    let skipped = |t: &Tensor| t.with_array(|a| a.shape() == [0]);
    let model = tensors.iter().find(|t| !skipped(t)).unwrap_or(&tensors[0]);
    if let Some(i) = tensors.iter().position(|t| t.ndim() == 0) {
        crate::bail!(Runtime, "cat(): zero-dimensional tensor (at position {i}) cannot be concatenated");
    }
    // Where all are passed over, there is no dimension to speak of.
    let d = if skipped(model) { 0 } else { shape::wrap_dim("cat", dim, model.ndim())? };
    let dtype = common_dtype("cat", tensors)?;
    let mut shape = model.shape();
    let mut lengths: SmallVec<[usize; 4]> = SmallVec::new();
    for (i, t) in tensors.iter().enumerate() {
        let length = if skipped(t) { 0 } else { checked_length(i, d, &t.shape(), &shape)? };
        lengths.push(length);
    }
    shape[d] = lengths.iter().sum();
    let layout = common_format(tensors.iter().filter(|t| !skipped(t))).layout(&shape)?;
    let out = Array::empty_with(layout, dtype, model.device())?;
    let full = tensors.iter().zip(&lengths).filter(|&(_, &length)| length > 0);
    lay("cat", &full.map(|(t, _)| t.array()).collect::<SmallVec<[Array; 4]>>(), &out, d)?;
    let out = Tensor::from_array(out);
    let inputs: Vec<&Tensor> = tensors.iter().collect();
    record("CatBackward0", &inputs, &[&out], || {
        let skipped: Vec<bool> = tensors.iter().map(skipped).collect();
        let pieces = lengths.clone();
        let rule = move |cx: &Context, g: &Tensor| cat_backward(cx, g, d + cx.lead, &lengths, &skipped);
        pushing(at_once(telling([("dim", Fact::of(d))], free(one(rule)))), move |_, cx, tangents| {
            let whole = with_zeros(cx, tangents, |shape, i| shape[d] = pieces[i])?;
            Ok(smallvec![Some(cat(&whole, d as i64)?)])
        })
    })?;
    Ok(out)
}

/// The tangents of what was put together, zeros where there is none; `cut` makes of the result's shape that of a piece.
fn with_zeros(cx: &Context, tangents: &[Option<Tensor>], cut: impl Fn(&mut Shape, usize)) -> Result<Vec<Tensor>> {
    let OutputMeta { shape, dtype, device } = &cx.outputs[0];
    let zeros = |i| {
        let mut shape = shape.clone();
        cut(&mut shape, i);
        Tensor::full(&shape, 0.0.into(), *dtype, *device)
    };
    tangents.iter().enumerate().map(|(i, tangent)| tangent.clone().map_or_else(|| zeros(i), Ok)).collect()
}

fn checked_length(i: usize, dim: usize, shape: &[usize], model: &[usize]) -> Result<usize> {
    ensure!(
        shape.len() == model.len(),
        Runtime,
        "cat(): Tensors must have same number of dimensions: got {} and {} (tensor number {i})",
        model.len(),
        shape.len()
    );
    for d in (0..model.len()).filter(|&d| d != dim) {
        ensure!(
            shape[d] == model[d],
            Runtime,
            "cat(): Sizes of tensors must match except in dimension {dim}. Expected size {} but got size {} for tensor number {i} in \
             the list.",
            model[d],
            shape[d]
        );
    }
    Ok(shape[dim])
}

fn cat_backward(cx: &Context, grad: &Tensor, dim: usize, lengths: &[usize], skipped: &[bool]) -> Result<Gradients> {
    let mut start = 0;
    lengths
        .iter()
        .zip(skipped)
        .enumerate()
        .map(|(i, (&length, &skipped))| {
            let piece = cx.needs[i].then(|| match skipped {
                true => creation::zeros_with(grad, &[&grad.shape()[..cx.lead], &[0]].concat()),
                false => view::narrow(grad, dim as i64, start as i64, length as i64),
            });
            start += length;
            piece.transpose()
        })
        .collect()
}

/// Tensors of one shape along a new dimension; dtypes promote.
pub fn stack(tensors: &[Tensor], dim: i64) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "stack expects a non-empty TensorList");
    room_for_lists("stack", tensors.len())?;
    let mut shape = tensors[0].shape();
    let d = shape::wrap_dim("stack", dim, shape.len() + 1)?;
    if let Some(i) = tensors.iter().position(|t| t.shape() != shape) {
        crate::bail!(
            Runtime,
            "stack expects each tensor to be equal size, but got {:?} at entry 0 and {:?} at entry {i}",
            &shape[..],
            &tensors[i].shape()[..]
        );
    }
    shape.insert(d, tensors.len());
    stack_as(tensors, d, stacked_layout(tensors, &shape, d)?)
}

/// [`stack`] along a dimension that is one of the result's, in memory of a layout.
pub(super) fn stack_as(tensors: &[Tensor], d: usize, layout: Layout) -> Result<Tensor> {
    let out = Array::empty_with(layout, common_dtype("stack", tensors)?, tensors[0].device())?;
    let piece = |t: &Tensor| t.with_array(|a| a.with_layout(a.layout.unsqueeze(d)));
    lay("stack", &tensors.iter().map(piece).collect::<SmallVec<[Array; 4]>>(), &out, d)?;
    let out = Tensor::from_array(out);
    let inputs: Vec<&Tensor> = tensors.iter().collect();
    record("StackBackward0", &inputs, &[&out], || {
        let rule = move |cx: &Context, g: &Tensor| Ok(view::unbind(g, (d + cx.lead) as i64)?.into_iter().map(Some).collect());
        pushing(at_once(telling([("dim", Fact::of(d))], free(one(rule)))), move |_, cx, tangents| {
            let whole = with_zeros(cx, tangents, |shape, _| {
                shape.remove(d);
            })?;
            Ok(smallvec![Some(stack(&whole, d as i64)?)])
        })
    })?;
    Ok(out)
}

fn mapped(tensors: &[Tensor], f: fn(&Tensor) -> Result<Tensor>) -> Result<Vec<Tensor>> {
    tensors.iter().map(f).collect()
}

/// Joined column-wise: along the second dimension, vectors along their only one.
pub fn hstack(tensors: &[Tensor]) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "hstack expects a non-empty TensorList");
    let tensors = mapped(tensors, view::atleast_1d)?;
    cat(&tensors, if tensors[0].ndim() == 1 { 0 } else { 1 })
}

/// Joined row-wise; vectors are rows.
pub fn vstack(tensors: &[Tensor]) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "vstack expects a non-empty TensorList");
    cat(&mapped(tensors, view::atleast_2d)?, 0)
}

/// Joined along the third dimension.
pub fn dstack(tensors: &[Tensor]) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "dstack expects a non-empty TensorList");
    cat(&mapped(tensors, view::atleast_3d)?, 2)
}

/// Joined column-wise; vectors are columns.
pub fn column_stack(tensors: &[Tensor]) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "column_stack expects a non-empty TensorList");
    let column = |t: &Tensor| if t.ndim() <= 1 { view::reshape(t, &[t.numel() as i64, 1]) } else { Ok(t.clone()) };
    hstack(&mapped(tensors, column)?)
}

/// Matrices along a diagonal, zeros elsewhere; vectors are rows.
pub fn block_diag(tensors: &[Tensor]) -> Result<Tensor> {
    if tensors.is_empty() {
        return creation::empty(&[1, 0], crate::promote::default_dtype(), crate::device::Device::CPU);
    }
    if let Some(i) = tensors.iter().position(|t| t.ndim() > 2) {
        crate::bail!(
            Runtime,
            "block_diag: Input tensors must have 2 or fewer dimensions. Input {i} has {} dimensions",
            tensors[i].ndim()
        );
    }
    let blocks = mapped(tensors, view::atleast_2d)?;
    let width: usize = blocks.iter().map(|b| b.size(1)).sum();
    let mut left = 0;
    let mut rows = Vec::with_capacity(blocks.len());
    for block in &blocks {
        let (height, own) = (block.size(0), block.size(1));
        let before = creation::zeros_with(block, &[height, left])?;
        let behind = creation::zeros_with(block, &[height, width - left - own])?;
        rows.push(cat(&[before, block.clone(), behind], 1)?);
        left += own;
    }
    cat(&rows, 0)
}

/// The coordinates of a grid: vectors (0-dim tensors count as vectors of one) expanded against one another.
/// `xy`: the first two dimensions are exchanged, as in NumPy's default.
pub fn meshgrid(tensors: &[Tensor], xy: bool) -> Result<Vec<Tensor>> {
    ensure!(!tensors.is_empty(), Runtime, "meshgrid expects a non-empty TensorList");
    if let Some(t) = tensors.iter().find(|t| t.ndim() > 1) {
        crate::bail!(Runtime, "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t:?}");
    }
    let dtype = tensors[0].dtype();
    ensure!(tensors.iter().all(|t| t.dtype() == dtype), Runtime, "meshgrid expects all tensors to have the same dtype");
    let swap = xy && tensors.len() >= 2;
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    if swap {
        order.swap(0, 1);
    }
    let shape: Shape = order.iter().map(|&i| tensors[i].numel()).collect();
    let grid = |i: usize, t: &Tensor| {
        let mut column = vec![1i64; tensors.len()];
        column[i] = -1;
        view::expand(&view::reshape(t, &column)?, &as_i64(&shape))
    };
    (0..tensors.len()).map(|i| grid(order[i], &tensors[i])).collect()
}

/// All tuples with one element of each vector, (n, k); of one vector, that vector.
pub fn cartesian_prod(tensors: &[Tensor]) -> Result<Tensor> {
    ensure!(!tensors.is_empty(), Runtime, "cartesian_prod(): meshgrid expects a non-empty TensorList");
    if let Some(t) = tensors.iter().find(|t| t.ndim() != 1) {
        crate::bail!(Runtime, "cartesian_prod(): Expect a 1D vector, but got shape {:?}", &t.shape()[..]);
    }
    if tensors.len() == 1 {
        return Ok(tensors[0].clone());
    }
    let columns = meshgrid(tensors, false)?.iter().map(view::ravel).collect::<Result<Vec<_>>>()?;
    stack(&columns, 1)
}
