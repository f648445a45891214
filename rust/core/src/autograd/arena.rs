//! Where nodes live: a slab of slots that are reused, named by index and generation.
//!
//! A handle counts as one reference; a node whose count falls to zero goes, and with it its edges. Freed nodes are
//! dropped one after another from a queue, never recursively, so that a chain of a million ops is freed on a small
//! stack. The engine takes a node out of its slot when backward passes it: handles that remain are stale from then
//! on, which is how a second backward is noticed.

use std::cell::RefCell;
use std::sync::Arc;

use parking_lot::Mutex;
use smallvec::SmallVec;

use super::hooks::NodeHooks;
use super::tangents::Tangents;
use super::{Backward, Edge, OutputMeta};
use crate::tensor::Tensor;

/// A recorded op.
pub struct Node {
    /// Name, e.g. `MulBackward0`.
    pub name: &'static str,
    /// Creation number: every edge leads to a smaller one.
    pub sequence: u64,
    /// The backward rule and what it saved.
    pub rule: Arc<dyn Backward>,
    /// Where the gradients of the inputs go.
    pub edges: SmallVec<[Edge; 2]>,
    /// What the outputs look like.
    pub outputs: SmallVec<[OutputMeta; 1]>,
    /// Hooks, if any.
    pub hooks: Option<Box<NodeHooks>>,
    /// The tangents of the outputs, for rules that saved these.
    pub tangents: Option<Arc<[Tangents]>>,
}

impl Node {
    /// A node; its creation number is given when it is inserted.
    pub fn new(
        name: &'static str,
        edges: SmallVec<[Edge; 2]>,
        outputs: SmallVec<[OutputMeta; 1]>,
        rule: Arc<dyn Backward>,
    ) -> Node {
        Node { name, sequence: 0, rule, edges, outputs, hooks: None, tangents: None }
    }
}

/// Names a node; stale once the node is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    index: u32,
    generation: u32,
}

/// A counted reference to a node.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct NodeHandle(NodeId);

struct Slot {
    generation: u32,
    references: u32,
    /// How many of the references are those of an [`Observer`].
    observers: u32,
    node: Option<Node>,
}

struct Arena {
    slots: Vec<Slot>,
    free: Vec<u32>,
    next_sequence: u64,
    live: usize,
}

static ARENA: Mutex<Arena> = Mutex::new(Arena { slots: Vec::new(), free: Vec::new(), next_sequence: 1, live: 0 });

thread_local! {
    /// Nodes waiting to be dropped by the outermost drop on this thread.
    static DOOMED: RefCell<Option<Vec<Node>>> = const { RefCell::new(None) };
}

impl Arena {
    fn slot(&mut self, id: NodeId) -> Option<&mut Slot> {
        self.slots.get_mut(id.index as usize).filter(|slot| slot.generation == id.generation)
    }

    /// Empties a slot; its handles are stale from now on.
    fn vacate(&mut self, id: NodeId) -> Option<Node> {
        let slot = self.slot(id)?;
        let node = slot.node.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.references = 0;
        self.free.push(id.index);
        self.live -= 1;
        Some(node)
    }
}

/// Puts a node into the arena.
pub fn insert(mut node: Node) -> NodeHandle {
    let mut arena = ARENA.lock();
    node.sequence = arena.next_sequence;
    arena.next_sequence += 1;
    arena.live += 1;
    let index = match arena.free.pop() {
        Some(index) => index,
        None => {
            arena.slots.push(Slot { generation: 0, references: 0, observers: 0, node: None });
            (arena.slots.len() - 1) as u32
        }
    };
    let slot = &mut arena.slots[index as usize];
    slot.references = 1;
    slot.observers = 0;
    slot.node = Some(node);
    NodeHandle(NodeId { index, generation: slot.generation })
}

/// The creation number of the node that will be inserted next.
pub(super) fn next_sequence() -> u64 {
    ARENA.lock().next_sequence
}

/// Number of nodes alive.
pub fn len() -> usize {
    ARENA.lock().live
}

/// Takes a node out for good.
pub(super) fn take(handle: &NodeHandle) -> Option<Node> {
    ARENA.lock().vacate(handle.0)
}

