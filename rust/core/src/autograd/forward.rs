//! Forward mode: tangents that go along with the values, as the ops run.
//!
//! A tensor may have a tangent at each open level. Where an op takes its place in the graph ([`super::attach`]) the tangents
//! of its inputs are sent through its rule ([`super::Backward::push`]), and become those of its outputs; for that the op needs
//! no place in the graph. Levels lie within one another as derivatives of derivatives do. While tangents of a level are
//! computed, only the levels around it take part: the tangents have tangents of these, and no others.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::error::Result;
use crate::ops::strided::Frame;
use crate::tensor::Tensor;
use crate::{ensure, ops, shape};

use super::arena::{self, NodeHandle};
use super::levels::{Level, Outer, fail_later, find, levels, raise_failure};
use super::mode::{self, Guard};
use super::tangents::Tangents;
use super::{Backward, Context, Gradients, OutputMeta, SavedTensor, engine};

pub use super::levels::{enter_level, exit_level, is_on, is_turned_on, set_enabled};

/// What a view shows of the tangents that its base has now, if it has any.
pub(crate) fn of_view(view: &Tensor, base: &Tensor) -> Option<Tangents> {
    let of_base = base.tangents();
    let frame = Frame::new(base, view);
    let mut shown = Tangents::default();
    for (depth, level) in levels().iter().enumerate() {
        if let Some(tangent) = of_base.at(level) {
            let _outer = Outer::new(depth);
            if let Some(window) = fail_later(frame.window_of(&tangent).map(Some)) {
                shown.put(level, window);
            }
        }
    }
    (!of_base.is_empty()).then_some(shown)
}

/// A tensor with the data of `primal`, and its place in the graph, whose tangent at a level is `tangent`.
pub fn make_dual(primal: &Tensor, tangent: &Tensor, level: usize) -> Result<Tensor> {
    let level = find("make_dual", level)?;
    check_tangent(primal, tangent)?;
    let number = level.depth;
    ensure!(
        !primal.tangents().has(&level),
        Runtime,
        "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level {number} is not supported."
    );
    ensure!(
        !tangent.tangents().has(&level),
        Runtime,
        "Setting a forward grad that itself has a forward gradient at the same level{number} is not supported."
    );
    raise_failure()?;
    let dual = alike(primal)?;
    let mut tangents = dual.tangents();
    tangents.put(&level, laid_out_as(primal, tangent)?);
    dual.set_tangents(tangents);
    Ok(dual)
}

/// The tensor as it is without its tangent at a level, and that tangent.
pub fn unpack_dual(tensor: &Tensor, level: usize) -> Result<(Tensor, Option<Tensor>)> {
    let level = find("unpack_dual", level)?;
    let tangents = tensor.tangents();
    raise_failure()?;
    let primal = alike(tensor)?;
    primal.set_tangents(tangents.without(&level));
    Ok((primal, tangents.at(&level)))
}

/// The tangent at a level, if it is open and the tensor has one.
pub fn tangent(tensor: &Tensor, level: usize) -> Result<Option<Tensor>> {
    let Ok(level) = find("_fw_grad", level) else { return Ok(None) };
    let tangent = tensor.tangents().at(&level);
    raise_failure()?;
    Ok(tangent)
}

/// Refuses what is no tangent of a tensor.
fn check_tangent(primal: &Tensor, tangent: &Tensor) -> Result<()> {
    let (primal, tangent) = (OutputMeta::of(primal), OutputMeta::of(tangent));
    for (what, meta) in [("primal", &primal), ("tangent", &tangent)] {
        let name = meta.dtype.name();
        ensure!(meta.dtype.is_differentiable(), Value, "Expected {what} to be floating point or complex, but got: torch.{name}");
    }
    ensure!(
        primal.shape == tangent.shape,
        Runtime,
        "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not supported. \
         Tensor is of size {:?} while the given forward gradient is of size {:?}.",
        &primal.shape[..],
        &tangent.shape[..]
    );
    ensure!(
        primal.dtype.is_complex() || !tangent.dtype.is_complex(),
        Runtime,
        "Trying to set a complex forward gradient (torch.{}) of a real Tensor (torch.{}), this is not supported.",
        tangent.dtype.name(),
        primal.dtype.name()
    );
    ensure!(
        primal.device == tangent.device,
        Runtime,
        "Trying to set a forward gradient on device {} of a Tensor on device {}, this is not supported.",
        tangent.device,
        primal.device
    );
    Ok(())
}

