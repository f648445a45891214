//! Tensors that a node keeps for its backward rule, guarded against later in-place writes.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use parking_lot::Mutex;
use smallvec::smallvec;

use crate::array::Array;
use crate::bail;
use crate::error::{Error, Result};
use crate::tensor::{Foreign, Source, Tensor};

use super::{Context, Edge, Gradients, arena, attach, mode};

/// Functions of the user through which tensors go when they are saved and when they are needed again.
pub trait SavedHooks: Send + Sync {
    /// What is kept in place of a tensor.
    fn pack(&self, tensor: &Tensor) -> Result<Foreign>;
    /// The tensor again.
    fn unpack(&self, packed: &Foreign) -> Result<Tensor>;
}

thread_local! {
    static HOOKS: RefCell<Vec<Arc<dyn SavedHooks>>> = const { RefCell::new(Vec::new()) };
    static ANY: Cell<bool> = const { Cell::new(false) };
    static REFUSED: Cell<bool> = const { Cell::new(false) };
}

/// Reports an inference tensor that was to be saved since the last call. Saving itself cannot fail, so whoever runs an op asks
/// for this afterwards.
#[inline]
pub fn check_refused() -> Result<()> {
    if REFUSED.get() { Err(refusal()) } else { Ok(()) }
}

#[cold]
fn refusal() -> Error {
    REFUSED.set(false);
    Error::runtime(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked \
         by autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use \
         `torch.no_grad()` instead of `torch.inference_mode()`.",
    )
}

/// Sends what is saved on this thread from now on through `hooks`.
pub fn push_hooks(hooks: Arc<dyn SavedHooks>) {
    HOOKS.with_borrow_mut(|stack| stack.push(hooks));
    ANY.set(true);
}

/// Ends what the last [`push_hooks`] began.
pub fn pop_hooks() -> Option<Arc<dyn SavedHooks>> {
    let hooks = HOOKS.with_borrow_mut(Vec::pop);
    ANY.set(HOOKS.with_borrow(|stack| !stack.is_empty()));
    hooks
}

/// The hooks in force, if any.
fn hooks() -> Option<Arc<dyn SavedHooks>> {
    if ANY.get() { HOOKS.with_borrow(|stack| stack.last().cloned()) } else { None }
}

/// A tensor kept for backward, with the version that its storage had.
pub struct SavedTensor {
    what: What,
    version: u32,
    /// Was an input the result of an op? Then it must still be.
    rooted: bool,
}

enum What {
    /// An input of the op, or anything made before it.
    Input(Tensor),
    /// An output of the very node that keeps it. Keeping the tensor itself would keep the node alive for ever, so
    /// only its data are kept and its history is put back when it is asked for. Boxed, because nodes are moved and an
    /// array is large.
    Output { array: Box<Array>, index: u32 },
    /// Whatever the user's hook made of it.
    Packed(Box<Packed>),
}

/// What a hook made of a tensor, and where the tensor belongs in the graph.
struct Packed {
    hooks: Arc<dyn SavedHooks>,
    /// An error of the hook is kept until the tensor is needed: saving cannot fail.
    packed: Mutex<Option<Result<Foreign>>>,
    place: PlaceInGraph,
}

enum PlaceInGraph {
    Output(u32),
    Edge(Edge),
}

impl Packed {
    fn pack(hooks: Arc<dyn SavedHooks>, tensor: &Tensor, place: PlaceInGraph) -> What {
        let packed = mode::no_grad(|| hooks.pack(tensor));
        What::Packed(Box::new(Packed { hooks, packed: Mutex::new(Some(packed)), place }))
    }

    fn get(&self, cx: &Context) -> Result<Tensor> {
        // Taken out while the hook runs, so that no lock is held meanwhile.
        let packed = self.packed.lock().take();
        let Some(packed) = packed else { bail!(Runtime, "{}: a saved tensor was asked for while it was unpacked", cx.name) };
        let foreign = packed?;
        let tensor = mode::no_grad(|| self.hooks.unpack(&foreign));
        *self.packed.lock() = Some(Ok(foreign));
        Ok(self.place.put(&tensor?.detach(), cx))
    }
}