/// Looks at a node, or gets `None` if it is gone. The arena is locked meanwhile: `look` must be short and must
/// neither clone nor drop handles, nor make nodes.
pub fn with_node<R>(id: NodeId, look: impl FnOnce(&mut Node) -> R) -> Option<R> {
    ARENA.lock().slot(id)?.node.as_mut().map(look)
}

/// How many handles there are on a node, of the graph and of observers; `None` if it is gone.
pub(super) fn references(id: NodeId) -> Option<(usize, usize)> {
    let mut arena = ARENA.lock();
    let slot = arena.slot(id).filter(|slot| slot.node.is_some())?;
    Some(((slot.references - slot.observers) as usize, slot.observers as usize))
}

/// A counted reference to a node that is known by name; stale if the node is gone.
pub fn acquire(id: NodeId) -> NodeHandle {
    if let Some(slot) = ARENA.lock().slot(id) {
        slot.references += 1;
    }
    NodeHandle(id)
}

/// An edge without a counted reference to its node, to be copied while the arena is locked.
#[derive(Clone)]
pub enum EdgeRef {
    /// Nowhere.
    None,
    /// An output of a node.
    Node(NodeId, u32),
    /// A leaf.
    Leaf(Tensor),
}

impl EdgeRef {
    /// Of an edge.
    pub fn of(edge: &Edge) -> EdgeRef {
        match edge {
            Edge::None => EdgeRef::None,
            Edge::Node(handle, output) => EdgeRef::Node(handle.0, *output),
            Edge::Leaf(leaf) => EdgeRef::Leaf(leaf.clone()),
        }
    }

    /// The node it leads to.
    pub fn node(&self) -> Option<NodeId> {
        match self {
            EdgeRef::Node(id, _) => Some(*id),
            _ => None,
        }
    }
}

impl NodeHandle {
    /// The name.
    pub fn id(&self) -> NodeId {
        self.0
    }

    /// Is the node still there?
    pub fn is_alive(&self) -> bool {
        ARENA.lock().slot(self.0).is_some()
    }
}

impl Clone for NodeHandle {
    fn clone(&self) -> Self {
        acquire(self.0)
    }
}

impl Drop for NodeHandle {
    fn drop(&mut self) {
        let freed = {
            let mut arena = ARENA.lock();
            match arena.slot(self.0) {
                Some(slot) if slot.references > 1 => {
                    slot.references -= 1;
                    None
                }
                Some(_) => arena.vacate(self.0),
                None => None,
            }
        };
        if let Some(node) = freed {
            bury(node);
        }
    }
}

/// A reference to a node of someone outside the graph, who tells a collector of garbage of the objects that the node's rule
/// holds by references of his own.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Observer(NodeHandle);

impl Observer {
    /// Of a node.
    pub fn new(handle: NodeHandle) -> Observer {
        if let Some(slot) = ARENA.lock().slot(handle.0) {
            slot.observers += 1;
        }
        Observer(handle)
    }

    /// The node.
    pub fn handle(&self) -> &NodeHandle {
        &self.0
    }
}

impl Clone for Observer {
    fn clone(&self) -> Self {
        Observer::new(self.0.clone())
    }
}

impl Drop for Observer {
    fn drop(&mut self) {
        if let Some(slot) = ARENA.lock().slot(self.0.0) {
            slot.observers -= 1;
        }
    }
}

/// Drops a node without recursion: what its drop frees in turn joins the queue of the outermost call.
pub(super) fn bury(node: Node) {
    let mut waiting = Some(node);
    let outermost = DOOMED
        .try_with(|doomed| {
            let mut doomed = doomed.borrow_mut();
            match doomed.as_mut() {
                Some(queue) => {
                    queue.extend(waiting.take());
                    false
                }
                None => {
                    *doomed = Some(Vec::new());
                    true
                }
            }
        })
        .unwrap_or(false);
    // While the thread ends the queue may be gone; the node is then dropped here, as anything else.
    drop(waiting);
    if !outermost {
        return;
    }
    loop {
        let next = DOOMED.with(|doomed| {
            let mut doomed = doomed.borrow_mut();
            let next = doomed.as_mut().and_then(Vec::pop);
            if next.is_none() {
                *doomed = None;
            }
            next
        });
        match next {
            Some(node) => drop(node),
            None => return,
        }
    }
}