/// The same data at the same place in the graph, as another tensor.
fn alike(tensor: &Tensor) -> Result<Tensor> {
    if tensor.requires_grad() {
        return ops::view::view_as(tensor, tensor);
    }
    // Without a place in the graph it need not know that it looks into another: writes change this tensor's tangents alone.
    let other = tensor.detach();
    other.set_tangents(tensor.tangents());
    Ok(other)
}

/// A tangent of the dtype of its tensor, which lies in its memory as the tensor does: then views of the one are views of the
/// other. It is copied if it does not, or if either of the two puts something off that the other does not.
fn laid_out_as(primal: &Tensor, tangent: &Tensor) -> Result<Tensor> {
    let tangent = ops::cast::to_dtype(tangent, primal.dtype())?;
    let place = |t: &Tensor| t.with_array(|a| (a.layout.clone(), a.storage.bytes(), a.deferred));
    let (wanted, own) = (place(primal), place(&tangent));
    if wanted == own || primal.numel() == 0 {
        return Ok(tangent);
    }
    ops::cast::clone_with(&tangent, if wanted.0.is_dense() { wanted.0.dense_like() } else { own.0.dense_like() })
}

/// Sends the tangents of an op's inputs through its rule, level by level. `node` is the op's place in the graph, if it has one.
pub(super) fn push(
    (name, node, rule): (&'static str, Option<&NodeHandle>, &dyn Backward),
    inputs: &[Tangents],
    metas: &[OutputMeta],
    outputs: &[&Tensor],
) -> Result<()> {
    let before: SmallVec<[Tangents; 1]> = outputs.iter().map(|output| output.take_tangents()).collect();
    let mut results: SmallVec<[Tangents; 1]> = SmallVec::from_elem(Tangents::default(), outputs.len());
    for (depth, level) in levels().iter().enumerate() {
        let seeds: Gradients = inputs.iter().map(|tangents| tangents.at(level)).collect();
        if seeds.iter().all(Option::is_none) && before.iter().all(|tangents| !tangents.has(level)) {
            continue;
        }
        let products = {
            let _outer = Outer::new(depth);
            let so_far = (depth > 0).then(|| Arc::from(results.as_slice()));
            let needs: SmallVec<[bool; 4]> = seeds.iter().map(Option::is_some).collect();
            let cx = Context { node, name, needs: &needs, outputs: metas, tangents: so_far, lead: 0 };
            let products = if needs.contains(&true) { rule.push(&cx, &seeds)? } else { Gradients::new() };
            complete(products, &before, level, metas)?
        };
        for ((result, output), product) in results.iter_mut().zip(outputs).zip(products) {
            if let Some(product) = product {
                result.put(level, product);
                output.set_tangents(result.clone());
            }
        }
    }
    if let Some(node) = node {
        let tangents = Some(Arc::from(results.as_slice()));
        let _old = arena::with_node(node.id(), |node| std::mem::replace(&mut node.tangents, tangents));
    }
    Ok(())
}

/// Tangents as they fit the outputs. An output that was written to in place, and had a tangent, has zeros where there is none.
fn complete(products: Gradients, before: &[Tangents], level: &Level, metas: &[OutputMeta]) -> Result<Gradients> {
    let mut products = products.into_iter();
    let mut fitted = Gradients::new();
    for (meta, before) in metas.iter().zip(before) {
        fitted.push(match products.next().flatten() {
            _ if !meta.dtype.is_differentiable() => None,
            Some(product) => Some(fit(product, meta)?),
            None if before.has(level) => Some(meta.zeros()?),
            None => None,
        });
    }
    Ok(fitted)
}

/// A tangent in the shape and dtype of what it is the tangent of: rules may leave broadcasting and promotion to this.
fn fit(mut tangent: Tensor, meta: &OutputMeta) -> Result<Tensor> {
    if tangent.device() != meta.device {
        tangent = ops::cast::on_device(&tangent, meta.device)?;
    }
    if tangent.dtype() != meta.dtype {
        let narrowed = tangent.dtype().is_complex() && !meta.dtype.is_complex();
        tangent = if narrowed { ops::complex::real(&tangent)? } else { tangent };
        tangent = ops::cast::to_dtype(&tangent, meta.dtype)?;
    }
    if tangent.shape() == meta.shape {
        return Ok(tangent);
    }
    ensure!(
        shape::is_expandable(&tangent.shape(), &meta.shape),
        Runtime,
        "forward mode produced a tangent of shape {:?} for a tensor of shape {:?}",
        &tangent.shape()[..],
        &meta.shape[..]
    );
    ops::view::broadcast_to(&tangent, &ops::reduce::as_i64(&meta.shape))
}

/// The tangents of a rule's outputs from those of its inputs by the rule itself: what the rule computes is linear in the
/// gradients of the outputs, and the derivative by these is the transpose of its transpose (J. Townsend, "A new trick for
/// calculating Jacobian vector products", 2017).
pub fn transpose<R: Backward + ?Sized>(rule: &R, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
    let is_recorded = cx.node.is_some() || tangents.iter().flatten().any(Tensor::requires_grad);
    let create_graph = mode::is_enabled() && is_recorded;
    let (cotangents, roots, seeds) = {
        let _recording = Guard::new(true);
        // Ones and not zeros: some rules divide by what they are given.
        let cotangents = cx.outputs.iter().map(cotangent).collect::<Result<Gradients>>()?;
        let pulled = rule.apply(cx, cotangents.clone())?;
        let (mut roots, mut seeds) = (Vec::new(), Vec::new());
        for (pulled, tangent) in pulled.into_iter().zip(tangents) {
            let (Some(pulled), Some(tangent)) = (pulled, tangent) else { continue };
            if pulled.requires_grad() {
                roots.push(engine::fit(pulled, &OutputMeta::of(tangent), 0)?);
                seeds.push(Some(tangent.clone()));
            }
        }
        (cotangents, roots, seeds)
    };
    let asked: Vec<Tensor> = cotangents.iter().flatten().cloned().collect();
    let options = engine::Options { retain_graph: create_graph, create_graph, many: None };
    let mut products = engine::grad(&roots, &seeds, &asked, options)?.into_iter();
    Ok(cotangents.iter().map(|cotangent| cotangent.as_ref().and_then(|_| products.next().flatten())).collect())
}

/// The sum of what there is of two tangents.
pub fn sum(a: Option<Tensor>, b: Option<Tensor>) -> Result<Option<Tensor>> {
    match (a, b) {
        (Some(a), Some(b)) => ops::arithmetic::add(&a, &b).map(Some),
        (a, b) => Ok(a.or(b)),
    }
}

/// The tangent of a product, which is linear in either factor, from those of the factors.
pub fn of_product(
    cx: &Context,
    [a, b]: &[SavedTensor; 2],
    [of_a, of_b]: [&Option<Tensor>; 2],
    product: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Option<Tensor>> {
    let by_a = of_a.as_ref().map(|tangent| product(tangent, &b.get(cx)?)).transpose()?;
    let by_b = of_b.as_ref().map(|tangent| product(&a.get(cx)?, tangent)).transpose()?;
    sum(by_a, by_b)
}

/// The tangent of what is left where elements of a second input were written over some of the first: `write` writes the second
/// one's tangent into that of the first, `erase` zeros. Of several writes to one place it is that of the one that stays.
pub fn of_writes(
    cx: &Context,
    tangents: &[Option<Tensor>],
    write: impl FnOnce(&Tensor, &Tensor) -> Result<Tensor>,
    erase: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Gradients> {
    let of_input = tangents[0].clone().map_or_else(|| cx.outputs[0].zeros(), Ok)?;
    let written = match &tangents[1] {
        Some(of_source) => write(&of_input, of_source)?,
        None => erase(&of_input)?,
    };
    Ok(smallvec::smallvec![Some(written)])
}

/// Something to differentiate by, in the place of an output's gradient.
fn cotangent(meta: &OutputMeta) -> Result<Option<Tensor>> {
    if !meta.dtype.is_differentiable() {
        return Ok(None);
    }
    let ones = Tensor::full(&meta.shape, 1.0.into(), meta.dtype, meta.device)?;
    ones.set_requires_grad(true)?;
    Ok(Some(ones))
}
