//! Functions that are composed of ops and yet are one node of the graph.
//!
//! Their ops are recorded as any others. Afterwards the nodes that lead to the results are taken together behind one node,
//! whose inputs are what leads out of them, and whose rule walks them.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smallvec::SmallVec;

use crate::error::Result;
use crate::tensor::{Source, Tensor};

use super::arena::{self, EdgeRef, NodeId};
use super::capture::{Captures, Key};
use super::engine;
use super::tangents::Tangents;
use super::{Backward, Context, Edge, Gradients, Held, Histories, attach, is_enabled};

/// A moment in the recording of ops.
#[derive(Clone, Copy, Debug)]
pub struct Moment(u64);

impl Moment {
    /// Before whatever is recorded next.
    pub fn now() -> Moment {
        Moment(arena::next_sequence())
    }

    /// As a number, which only grows.
    pub fn number(self) -> u64 {
        self.0
    }

    /// Of a number.
    pub fn of(number: u64) -> Moment {
        Moment(number)
    }
}

/// Runs a function that is composed of ops, and makes its result that of one node.
pub fn one_node(name: &'static str, compute: impl FnOnce() -> Result<Tensor>) -> Result<Tensor> {
    if !is_enabled() {
        return compute();
    }
    let since = Moment::now();
    let result = compute()?;
    Ok(as_one_node(name, since, std::slice::from_ref(&result))?.pop().unwrap_or(result))
}

/// The results of a function as outputs of one node, in place of the nodes that were made for them since it began. A result
/// that the function did not compute, or that shows what it did not, stays as it is.
pub fn as_one_node(name: &'static str, since: Moment, results: &[Tensor]) -> Result<Vec<Tensor>> {
    let is_computed = |t: &&Tensor| is_recorded(t, since) && t.base().is_none_or(|base| is_recorded(base, since));
    let inner: Vec<Tensor> = results.iter().filter(is_computed).cloned().collect();
    if inner.is_empty() {
        return Ok(results.to_vec());
    }
    let Found { edges, nodes, namesake, keeps_nothing } = edges_out_of(name, &inner, since);
    if nodes == 1 && !OF_CONSTANTS.contains(&name) {
        inner.iter().for_each(|t| rename(t, name));
        return Ok(results.to_vec());
    }
    let outputs: Vec<Tensor> = inner.iter().map(Tensor::detach).collect();
    let keys = edges.iter().filter_map(|edge| Key::of_edge(&EdgeRef::of(edge))).collect();
    let shown: Vec<&Tensor> = outputs.iter().collect();
    let tangents: Vec<Tangents> = inner.iter().map(Tensor::tangents).collect();
    attach(
        name,
        Histories::of_edges(edges),
        &shown,
        Arc::new(Composite { results: inner, keys, since, namesake, keeps_nothing }),
    )?;
    // They went along with the ops.
    shown.iter().zip(tangents).for_each(|(output, tangents)| output.set_tangents(tangents));
    let mut outputs = outputs.into_iter();
    let chosen = results.iter().map(|t| if is_computed(&t) { outputs.next() } else { None });
    Ok(chosen.zip(results).map(|(output, result)| output.unwrap_or_else(|| result.clone())).collect())
}

fn is_recorded(tensor: &Tensor, since: Moment) -> bool {
    tensor.source().is_some_and(|source| is_younger(source.node.id(), since))
}

fn is_younger(node: NodeId, since: Moment) -> bool {
    arena::with_node(node, |node| node.sequence >= since.0) == Some(true)
}

/// Gives the node of a tensor another name.
fn rename(tensor: &Tensor, name: &'static str) {
    if let Some(source) = tensor.source() {
        arena::with_node(source.node.id(), |node| node.name = name);
        tensor.graft(Some(Source { name, ..source }));
    }
}

/// Nodes that are made of constants and gradients alone in PyTorch, and here of ops that keep constants as tensors.
const OF_CONSTANTS: &[&str] = &[
    "AffineGridGeneratorBackward0",
    "Col2ImBackward0",
    "Deg2RadBackward0",
    "DivBackward1",
    "Im2ColBackward0",
    "MulBackward1",
    "Rad2DegBackward0",
    "UpsampleBicubic2DAaBackward0",
    "UpsampleBilinear2DAaBackward0",
];

/// What is found among the nodes made since a moment.
struct Found {
    /// The edges to older nodes and to leaves, each once.
    edges: SmallVec<[Edge; 2]>,
    nodes: usize,
    /// The node that has the name of all.
    namesake: Option<NodeId>,
    /// Has none of them saved a tensor?
    keeps_nothing: bool,
}

fn edges_out_of(name: &str, results: &[Tensor], since: Moment) -> Found {
    let (mut seen, mut met) = (FxHashSet::default(), FxHashSet::default());
    let mut found = Found { edges: SmallVec::new(), nodes: 0, namesake: None, keeps_nothing: true };
    let mut stack: Vec<NodeId> = results.iter().rev().filter_map(|t| t.source()).map(|source| source.node.id()).collect();
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        let edges: Option<SmallVec<[EdgeRef; 2]>> = arena::with_node(id, |node| {
            if node.name == name {
                found.namesake = Some(id);
            }
            found.keeps_nothing &= node.rule.keeps_nothing();
            node.edges.iter().map(EdgeRef::of).collect()
        });
        for edge in edges.unwrap_or_default() {
            match edge.node().filter(|node| is_younger(*node, since)) {
                Some(inner) => stack.push(inner),
                None => found.edges.extend(Key::of_edge(&edge).filter(|key| met.insert(*key)).map(|_| edge.acquire())),
            }
        }
    }
    found.nodes = seen.len();
    found.keeps_nothing |= OF_CONSTANTS.contains(&name);
    found
}

/// The nodes behind one.
struct Composite {
    results: Vec<Tensor>,
    /// Where the edges of the node lead.
    keys: Vec<Key>,
    since: Moment,
    /// That of the nodes which has the name of all, and so shows what PyTorch's node does.
    namesake: Option<NodeId>,
    /// Has none of them saved a tensor?
    keeps_nothing: bool,
}

impl Backward for Composite {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        let (mut roots, mut seeds) = (Vec::new(), Vec::new());
        for (result, grad) in self.results.iter().zip(grads) {
            if let Some(grad) = grad {
                roots.push(result.clone());
                seeds.push(Some(grad));
            }
        }
        let wanted = self.keys.iter().zip(cx.needs).filter(|(_, needed)| **needed).map(|(key, _)| *key);
        let captures = Captures::of_part(self.since.0, wanted, &roots);
        let many = seeds.first().filter(|_| cx.lead > 0).and_then(Option::as_ref).map(|seed| seed.size(0));
        let found = engine::walk_part(&roots, &seeds, captures, many)?;
        Ok(self.keys.iter().zip(cx.needs).map(|(key, needed)| if *needed { found.at(*key) } else { None }).collect())
    }

    fn takes_many(&self) -> bool {
        true
    }

    fn keeps_nothing(&self) -> bool {
        self.keeps_nothing
    }

    fn held(&self, see: &mut dyn FnMut(Held<'_>)) {
        self.results.iter().for_each(|result| see(Held::Tensor(result)));
    }

    fn shown_by(&self) -> Option<NodeId> {
        self.namesake
    }
}
