//! Windows given by strides, and how gradients go back through them.

use smallvec::smallvec;

use crate::autograd::{Backward, Context, Gradients, inplace, record};
use crate::deferred::Deferred;
use crate::error::Result;
use crate::layout::Layout;
use crate::tensor::{Tensor, ViewKind};

use super::complex::turned_back;

/// A view of the input's storage with this layout (offset counted from the start of the storage, `None`: the input's).
pub fn as_strided(input: &Tensor, shape: &[usize], strides: &[isize], offset: Option<usize>) -> Result<Tensor> {
    let array = input.array();
    crate::ensure!(
        shape.len() == strides.len(),
        Runtime,
        "as_strided(): size {shape:?} and stride {strides:?} must have the same length"
    );
    let layout = Layout::strided(shape, strides, offset.unwrap_or(array.layout.offset()));
    crate::shape::checked_numel(shape)?;
    layout.check_bounds("as_strided", array.storage.bytes() / array.dtype.size())?;
    as_strided_layout(input, &layout)
}

/// [`as_strided`] with a layout that is known to fit.
pub(crate) fn as_strided_layout(input: &Tensor, layout: &Layout) -> Result<Tensor> {
    let out = input.alias(layout.clone(), input.dtype(), ViewKind::Single);
    record("AsStridedBackward0", &[input], &[&out], || as_strided_rule(input.layout(), layout.clone(), Deferred::NONE));
    Ok(out)
}

/// Backward of a window into a tensor: the window's gradient laid into zeros, as the tensor lies in its storage.
/// `turn` is what one of the two puts off and the other does not.
pub(crate) fn as_strided_rule(base: Layout, window: Layout, turn: Deferred) -> impl Backward {
    move |_: &Context, mut grads: Gradients| {
        let Some(grad) = grads[0].take() else { return Ok(smallvec![None]) };
        let grad = turned_back(&grad, turn)?;
        Ok(smallvec![Some(scatter_window(&grad, &base, &window)?)])
    }
}

pub(crate) fn scatter_window(grad: &Tensor, base: &Layout, window: &Layout) -> Result<Tensor> {
    let whole = relative(base, base);
    let inner = relative(window, base);
    let frame = Tensor::full(&[frame_len(base, window)], 0.0.into(), grad.dtype(), grad.device())?;
    if inner.may_overlap() {
        add_windows(&frame, grad, &inner)?;
    } else {
        inplace::assign("as_strided", &as_strided_layout(&frame, &inner)?, grad)?;
    }
    let result = as_strided_layout(&frame, &whole)?;
    if !whole.may_overlap() {
        return Ok(result);
    }
    // Elements that the base shows several times share their gradient among these.
    let counts = Tensor::full(&[frame.numel()], 0.0.into(), grad.dtype(), grad.device())?;
    let ones = Tensor::full(whole.shape(), 1.0.into(), grad.dtype(), grad.device())?;
    add_windows(&counts, &ones, &whole)?;
    super::arithmetic::div(&result, &as_strided_layout(&counts, &whole)?)
}

/// `frame[position of window[i]] += grad[i]` for windows that show elements several times.
fn add_windows(frame: &Tensor, grad: &Tensor, window: &Layout) -> Result<()> {
    let positions = super::creation::range(0i64.into(), 1i64.into(), frame.numel(), crate::DType::Int64, crate::Device::CPU)?;
    let positions = positions.array().with_layout(window.clone()).to_dtype(crate::DType::Int64)?;
    let positions = super::cast::on_device(&Tensor::from_array(positions), frame.device())?;
    let flat = super::view::reshape(&positions, &[-1])?;
    let values = super::view::reshape(grad, &[-1])?;
    super::index::index_add_(frame, 0, &flat, &values, 1i64.into())
}

/// A layout with its offset counted from the start of the base's span.
pub(crate) fn relative(layout: &Layout, base: &Layout) -> Layout {
    let start = base.span().start;
    Layout::strided(layout.shape(), layout.strides(), layout.offset().saturating_sub(start))
}

fn frame_len(base: &Layout, window: &Layout) -> usize {
    let start = base.span().start;
    base.span().end.max(window.span().end).saturating_sub(start)
}

/// Copies a gradient into a frame where it lies as the base does in its storage. Returns the layout in the frame,
/// and the frame.
pub(crate) fn laid_out_like(grad: &Tensor, base: &Layout) -> Result<(Layout, Tensor)> {
    let whole = relative(base, base);
    let frame = Tensor::full(&[base.span().len()], 0.0.into(), grad.dtype(), grad.device())?;
    inplace::assign("as_strided", &as_strided_layout(&frame, &whole)?, grad)?;
    Ok((whole, frame))
}
