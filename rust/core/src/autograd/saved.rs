//! Tensors that a node keeps for its backward rule, guarded against later in-place writes.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::array::Array;
use crate::error::{Error, Result};
use crate::tensor::{Foreign, Source, Tensor};
use crate::{bail, ensure};

use super::Context;
use super::arena::{self, NodeHandle, NodeId};
use super::refusals;
use super::saved_hooks::{self, Packed, Place, SavedHooks};
use super::tangents::Tangents;

/// Saving itself cannot fail, so the op learns of it where it takes its place in the graph.
#[cold]
fn refuse_inference_tensor() {
    refusals::refuse_later(Error::runtime(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked \
         by autograd. To work around this, you can make a clone to get a normal tensor and use it in autograd, or use \
         `torch.no_grad()` instead of `torch.inference_mode()`.",
    ));
}

/// A tensor kept for backward, with the version that its storage had.
pub struct SavedTensor {
    /// Never locked for longer than it takes to clone a handle: hooks and drops run outside.
    what: Mutex<What>,
    version: u32,
    /// Was an input the result of an op? Then it must still be.
    rooted: bool,
}

#[derive(Clone)]
enum What {
    /// A tensor that the rule would not read.
    Nothing,
    /// An input of the op, or anything made before it.
    Input(Tensor),
    /// An output of the very node that keeps it. Keeping the tensor itself would keep the node alive for ever, so
    /// only its data are kept and its history is put back when it is asked for.
    Output { array: Arc<Array>, index: u32 },
    /// Whatever the user's hook made of it.
    Packed(Arc<Packed>),
}

/// To show in the place of a tensor that was not saved.
pub static NOTHING: SavedTensor = SavedTensor::nothing();

/// What a saved tensor holds on to.
pub enum Held<'a> {
    /// An object of the embedding language.
    Object(&'a Foreign),
    /// A tensor.
    Tensor(&'a Tensor),
}

/// Who asks for a saved tensor: the node that saved it, if it still is in the graph, and its name for messages.
#[derive(Clone)]
pub struct Asker {
    node: Option<NodeId>,
    name: &'static str,
    /// The tangents of its outputs.
    tangents: Option<Arc<[Tangents]>>,
}

impl Asker {
    /// Someone who knows the node, by name.
    pub fn of(node: Option<NodeId>, name: &'static str) -> Asker {
        let tangents = node.and_then(|id| arena::with_node(id, |node| node.tangents.clone())).flatten();
        Asker { node, name, tangents }
    }

    /// The node.
    pub fn node(&self) -> Option<NodeId> {
        self.node
    }

    /// The name of the node.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Gives a tensor the place of an output of the node in the graph, and that output's tangents.
    pub(super) fn place(&self, tensor: &Tensor, output: u32) {
        if let Some(id) = self.node {
            tensor.graft(Some(Source { node: arena::acquire(id), output, name: self.name }));
        }
        if let Some(tangents) = self.tangents.as_ref().and_then(|tangents| tangents.get(output as usize)) {
            tensor.set_tangents(tangents.clone());
        }
    }
}

impl From<&Context<'_>> for Asker {
    fn from(cx: &Context<'_>) -> Asker {
        Asker { node: cx.node.map(NodeHandle::id), name: cx.name, tangents: cx.tangents.clone() }
    }
}

impl SavedTensor {
    const fn new(what: What, version: u32) -> SavedTensor {
        SavedTensor { what: Mutex::new(what), version, rooted: false }
    }

    /// Keeps an input.
    pub fn input(tensor: &Tensor) -> SavedTensor {
        if tensor.is_inference() {
            refuse_inference_tensor();
        }
        let version = tensor.with_array(|a| a.storage.version());
        let rooted = tensor.has_own_source();
        let what = match saved_hooks::pack_by_default(|| tensor.clone(), || Place::of(tensor)) {
            None => What::Input(tensor.clone()),
            Some(packed) => packed.map_or(What::Nothing, What::Packed),
        };
        SavedTensor { what: Mutex::new(what), version, rooted }
    }

    /// Keeps an input that a rule reads only under some condition.
    pub fn input_if(is_read: bool, tensor: &Tensor) -> SavedTensor {
        if is_read { SavedTensor::input(tensor) } else { SavedTensor::nothing() }
    }

    /// Keeps nothing, in the place of a tensor.
    pub const fn nothing() -> SavedTensor {
        SavedTensor::new(What::Nothing, 0)
    }

