//! One tensor as several views.

use smallvec::smallvec;

use crate::array::Array;
use crate::autograd::{Context, Fact, Facts, Gradients, OutputMeta, at_once, record_unsaved, telling};
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::memory;
use crate::shape::{self, Shape};
use crate::tensor::{Tensor, ViewKind};

use super::super::{join, strided};
use super::slice;

/// Memory that a view takes at least, with its share of the node.
const VIEW_BYTES: usize = 256;

/// Lists something for each of `n` views, if there is memory for so many.
fn each_view<T>(op: &str, n: usize, items: impl Iterator<Item = T>) -> Result<Vec<T>> {
    memory::room_for_tensors(op, n, VIEW_BYTES)?;
    Ok(items.collect())
}

/// Views with one node for all of them; `reunite` makes the input's gradient from all of theirs, which have so many dimensions
/// in front.
fn views_with<const N: usize>(
    node: &'static str,
    input: &Tensor,
    layouts: impl Iterator<Item = Layout>,
    facts: Facts<N>,
    reunite: impl Fn(&[Tensor], usize) -> Result<Tensor> + Send + Sync + 'static,
) -> Vec<Tensor> {
    let views = layouts.map(|layout| input.alias(layout, input.dtype(), ViewKind::Multiple)).collect();
    recorded_parts(node, input, views, facts, reunite)
}

/// Gives tensors that show parts of one a node for all of them.
fn recorded_parts<const N: usize>(
    node: &'static str,
    input: &Tensor,
    views: Vec<Tensor>,
    facts: Facts<N>,
    reunite: impl Fn(&[Tensor], usize) -> Result<Tensor> + Send + Sync + 'static,
) -> Vec<Tensor> {
    let outputs: Vec<&Tensor> = views.iter().collect();
    record_unsaved(node, input, &outputs, || {
        let rule = move |cx: &Context, grads: Gradients| {
            let lead: Shape = grads.iter().flatten().take(1).flat_map(|g| Shape::from_slice(&g.shape()[..cx.lead])).collect();
            let whole = |(g, meta): (Option<Tensor>, &OutputMeta)| g.map_or_else(|| meta.zeros_behind(&lead), Ok);
            let pieces = grads.into_iter().zip(cx.outputs).map(whole).collect::<Result<Vec<_>>>()?;
            Ok(smallvec![Some(reunite(&pieces, cx.lead)?)])
        };
        strided::showing(at_once(telling(facts, rule)), input, &outputs)
    });
    views
}

/// How the parts of a tensor are related to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// They are views of it.
    Views,
    /// They look into its memory, but nothing else knows: writes to them are neither counted nor differentiated as writes to it.
    Apart,
}

impl Parts {
    fn node(self, view: &'static str, apart: &'static str) -> &'static str {
        if self == Parts::Views { view } else { apart }
    }

    /// A part.
    fn part(self, input: &Tensor, layout: Layout) -> Tensor {
        match self {
            Parts::Views => input.alias(layout, input.dtype(), ViewKind::Multiple),
            Parts::Apart => {
                let array = input.array();
                Tensor::from_array(Array { storage: array.storage.with_own_version(0), layout, ..array })
            }
        }
    }
}

