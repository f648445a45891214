//! What of the embedding language a tensor alone keeps alive: for that language's collector of garbage.
//!
//! The collector can only free a cycle if it is told of every reference in it. References from here are told of where
//! exactly one handle leads to the thing that holds them: then whoever holds that handle may speak for them. What
//! several handles share is not told of, which is safe: it looks like something held from outside.

use std::any::Any;

use crate::tensor::Tensor;

use super::Edge;
use super::arena::{self, Node, NodeHandle, NodeId};

/// Nodes looked at in one go. A tensor at the end of a long chain is looked at in every collection while it is young;
/// the bound keeps that cheap.
const BUDGET: usize = 1024;

/// Calls `see` with every object that is kept alive by a tensor with this one handle.
pub fn from_tensor(tensor: &Tensor, see: &mut dyn FnMut(&dyn Any)) {
    let mut search = Search { see, budget: BUDGET, tensors: Vec::new(), nodes: Vec::new() };
    search.links(tensor);
    search.finish();
}

/// Calls `see` with every object that is kept alive by a node with this one handle.
pub fn from_node(node: &NodeHandle, see: &mut dyn FnMut(&dyn Any)) {
    let mut search = Search { see, budget: BUDGET, tensors: Vec::new(), nodes: vec![node.id()] };
    search.finish();
}

struct Search<'a> {
    see: &'a mut dyn FnMut(&dyn Any),
    budget: usize,
    tensors: Vec<Tensor>,
    nodes: Vec<NodeId>,
}

impl Search<'_> {
    fn finish(&mut self) {
        loop {
            if let Some(tensor) = self.tensors.pop() {
                self.links(&tensor);
            } else if let Some(id) = self.nodes.pop() {
                if self.budget == 0 {
                    return;
                }
                self.budget -= 1;
                arena::with_sole_reference(id, |node| self.node(node));
            } else {
                return;
            }
        }
    }

    fn links(&mut self, tensor: &Tensor) {
        tensor.with_links(|links| {
            links.hooks.iter().flat_map(|hooks| hooks.callees()).for_each(|callee| (self.see)(callee.as_ref()));
            links.kept.into_iter().for_each(|kept| (self.see)(kept));
            links.grad.into_iter().chain(links.base).for_each(|held| self.tensor(held));
            self.nodes.extend(links.source.map(|source| source.node.id()));
        });
    }

    /// A tensor that is held from a place already reached. It is only noted: the arena may be locked, and a tensor's lock
    /// is never waited for meanwhile.
    fn tensor(&mut self, tensor: &Tensor) {
        // A second handle is that of the object which the tensor keeps.
        if matches!((tensor.handles(), tensor.keeps()), (1, _) | (2, true)) {
            self.tensors.push(tensor.clone());
        }
    }

    fn node(&mut self, node: &Node) {
        if let Some(rule) = node.rule.as_any() {
            (self.see)(rule);
        }
        node.hooks.iter().flat_map(|hooks| hooks.callees()).for_each(|callee| (self.see)(callee.as_ref()));
        for edge in &node.edges {
            match edge {
                Edge::None => {}
                Edge::Node(handle, _) => self.nodes.push(handle.id()),
                Edge::Leaf(leaf) => self.tensor(leaf),
            }
        }
    }
}
