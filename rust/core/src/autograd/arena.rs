//! Where nodes live: slabs of slots that are reused, named by index and generation.
//!
//! A thread records into a slab of its own, a shard with a lock of its own, so threads that record or walk graphs at once
//! do not wait for each other. A handle may go anywhere: its index says which shard its node is in.
//!
//! A handle counts as one reference; a node whose count falls to zero goes, and with it its edges. Freed nodes are
//! dropped one after another from a queue, never recursively, so that a chain of a million ops is freed on a small
//! stack. The engine takes out what a node saved when backward passes it. Where handles remain, so does all else of the node:
//! programs look at its edges, and a second walk runs its hooks before it notices what is gone.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use parking_lot::{Mutex, MutexGuard};
use smallvec::SmallVec;

use super::engine::walked_twice;
use super::hooks::NodeHooks;
use super::tangents::Tangents;
use super::{Backward, Context, Edge, Gradients, OutputMeta};
use crate::error::Result;
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
    /// Has a walk taken out what the node saved?
    spent: bool,
}

/// The nodes of some threads.
struct Shard {
    slots: Vec<Slot>,
    free: Vec<u32>,
    live: usize,
    /// Creation numbers that no other shard has: nodes get them in order.
    lease: Range<u64>,
}

/// A shard on cache lines of its own.
#[repr(align(128))]
struct Locked(Mutex<Shard>);

/// As many shards as threads that record at once on most machines; of more threads, some share one.
const SHARDS: u32 = 16;

/// Creation numbers that a shard takes at once.
const LEASE: u64 = 256;

static ARENA: [Locked; SHARDS as usize] =
    [const { Locked(Mutex::new(Shard { slots: Vec::new(), free: Vec::new(), live: 0, lease: 0..0 })) }; SHARDS as usize];

/// The creation numbers from here on are nobody's yet.
static UNUSED: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// Nodes waiting to be dropped by the outermost drop on this thread.
    static DOOMED: RefCell<Option<Vec<Node>>> = const { RefCell::new(None) };
    /// The shard that this thread records into.
    static OWN: Cell<Option<u32>> = const { Cell::new(None) };
}

impl NodeId {
    fn shard(self) -> u32 {
        self.index % SHARDS
    }

    /// Locks the shard of the node.
    fn lock(self) -> MutexGuard<'static, Shard> {
        ARENA[self.shard() as usize].0.lock()
    }
}

impl Shard {
    fn slot(&mut self, id: NodeId) -> Option<&mut Slot> {
        self.slots.get_mut((id.index / SHARDS) as usize).filter(|slot| slot.generation == id.generation)
    }

    /// Puts a node into a slot that is free, or into a new one, and returns the slot's number and generation.
    fn place(&mut self, node: Node) -> (u32, u32) {
        self.live += 1;
        let number = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, references: 0, observers: 0, node: None, spent: false });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[number as usize];
        (slot.references, slot.observers, slot.spent) = (1, 0, false);
        slot.node = Some(node);
        (number, slot.generation)
    }

    /// Empties a slot; its handles are stale from now on.
    fn vacate(&mut self, id: NodeId) -> Option<Node> {
        let slot = self.slot(id)?;
        let node = slot.node.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        slot.references = 0;
        let was_alive = !slot.spent;
        self.free.push(id.index / SHARDS);
        self.live -= usize::from(was_alive);
        Some(node)
    }

    /// The next creation number, larger than `least`.
    fn number(&mut self, least: u64) -> u64 {
        if self.lease.is_empty() || self.lease.start <= least {
            let start = UNUSED.fetch_add(LEASE, Ordering::Relaxed);
            self.lease = start..start + LEASE;
        }
        let number = self.lease.start;
        self.lease.start += 1;
        number
    }
}

/// The shard of this thread; the first while the thread ends.
fn own_shard() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let own = |own: &Cell<Option<u32>>| {
        own.get().unwrap_or_else(|| {
            let shard = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
            own.set(Some(shard));
            shard
        })
    };
    OWN.try_with(own).unwrap_or(0)
}