/// Parts of the given lengths, one behind the other.
fn pieces(
    (parts, node): (Parts, &'static str),
    input: &Tensor,
    dim: usize,
    lengths: &[usize],
    fact: (&'static str, Fact),
) -> Vec<Tensor> {
    let layout = input.layout();
    let mut start = 0;
    let pieces = lengths.iter().map(|&length| {
        let piece = layout.slice(dim, start, length, 1);
        start += length;
        parts.part(input, piece)
    });
    let facts = [("dim", Fact::of(dim)), ("self_sym_sizes", Fact::SizesOf(0)), fact];
    recorded_parts(node, input, pieces.collect(), facts, move |grads, lead| join::cat(grads, (dim + lead) as i64))
}

/// Views of `size` entries of a dimension each, the last one maybe shorter.
pub fn split(input: &Tensor, size: i64, dim: i64) -> Result<Vec<Tensor>> {
    split_into(Parts::Views, input, size, dim)
}

/// [`split`] into parts of a kind.
pub fn split_into(parts: Parts, input: &Tensor, size: i64, dim: i64) -> Result<Vec<Tensor>> {
    ensure!(input.ndim() > 0, Runtime, "split expects at least a 1-dimensional tensor");
    ensure!(size >= 0, Runtime, "split expects split_size be non-negative, but got split_size={size}");
    let d = shape::wrap_dim("split", dim, input.ndim())?;
    let (n, size) = (input.size(d), size as usize);
    ensure!(size > 0 || n == 0, Runtime, "split_size can only be 0 if dimension size is 0, but got dimension size of {n}");
    let count = if size == 0 { 1 } else { n.div_ceil(size).max(1) };
    let lengths = each_view("split", count, (0..count).map(|i| size.min(n - i * size)))?;
    let node = parts.node("SplitBackward0", "UnsafeSplitBackward0");
    Ok(pieces((parts, node), input, d, &lengths, ("split_size", Fact::of(size))))
}

/// Views of the given lengths, which must add up to the dimension.
pub fn split_with_sizes(input: &Tensor, sizes: &[i64], dim: i64) -> Result<Vec<Tensor>> {
    split_with_sizes_into(Parts::Views, input, sizes, dim)
}

/// [`split_with_sizes`] into parts of a kind.
pub fn split_with_sizes_into(parts: Parts, input: &Tensor, sizes: &[i64], dim: i64) -> Result<Vec<Tensor>> {
    ensure!(input.ndim() > 0, Runtime, "split expects at least a 1-dimensional tensor");
    let d = shape::wrap_dim("split_with_sizes", dim, input.ndim())?;
    ensure!(
        sizes.iter().all(|&n| n >= 0),
        Runtime,
        "split_with_sizes expects split_sizes have only non-negative entries, but got split_sizes={sizes:?}"
    );
    let n = input.size(d);
    ensure!(
        sizes.iter().try_fold(0i64, |sum, &n| sum.checked_add(n)) == Some(n as i64),
        Runtime,
        "split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {d}), but got split_sizes={sizes:?}"
    );
    let lengths: Vec<usize> = sizes.iter().map(|&n| n as usize).collect();
    let node = parts.node("SplitWithSizesBackward0", "UnsafeSplitWithSizesBackward0");
    Ok(pieces((parts, node), input, d, &lengths, ("split_sizes", Fact::integers(sizes))))
}

/// At most `chunks` views of equal length, the last one maybe shorter.
pub fn chunk(input: &Tensor, chunks: i64, dim: i64) -> Result<Vec<Tensor>> {
    chunk_into(Parts::Views, input, chunks, dim)
}

/// [`chunk`] into parts of a kind.
pub fn chunk_into(parts: Parts, input: &Tensor, chunks: i64, dim: i64) -> Result<Vec<Tensor>> {
    ensure!(input.ndim() > 0, Runtime, "chunk expects at least a 1-dimensional tensor");
    ensure!(chunks > 0, Runtime, "chunk expects `chunks` to be greater than 0, got: {chunks}");
    let n = input.size(shape::wrap_dim("chunk", dim, input.ndim())?) as u64;
    match n.div_ceil(chunks as u64) {
        // Nothing to divide: as many empty views as were asked for.
        0 => split_with_sizes_into(
            parts,
            input,
            &each_view("chunk", chunks as usize, std::iter::repeat_n(0, chunks as usize))?,
            dim,
        ),
        size => split_into(parts, input, size as i64, dim),
    }
}

/// `sections` views; the first ones are longer by one where the dimension does not divide evenly.
pub fn tensor_split(input: &Tensor, sections: i64, dim: i64) -> Result<Vec<Tensor>> {
    let d = splittable(input, dim)?;
    ensure!(sections > 0, Runtime, "number of sections must be larger than 0, got {sections}");
    let n = input.size(d) as i64;
    let start = |i: i64| i * (n / sections) + i.min(n % sections);
    memory::room_for_tensors("tensor_split", sections as usize, VIEW_BYTES)?;
    (0..sections).map(|i| slice(input, d as i64, Some(start(i)), Some(start(i + 1)), 1)).collect()
}

/// Views between the given indices, read as the bounds of Python slices.
pub fn tensor_split_at(input: &Tensor, indices: &[i64], dim: i64) -> Result<Vec<Tensor>> {
    let d = splittable(input, dim)? as i64;
    let starts = std::iter::once(Some(0)).chain(indices.iter().map(|&i| Some(i)));
    let ends = indices.iter().map(|&i| Some(i)).chain(std::iter::once(None));
    starts.zip(ends).map(|(start, end)| slice(input, d, start, end, 1)).collect()
}

fn splittable(input: &Tensor, dim: i64) -> Result<usize> {
    ensure!(input.ndim() > 0, Runtime, "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims");
    shape::wrap_dim("tensor_split", dim, input.ndim())
}

/// How `hsplit`, `vsplit` and `dsplit` divide.
#[derive(Clone, Copy, Debug)]
pub enum Division<'a> {
    /// Into so many equal parts.
    Sections(i64),
    /// At these indices.
    Indices(&'a [i64]),
}

fn divided(op: &str, input: &Tensor, division: Division, dim: usize, min_ndim: usize) -> Result<Vec<Tensor>> {
    let ndim = input.ndim();
    ensure!(
        ndim >= min_ndim,
        Runtime,
        "torch.{op} requires a tensor with at least {min_ndim} dimension, but got a tensor with {ndim} dimensions!"
    );
    match division {
        Division::Indices(indices) => tensor_split_at(input, indices, dim as i64),
        Division::Sections(sections) => {
            let n = input.size(dim);
            ensure!(
                sections > 0 && (n as i64) % sections == 0,
                Runtime,
                "torch.{op} attempted to split along dimension {dim}, but the size of the dimension {n} is not divisible by the \
                 split_size {sections}!"
            );
            tensor_split(input, sections, dim as i64)
        }
    }
}

/// Divides the columns (of a vector: the elements).
pub fn hsplit(input: &Tensor, division: Division) -> Result<Vec<Tensor>> {
    divided("hsplit", input, division, if input.ndim() == 1 { 0 } else { 1 }, 1)
}

/// Divides the rows.
pub fn vsplit(input: &Tensor, division: Division) -> Result<Vec<Tensor>> {
    divided("vsplit", input, division, 0, 2)
}

/// Divides the third dimension.
pub fn dsplit(input: &Tensor, division: Division) -> Result<Vec<Tensor>> {
    divided("dsplit", input, division, 2, 3)
}

/// One view for each entry of a dimension, which disappears.
pub fn unbind(input: &Tensor, dim: i64) -> Result<Vec<Tensor>> {
    ensure!(input.ndim() > 0, Index, "unbind(): Dimension specified as {dim} but tensor has no dimensions");
    let d = shape::wrap_dim("unbind", dim, input.ndim())?;
    let layout = input.layout();
    let layouts = each_view("unbind", input.size(d), (0..input.size(d)).map(|i| layout.select(d, i)))?;
    // The gradient lies as the tensor does, so that it is seen in one piece where the tensor was turned before.
    let turned = (!layout.is_contiguous() && layout.is_dense()).then(|| layout.dense_like());
    let facts = [("dim", Fact::of(d))];
    Ok(views_with("UnbindBackward0", input, layouts.into_iter(), facts, move |grads, lead| match &turned {
        Some(layout) if lead == 0 => join::stack_as(grads, d, layout.clone()),
        _ => join::stack(grads, (d + lead) as i64),
    }))
}
