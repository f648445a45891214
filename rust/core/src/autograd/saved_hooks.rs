//! Functions of the user through which tensors go when they are saved and when they are needed again.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::ensure;
use crate::error::{Error, Result};
use crate::tensor::{Foreign, Source, Tensor};

use super::arena;
use super::saved::{Asker, Held};
use super::{Edge, History, mode};

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
    match Packed::pack(hooks, &tensor(), place()) {
        Ok(packed) => Some(Some(Arc::new(packed))),
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
}

/// Where a tensor belongs in the graph.
#[derive(Clone)]
pub(super) enum Place {
    /// It is this output of the node that saves it.
    Output(u32),
    /// Its gradient goes along this edge, and it has these tangents.
    Edge(History),
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
        Ok(Packed { hooks, packed, place })
    }

    /// Shows a collector of garbage what is held here.
    pub(super) fn held(&self, see: &mut dyn FnMut(Held<'_>)) {
        see(Held::Object(&self.packed));
        if let Place::Edge(History { edge: Edge::Leaf(leaf), .. }) = &self.place {
            see(Held::Tensor(leaf));
        }
    }

    pub(super) fn unpack(&self, asker: &Asker) -> Result<Tensor> {
        let tensor = mode::no_grad(|| self.hooks.unpack(&self.packed))?;
        Ok(self.place.put(tensor, asker))
    }
}

impl Place {
    /// A tensor with these data, at this place. It counts writes apart: one to it is not one to what was saved.
    fn put(&self, data: Tensor, asker: &Asker) -> Tensor {
        if matches!(self, Place::Edge(history) if history.is_none()) && !data.requires_grad() {
            return data;
        }
        let tensor = data.data();
        match self {
            Place::Output(index) => asker.place(&tensor, *index),
            Place::Edge(History { edge, tangents }) => {
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
