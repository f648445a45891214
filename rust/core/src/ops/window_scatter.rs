//! Copies with a window replaced: the differentiable, out-of-place form of writing into a view.

use crate::autograd::{Context, Grads, free, inplace, mode, one, record};
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::tensor::Tensor;

use super::strided::{self, Frame};
use super::{cast, creation, view};

/// A copy of `input` in which the elements that `window` shows are those of `src`.
fn replaced<F>(op: &'static str, node: &'static str, input: &Tensor, src: &Tensor, window: F) -> Result<Tensor>
where
    F: Fn(&Tensor) -> Result<Tensor> + Clone + Send + Sync + 'static,
{
    // The copy has the strides of the input, gaps included.
    let layout = input.with_array(|a| match a.layout.may_overlap() {
        true => a.layout.dense_like(),
        false => Layout::strided(a.shape(), a.layout.strides(), 0),
    });
    replaced_in(layout, op, node, input, src, window)
}

/// [`replaced`] in a copy with a layout of one's own.
fn replaced_in<F>(layout: Layout, op: &'static str, node: &'static str, input: &Tensor, src: &Tensor, window: F) -> Result<Tensor>
where
    F: Fn(&Tensor) -> Result<Tensor> + Clone + Send + Sync + 'static,
{
    let out = Tensor::from_array(input.array().copied_to(layout, input.dtype())?);
    let hole = mode::no_grad(|| window(&out))?;
    ensure!(
        hole.shape() == src.shape(),
        Runtime,
        "{op}: expected src to have a size equal to the slice of self. src size = {:?}, slice size = {:?}",
        &src.shape()[..],
        &hole.shape()[..]
    );
    mode::no_grad(|| inplace::write(op, &hole, src))?;
    let out = out.detach();
    record(node, &[input, src], &[&out], || {
        free(one(move |cx: &Context, g: &Tensor| {
            let of_input = || {
                let zeros = creation::zeros_with(g, &window(g)?.shape())?;
                replaced_in(Layout::contiguous(&g.shape()), op, node, g, &zeros, window.clone())
            };
            Grads::new(cx).set(0, of_input)?.set(1, || window(g))?.done()
        }))
    })?;
    Ok(out)
}

/// A copy of `input` with `src` in place of one entry of a dimension.
pub fn select_scatter(input: &Tensor, src: &Tensor, dim: i64, index: i64) -> Result<Tensor> {
    replaced("select_scatter", "SelectScatterBackward0", input, src, move |t| view::select(t, dim, index))
}

/// A copy of `input` with `src` in place of a slice of a dimension.
pub fn slice_scatter(input: &Tensor, src: &Tensor, dim: i64, start: Option<i64>, end: Option<i64>, step: i64) -> Result<Tensor> {
    replaced("slice_scatter", "SliceScatterBackward0", input, src, move |t| view::slice(t, dim, start, end, step))
}

/// A copy of `input` with `src` on a diagonal of two dimensions.
pub fn diagonal_scatter(input: &Tensor, src: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor> {
    replaced("diagonal_scatter", "DiagonalScatterBackward0", input, src, move |t| view::diagonal(t, offset, dim1, dim2))
}

/// A copy of `input` with `src` in a window given by strides and an offset (`None`: the input's) into the input's storage,
/// as far as the input shows it.
pub fn as_strided_scatter(
    input: &Tensor,
    src: &Tensor,
    size: &[usize],
    strides: &[isize],
    offset: Option<usize>,
) -> Result<Tensor> {
    let op = "as_strided_scatter";
    let window = mode::no_grad(|| strided::as_strided(input, size, strides, offset))?;
    let src = cast::to_dtype(src, input.dtype())?;
    ensure!(
        window.shape() == src.shape(),
        Runtime,
        "{op}: expected src to have a size equal to the slice of self. src size = {:?}, slice size = {:?}",
        &src.shape()[..],
        &window.shape()[..]
    );
    let frame = Frame::new(input, &window);
    let out = mode::no_grad(|| {
        let memory = frame.holding(input)?;
        frame.write_window(&memory, &src)?;
        cast::clone_dense(&frame.read_base(&memory)?)
    })?;
    record("AsStridedScatterBackward0", &[input, &src], &[&out], || free(inplace::slice_assign(frame)))?;
    Ok(out)
}
