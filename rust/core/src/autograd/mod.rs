//! The graph: built while ops run, walked backward, gone afterwards.
//!
//! [`record`] adds a node for an op's outputs; [`engine`] walks; [`inplace`] rewrites history where a tensor is
//! written to; [`saved`] guards what a node keeps against later writes.

pub mod anomaly;
pub mod arena;
mod capture;
pub mod composite;
pub mod engine;
pub mod hooks;
pub mod inplace;
pub mod mode;
pub mod nesting;
pub mod reach;
mod rule;
pub mod saved;
pub mod saved_hooks;

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::tensor::{Source, Tensor};
use arena::{Node, NodeHandle, NodeId};

pub use engine::{backward, grad};
pub use mode::{is_enabled, is_inference};
use rule::OfOne;
pub use rule::{OneOutput, keeping, keeping_one};
pub use saved::SavedTensor;

/// Where a gradient goes.
#[derive(Clone)]
pub enum Edge {
    /// Nowhere: the input needs none.
    None,
    /// To an output of a node.
    Node(NodeHandle, u32),
    /// To a leaf, whose `.grad` accumulates it.
    Leaf(Tensor),
}

/// Gradients, one an output (coming in) or one an input (going out); `None` stands for zeros.
pub type Gradients = SmallVec<[Option<Tensor>; 3]>;

/// What a node looks like to its backward rule.
pub struct Context<'a> {
    /// The node itself, which the rule needs to hand out saved outputs.
    pub node: &'a NodeHandle,
    /// Its name.
    pub name: &'static str,
    /// Which inputs need a gradient.
    pub needs: &'a [bool],
    /// Shapes, dtypes and devices of the outputs.
    pub outputs: &'a [OutputMeta],
}

/// An op's backward rule, with what it saved. It is written in tensor ops, so that it can be differentiated again.
pub trait Backward: Send + Sync {
    /// Gradients of the inputs from those of the outputs. May leave out (`None`) what [`Context::needs`] does not ask for.
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients>;

    /// Shows what the rule saved, with PyTorch's names for it.
    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let _ = see;
    }

    /// For the embedding language: the rule as something to downcast.
    fn as_any(&self) -> Option<&dyn std::any::Any> {
        None
    }
}

/// Something that a rule saved.
#[derive(Clone, Copy)]
pub enum Kept<'a> {
    /// A tensor.
    Tensor(&'a SavedTensor),
    /// A number.
    Number(Scalar),
}

/// What is known of an output: enough to make zeros for it, and to check the gradient that comes for it.
#[derive(Clone, Debug)]
pub struct OutputMeta {
    /// Sizes.
    pub shape: Shape,
    /// Element type.
    pub dtype: DType,
    /// Place.
    pub device: Device,
}

impl OutputMeta {
    /// What is known of a tensor.
    pub fn of(tensor: &Tensor) -> OutputMeta {
        tensor.with_array(|a| OutputMeta { shape: Shape::from_slice(a.shape()), dtype: a.dtype, device: a.device() })
    }

    /// Zeros like the output.
    pub fn zeros(&self) -> Result<Tensor> {
        Tensor::full(&self.shape, 0.0.into(), self.dtype, self.device)
    }
}

/// Will an op on these inputs be recorded?
pub fn needs_record(inputs: &[&Tensor]) -> bool {
    is_enabled() && inputs.iter().any(|t| t.requires_grad())
}

/// Makes `outputs` the results of a new node, if gradients are on and an input asks for them. `rule` is built only
/// then; its gradients must come in the order of `inputs`. Fails where a hook through which saved tensors go does.
///
/// A rule with one output and the shape `|cx, grad| -> Gradients` is more easily written with [`record_one`].
pub fn record<B: Backward + 'static>(
    name: &'static str,
    inputs: &[&Tensor],
    outputs: &[&Tensor],
    rule: impl FnOnce() -> B,
) -> Result<()> {
    if needs_record(inputs) {
        let edges = inputs.iter().map(|t| t.edge()).collect();
        attach(name, edges, outputs, Arc::new(rule()))?;
    }
    Ok(())
}

/// [`record`] for an op with one output; the rule gets that output's gradient, never `None`.
pub fn record_one<R: OneOutput>(name: &'static str, inputs: &[&Tensor], output: &Tensor, rule: impl FnOnce() -> R) -> Result<()> {
    record(name, inputs, &[output], || OfOne(rule()))
}

/// Makes `outputs` the results of a node with these edges.
pub fn attach(name: &'static str, edges: SmallVec<[Edge; 2]>, outputs: &[&Tensor], rule: Arc<dyn Backward>) -> Result<NodeId> {
    saved_hooks::raise_failure()?;
    saved::check_refused()?;
    Ok(insert(name, edges, outputs, rule))
}

/// [`record`] for a view, whose rule saves nothing: this cannot fail.
pub fn record_unsaved<B: Backward + 'static>(name: &'static str, input: &Tensor, outputs: &[&Tensor], rule: impl FnOnce() -> B) {
    if needs_record(&[input]) {
        insert(name, smallvec![input.edge()], outputs, Arc::new(rule()));
    }
}

fn insert(name: &'static str, edges: SmallVec<[Edge; 2]>, outputs: &[&Tensor], rule: Arc<dyn Backward>) -> NodeId {
    let metas = outputs.iter().map(|t| OutputMeta::of(t)).collect();
    let node = arena::insert(Node::new(name, edges, metas, rule));
    for (i, output) in outputs.iter().enumerate() {
        if output.dtype().is_differentiable() {
            output.graft(Some(Source { node: node.clone(), output: i as u32, name }));
        }
    }
    node.id()
}
