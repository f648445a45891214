//! History of tensors that are written to in place.
//!
//! Writing to a tensor makes it the output of a new node. Writing to a view makes its *base* the output of a
//! "slice assign" node (`CopySlices`): the base as it was, with the window replaced by the written values. Views of
//! that base then get a new history when it is next asked for (see [`Tensor::source`]).

use std::sync::Arc;

use smallvec::smallvec;

use crate::array::Array;
use crate::backend;
use crate::bail;
use crate::ensure;
use crate::error::{Error, Result};
use crate::kernel::Kernel;
use crate::ops;
use crate::ops::strided::Frame;
use crate::overlap;
use crate::tensor::{Source, Tensor, ViewKind};

use super::arena::{self, Node};
use super::captured;
use super::mode;
use super::{
    Backward, Context, Gradients, Grads, Histories, OutputMeta, attach, free, hooks, is_enabled, is_tracked, needs_record, one,
    pushing, refusals,
};

/// Refuses writes that PyTorch refuses; to be called before anything is written. `inputs` are the tensors that
/// the written values depend on.
pub fn check(op: &'static str, target: &Tensor, inputs: &[&Tensor]) -> Result<()> {
    target.with_array(|array| overlap::refuse_repeats(op, array))?;
    check_repeated(op, target, inputs)
}

/// [`check`] for ops that give all places of one element the same value: the target may show elements several times.
pub fn check_repeated(op: &'static str, target: &Tensor, inputs: &[&Tensor]) -> Result<()> {
    check_writable(op, target)?;
    check_inference(target)?;
    captured::refuse(op, target)?;
    // Tangents are not in the way of any write.
    let is_recorded = is_enabled() && (target.requires_grad() || inputs.iter().any(|input| input.requires_grad()));
    if !is_recorded {
        return Ok(());
    }
    // The target may be a part of a view that was asked for on the way here.
    refusals::raise()?;
    check_history(op, target)?;
    inputs.iter().find_map(|input| invalid_view_error(input)).map_or(Ok(()), Err)
}

/// Refuses targets that show an element of theirs twice, or that may not be written to.
pub fn check_overlap(op: &'static str, target: &Tensor) -> Result<()> {
    target.with_array(|array| overlap::refuse_repeats(op, array))?;
    captured::refuse(op, target)?;
    check_overwritable(op, target)
}

/// Refuses targets that are read-only, or of another mode.
pub(crate) fn check_overwritable(op: &'static str, target: &Tensor) -> Result<()> {
    check_inference(target)?;
    check_writable(op, target)
}

/// Refuses to change a tensor that was made in inference mode outside of it.
pub(crate) fn check_inference(target: &Tensor) -> Result<()> {
    ensure!(
        !target.is_inference() || mode::is_inference(),
        Runtime,
        "Inplace update to inference tensor outside InferenceMode is not allowed.You can make a clone to get a normal tensor before \
         doing inplace update.See https://github.com/pytorch/rfcs/pull/17 for more details."
    );
    Ok(())
}

fn check_writable(op: &'static str, target: &Tensor) -> Result<()> {
    let writable = target.with_array(|a| a.storage.as_host().is_none_or(|buffer| buffer.is_writable()));
    ensure!(writable, Runtime, "{op}(): the tensor borrows read-only memory; clone() it before writing to it");
    Ok(())
}

fn check_history(op: &'static str, target: &Tensor) -> Result<()> {
    if let (Some(base), Some(kind)) = (target.base(), target.view_kind()) {
        if kind != ViewKind::Single {
            return Err(refused_view(target, kind, "is being modified inplace"));
        }
        // A leaf may itself be a view, of a tensor that wants no gradient.
        if target.requires_grad() && (base.is_leaf() || captured::is_leaf(base)) {
            bail!(Runtime, "{op}(): a view of a leaf Variable that requires grad is being used in an in-place operation.");
        }
        leave_hooks_behind(target, base);
    }
    if target.requires_grad() && (target.is_leaf() || captured::is_leaf(target)) {
        bail!(Runtime, "{op}(): a leaf Variable that requires grad is being used in an in-place operation.");
    }
    Ok(())
}