/// Puts a node into the arena. Its creation number is larger than those of the nodes that its edges lead to.
pub fn insert(mut node: Node) -> NodeHandle {
    let own = own_shard();
    // Numbers of one shard grow by themselves.
    let elsewhere = |edge: &Edge| match edge {
        Edge::Node(handle, _) if handle.0.shard() != own => with_node(handle.0, |node| node.sequence),
        _ => None,
    };
    let newest = node.edges.iter().filter_map(elsewhere).max().unwrap_or(0);
    let mut shard = ARENA[own as usize].0.lock();
    node.sequence = shard.number(newest);
    let (number, generation) = shard.place(node);
    NodeHandle(NodeId { index: number * SHARDS + own, generation })
}

/// A creation number that this thread's next nodes have or exceed, and no node has that there is.
pub(crate) fn next_sequence() -> u64 {
    let mut shard = ARENA[own_shard() as usize].0.lock();
    shard.lease = 0..0;
    let number = shard.number(0);
    shard.lease.start = number;
    number
}

/// Number of nodes alive.
pub fn len() -> usize {
    ARENA.iter().map(|shard| shard.0.lock().live).sum()
}

/// Takes out a node that a walk passes. Where there are other handles, what it saved goes alone: its edges, its hooks and what
/// its outputs look like stay.
pub(super) fn take(handle: &NodeHandle) -> Option<Node> {
    let edges: SmallVec<[EdgeRef; 2]> = {
        let mut shard = handle.0.lock();
        let slot = shard.slot(handle.0).filter(|slot| !slot.spent)?;
        if slot.references == 1 {
            return shard.vacate(handle.0);
        }
        slot.node.as_ref()?.edges.iter().map(EdgeRef::of).collect()
    };
    // References are counted while no shard is locked.
    let edges = edges.into_iter().map(EdgeRef::acquire).collect();
    let mut shard = handle.0.lock();
    let slot = shard.slot(handle.0).filter(|slot| !slot.spent)?;
    let node = slot.node.as_mut()?;
    let outputs = node.outputs.clone();
    let (sequence, hooks) = (node.sequence, node.hooks.take());
    let rule = node.rule.left_behind().unwrap_or_else(|| Arc::new(Spent));
    let remains = Node { sequence, hooks, ..Node::new(node.name, edges, outputs, rule) };
    let node = std::mem::replace(node, remains);
    slot.spent = true;
    shard.live -= 1;
    Some(node)
}

/// The rule of a node that has been taken out.
struct Spent;

impl Backward for Spent {
    fn apply(&self, _: &Context, _: Gradients) -> Result<Gradients> {
        Err(walked_twice())
    }
}

/// Looks at a node, or at what a walk has left of it, or gets `None` if it is gone. The node's shard is locked meanwhile: `look` must be short and
/// must neither clone nor drop handles, nor make nodes.
pub fn with_node<R>(id: NodeId, look: impl FnOnce(&mut Node) -> R) -> Option<R> {
    id.lock().slot(id)?.node.as_mut().map(look)
}

/// Is what a node saved still there?
pub fn is_whole(id: NodeId) -> bool {
    id.lock().slot(id).is_some_and(|slot| !slot.spent)
}

/// How many handles there are on a node, of the graph and of observers; `None` if it is gone.
pub(super) fn references(id: NodeId) -> Option<(usize, usize)> {
    let mut shard = id.lock();
    let slot = shard.slot(id).filter(|slot| slot.node.is_some())?;
    Some(((slot.references - slot.observers) as usize, slot.observers as usize))
}

/// A counted reference to a node that is known by name; stale if the node is gone.
pub fn acquire(id: NodeId) -> NodeHandle {
    if let Some(slot) = id.lock().slot(id) {
        slot.references += 1;
    }
    NodeHandle(id)
}

/// An edge without a counted reference to its node, to be copied while a shard is locked.
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

    /// Is the node there, with what it saved?
    pub fn is_alive(&self) -> bool {
        is_whole(self.0)
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
            let mut shard = self.0.lock();
            match shard.slot(self.0) {
                Some(slot) if slot.references > 1 => {
                    slot.references -= 1;
                    None
                }
                Some(_) => shard.vacate(self.0),
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
        if let Some(slot) = handle.0.lock().slot(handle.0) {
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
        if let Some(slot) = self.0.0.lock().slot(self.0.0) {
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
