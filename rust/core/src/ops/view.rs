//! Views: other shapes over the same storage, copying nothing.

use smallvec::smallvec;

use crate::autograd::{Context, Gradients, record_one};
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::shape;
use crate::tensor::{Tensor, ViewKind};

use super::reduce::{as_i64, sum_to_size};
use super::{cast, strided};

/// A view with history: `backward` takes the gradient of the view to that of the input.
pub(crate) fn view_with<F>(node: &'static str, input: &Tensor, layout: Layout, backward: F) -> Tensor
where
    F: Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
{
    let out = input.alias(layout, input.dtype(), ViewKind::Single);
    record_one(node, &[input], &out, || {
        move |_: &Context, g: &Tensor| -> Result<Gradients> { Ok(smallvec![Some(backward(g)?)]) }
    });
    out
}

/// The same elements in another shape, sharing storage; refused where that needs a copy. One size may be -1.
pub fn view(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let array = input.array();
    let shape = shape::infer_size("view", size, array.numel())?;
    let Some(layout) = array.layout.view(&shape) else {
        crate::bail!(
            Runtime,
            "view(): view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous \
             subspaces). Use .reshape(...) instead. (input shape {:?}, strides {:?}, requested {size:?})",
            array.shape(),
            array.layout.strides()
        );
    };
    Ok(view_unchecked(input, layout, "ViewBackward0"))
}

fn view_unchecked(input: &Tensor, layout: Layout, node: &'static str) -> Tensor {
    let from = input.shape();
    view_with(node, input, layout, move |g| reshape(g, &as_i64(&from)))
}

/// The same elements in another shape: a view where possible, otherwise a copy. One size may be -1.
pub fn reshape(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let array = input.array();
    let shape = shape::infer_size("reshape", size, array.numel())?;
    match array.layout.view(&shape) {
        Some(layout) => Ok(view_unchecked(input, layout, "ViewBackward0")),
        None => {
            let copy = cast::clone_contiguous(input)?;
            Ok(view_unchecked(&copy, Layout::contiguous(&shape), "UnsafeViewBackward0"))
        }
    }
}

/// Broadcast to a larger size; -1 keeps a size.
pub fn expand(input: &Tensor, size: &[i64]) -> Result<Tensor> {
    let array = input.array();
    let from = shape::Shape::from_slice(array.shape());
    ensure!(
        size.len() >= from.len(),
        Runtime,
        "expand(): the number of sizes provided ({}) must be greater or equal to the number of dimensions in the tensor ({})",
        size.len(),
        from.len()
    );
    let lead = size.len() - from.len();
    let mut shape = shape::Shape::new();
    for (i, &n) in size.iter().enumerate() {
        match n {
            -1 if i >= lead => shape.push(from[i - lead]),
            n if n < 0 => crate::bail!(
                Runtime,
                "expand(): the expanded size of the tensor ({n}) isn't allowed in a leading, non-existing dimension {i}"
            ),
            n => shape.push(n as usize),
        }
    }
    let Some(layout) = array.layout.expand(&shape) else {
        crate::bail!(
            Runtime,
            "expand(): the expanded size of the tensor {:?} must match the existing size {:?} at non-singleton dimensions",
            &shape[..],
            &from[..]
        );
    };
    Ok(view_with("ExpandBackward0", input, layout, move |g| sum_to_size(g, &from)))
}

/// `length` entries of a dimension from `start` on.
pub fn narrow(input: &Tensor, dim: i64, start: i64, length: i64) -> Result<Tensor> {
    let array = input.array();
    ensure!(array.layout.ndim() > 0, Runtime, "narrow() cannot be applied to a 0-dim tensor.");
    let d = shape::wrap_dim("narrow", dim, array.layout.ndim())?;
    let n = array.shape()[d] as i64;
    ensure!(length >= 0, Runtime, "narrow(): length must be non-negative, got {length}");
    ensure!((-n..=n).contains(&start), Index, "narrow(): start {start} is out of range for dimension {d} with size {n}");
    let start = if start < 0 { start + n } else { start };
    ensure!(start + length <= n, Runtime, "narrow(): start ({start}) + length ({length}) exceeds dimension size ({n}).");
    Ok(window(input, array.layout.slice(d, start as usize, length as usize, 1), "SliceBackward0"))
}

/// A view of some of the input's elements: its gradient is laid into zeros.
pub(crate) fn window(input: &Tensor, layout: Layout, node: &'static str) -> Tensor {
    let (shape, base, inner) = (input.shape(), input.layout(), layout.clone());
    view_with(node, input, layout, move |g| {
        // In a row-major gradient the window lies as it would in a row-major input.
        match rebased(&base, &inner, &shape) {
            Some(inner) => {
                let whole = Tensor::full(&shape, 0.0.into(), g.dtype(), g.device())?;
                crate::autograd::inplace::assign("slice", &strided::as_strided_layout(&whole, &inner)?, g)?;
                Ok(whole)
            }
            None => strided::scatter_window(g, &base, &inner),
        }
    })
}

/// The window's layout in a row-major array of `shape`, if the base itself is row-major.
fn rebased(base: &Layout, inner: &Layout, shape: &[usize]) -> Option<Layout> {
    (base.is_contiguous() && base.shape() == shape).then(|| strided::relative(inner, base))
}