/// Why a view of a kind may not be changed (`what` happened to it) and differentiated, in PyTorch's words.
#[cold]
fn refused_view(view: &Tensor, kind: ViewKind, what: &str) -> Error {
    let (modes, custom) = (
        |mode: &str| {
            format!(
                "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view \
                 and the inplace either both inside the {mode} block (if you don't want the inplace to be tracked) or both outside (if you \
                 want the inplace to be tracked)."
            )
        },
        "This view was created inside a custom Function (or because an input was returned as-is) and the autograd logic to handle \
         view+inplace would override the custom backward associated with the custom Function, leading to incorrect gradients. This \
         behavior is forbidden. You can fix this by cloning the output of the custom Function.",
    );
    let multiple = "This view is the output of a function that returns multiple views. Such functions do not allow the output views to be \
                    modified inplace. You should replace the inplace operation by an out-of-place one.";
    let output = view.last_source().map(|source| format!("Output {} of {}", source.output, function_of(source.name)));
    let made = output
        .as_ref()
        .map_or("A view was created".to_owned(), |output| format!("{output} is a view of a view which was created"));
    let plain = output.as_ref().map(|output| format!("{output} is a view and {what}."));
    let in_no_grad = || format!("{made} in no_grad mode and {what} with grad mode enabled.");
    let (what_happened, why) = match kind {
        ViewKind::Inference => (format!("{made} in inference mode and {what} in normal mode."), modes("inference_mode")),
        ViewKind::NoGrad if view.has_own_source() => {
            let why = if is_one_of_several_outputs(view) { multiple } else { custom };
            (plain.unwrap_or_else(in_no_grad), why.to_owned())
        }
        ViewKind::NoGrad | ViewKind::OfNoGrad => (in_no_grad(), modes("no_grad")),
        ViewKind::Single | ViewKind::Multiple => (plain.unwrap_or_else(in_no_grad), multiple.to_owned()),
    };
    Error::runtime(format!("{what_happened} {why}"))
}

/// Did the node that made a tensor, if it is still there, make others too?
fn is_one_of_several_outputs(tensor: &Tensor) -> bool {
    let outputs = |source: Source| arena::with_node(source.node.id(), |node| node.outputs.len());
    tensor.last_source().and_then(outputs).is_some_and(|outputs| outputs > 1)
}

/// The function whose node has a name.
fn function_of(node: &str) -> &str {
    match node.rsplit_once("Backward") {
        Some((function, number)) if !function.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => function,
        _ => node,
    }
}

/// The error about a view that has lost its history: see [`Tensor::invalid_view`].
pub fn invalid_view_error(view: &Tensor) -> Option<Error> {
    let kind = view.invalid_view()?;
    Some(refused_view(view, kind, "its base or another view of its base has been modified inplace"))
}

/// Gives a view that will be written to a history without hooks: those on its own node are to see the gradient of what it
/// was, and that is only asked for by those who read it before.
fn leave_hooks_behind(view: &Tensor, base: &Tensor) {
    let is_hooked = |source: &Source| arena::with_node(source.node.id(), |node| node.hooks.is_some()) == Some(true);
    if let (Some(source), false) = (view.source(), base.is_leaf())
        && is_hooked(&source)
        && let Some(fresh) = source_of_view(view, base)
    {
        view.graft(Some(fresh.clone()));
        hooks::forget_gradient(view, &fresh);
    }
}

/// Must the history of a base be rewritten when `target` is written to with values from `inputs`?
pub fn rewrites_base(target: &Tensor, inputs: &[&Tensor]) -> bool {
    target.base().is_some() && (needs_record(inputs) || is_tracked(target))
}

/// `target[...] = value`, converted to the target's dtype and broadcast to its shape; with history.
pub fn assign(op: &'static str, target: &Tensor, value: &Tensor) -> Result<()> {
    check(op, target, &[value])?;
    let recorded = needs_record(&[target, value]);
    let owner = target.base().unwrap_or(target);
    let histories = recorded.then(|| Histories::of([Some(owner), Some(value)].into_iter()));
    write(op, target, value)?;
    let Some(histories) = histories else { return Ok(()) };
    let Some(base) = target.base() else {
        if takes_history_of(target, value) {
            target.graft(value.source());
            target.set_tangents(value.tangents());
        } else {
            attach(
                "torch::autograd::CopyBackwards",
                histories,
                &[target],
                Arc::new(pushing(free(one(whole_assign)), push_whole)),
            )?;
        }
        return Ok(());
    };
    attach_slices(op, histories, base, target)
}

/// Makes a base the output of a node that replaced the window of a view.
fn attach_slices(op: &'static str, histories: Histories, base: &Tensor, view: &Tensor) -> Result<()> {
    ensure!(
        base.dtype().real() == view.dtype().real(),
        Runtime,
        "{op}(): cannot differentiate an in-place op on a view with another dtype ({} of {})",
        view.dtype().name(),
        base.dtype().name()
    );
    attach("torch::autograd::CopySlices", histories, &[base], Arc::new(slice_assign(Frame::new(base, view))))?;
    Ok(())
}

