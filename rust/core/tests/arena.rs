//! The arena against a model of counted references: which nodes live after any sequence of insertions, clones and drops.

use std::sync::Arc;

use ferrotorch_core::autograd::arena::{self, Node, NodeHandle, NodeId};
use ferrotorch_core::autograd::{Context, Edge, Gradients};
use proptest::prelude::*;
use smallvec::smallvec;

/// One step of a program that builds and forgets graphs. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    /// A node with edges to what some handles name.
    Insert(Vec<usize>),
    Clone(usize),
    Drop(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => prop::collection::vec(any::<usize>(), 0..4).prop_map(Step::Insert),
        1 => any::<usize>().prop_map(Step::Clone),
        3 => any::<usize>().prop_map(Step::Drop),
    ];
    prop::collection::vec(step, 0..60)
}

fn pass(_: &Context, grads: Gradients) -> ferrotorch_core::Result<Gradients> {
    Ok(grads)
}

/// What lives, worked out from who is referred to by whom.
#[derive(Default)]
struct Model {
    /// Name and edges of every node ever made.
    nodes: Vec<(NodeId, Vec<usize>)>,
    handles: Vec<(NodeHandle, usize)>,
}

impl Model {
    fn run(&mut self, step: Step) {
        match step {
            Step::Insert(picks) => {
                let handles = &self.handles;
                let picks = picks.iter().filter(|_| !handles.is_empty()).map(|pick| &handles[pick % handles.len()]);
                let (edges, targets) = picks.map(|(handle, node)| (Edge::Node(handle.clone(), 0), *node)).unzip();
                let edges: Vec<Edge> = edges;
                let handle = arena::insert(Node::new("Test", edges.into(), smallvec![], Arc::new(pass)));
                self.nodes.push((handle.id(), targets));
                self.handles.push((handle, self.nodes.len() - 1));
            }
            Step::Clone(pick) if !self.handles.is_empty() => {
                let (handle, node) = &self.handles[pick % self.handles.len()];
                let again = (handle.clone(), *node);
                self.handles.push(again);
            }
            Step::Drop(pick) if !self.handles.is_empty() => drop(self.handles.swap_remove(pick % self.handles.len())),
            Step::Clone(_) | Step::Drop(_) => {}
        }
    }

    /// Nodes that a handle leads to, directly or along edges.
    fn live(&self) -> Vec<bool> {
        let mut live = vec![false; self.nodes.len()];
        let mut waiting: Vec<usize> = self.handles.iter().map(|(_, node)| *node).collect();
        while let Some(node) = waiting.pop() {
            if !std::mem::replace(&mut live[node], true) {
                waiting.extend(&self.nodes[node].1);
            }
        }
        live
    }
}

// One test in this binary: the arena is one for the whole process, and its number of nodes is compared.
proptest! {
    #[test]
    fn nodes_live_as_long_as_a_handle_leads_to_them(steps in steps()) {
        let mut model = Model::default();
        for step in steps {
            model.run(step);
            let live = model.live();
            prop_assert_eq!(arena::len(), live.iter().filter(|&&alive| alive).count());
            for ((id, _), alive) in model.nodes.iter().zip(live) {
                prop_assert_eq!(arena::with_node(*id, |_| ()).is_some(), alive);
            }
        }
        model.handles.clear();
        prop_assert_eq!(arena::len(), 0);
    }
}
