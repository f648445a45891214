//! What of the embedding language a tensor alone keeps alive: for that language's collector of garbage.
//!
//! The collector can only free a cycle if it is told of every reference in it. References from here are told of where
//! all handles on the thing that holds them come from what one object alone keeps alive: then that object may speak for
//! them. What others share is not told of, which is safe: it looks like something held from outside.

use std::any::Any;

use rustc_hash::FxHashMap;

use crate::tensor::Tensor;

use super::arena::{self, Node, NodeId, Observer};
use super::{Edge, Held};

/// Nodes looked at in one go. A tensor at the end of a long chain is looked at in every collection while it is young;
/// the bound keeps that cheap.
const BUDGET: usize = 1024;

/// Calls `see` with every object that is kept alive by a tensor with this one handle.
pub fn from_tensor(tensor: &Tensor, see: &mut dyn FnMut(&dyn Any)) {
    let mut search = Search::new(see);
    search.links(tensor);
    search.finish();
}

/// Calls `see` with every object that is kept alive by a node with this one reference.
pub fn from_node(node: &Observer, see: &mut dyn FnMut(&dyn Any)) {
    let mut search = Search::new(see);
    if let Some((0, 1)) = arena::references(node.handle().id()) {
        arena::with_node(node.handle().id(), |node| search.held_by(node));
        search.finish();
    }
}

struct Search<'a> {
    see: &'a mut dyn FnMut(&dyn Any),
    budget: usize,
    tensors: Vec<Tensor>,
    nodes: Vec<NodeId>,
    /// How many handles were met on things that have more.
    met: FxHashMap<Thing, usize>,
}

#[derive(PartialEq, Eq, Hash)]
enum Thing {
    Tensor(usize),
    Node(NodeId),
}

impl<'a> Search<'a> {
    fn new(see: &'a mut dyn FnMut(&dyn Any)) -> Search<'a> {
        Search { see, budget: BUDGET, tensors: Vec::new(), nodes: Vec::new(), met: FxHashMap::default() }
    }

    fn finish(&mut self) {
        loop {
            if let Some(tensor) = self.tensors.pop() {
                self.links(&tensor);
            } else if let Some(id) = self.nodes.pop() {
                if self.budget == 0 {
                    return;
                }
                self.budget -= 1;
                self.node(id);
            } else {
                return;
            }
        }
    }

    /// Notes a handle on something; was it the last of `handles`?
    fn is_last(&mut self, thing: Thing, handles: usize) -> bool {
        if handles == 1 {
            return true;
        }
        let met = self.met.entry(thing).or_insert(0);
        *met += 1;
        *met == handles
    }

    fn links(&mut self, tensor: &Tensor) {
        tensor.with_links(|links| {
            links.hooks.iter().flat_map(|hooks| hooks.callees()).for_each(|callee| (self.see)(callee.as_ref()));
            links.kept.into_iter().for_each(|kept| (self.see)(kept));
            links.grad.into_iter().chain(links.base).chain(links.stands_for).for_each(|held| self.tensor(held));
            self.nodes.extend(links.source.map(|source| source.node.id()));
        });
    }

    /// A tensor that is held from a place already reached. It is only noted: the arena may be locked, and a tensor's lock
    /// is never waited for meanwhile.
    fn tensor(&mut self, tensor: &Tensor) {
        // One handle is that of the object which the tensor keeps.
        let handles = tensor.handles() - usize::from(tensor.keeps());
        if self.is_last(Thing::Tensor(tensor.id()), handles) {
            self.tensors.push(tensor.clone());
        }
    }

    fn node(&mut self, id: NodeId) {
        let Some((references, observers)) = arena::references(id) else { return };
        if !self.is_last(Thing::Node(id), references) {
            return;
        }
        match observers {
            0 => arena::with_node(id, |node| self.held_by(node)),
            // What the rule holds, observers hold too; all else they keep alive without telling.
            _ => arena::with_node(id, |node| self.rule_of(node)),
        };
    }

    fn rule_of(&mut self, node: &Node) {
        if let Some(rule) = node.rule.as_any() {
            (self.see)(rule);
        }
    }

    fn held(&mut self, held: Held<'_>) {
        match held {
            Held::Object(object) => (self.see)(object.as_ref()),
            Held::Tensor(tensor) => self.tensor(tensor),
        }
    }

    fn held_by(&mut self, node: &Node) {
        self.rule_of(node);
        node.rule.held(&mut |held| self.held(held));
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
