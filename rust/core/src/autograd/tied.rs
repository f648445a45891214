//! Gradients that PyTorch computes by an op of the node's inputs, though that op's derivative by them is zero.
//!
//! The gradient of `hardtanh`, say, is a choice among zeros and what came in. PyTorch's node calls an op with the input as an
//! argument, so that under `create_graph` the gradient requires grad, and may be differentiated by that input. Rules here are
//! linear in the gradient; what they compute is tied to the inputs afterwards.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use crate::error::Result;
use crate::tensor::Tensor;

use super::arena;
use super::{Backward, Context, Edge, Gradients, Histories, OutputMeta, attach};

/// How the gradients of a node depend on its inputs where the rules here say that they do not.
struct Ties {
    /// The node.
    name: &'static str,
    /// That of its gradients.
    second: &'static str,
    /// Which of the gradients, and on which inputs, as bits.
    gradients: u8,
    inputs: u8,
    /// Is the derivative zeros? It is nothing otherwise.
    zeros: bool,
}

const ALL: u8 = u8::MAX;

const fn zeros(name: &'static str, second: &'static str) -> Ties {
    Ties { name, second, gradients: ALL, inputs: ALL, zeros: true }
}

const fn nothing(name: &'static str, second: &'static str, inputs: u8, gradients: u8) -> Ties {
    Ties { name, second, gradients, inputs, zeros: false }
}

static TIES: &[Ties] = &[
    zeros("HardtanhBackward0", "HardtanhBackwardBackward0"),
    zeros("HardshrinkBackward0", "HardshrinkBackwardBackward0"),
    zeros("SoftshrinkBackward0", "SoftshrinkBackwardBackward0"),
    zeros("HardsigmoidBackward0", "HardsigmoidBackwardBackward0"),
    zeros("PreluKernelBackward0", "PreluKernelBackwardBackward0"),
    zeros("RreluWithNoiseBackward0", "RreluWithNoiseBackwardBackward0"),
    Ties { name: "CopysignBackward0", second: "MulBackward0", gradients: 1, inputs: 3, zeros: true },
    zeros("CopysignBackward1", "MulBackward0"),
    Ties { name: "NativeGroupNormBackward0", second: "SumBackward1", gradients: 2, inputs: 2, zeros: true },
    zeros("NllLossBackward0", "NllLossBackwardBackward0"),
    zeros("NllLoss2DBackward0", "NllLoss2DBackwardBackward0"),
    zeros("MultiMarginLossBackward0", "MultiMarginLossBackwardBackward0"),
    zeros("MultilabelMarginLossBackward0", "MultilabelMarginLossBackwardBackward0"),
    zeros("ReflectionPad1DBackward0", "ReflectionPad1DBackwardBackward0"),
    zeros("ReflectionPad2DBackward0", "ReflectionPad2DBackwardBackward0"),
    zeros("ReflectionPad3DBackward0", "ReflectionPad3DBackwardBackward0"),
    zeros("ReplicationPad1DBackward0", "ReplicationPad1DBackwardBackward0"),
    zeros("ReplicationPad2DBackward0", "ReplicationPad2DBackwardBackward0"),
    zeros("ReplicationPad3DBackward0", "ReplicationPad3DBackwardBackward0"),
    zeros("MaxPool1DWithIndicesBackward0", "SqueezeBackward1"),
    zeros("MaxPool2DWithIndicesBackward0", "MaxPool2DWithIndicesBackwardBackward0"),
    zeros("MaxPool3DWithIndicesBackward0", "MaxPool3DWithIndicesBackwardBackward0"),
    zeros("AvgPool1DBackward0", "SqueezeBackward1"),
    zeros("AvgPool2DBackward0", "AvgPool2DBackwardBackward0"),
    zeros("AvgPool3DBackward0", "AvgPool3DBackwardBackward0"),
    zeros("AdaptiveAvgPool1DBackward0", "SqueezeBackward1"),
    zeros("AdaptiveAvgPool2DBackward0", "AdaptiveAvgPool2DBackwardBackward0"),
    zeros("AdaptiveAvgPool3DBackward0", "AdaptiveAvgPool3DBackwardBackward0"),
    zeros("AdaptiveMaxPool1DBackward0", "SqueezeBackward1"),
    zeros("AdaptiveMaxPool2DBackward0", "AdaptiveMaxPool2DBackwardBackward0"),
    zeros("AdaptiveMaxPool3DBackward0", "AdaptiveMaxPool3DBackwardBackward0"),
    zeros("FractionalMaxPool2DBackward0", "FractionalMaxPool2DBackwardBackward0"),
    zeros("FractionalMaxPool3DBackward0", "FractionalMaxPool3DBackwardBackward0"),
    nothing("ConvolutionBackward0", "ConvolutionBackwardBackward0", 3, 3),
    nothing("NativeLayerNormBackward0", "NativeLayerNormBackwardBackward0", ALL, ALL),
    nothing("NativeBatchNormBackward0", "NativeBatchNormBackwardBackward0", 3, ALL),
    nothing("GridSampler2DBackward0", "GridSampler2DBackwardBackward0", ALL, ALL),
    nothing("GridSampler3DBackward0", "GridSampler3DBackwardBackward0", ALL, ALL),
];

