//! Windows: some of the elements, as a view.

use std::sync::Arc;

use smallvec::smallvec;

use crate::autograd::{Context, Fact, Facts, at_once, inplace, mode, one, record};
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape::{self, Shape};
use crate::tensor::Tensor;

use super::super::reduce::as_i64;
use super::super::{creation, index};
use super::{reshape, view_with};

/// Where a window lies: from the layout of the whole to that of the window.
type Place = Arc<dyn Fn(&Layout) -> Layout + Send + Sync>;

/// The window of `input` at a place, with history. No element may be seen twice through it.
fn window<const N: usize>(node: &'static str, input: &Tensor, place: Place, facts: Facts<N>) -> Tensor {
    let layout = input.with_array(|a| place(&a.layout));
    let whole = input.shape();
    view_with(node, input, layout, facts, move |g, lead| {
        let whole: Shape = g.shape()[..lead].iter().chain(&whole).copied().collect();
        embed(node, g, &whole, &behind(&place, lead))
    })
}

/// A place behind `lead` dimensions that layouts have besides.
fn behind(place: &Place, lead: usize) -> Place {
    if lead == 0 {
        return place.clone();
    }
    let place = place.clone();
    Arc::new(move |whole| {
        let (shape, strides) = (whole.shape(), whole.strides());
        let inner = place(&Layout::strided(&shape[lead..], &strides[lead..], whole.offset()));
        let shape: Shape = shape[..lead].iter().chain(inner.shape()).copied().collect();
        let strides: Vec<isize> = strides[..lead].iter().chain(inner.strides()).copied().collect();
        Layout::strided(&shape, &strides, inner.offset())
    })
}

/// Zeros with a gradient laid into a window of them: the adjoint of [`window`], and [`window`] is its own adjoint.
fn embed(node: &'static str, grad: &Tensor, shape: &Shape, place: &Place) -> Result<Tensor> {
    let out = creation::zeros_with(grad, shape)?;
    let hole = Tensor::from_array(out.with_array(|a| a.with_layout(place(&a.layout))));
    mode::no_grad(|| inplace::write("embed", &hole, grad))?;
    record("EmbedBackward0", &[grad], &[&out], || {
        let place = place.clone();
        at_once(one(move |cx: &Context, g: &Tensor| Ok(smallvec![Some(window(node, g, behind(&place, cx.lead), []))])))
    })?;
    Ok(out)
}

/// `length` entries of a dimension from `start` on; a negative start counts from the end.
pub fn narrow(input: &Tensor, dim: i64, start: i64, length: i64) -> Result<Tensor> {
    ensure!(input.ndim() > 0, Runtime, "narrow() cannot be applied to a 0-dim tensor.");
    let d = shape::wrap_dim("narrow", dim, input.ndim())?;
    let n = input.size(d) as i64;
    ensure!(
        (-n..=n).contains(&start),
        Index,
        "narrow(): start out of range (expected to be in range of [{}, {n}], but got {start})",
        -n
    );
    ensure!(length >= 0, Runtime, "narrow(): length must be non-negative.");
    let start = if start < 0 { start + n } else { start };
    ensure!(length <= n - start, Runtime, "narrow(): start ({start}) + length ({length}) exceeds dimension size ({n}).");
    Ok(sliced(input, d, start, start + length, 1))
}

/// Entries `start`, `start + step`, ... before `end` of a dimension, with Python's reading of negative and missing
/// bounds.
pub fn slice(input: &Tensor, dim: i64, start: Option<i64>, end: Option<i64>, step: i64) -> Result<Tensor> {
    ensure!(input.ndim() > 0, Runtime, "slice() cannot be applied to a 0-dim tensor.");
    ensure!(step > 0, Runtime, "slice step must be positive");
    let d = shape::wrap_dim("slice", dim, input.ndim())?;
    let n = input.size(d) as i64;
    let bound = |at: i64| if at < 0 { at.saturating_add(n) } else { at }.clamp(0, n);
    let start = bound(start.unwrap_or(0));
    let end = bound(end.unwrap_or(n)).max(start);
    Ok(sliced(input, d, start, end, step))
}

/// [`slice`] by bounds that lie in the dimension, the first not behind the second.
fn sliced(input: &Tensor, d: usize, start: i64, end: i64, step: i64) -> Tensor {
    let length = ((end - start) as u64).div_ceil(step as u64) as usize;
    let facts = [
        ("dim", Fact::of(d)),
        ("start", start.into()),
        ("end", end.into()),
        ("step", step.into()),
        ("self_sym_sizes", Fact::SizesOf(0)),
    ];
    window("SliceBackward0", input, Arc::new(move |l| l.slice(d, start as usize, length, step as isize)), facts)
}