    /// Is nothing kept?
    pub fn is_nothing(&self) -> bool {
        matches!(*self.what.lock(), What::Nothing)
    }

    /// Keeps output number `index` of the node being recorded.
    pub fn output(tensor: &Tensor, index: u32) -> SavedTensor {
        let array = tensor.array();
        let version = array.storage.version();
        let what = match saved_hooks::pack_by_default(|| tensor.detach(), || Place::Output(index)) {
            None => What::Output { array: Arc::new(array), index },
            Some(packed) => packed.map_or(What::Nothing, What::Packed),
        };
        SavedTensor::new(what, version)
    }

    /// Keeps a tensor on its own, outside the graph, by way of the hooks in force.
    pub fn alone(tensor: &Tensor) -> Result<SavedTensor> {
        let saved = SavedTensor::input(tensor);
        saved_hooks::raise_failure()?;
        refusals::raise()?;
        Ok(saved)
    }

    /// For an input that the recorded op itself has just overwritten (`target`): it is out of date from the start.
    pub(crate) fn age_if_same_storage(&mut self, target: &Tensor) {
        if let What::Input(tensor) = self.what.get_mut()
            && tensor.storage().ptr_eq(&target.storage())
        {
            self.version = self.version.wrapping_sub(1);
        }
    }

    /// The tensor, or PyTorch's error if it was written to in the meantime.
    pub fn get(&self, cx: &Context) -> Result<Tensor> {
        match self.fetch(&cx.into())? {
            Some(tensor) => Ok(tensor),
            None => bail!(Runtime, "{}: the rule reads a tensor that was not saved", cx.name),
        }
    }

    /// [`SavedTensor::get`] for whoever is not the rule of the node, and for what may not have been saved.
    pub fn fetch(&self, asker: &Asker) -> Result<Option<Tensor>> {
        let what = self.what.lock().clone();
        let tensor = match &what {
            What::Nothing => return Ok(None),
            What::Input(tensor) => tensor.clone(),
            What::Output { array, index } => {
                let tensor = Tensor::from_array(Array::clone(array));
                asker.place(&tensor, *index);
                tensor
            }
            // The hook decides what is kept; a later write to the original is no concern of the graph.
            What::Packed(packed) => return packed.unpack(asker).map(Some),
        };
        self.check(&what, asker.name, &tensor)?;
        Ok(Some(tensor))
    }

    /// Puts what a hook makes of the tensor in its place.
    pub fn register_hooks(&self, hooks: Arc<dyn SavedHooks>) -> Result<()> {
        let what = self.what.lock().clone();
        let (tensor, place) = match &what {
            What::Nothing => bail!(Runtime, "Calling register_hooks on a saved tensor with value None is forbidden"),
            What::Packed(_) => bail!(
                Runtime,
                "Calling register_hooks on a saved tensor whose hooks have already been set. Hint: only one pair of hooks \
                 is allowed at a time."
            ),
            What::Input(tensor) => (tensor.detach(), Place::of(tensor)),
            What::Output { array, index } => (Tensor::from_array(Array::clone(array)), Place::Output(*index)),
        };
        ensure!(
            tensor.storage().version() == self.version,
            Runtime,
            "A saved tensor was modified in place before register_hooks was called on it."
        );
        let packed = What::Packed(Arc::new(Packed::pack(hooks, &tensor, place)?));
        let old = std::mem::replace(&mut *self.what.lock(), packed);
        drop(old);
        Ok(())
    }

    /// Shows a collector of garbage what is held here.
    pub(super) fn held(&self, see: &mut dyn FnMut(Held<'_>)) {
        match &*self.what.lock() {
            What::Input(tensor) => see(Held::Tensor(tensor)),
            What::Packed(packed) => packed.held(see),
            What::Nothing | What::Output { .. } => {}
        }
    }

    fn check(&self, what: &What, name: &str, tensor: &Tensor) -> Result<()> {
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
        let made_by = match (what, tensor.source()) {
            (What::Output { index, .. }, _) => format!("output {index} of {name}"),
            (_, Some(source)) => format!("output {} of {}", source.output, source.name),
            (_, None) => "a leaf".to_owned(),
        };
        bail!(
            Runtime,
            "one of the variables needed for gradient computation has been modified by an inplace operation: \
             [torch.{}Tensor {:?}], which is {made_by}, is at version {version}; expected version {} instead. \
             {name} needs it, and {} wrote to it last.",
            tensor.dtype().legacy_name(),
            &tensor.shape()[..],
            self.version,
            storage.last_writer()
        );
    }
}