impl PlaceInGraph {
    fn put(&self, tensor: &Tensor, cx: &Context) -> Tensor {
        match self {
            PlaceInGraph::Output(index) => {
                tensor.graft(Some(Source { node: cx.node.clone(), output: *index, name: cx.name }));
            }
            PlaceInGraph::Edge(Edge::None) => {}
            PlaceInGraph::Edge(Edge::Node(node, output)) => {
                let name = arena::with_node(node.id(), |node| node.name).unwrap_or(cx.name);
                tensor.graft(Some(Source { node: node.clone(), output: *output, name }));
            }
            PlaceInGraph::Edge(edge @ Edge::Leaf(_)) => {
                attach("UnpackedLeaf", smallvec![edge.clone()], &[tensor], Arc::new(pass_on));
            }
        }
        tensor.clone()
    }
}

fn pass_on(_cx: &Context, grads: Gradients) -> Result<Gradients> {
    Ok(grads)
}

impl SavedTensor {
    /// Keeps an input.
    pub fn input(tensor: &Tensor) -> SavedTensor {
        if tensor.is_inference() {
            REFUSED.set(true);
        }
        let version = tensor.with_array(|a| a.storage.version());
        let rooted = tensor.has_own_source();
        let what = match hooks() {
            None => What::Input(tensor.clone()),
            Some(hooks) => Packed::pack(hooks, tensor, PlaceInGraph::Edge(tensor.edge())),
        };
        SavedTensor { version, what, rooted }
    }

    /// Keeps output number `index` of the node being recorded.
    pub fn output(tensor: &Tensor, index: u32) -> SavedTensor {
        let array = tensor.array();
        let version = array.storage.version();
        let what = match hooks() {
            None => What::Output { array: Box::new(array), index },
            Some(hooks) => Packed::pack(hooks, &tensor.detach(), PlaceInGraph::Output(index)),
        };
        SavedTensor { version, what, rooted: false }
    }

    /// For an input that the recorded op itself has just overwritten (`target`): it is out of date from the start.
    pub(crate) fn age_if_same_storage(&mut self, target: &Tensor) {
        if let What::Input(tensor) = &self.what
            && tensor.storage().ptr_eq(&target.storage())
        {
            self.version = self.version.wrapping_sub(1);
        }
    }

    /// The tensor, or PyTorch's error if it was written to in the meantime.
    pub fn get(&self, cx: &Context) -> Result<Tensor> {
        let tensor = match &self.what {
            What::Input(tensor) => tensor.clone(),
            What::Output { array, index } => {
                let tensor = Tensor::from_array(Array::clone(array));
                tensor.graft(Some(Source { node: cx.node.clone(), output: *index, name: cx.name }));
                tensor
            }
            // The hook decides what is kept; a later write to the original is no concern of the graph.
            What::Packed(packed) => return packed.get(cx),
        };
        self.check(cx, &tensor)?;
        Ok(tensor)
    }

    fn check(&self, cx: &Context, tensor: &Tensor) -> Result<()> {
        if self.rooted && !tensor.has_own_source() {
            bail!(
                Runtime,
                "Trying to use a saved tensor that has been detached in-place, i.e. with .detach_().This is not supported, please use \
                 out-of-place `.detach()` instead"
            );
        }
        let storage = tensor.storage();
        let version = storage.version();
        if version == self.version {
            return Ok(());
        }
        let made_by = match (&self.what, tensor.source()) {
            (What::Output { index, .. }, _) => format!("output {index} of {}", cx.name),
            (_, Some(source)) => format!("output {} of {}", source.output, source.name),
            (_, None) => "a leaf".to_owned(),
        };
        bail!(
            Runtime,
            "one of the variables needed for gradient computation has been modified by an inplace operation: \
             [torch.{}Tensor {:?}], which is {made_by}, is at version {version}; expected version {} instead. \
             {} needs it, and {} wrote to it last.",
            tensor.dtype().legacy_name(),
            &tensor.shape()[..],
            self.version,
            cx.name,
            storage.last_writer()
        );
    }
}