/// One entry of a dimension, which disappears.
pub fn select(input: &Tensor, dim: i64, index: i64) -> Result<Tensor> {
    ensure!(input.ndim() > 0, Index, "select() cannot be applied to a 0-dim tensor.");
    let d = shape::wrap_dim("select", dim, input.ndim())?;
    let n = input.size(d) as i64;
    ensure!(
        (-n..n).contains(&index),
        Index,
        "select(): index {index} out of range for tensor of size {:?} at dimension {d}",
        &input.shape()[..]
    );
    let i = if index < 0 { index + n } else { index } as usize;
    let facts = [("dim", Fact::of(d)), ("index", Fact::of(i)), ("self_sym_sizes", Fact::SizesOf(0))];
    Ok(window("SelectBackward0", input, Arc::new(move |l| l.select(d, i)), facts))
}

/// The diagonal of two dimensions, which become one at the end; a positive `offset` names one above the main.
pub fn diagonal(input: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    let ndim = input.ndim();
    let (a, b) = (shape::wrap_dim("diagonal", dim1, ndim)?, shape::wrap_dim("diagonal", dim2, ndim)?);
    ensure!(a != b && ndim > 0, Runtime, "diagonal(): diagonal dimensions cannot be identical {dim1}, {dim2}");
    let facts = [("dim1", Fact::of(a)), ("dim2", Fact::of(b)), ("offset", offset.into()), ("self_sym_sizes", Fact::SizesOf(0))];
    Ok(window("DiagonalBackward0", input, Arc::new(move |l| diagonal_layout(l, offset, a, b)), facts))
}

fn diagonal_layout(layout: &Layout, offset: i64, a: usize, b: usize) -> Layout {
    let reach = |n: usize, skipped: i64| (n as i64).saturating_sub(skipped.max(0)).max(0);
    let length = reach(layout.shape()[a], offset.saturating_neg()).min(reach(layout.shape()[b], offset)) as usize;
    let (row, column) = (layout.strides()[a], layout.strides()[b]);
    let rest = (0..layout.ndim()).filter(|&d| d != a && d != b);
    let (mut shape, mut strides): (Vec<usize>, Vec<isize>) = rest.map(|d| (layout.shape()[d], layout.strides()[d])).unzip();
    shape.push(length);
    strides.push(row + column);
    let skip = if length == 0 {
        0
    } else if offset >= 0 {
        offset as isize * column
    } else {
        -(offset as isize) * row
    };
    Layout::strided(&shape, &strides, (layout.offset() as isize + skip) as usize)
}

/// Windows of `size` entries of a dimension, `step` apart: the dimension counts them, a new last one runs inside.
pub fn unfold(input: &Tensor, dim: i64, size: i64, step: i64) -> Result<Tensor> {
    let d = shape::wrap_dim("unfold", dim, input.ndim())?;
    let n = if input.ndim() == 0 { 1 } else { input.size(d) };
    ensure!(size >= 0, Runtime, "unfold(): size is {size} but must be >= 0");
    ensure!(size as usize <= n, Runtime, "unfold(): maximum size for tensor at dimension {d} is {n} but size is {size}");
    ensure!(step > 0, Runtime, "unfold(): step is {step} but must be > 0");
    let place: Place = Arc::new(move |l| unfolded_layout(l, d, size as usize, step as usize));
    let layout = input.with_array(|a| place(&a.layout));
    shape::checked_numel(layout.shape())?;
    let whole = input.shape();
    let facts = [("dimension", Fact::of(d)), ("size", size.into()), ("step", step.into()), ("self_sym_sizes", Fact::SizesOf(0))];
    Ok(view_with("UnfoldBackward0", input, layout, facts, move |g, lead| {
        let whole: Shape = g.shape()[..lead].iter().chain(&whole).copied().collect();
        fold_back(g, &whole, &behind(&place, lead))
    }))
}

fn unfolded_layout(layout: &Layout, dim: usize, size: usize, step: usize) -> Layout {
    let (mut shape, mut strides) = (layout.shape().to_vec(), layout.strides().to_vec());
    if shape.is_empty() {
        return Layout::strided(&[size], &[1], layout.offset());
    }
    strides.push(strides[dim]);
    strides[dim] = strides[dim].saturating_mul(step as isize);
    shape[dim] = (shape[dim] - size) / step + 1;
    shape.push(size);
    Layout::strided(&shape, &strides, layout.offset())
}

/// The adjoint of overlapping windows: each element collects the gradients of all windows that show it.
fn fold_back(grad: &Tensor, shape: &Shape, place: &Place) -> Result<Tensor> {
    let numel = shape::numel(shape);
    let numbers = creation::range(Scalar::Int(0), Scalar::Int(1), numel, crate::DType::Int64, grad.device())?;
    let shown = numbers.with_array(|a| a.with_layout(place(&Layout::contiguous(shape))));
    let positions = reshape(&Tensor::from_array(shown), &[-1])?;
    let sum = index::index_add(&creation::zeros_with(grad, &[numel])?, 0, &positions, &reshape(grad, &[-1])?, Scalar::Int(1))?;
    reshape(&sum, &as_i64(shape))
}
