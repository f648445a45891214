//! When the gradient of a leaf with hooks is complete.
//!
//! Such hooks see the sum of all that comes to a leaf, and want to see it early: what they begin, a message to another
//! process for one, goes on beside the rest of the walk. Nodes run in the order of falling creation number, so the sum
//! is complete once the oldest node that uses the leaf has had its turn. Which one that is, a look over the graph tells
//! before the walk, which is taken only where leaves have hooks at all.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::error::Result;
use crate::tensor::Tensor;

use super::arena::{self, EdgeRef, NodeId};
use super::engine::add_to;
use super::hooks;

/// The leaves with hooks that a walk has sent gradients to.
#[derive(Default)]
pub(super) struct HookedLeaves {
    /// The creation number of the oldest node that uses a leaf, and the leaf; the one to be complete next is last.
    upcoming: Vec<(u64, usize)>,
    /// Leaves and their gradients so far, by identity.
    sums: FxHashMap<usize, (Tensor, Option<Tensor>)>,
}

impl HookedLeaves {
    /// Looks over the graph below the roots.
    pub(super) fn below(roots: &[Tensor]) -> HookedLeaves {
        if !hooks::are_on_leaves() {
            return HookedLeaves::default();
        }
        let mut upcoming: Vec<(u64, usize)> = oldest_users(roots).into_iter().map(|(leaf, oldest)| (oldest, leaf)).collect();
        upcoming.sort_unstable();
        HookedLeaves { upcoming, sums: FxHashMap::default() }
    }

    pub(super) fn add(&mut self, leaf: Tensor, grad: Tensor, create_graph: bool) -> Result<()> {
        let (_, sum) = self.sums.entry(leaf.id()).or_insert_with(|| (leaf, None));
        add_to(sum, grad, create_graph)
    }

    /// Notes that a leaf gets no gradient from a node.
    pub(super) fn touch(&mut self, leaf: Tensor) {
        self.sums.entry(leaf.id()).or_insert_with(|| (leaf, None));
    }

    /// A leaf whose gradient, if there is any, is complete when all nodes have run that are as old as `sequence` or younger.
    pub(super) fn next_complete(&mut self, sequence: u64) -> Option<(Tensor, Option<Tensor>)> {
        while let Some((_, leaf)) = self.upcoming.pop_if(|(oldest, _)| *oldest >= sequence) {
            if let Some(complete) = self.sums.remove(&leaf) {
                return Some(complete);
            }
        }
        None
    }

    /// What is left at the end: leaves that were roots themselves, or that got their hooks during the walk.
    pub(super) fn take_rest(&mut self) -> impl Iterator<Item = (Tensor, Option<Tensor>)> + use<> {
        std::mem::take(&mut self.sums).into_values()
    }
}

/// Of each leaf with hooks the creation number of the oldest node that uses it.
fn oldest_users(roots: &[Tensor]) -> FxHashMap<usize, u64> {
    let mut oldest: FxHashMap<usize, u64> = FxHashMap::default();
    let mut seen: FxHashSet<NodeId> = FxHashSet::default();
    let mut stack: Vec<NodeId> = roots.iter().filter_map(|root| root.source()).map(|source| source.node.id()).collect();
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = arena::with_node(id, |node| (node.sequence, node.edges.iter().map(EdgeRef::of).collect::<Vec<EdgeRef>>()));
        let Some((sequence, edges)) = node else { continue };
        for edge in edges {
            match edge {
                EdgeRef::None => {}
                EdgeRef::Node(below, _) => stack.push(below),
                EdgeRef::Leaf(leaf) if leaf.with_leaf_hooks(|hooks| hooks.is_some()) => {
                    let first = oldest.entry(leaf.id()).or_insert(sequence);
                    *first = sequence.min(*first);
                }
                EdgeRef::Leaf(_) => {}
            }
        }
    }
    oldest
}
