//! The arena when many threads record at once and share nodes.

use std::sync::{Arc, Mutex};
use std::thread;

use ferrotorch_core::autograd::arena::{self, Node, NodeHandle, NodeId};
use ferrotorch_core::autograd::composite::Moment;
use ferrotorch_core::autograd::{Context, Edge, Gradients};
use smallvec::smallvec;

fn pass(_: &Context, grads: Gradients) -> ferrotorch_core::Result<Gradients> {
    Ok(grads)
}

fn node_on(edges: Vec<Edge>) -> NodeHandle {
    arena::insert(Node::new("Test", edges.into(), smallvec![], Arc::new(pass)))
}

fn sequence(id: NodeId) -> u64 {
    arena::with_node(id, |node| node.sequence).unwrap()
}

// One test in this binary: the number of nodes of the whole process is compared.
#[test]
fn edges_lead_to_older_nodes_on_any_thread_and_nothing_stays() {
    /// More threads than the arena has shards.
    const THREADS: usize = 20;
    let shared: Mutex<Vec<NodeHandle>> = Mutex::new((0..THREADS).map(|_| node_on(vec![])).collect());
    thread::scope(|scope| {
        for seed in 0..THREADS {
            let shared = &shared;
            scope.spawn(move || {
                for i in 0..500 {
                    let moment = Moment::now();
                    let (a, b) = {
                        let mut nodes = shared.lock().unwrap();
                        let pick = (seed * 31 + i * 17) % nodes.len();
                        let again = nodes[pick * 7 % nodes.len()].clone();
                        (nodes.swap_remove(pick), again)
                    };
                    let older = sequence(a.id()).max(sequence(b.id()));
                    let first = node_on(vec![Edge::Node(a, 0), Edge::Node(b, 0)]);
                    let second = node_on(vec![Edge::Node(first.clone(), 0)]);
                    assert!(sequence(first.id()) > older && sequence(second.id()) > sequence(first.id()));
                    assert!(sequence(first.id()) >= moment.number());
                    shared.lock().unwrap().extend([first, second]);
                }
            });
        }
    });
    let nodes = shared.into_inner().unwrap();
    let now = Moment::now().number();
    assert!(nodes.iter().all(|node| sequence(node.id()) < now));
    drop(nodes);
    assert_eq!(arena::len(), 0);
}
