//! Functions of the user through which tensors go when they are saved and when they are needed again.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::ensure;
use crate::error::{Error, Result};
use crate::tensor::{Foreign, Source, Tensor};

use super::arena;
use super::saved::{Asker, Held};
use super::tangents::Tangents;
use super::{Edge, forward, mode};

/// A pair of hooks.
pub trait SavedHooks: Send + Sync {
    /// What is kept in place of a tensor.
    fn pack(&self, tensor: &Tensor) -> Result<Foreign>;
    /// The tensor again.
    fn unpack(&self, packed: &Foreign) -> Result<Tensor>;
}

/// The hooks of a thread, the innermost last.
pub type Stack = Vec<Arc<dyn SavedHooks>>;

thread_local! {
    static HOOKS: RefCell<Stack> = const { RefCell::new(Vec::new()) };
    static ANY: Cell<bool> = const { Cell::new(false) };
    /// Saving happens deep in an op, where nothing can fail: the error of a pack hook waits here until the op takes
    /// its place in the graph.
    static FAILURE: Cell<Option<Error>> = const { Cell::new(None) };
    /// What the op has packed that is about to take its place in the graph.
    static SHOWN: RefCell<Vec<Arc<Packed>>> = const { RefCell::new(Vec::new()) };
}

/// Sends what is saved on this thread from now on through `hooks`.
pub fn push(hooks: Arc<dyn SavedHooks>) {
    HOOKS.with_borrow_mut(|stack| stack.push(hooks));
    ANY.set(true);
}

/// Ends what the last [`push`] began.
pub fn pop() -> Option<Arc<dyn SavedHooks>> {
    let hooks = HOOKS.with_borrow_mut(Vec::pop);
    ANY.set(HOOKS.with_borrow(|stack| !stack.is_empty()));
    hooks
}

/// Are there hooks on this thread?
pub fn any() -> bool {
    ANY.get()
}

/// The hooks of this thread, for another that goes on in its place.
pub(super) fn stack() -> Stack {
    if any() { HOOKS.with_borrow(Clone::clone) } else { Stack::new() }
}

/// Takes over the hooks of another thread.
pub(super) fn inherit(stack: Stack) {
    ANY.set(!stack.is_empty());
    HOOKS.set(stack);
}

/// Raises what a pack hook raised since the last call.
pub(super) fn raise_failure() -> Result<()> {
    if !any() {
        return Ok(());
    }
    FAILURE.take().map_or(Ok(()), Err)
}

/// What the hooks in force make of a tensor that is saved; `None` where there are none.
pub(super) fn pack_by_default(tensor: impl FnOnce() -> Tensor, place: impl FnOnce() -> Place) -> Option<Option<Arc<Packed>>> {
    if !any() {
        return None;
    }
    let hooks = HOOKS.with_borrow(|stack| stack.last().cloned())?;
    // After one failure the op is going to fail: nothing more is shown to the user.
    if let Some(failure) = FAILURE.take() {
        FAILURE.set(Some(failure));
        return Some(None);
    }
    let tensor = tensor();
    match Packed::pack(hooks, &tensor, place()) {
        Ok(packed) => Some(Some(packed.show(tensor))),
        Err(error) => {
            FAILURE.set(Some(error));
            Some(None)
        }
    }
}

/// What a hook made of a tensor, and where the tensor belongs in the graph.
pub(super) struct Packed {
    hooks: Arc<dyn SavedHooks>,
    packed: Foreign,
    place: Place,
    /// The tensor itself, while tangents are sent along: no hook is asked for what was packed a moment ago.
    itself: Mutex<Option<Tensor>>,
}

/// Packed tensors that are known until this is dropped.
pub(super) struct Shown(Vec<Arc<Packed>>);

/// Of the op that takes its place in the graph.
pub(super) fn shown() -> Shown {
    Shown(SHOWN.take())
}

impl Drop for Shown {
    fn drop(&mut self) {
        for packed in &self.0 {
            let _tensor = packed.itself.lock().take();
        }
    }
}

/// Where a tensor belongs in the graph.
#[derive(Clone)]
pub(super) enum Place {
    /// It is this output of the node that saves it.
    Output(u32),
    /// Its gradient goes along this edge, and it has these tangents.
    Edge(Edge, Tangents),
}

impl Packed {
    pub(super) fn pack(hooks: Arc<dyn SavedHooks>, tensor: &Tensor, place: Place) -> Result<Packed> {
        let version = tensor.storage().version();
        let packed = mode::no_grad(|| hooks.pack(tensor))?;
        ensure!(
            tensor.storage().version() == version,
            Runtime,
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook can not be \
             modified by in-place operations as this can lead to unexpected side-effects."
        );
        Ok(Packed { hooks, packed, place, itself: Mutex::new(None) })
    }

    /// Shows a collector of garbage what is held here.
    pub(super) fn held(&self, see: &mut dyn FnMut(Held<'_>)) {
        see(Held::Object(&self.packed));
        if let Place::Edge(Edge::Leaf(leaf), _) = &self.place {
            see(Held::Tensor(leaf));
        }
    }

    /// Keeps the tensor itself, too, where tangents will be sent along at once.
    fn show(self, tensor: Tensor) -> Arc<Packed> {
        let packed = Arc::new(self);
        if forward::is_on() {
            *packed.itself.lock() = Some(tensor);
            SHOWN.with_borrow_mut(|shown| shown.push(packed.clone()));
        }
        packed
    }

    pub(super) fn unpack(&self, asker: &Asker) -> Result<Tensor> {
        if let Some(tensor) = self.itself.lock().clone() {
            return Ok(self.place.put(tensor, asker));
        }
        let tensor = mode::no_grad(|| self.hooks.unpack(&self.packed))?;
        Ok(self.place.put(tensor, asker))
    }
}

impl Place {
    /// That of a tensor.
    pub(super) fn of(tensor: &Tensor) -> Place {
        Place::Edge(tensor.edge(), tensor.tangents())
    }

    /// A tensor with these data, at this place. It counts writes apart: one to it is not one to what was saved.
    fn put(&self, data: Tensor, asker: &Asker) -> Tensor {
        if matches!(self, Place::Edge(Edge::None, tangents) if tangents.is_empty()) && !data.requires_grad() {
            return data;
        }
        let tensor = data.data();
        match self {
            Place::Output(index) => asker.place(&tensor, *index),
            Place::Edge(edge, tangents) => {
                put_on(&tensor, edge, asker);
                tensor.set_tangents(tangents.clone());
            }
        }
        tensor
    }
}

/// Makes a tensor one whose gradient goes along an edge.
fn put_on(tensor: &Tensor, edge: &Edge, asker: &Asker) {
    match edge {
        Edge::None => {}
        Edge::Node(node, output) => {
            let name = arena::with_node(node.id(), |node| node.name).unwrap_or(asker.name());
            tensor.graft(Some(Source { node: node.clone(), output: *output, name }));
        }
        Edge::Leaf(leaf) => tensor.stand_for(leaf),
    }
}