/// Writes values that depend on nothing, by `write`, and counts the write: what was there has a gradient of zeros, by a node
/// of the name `node` where the target is no view.
pub(crate) fn redraw(
    op: &'static str,
    node: &'static str,
    target: &Tensor,
    write: impl FnOnce(&Array) -> Result<()>,
) -> Result<()> {
    check(op, target, &[])?;
    let owner = target.base().unwrap_or(target);
    let histories = is_tracked(target).then(|| Histories::of([Some(owner), None].into_iter()));
    let array = target.array();
    write(&array)?;
    array.storage.bump(op);
    match (histories, target.base()) {
        (None, _) => Ok(()),
        (Some(histories), Some(base)) => attach_slices(op, histories, base, target),
        (Some(histories), None) => {
            attach(node, histories, &[target], Arc::new(pushing(free(one(whole_assign)), push_whole)))?;
            Ok(())
        }
    }
}

/// Is `value` the result of an op that the target now simply is? Then it takes over its node.
fn takes_history_of(target: &Tensor, value: &Tensor) -> bool {
    let is_result = value.source().is_some() || value.is_dual() && !value.requires_grad() && !target.requires_grad();
    // Of a target that had tangents zeros are left.
    is_result && (value.is_dual() || !target.is_dual()) && value.dtype() == target.dtype() && value.shape() == target.shape()
}

/// Writes values without history, and counts the write.
pub fn write(op: &'static str, target: &Tensor, value: &Tensor) -> Result<()> {
    let array = target.array();
    overwrite(op, &array, value)?;
    array.storage.bump(op);
    Ok(())
}

/// Writes values into an array.
pub(crate) fn overwrite(op: &'static str, array: &Array, value: &Tensor) -> Result<()> {
    let source = ops::cast::on_device(value, array.device())?.array();
    let Some(layout) = source.layout.expand(array.shape()) else {
        bail!(Runtime, "{op}(): output with shape {:?} doesn't match the broadcast shape {:?}", array.shape(), value.shape());
    };
    let same = source.storage.ptr_eq(&array.storage);
    // A source that overlaps the target is read out first.
    let source = if same && layout != array.layout {
        source.with_layout(layout).to_dtype(source.dtype)?
    } else {
        source.with_layout(layout)
    };
    backend::launch(op, &Kernel::Copy, &[source.into()], std::slice::from_ref(array))
}

/// Backward of a whole tensor's overwriting: zeros for what it was, everything for the value.
fn whole_assign(cx: &Context, grad: &Tensor) -> Result<Gradients> {
    Grads::new(cx).set(0, || ops::creation::zeros_like(grad, None, None))?.set(1, || Ok(grad.clone()))?.done()
}

/// Forward mode of a whole tensor's overwriting: the tangent is the value's.
fn push_whole<R>(_: &R, _: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
    Ok(smallvec![tangents[1].clone()])
}

/// Backward of `base[window] = value`.
pub(crate) fn slice_assign(frame: Frame) -> impl Backward {
    let frame = Arc::new(frame);
    pushing(slice_assign_rule(frame.clone()), move |_, cx, tangents| {
        let of_base = tangents[0].clone().map_or_else(|| cx.outputs[0].zeros(), Ok)?;
        let memory = frame.holding(&of_base)?;
        match &tangents[1] {
            Some(of_value) => frame.write_window(&memory, of_value)?,
            None => frame.clear_window(&memory)?,
        }
        Ok(smallvec![Some(frame.read_base(&memory)?)])
    })
}

fn slice_assign_rule(frame: Arc<Frame>) -> impl Backward {
    one(move |cx: &Context, grad: &Tensor| {
        let memory = frame.holding(grad)?;
        let of_value = if cx.needs[1] { Some(frame.read_window(&memory)?) } else { None };
        if !cx.needs[0] {
            return Ok(smallvec![None, of_value]);
        }
        frame.clear_window(&memory)?;
        // The view of the memory is taken after the write, so that it has the write in its history.
        Ok(smallvec![Some(frame.read_base(&memory)?), of_value])
    })
}

/// The history of a view that has lost its own: a node that raises when a gradient reaches it.
pub(crate) fn source_of_invalid_view(view: &Tensor) -> Option<Source> {
    let name = "Invalid";
    let error = invalid_view_error(view)?.to_string();
    let rule = move |_: &Context, _: Gradients| -> Result<Gradients> { Err(Error::runtime(error.clone())) };
    // With an edge that leads on, so that the walk comes by.
    let edges = smallvec![view.base()?.edge()];
    let node = arena::insert(Node::new(name, edges, smallvec![OutputMeta::of(view)], Arc::new(rule)));
    Some(Source { node, output: 0, name })
}

/// The history of a view whose base was written to since: a window into what the base has become.
pub fn source_of_view(view: &Tensor, base: &Tensor) -> Option<Source> {
    let name = "AsStridedBackward0";
    let rule = ops::strided::as_strided_rule(Frame::new(base, view));
    let outputs = smallvec![OutputMeta::of(view)];
    let node = arena::insert(Node::new(name, smallvec![base.edge()], outputs, Arc::new(rule)));
    Some(Source { node, output: 0, name })
}
