//! The graph: built while ops run, walked backward, gone afterwards.
//!
//! [`record`] adds a node for an op's outputs; [`engine`] walks; [`forward`] sends tangents along while ops run; [`inplace`] rewrites history where a tensor is
//! written to; [`saved`] guards what a node keeps against later writes.

pub mod anomaly;
pub mod arena;
mod capture;
pub mod captured;
mod completion;
pub mod composite;
pub mod engine;
mod facts;
pub mod forward;
mod histories;
pub mod hooks;
pub mod inplace;
mod levels;
pub mod many;
pub mod mode;
pub mod nesting;
pub mod origin;
pub mod reach;
pub mod refusals;
pub mod retold;
mod rule;
pub mod saved;
pub mod saved_hooks;
pub mod tangents;
mod tied;

use std::sync::Arc;

use smallvec::SmallVec;

use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::tensor::{Source, Tensor};
use arena::{Node, NodeHandle, NodeId};
use tangents::Tangents;

pub use engine::{backward, grad};
pub use facts::{Fact, Facts, telling};
pub use histories::Histories;
pub use many::{at_once, at_once_if};
pub use mode::{is_enabled, is_inference};
pub use rule::{
    Free, Grads, Keeping, Linear, OneOutput, free, keeping, keeping_both, keeping_linear, keeping_one, keeping_pushing, one,
    pushing,
};
pub use saved::{Held, SavedTensor};

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

/// Gradients, one an output (coming in) or one an input (going out); or tangents, the other way round. `None` stands for zeros.
pub type Gradients = SmallVec<[Option<Tensor>; 3]>;

/// What a node looks like to its backward rule.
pub struct Context<'a> {
    /// The node itself, which the rule needs to hand out saved outputs. In forward mode an op may have none.
    pub node: Option<&'a NodeHandle>,
    /// Its name.
    pub name: &'static str,
    /// Which inputs need a gradient, or have a tangent.
    pub needs: &'a [bool],
    /// Shapes, dtypes and devices of the outputs.
    pub outputs: &'a [OutputMeta],
    /// The tangents that the outputs have.
    pub tangents: Option<Arc<[Tangents]>>,
    /// How many dimensions gradients have in front of those of the outputs: one in a walk with many, for rules that take these.
    pub lead: usize,
}

/// An op's backward rule, with what it saved. It is written in tensor ops, so that it can be differentiated again.
pub trait Backward: Send + Sync {
    /// Gradients of the inputs from those of the outputs. May leave out (`None`) what [`Context::needs`] does not ask for.
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients>;

    /// Can it be given many gradients at once, along a dimension in front ([`Context::lead`])?
    fn takes_many(&self) -> bool {
        false
    }

    /// Is it run where no output has a gradient? The gradients of the inputs are nothing otherwise.
    fn runs_without_gradients(&self) -> bool {
        false
    }

