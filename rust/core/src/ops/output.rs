//! Tensors given as `out=`.

use crate::autograd::{self, forward, inplace};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::layout::Layout;
use crate::overlap;
use crate::shape;
use crate::tensor::Tensor;

use super::pointwise::can_cast;
use super::reduce::as_i64;
use super::view;

/// What happens to an `out=` of another shape than the result's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is resized, with a warning if it had elements.
    Warned,
    /// It is resized.
    Silent,
    /// It keeps its shape if it has as many elements, and is resized otherwise.
    Count,
    /// [`Fit::Count`], with a warning if it had elements.
    CountWarned,
    /// It is resized. All elements of the result are one number, so the target may show an element several times.
    Constant,
}

/// Checks that `out` can take a result, and gives it the result's shape, as `fit` has it, and its strides where that is another one.
/// `inputs` are the op's tensors: with `out=` nothing is recorded, so none of them may ask for gradients, unless the result is of a
/// dtype that has none.
pub fn prepare<'a>(
    op: &'static str,
    out: &Tensor,
    layout: &Layout,
    result: DType,
    fit: Fit,
    inputs: impl Iterator<Item = &'a Tensor>,
) -> Result<()> {
    let (mut recorded, mut dual) = (autograd::is_enabled() && out.requires_grad(), out.is_dual());
    for input in inputs.filter(|input| !input.is_plain()) {
        recorded |= !result.is_integral() && autograd::is_enabled() && input.requires_grad();
        dual |= input.is_dual();
    }
    ensure!(
        !(dual && forward::is_on()),
        NotImplemented,
        "Trying to use forward AD with {op}_out that does not support it because it is an out= function"
    );
    ensure!(
        !recorded,
        Runtime,
        "{op}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad."
    );
    ensure!(
        can_cast(result, out.dtype()),
        Runtime,
        "{op}(): result type {} can't be cast to the desired output type {}",
        result.legacy_name(),
        out.dtype().legacy_name()
    );
    inplace::check_overwritable(op, out)?;
    resize(op, out, layout, fit)?;
    if fit == Fit::Constant { Ok(()) } else { out.with_array(|array| overlap::refuse_repeats(op, array)) }
}

/// Gives `out` a shape.
fn resize(op: &'static str, out: &Tensor, layout: &Layout, fit: Fit) -> Result<()> {
    let (had, shape) = (out.shape(), layout.shape());
    let (numel, wanted) = (shape::numel(&had), shape::checked_numel(shape)?);
    if &had[..] == shape || matches!(fit, Fit::Count | Fit::CountWarned) && numel == wanted {
        return Ok(());
    }
    match fit {
        Fit::Warned if numel != 0 => backend::warn(&format!(
            "An output with one or more elements was resized since it had shape {:?}, which does not match the required output shape \
             {shape:?} of {op}(). Resize it to zero elements first to silence this warning.",
            &had[..]
        )),
        Fit::CountWarned if numel != 0 => backend::warn(&format!(
            "The number of elements in the out tensor of shape {:?} is {numel} which does not match the computed number of \
             elements {wanted} of {op}(). Note that this may occur as a result of rounding error. The out tensor will be resized to a \
             tensor of shape ({wanted},).",
            &had[..]
        )),
        _ => {}
    }
    view::resize_storage(op, out, layout)
}

/// Writes a finished result into `out`.
pub fn store<'a>(
    op: &'static str,
    out: &Tensor,
    result: &'a Tensor,
    fit: Fit,
    inputs: impl Iterator<Item = &'a Tensor>,
) -> Result<()> {
    let layout = Layout::contiguous(&result.shape());
    // A result with a history tells of inputs that stand in lists.
    prepare(op, out, &layout, result.dtype(), fit, inputs.chain([result]))?;
    autograd::mode::no_grad(|| {
        let shape = out.shape();
        let result = if result.shape() == shape { result.clone() } else { view::reshape(result, &as_i64(&shape))? };
        if out.with_array(|array| array.layout.repeats()) {
            write_once(op, out, &result)
        } else {
            inplace::write(op, out, &result)
        }
    })
}

/// Writes a constant to a target that shows elements several times: to each element once.
fn write_once(op: &'static str, out: &Tensor, constant: &Tensor) -> Result<()> {
    let (target, source) = (out.array(), constant.array());
    let once = target.layout.without_repeats();
    let some = Layout::strided(once.shape(), source.layout.strides(), source.layout.offset());
    inplace::overwrite(op, &target.with_layout(once), &Tensor::from_array(source.with_layout(some)))?;
    target.storage.bump(op);
    Ok(())
}
