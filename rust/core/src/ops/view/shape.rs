//! The same elements in another shape.

use smallvec::{SmallVec, smallvec};

use crate::array::Array;
use crate::autograd::many::shape_behind;
use crate::autograd::{Context, Fact, Facts, at_once, free, one, record, telling};
use crate::bail;
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;

use super::super::cast;
use super::super::reduce::{as_i64, sum_to_size_behind};
use super::view_with;

/// The same elements in another shape, sharing storage; refused where that needs a copy. One size may be -1.
pub fn view(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let shape = shape::infer_size("view", size, input.numel())?;
    let Some(layout) = input.with_array(|a| a.layout.view(&shape)) else {
        bail!(
            Runtime,
            "view(): view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous \
             subspaces). Use .reshape(...) instead. (input shape {:?}, strides {:?}, requested {size:?})",
            input.shape(),
            input.layout().strides()
        );
    };
    Ok(reshaped("ViewBackward0", input, layout, OF_SIZES))
}

/// [`view`] in the shape of another tensor.
pub fn view_as(input: &Tensor, other: &Tensor) -> Result<Tensor> {
    view(input, &as_i64(&other.shape()))
}

/// A view of the whole tensor as it is, by another object.
pub fn alias(input: &Tensor) -> Tensor {
    view_with("AliasBackward0", input, input.layout(), [], |g, _| Ok(g.clone()))
}

/// The same elements in another shape: a view where possible, otherwise a row-major copy. One size may be -1.
pub fn reshape(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let shape = shape::infer_size("reshape", size, input.numel())?;
    match input.with_array(|a| a.layout.view(&shape)) {
        Some(layout) => Ok(reshaped("ViewBackward0", input, layout, OF_SIZES)),
        None => copied(input, &shape),
    }
}

/// [`reshape`] in the shape of another tensor.
pub fn reshape_as(input: &Tensor, other: &Tensor) -> Result<Tensor> {
    reshape(input, &as_i64(&other.shape()))
}

/// What nodes show that need to know the shape from which they came.
const OF_SIZES: Facts<1> = [("self_sym_sizes", Fact::SizesOf(0))];

/// A view whose gradient goes back by reshaping it.
fn reshaped<const N: usize>(node: &'static str, input: &Tensor, layout: Layout, facts: Facts<N>) -> Tensor {
    let before = as_i64(&input.shape());
    view_with(node, input, layout, facts, move |g, lead| reshape(g, &shape_behind(g, lead, &before)))
}

/// The elements of a tensor that nobody else has, in another shape. The result is no view of it, as what it is computed of is forgotten.
pub fn unsafe_view(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let shape = shape::infer_size("reshape", size, input.numel())?;
    match input.with_array(|a| a.layout.view(&shape).map(|layout| a.with_layout(layout))) {
        Some(array) => reshaped_apart(input, array),
        None => copied(input, &shape),
    }
}

/// A row-major copy in another shape. It owns its storage, so it is no view of anything.
fn copied(input: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let array = input.array();
    reshaped_apart(input, array.to_dtype(array.dtype)?.with_layout(Layout::contiguous(shape)))
}

/// A tensor of its own with the elements of another in another shape.
fn reshaped_apart(input: &Tensor, array: Array) -> Result<Tensor> {
    let out = Tensor::from_array(array);
    record("UnsafeViewBackward0", &[input], &[&out], || {
        let before = as_i64(&input.shape());
        let back = move |cx: &Context, g: &Tensor| Ok(smallvec![Some(reshape(g, &shape_behind(g, cx.lead, &before))?)]);
        at_once(telling(OF_SIZES, free(one(back))))
    })?;
    Ok(out)
}

/// Dimensions `start` to `end`, both included, joined into one. A 0-dim tensor becomes 1-D.
pub fn flatten(input: &Tensor, start: i64, end: i64) -> Result<Tensor> {
    let shape = input.shape();
    let (start, end) = (shape::wrap_dim("flatten", start, shape.len())?, shape::wrap_dim("flatten", end, shape.len())?);
    ensure!(start <= end, Runtime, "flatten() has invalid args: start_dim cannot come after end_dim");
    if shape.is_empty() {
        return reshape(input, &[1]);
    }
    if start == end {
        return Ok(input.clone());
    }
    let joined: usize = shape[start..=end].iter().product();
    let size: Shape = shape[..start].iter().copied().chain([joined]).chain(shape[end + 1..].iter().copied()).collect();
    reshape(input, &as_i64(&size))
}

/// All elements in one dimension, in row-major order and without gaps.
pub fn ravel(input: &Tensor) -> Result<Tensor> {
    reshape(&cast::contiguous(input)?, &[-1])
}

/// One dimension divided into several; one of the sizes may be -1.
pub fn unflatten(input: &Tensor, dim: i64, sizes: &[i64]) -> Result<Tensor> {
    let shape = input.shape();
    let d = shape::wrap_dim("unflatten", dim, shape.len())?;
    ensure!(!shape.is_empty(), Runtime, "unflatten(): cannot divide a dimension of a 0-dim tensor");
    ensure!(!sizes.is_empty(), Runtime, "unflatten: sizes must be non-empty");
    let Ok(parts) = shape::infer_size("unflatten", sizes, shape[d]) else {
        bail!(
            Runtime,
            "unflatten: Provided sizes {sizes:?} don't multiply up to the size of dim {d} ({}) in the input tensor",
            shape[d]
        );
    };
    let size: Shape = shape[..d].iter().copied().chain(parts).chain(shape[d + 1..].iter().copied()).collect();
    view(input, &as_i64(&size))
}

