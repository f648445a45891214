//! The tensors whose gradients `autograd.grad` was asked for, and which nodes lead to them.

use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

use crate::bail;
use crate::error::Result;
use crate::tensor::Tensor;

use super::arena::{self, EdgeRef, NodeId};
use super::engine::add_to;
use super::{Edge, Gradients};

/// Where a gradient passes by: an output of a node, or a leaf.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Output(NodeId, u32),
    Leaf(usize),
}

impl Key {
    fn of(tensor: &Tensor) -> Key {
        match tensor.source() {
            Some(source) => Key::Output(source.node.id(), source.output),
            None => Key::Leaf(tensor.leaf().id()),
        }
    }

    pub(super) fn of_edge(edge: &EdgeRef) -> Option<Key> {
        match edge {
            EdgeRef::None => None,
            EdgeRef::Node(node, output) => Some(Key::Output(*node, *output)),
            EdgeRef::Leaf(leaf) => Some(Key::Leaf(leaf.id())),
        }
    }
}

/// The gradients asked for, as far as they have come in.
pub(super) struct Captures {
    /// The key of each tensor, taken before the walk: afterwards its node may be gone.
    keys: Vec<(Tensor, Key)>,
    grads: FxHashMap<Key, Option<Tensor>>,
    /// Nodes from which a captured tensor can be reached.
    useful: FxHashSet<NodeId>,
    /// Where gradients are wanted before hooks see them, for a walk over a part of a graph: the creation number of the oldest
    /// node of that part.
    part: Option<u64>,
}

impl Captures {
    pub(super) fn new(inputs: &[Tensor], roots: &[Tensor]) -> Result<Captures> {
        for (i, input) in inputs.iter().enumerate() {
            if !input.requires_grad() {
                bail!(Runtime, "One of the differentiated Tensors does not require grad (input {i})");
            }
        }
        let keys: Vec<(Tensor, Key)> = inputs.iter().map(|t| (t.clone(), Key::of(t))).collect();
        let grads = keys.iter().map(|(_, key)| (*key, None)).collect();
        let mut captures = Captures { keys, grads, useful: FxHashSet::default(), part: None };
        captures.find_useful(roots);
        Ok(captures)
    }

    /// Of what leaves the part of a graph that is as old as `oldest` or younger.
    pub(super) fn of_part(oldest: u64, wanted: impl Iterator<Item = Key>, roots: &[Tensor]) -> Captures {
        let grads = wanted.map(|key| (key, None)).collect();
        let mut captures = Captures { keys: Vec::new(), grads, useful: FxHashSet::default(), part: Some(oldest) };
        captures.find_useful(roots);
        captures
    }

    /// Are gradients taken where they leave a part of a graph?
    pub(super) fn is_of_part(&self) -> bool {
        self.part.is_some()
    }

    /// Collects the nodes below the roots, then goes through them from the oldest to the newest: a node is useful
    /// if an edge leads to a captured tensor or to a useful node, and edges lead to older nodes only. Nodes that a walk has
    /// taken out count as well: the walk that needs one of them is to fail.
    fn find_useful(&mut self, roots: &[Tensor]) {
        let mut seen = FxHashSet::default();
        let mut found: Vec<(u64, NodeId, SmallVec<[EdgeRef; 2]>)> = Vec::new();
        let mut stack: Vec<NodeId> = roots.iter().filter_map(|root| root.source()).map(|source| source.node.id()).collect();
        while let Some(id) = stack.pop() {
            if !seen.insert(id) {
                continue;
            }
            let node = arena::with_node(id, |node| {
                (node.sequence, node.edges.iter().map(EdgeRef::of).collect::<SmallVec<[EdgeRef; 2]>>())
            });
            if let Some((sequence, edges)) = node
                && self.part.is_none_or(|oldest| sequence >= oldest)
            {
                stack.extend(edges.iter().filter_map(EdgeRef::node));
                found.push((sequence, id, edges));
            }
        }
        found.sort_unstable_by_key(|(sequence, ..)| *sequence);
        for (_, id, edges) in found {
            let leads = |edge: &EdgeRef| {
                edge.node().is_some_and(|node| self.useful.contains(&node))
                    || Key::of_edge(edge).is_some_and(|key| self.grads.contains_key(&key))
            };
            if edges.iter().any(leads) {
                self.useful.insert(id);
            }
        }
    }

    pub(super) fn is_useful(&self, node: NodeId) -> bool {
        self.useful.contains(&node)
    }

    pub(super) fn has(&self, key: Key) -> bool {
        self.grads.contains_key(&key)
    }

    pub(super) fn add(&mut self, key: Key, grad: Tensor, create_graph: bool) -> Result<()> {
        match self.grads.get_mut(&key) {
            Some(slot) => add_to(slot, grad, create_graph),
            None => Ok(()),
        }
    }

    /// Notes the complete gradients of a node's outputs that were asked for.
    pub(super) fn take_outputs(&mut self, node: NodeId, grads: &Gradients) {
        for (output, grad) in grads.iter().enumerate() {
            if let Some(slot) = self.grads.get_mut(&Key::Output(node, output as u32)) {
                *slot = grad.clone();
            }
        }
    }

    /// What was taken where a key says.
    pub(super) fn at(&self, key: Key) -> Option<Tensor> {
        self.grads.get(&key).cloned().flatten()
    }

    pub(super) fn gradient(&self, input: &Tensor) -> Option<Tensor> {
        let (_, key) = self.keys.iter().find(|(tensor, _)| tensor.is(input))?;
        self.grads.get(key).cloned().flatten()
    }
}

impl EdgeRef {
    /// The edge with its references counted again.
    pub fn acquire(self) -> Edge {
        match self {
            EdgeRef::None => Edge::None,
            EdgeRef::Node(id, output) => Edge::Node(arena::acquire(id), output),
            EdgeRef::Leaf(leaf) => Edge::Leaf(leaf),
        }
    }
}