    /// Tangents of the outputs from those of the inputs. They need not be broadcast and promoted as the outputs are.
    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        forward::transpose(self, cx, tangents)
    }

    /// Is it known to keep no tensor? Then there is nothing to free, and the node may be walked again.
    fn keeps_nothing(&self) -> bool {
        false
    }

    /// The rule that remains after a walk has taken out what this one saved; without one, a second walk fails.
    fn left_behind(&self) -> Option<Arc<dyn Backward>> {
        None
    }

    /// Shows what the rule saved, with PyTorch's names for it.
    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let _ = see;
    }

    /// Shows what the rule keeps alive. It is called while the arena is locked, so that it must not look at other nodes.
    fn held(&self, see: &mut dyn FnMut(Held<'_>)) {
        self.saved(&mut |_, kept| {
            if let Kept::Tensor(saved) | Kept::Item(saved) = kept {
                saved.held(see);
            }
        });
    }

    /// Has PyTorch's node an attribute in the place of this input, which nothing can be differentiated by?
    fn is_attribute(&self, input: usize) -> bool {
        let _ = input;
        false
    }

    /// A node behind this one that shows what was saved for both.
    fn shown_by(&self) -> Option<NodeId> {
        None
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
    /// A tensor of a list: all that follow one another under one name.
    Item(&'a SavedTensor),
    /// A number.
    Number(Scalar),
    /// A number in the place of a tensor, which PyTorch makes a tensor without dimensions of.
    Wrapped(Scalar),
    /// An argument of the op.
    Fact(&'a Fact),
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
        self.zeros_behind(&[])
    }

    /// Zeros like the output, with dimensions in front.
    pub fn zeros_behind(&self, lead: &[usize]) -> Result<Tensor> {
        let shape: Shape = lead.iter().chain(&self.shape).copied().collect();
        Tensor::full(&shape, 0.0.into(), self.dtype, self.device)
    }
}

/// Refuses an argument that wants a gradient where a function has no derivative by it.
pub fn refuse_gradient(function: &str, argument: &str, input: Option<&Tensor>) -> Result<()> {
    crate::ensure!(
        !(is_enabled() && input.is_some_and(Tensor::requires_grad)),
        Runtime,
        "The function '{function}' is not differentiable with respect to argument '{argument}'. This input cannot have requires_grad \
         True."
    );
    Ok(())
}

/// Will an op on these inputs leave a trace, in the graph or in the tangents of its results?
#[inline]
pub fn needs_record(inputs: &[&Tensor]) -> bool {
    inputs.iter().any(|input| is_tracked(input))
}

/// [`needs_record`] for one input.
#[inline]
pub fn is_tracked(input: &Tensor) -> bool {
    !input.is_plain() && (is_enabled() && input.requires_grad() || forward::is_on() && input.is_dual())
}

/// Is what a rule computes now to be differentiated in its turn? Then it computes by ops that have rules.
pub fn is_differentiated() -> bool {
    is_enabled() || forward::is_on()
}

/// Makes `outputs` the results of a new node, if gradients are on and an input asks for them, and gives them the tangents that
/// they have by those of the inputs. `rule` is built only then; its gradients must come in the order of `inputs`. Fails where a
/// hook through which saved tensors go does.
///
/// A rule with one output and the shape `|cx, grad| -> Gradients` is more easily written with [`record_one`].
pub fn record<B: Backward + 'static>(
    name: &'static str,
    inputs: &[&Tensor],
    outputs: &[&Tensor],
    rule: impl FnOnce() -> B,
) -> Result<()> {
    if needs_record(inputs) {
        let histories = Histories::of(inputs.iter().map(|input| Some(*input)));
        attach(name, histories, outputs, Arc::new(rule()))?;
    }
    Ok(())
}

/// [`record`] for an op with one output; the rule gets that output's gradient, never `None`.
pub fn record_one<R: OneOutput>(name: &'static str, inputs: &[&Tensor], output: &Tensor, rule: impl FnOnce() -> R) -> Result<()> {
    record_first(name, inputs, &[output], rule)
}

/// [`record_one`] for an op with further outputs that have no gradients, such as indices; the rule gets the first one's.
pub fn record_first<R: OneOutput>(
    name: &'static str,
    inputs: &[&Tensor],
    outputs: &[&Tensor],
    rule: impl FnOnce() -> R,
) -> Result<()> {
    record(name, inputs, outputs, || one(rule()))
}

/// [`record`] for an op with one input that is linear in it, by the ways of [`Linear::new`].
pub fn record_linear(
    name: &'static str,
    input: &Tensor,
    output: &Tensor,
    adjoint: impl Fn(&Tensor, usize) -> Result<Tensor> + Send + Sync + 'static,
    forward: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<()> {
    record(name, &[input], &[output], || Linear::new(adjoint, forward))
}

/// Makes `outputs` the results of a node of inputs with these histories. There is no node where no gradients go back.
pub fn attach(name: &'static str, histories: Histories, outputs: &[&Tensor], rule: Arc<dyn Backward>) -> Result<Option<NodeId>> {
    saved_hooks::raise_failure()?;
    refusals::raise()?;
    if (histories.have_tangents() || outputs.iter().any(|output| output.is_dual())) && forward::is_on() {
        return attach_dual(name, histories, outputs, rule);
    }
    if saved_hooks::any() {
        drop(saved_hooks::shown());
    }
    Ok(insert(name, histories.edges, outputs, rule).map(|node| node.id()))
}

/// [`record`] for a view, whose rule saves nothing: this cannot fail.
pub fn record_unsaved<B: Backward + 'static>(name: &'static str, input: &Tensor, outputs: &[&Tensor], rule: impl FnOnce() -> B) {
    if !needs_record(&[input]) {
        return;
    }
    let (histories, rule) = (Histories::of([Some(input)].into_iter()), Arc::new(rule()));
    if histories.have_tangents() {
        levels::fail_later(attach_dual(name, histories, outputs, rule));
    } else {
        insert(name, histories.edges, outputs, rule);
    }
}

fn attach_dual(
    name: &'static str,
    Histories { edges, tangents }: Histories,
    outputs: &[&Tensor],
    rule: Arc<dyn Backward>,
) -> Result<Option<NodeId>> {
    levels::raise_failure()?;
    let shown = saved_hooks::shown();
    let inputs = tangents.unwrap_or_else(|| edges.iter().map(|_| Tangents::default()).collect());
    let node = insert(name, edges, outputs, rule.clone());
    let metas: Vec<OutputMeta> = outputs.iter().map(|t| OutputMeta::of(t)).collect();
    forward::push((name, node.as_ref(), &*rule), &inputs, &metas, outputs)?;
    drop(shown);
    Ok(node.map(|node| node.id()))
}

/// Makes `outputs` the results of a node with these edges, unless all of these lead nowhere.
fn insert(name: &'static str, edges: SmallVec<[Edge; 2]>, outputs: &[&Tensor], rule: Arc<dyn Backward>) -> Option<NodeHandle> {
    if !edges.is_empty() && edges.iter().all(|edge| matches!(edge, Edge::None)) {
        return None;
    }
    Some(place(name, edges, outputs, rule))
}

/// Makes `outputs` the results of a node with these edges, even if none leads anywhere.
fn place(name: &'static str, edges: SmallVec<[Edge; 2]>, outputs: &[&Tensor], rule: Arc<dyn Backward>) -> NodeHandle {
    let metas = outputs.iter().map(|t| OutputMeta::of(t)).collect();
    let node = arena::insert(Node::new(name, edges, metas, rule));
    for (i, output) in outputs.iter().enumerate() {
        if output.dtype().is_differentiable() {
            output.graft(Some(Source { node: node.clone(), output: i as u32, name }));
        }
    }
    node
}
