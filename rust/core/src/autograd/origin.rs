//! Where a graph begins for a function that is differentiated by some of its arguments, and whether it reaches beyond.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use smallvec::{SmallVec, smallvec};

use crate::error::Result;
use crate::tensor::Tensor;

use super::arena::{self, EdgeRef, NodeId};
use super::{Backward, Context, Gradients, place};

/// The rule of a node that leads nowhere.
struct Origin;

impl Backward for Origin {
    fn apply(&self, _: &Context, _: Gradients) -> Result<Gradients> {
        Ok(Gradients::new())
    }
}

/// A tensor with the same data that is differentiated by, but is no leaf: no gradient is ever accumulated into it, and its
/// node is gone when the last result is.
pub fn origin(tensor: &Tensor) -> Result<Tensor> {
    let alias = tensor.detach();
    alias.share_tangents(Some(tensor));
    place("OriginBackward", smallvec![], &[&alias], Arc::new(Origin));
    Ok(alias)
}

/// Does the graph of `roots` lead to a leaf, or to one of `marks`?
pub fn leads_beyond(roots: &[Tensor], marks: &[Tensor]) -> bool {
    let node_of = |tensor: &Tensor| tensor.source().map(|source| source.node.id());
    if roots.iter().any(|root| root.requires_grad() && root.is_leaf()) {
        return true;
    }
    let marked: FxHashSet<NodeId> = marks.iter().filter_map(node_of).collect();
    let mut stack: Vec<NodeId> = roots.iter().filter_map(node_of).collect();
    let mut seen = FxHashSet::default();
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        if marked.contains(&id) {
            return true;
        }
        let edges = arena::with_node(id, |node| node.edges.iter().map(EdgeRef::of).collect::<SmallVec<[EdgeRef; 2]>>());
        for edge in edges.unwrap_or_default() {
            match edge {
                EdgeRef::Leaf(_) => return true,
                other => stack.extend(other.node()),
            }
        }
    }
    false
}