/// Makes what the rule of a node with these edges computed depend on the inputs, as PyTorch's does.
pub(super) fn tie(name: &str, edges: &[Edge], results: &mut Gradients) -> Result<()> {
    let Some(ties) = TIES.iter().find(|ties| ties.name == name) else { return Ok(()) };
    let is_in = |set: u8, i: usize| i < 8 && set & (1 << i) != 0;
    let inputs: SmallVec<[(Edge, OutputMeta); 3]> = edges
        .iter()
        .enumerate()
        .filter(|(i, _)| is_in(ties.inputs, *i))
        .filter_map(|(_, edge)| Some((edge.clone(), meta_of(edge)?)))
        .collect();
    if inputs.is_empty() {
        return Ok(());
    }
    for result in
        results.iter_mut().enumerate().filter(|(i, _)| is_in(ties.gradients, *i)).filter_map(|(_, result)| result.as_mut())
    {
        if ties.zeros || !result.requires_grad() {
            *result = tied(ties, result, &inputs)?;
        }
    }
    Ok(())
}

/// A gradient as the result of a node that leads to inputs as well.
fn tied(ties: &Ties, gradient: &Tensor, inputs: &[(Edge, OutputMeta)]) -> Result<Tensor> {
    let out = gradient.detach();
    let edges = [gradient.edge()].into_iter().chain(inputs.iter().map(|(edge, _)| edge.clone())).collect();
    let zeros = ties.zeros.then(|| inputs.iter().map(|(_, meta)| meta.clone()).collect());
    let tangents = gradient.tangents();
    attach(ties.second, Histories::of_edges(edges), &[&out], Arc::new(Tied { zeros }))?;
    out.set_tangents(tangents);
    Ok(out)
}

/// What is known of the input that an edge leads to.
fn meta_of(edge: &Edge) -> Option<OutputMeta> {
    match edge {
        Edge::None => None,
        Edge::Leaf(leaf) => Some(OutputMeta::of(leaf)),
        Edge::Node(node, output) => arena::with_node(node.id(), |node| node.outputs.get(*output as usize).cloned()).flatten(),
    }
}

/// The rule: the gradient goes through; to the inputs go zeros, if anything.
struct Tied {
    zeros: Option<Box<[OutputMeta]>>,
}

impl Backward for Tied {
    fn apply(&self, cx: &Context, mut grads: Gradients) -> Result<Gradients> {
        let mut results: Gradients = smallvec![None; cx.needs.len()];
        for (i, meta) in self.zeros.iter().flatten().enumerate() {
            if cx.needs[i + 1] {
                results[i + 1] = Some(meta.zeros()?);
            }
        }
        results[0] = grads[0].take();
        Ok(results)
    }

    fn push(&self, _: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        Ok(smallvec![tangents[0].clone()])
    }

    fn keeps_nothing(&self) -> bool {
        true
    }
}