/// Without any dimension of size 1.
pub fn squeeze(input: &Tensor) -> Result<Tensor> {
    let dims: SmallVec<[usize; 5]> = (0..input.ndim()).filter(|&d| input.size(d) == 1).collect();
    Ok(without("SqueezeBackward0", input, &dims, OF_SIZES))
}

/// Without those of the given dimensions that have size 1.
pub fn squeeze_dims(input: &Tensor, dims: &[i64]) -> Result<Tensor> {
    let wrapped = shape::wrap_dims("squeeze", dims, input.ndim())?;
    let facts = [("dim", Fact::list(&wrapped)), ("self_sym_sizes", Fact::SizesOf(0))];
    let dims: SmallVec<[usize; 5]> = wrapped.into_iter().filter(|&d| d < input.ndim() && input.size(d) == 1).collect();
    Ok(without("SqueezeBackward2", input, &dims, facts))
}

/// Without a dimension, if that has size 1.
pub fn squeeze_dim(input: &Tensor, dim: i64) -> Result<Tensor> {
    let dim = shape::wrap_dim("squeeze", dim, input.ndim())?;
    let is_one = dim < input.ndim() && input.size(dim) == 1;
    let facts = [("dim", Fact::of(dim)), ("self_sym_sizes", Fact::SizesOf(0))];
    Ok(without("SqueezeBackward1", input, if is_one { std::slice::from_ref(&dim) } else { &[] }, facts))
}

fn without<const N: usize>(node: &'static str, input: &Tensor, dims: &[usize], facts: Facts<N>) -> Tensor {
    let mut falling: SmallVec<[usize; 5]> = SmallVec::from_slice(dims);
    falling.sort_unstable_by(|a, b| b.cmp(a));
    let layout = falling.iter().fold(input.layout(), |layout, &d| layout.squeeze(d));
    reshaped(node, input, layout, facts)
}

/// A new dimension of size 1 before `dim`.
pub fn unsqueeze(input: &Tensor, dim: i64) -> Result<Tensor> {
    let d = shape::wrap_dim("unsqueeze", dim, input.ndim() + 1)?;
    Ok(reshaped("UnsqueezeBackward0", input, input.with_array(|a| a.layout.unsqueeze(d)), [("dim", Fact::of(d))]))
}

/// Dimensions of size 1 repeated, and new ones in front, by stride 0; -1 keeps a size.
pub fn expand(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let target = expanded_shape(input, size)?;
    let before = input.shape();
    shape::checked_numel(&target)?;
    let Some(layout) = input.with_array(|a| a.layout.expand(&target)) else {
        bail!(Runtime, "{}", expand_conflict(&before, &target));
    };
    Ok(view_with("ExpandBackward0", input, layout, OF_SIZES, move |g, lead| sum_to_size_behind(g, &before, lead)))
}

fn expanded_shape(input: &Tensor, size: &[i64]) -> Result<Shape> {
    let from = input.shape();
    ensure!(
        size.len() >= from.len(),
        Runtime,
        "expand(torch.{}Tensor{{{:?}}}, size={size:?}): the number of sizes provided ({}) must be greater or equal to the number of \
         dimensions in the tensor ({})",
        input.dtype().legacy_name(),
        &from[..],
        size.len(),
        from.len()
    );
    let lead = size.len() - from.len();
    size.iter()
        .enumerate()
        .map(|(d, &n)| match n {
            -1 if d >= lead => Ok(from[d - lead]),
            n if n >= 0 => Ok(n as usize),
            n => bail!(
                Runtime,
                "expand(): The expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {d}"
            ),
        })
        .collect()
}

#[cold]
fn expand_conflict(from: &[usize], to: &[usize]) -> String {
    let lead = to.len() - from.len();
    let conflict = (0..from.len()).rev().find(|&d| from[d] != 1 && from[d] != to[d + lead]);
    let (old, new, dim) = conflict.map_or((0, 0, 0), |d| (from[d], to[d + lead], d + lead));
    format!(
        "The expanded size of the tensor ({new}) must match the existing size ({old}) at non-singleton dimension {dim}.  \
         Target sizes: {to:?}.  Tensor sizes: {from:?}"
    )
}

/// [`expand`] to the shape of another tensor.
pub fn expand_as(input: &Tensor, other: &Tensor) -> Result<Tensor> {
    expand(input, &as_i64(&other.shape()))
}

/// [`expand`], under its other name.
pub fn broadcast_to(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    expand(input, size)
}

/// All tensors expanded to the shape that they broadcast to together; those that have it as they are.
pub fn broadcast_tensors(tensors: &[Tensor]) -> Result<Vec<Tensor>> {
    let shape = tensors.iter().try_fold(Shape::new(), |s, t| shape::broadcast_shapes("broadcast_tensors", &s, &t.shape()))?;
    tensors.iter().map(|t| if t.shape() == shape { Ok(t.clone()) } else { expand(t, &as_i64(&shape)) }).collect()
}

/// A 0-dim tensor as 1-D, any other as it is.
pub fn atleast_1d(input: &Tensor) -> Result<Tensor> {
    if input.ndim() == 0 { reshape(input, &[1]) } else { Ok(input.clone()) }
}

/// At least two dimensions: new ones come in front.
pub fn atleast_2d(input: &Tensor) -> Result<Tensor> {
    match input.ndim() {
        0 => reshape(input, &[1, 1]),
        1 => unsqueeze(input, 0),
        _ => Ok(input.clone()),
    }
}

/// At least three dimensions: a vector becomes the middle one, a matrix the first two.
pub fn atleast_3d(input: &Tensor) -> Result<Tensor> {
    match input.ndim() {
        0 => reshape(input, &[1, 1, 1]),
        1 => unsqueeze(&unsqueeze(input, 0)?, -1),
        2 => unsqueeze(input, -1),
        _ => Ok(input.clone()),
    }
}
