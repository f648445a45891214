//! The tensor: a cheap handle to an array, with an identity and a place in the graph.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};

use crate::array::{Array, Operand};
use crate::autograd::arena::NodeHandle;
use crate::autograd::hooks::{self, LeafHooks};
use crate::autograd::tangents::Tangents;
use crate::autograd::{self, Edge, mode};
use crate::backend;
use crate::bail;
use crate::device::Device;
use crate::dtype::{DType, Element};
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::storage::Storage;
use data::FormerShapes;

mod data;
mod dual;
mod links;

/// A handle to a tensor; cloning it names the same tensor.
///
/// What PyTorch lets a user change in place (`x.data = y`, `x.requires_grad_()`, `x.t_()`) changes behind the
/// handle, so that every holder sees it.
#[derive(Clone)]
pub struct Tensor(Arc<Inner>);

/// A handle that does not keep its tensor alive.
#[derive(Clone)]
pub struct WeakTensor(Weak<Inner>);

struct Inner {
    array: RwLock<Array>,
    /// Its part in differentiation: [`REQUIRES_GRAD`], [`IS_DUAL`]; and [`IS_OPAQUE`].
    part: AtomicU8,
    graph: Mutex<GraphState>,
    /// For a differentiable view: the tensor whose storage it looks into.
    view: Option<View>,
    /// See [`Tensor::is_inference`].
    inference: bool,
    /// The object of the embedding language that stands for this tensor; see [`Tensor::owner`].
    owner: AtomicPtr<c_void>,
    /// Is that object kept alive by the tensor? See [`Tensor::keep`].
    keeps: AtomicBool,
}

/// A leaf that was asked for gradients, or the result of an op on one.
const REQUIRES_GRAD: u8 = 1;
/// It has tangents.
const IS_DUAL: u8 = 2;
/// There is a handle in the place of its memory; see [`crate::opaque`].
const IS_OPAQUE: u8 = 4;
/// It is a leaf that had other sizes; see [`Tensor::shape_before`].
const HAD_OTHER_SIZES: u8 = 8;

/// A counted reference to an object of the embedding language.
pub type Foreign = Box<dyn Any + Send + Sync>;

/// What ties a tensor to the graph.
#[derive(Default)]
struct GraphState {
    grad: Option<Tensor>,
    source: Option<Source>,
    /// Its tangents, with the version that the storage had.
    tangents: Option<Box<(Tangents, u32)>>,
    hooks: Option<Box<LeafHooks>>,
    retains_grad: bool,
    kept: Option<Foreign>,
    /// The leaf whose gradient this tensor's is; see [`Tensor::stand_for`].
    stands_for: Option<Tensor>,
    former_shapes: FormerShapes,
}

/// The node that made a tensor, and which of its outputs it is. The name outlives the node.
#[derive(Clone)]
pub struct Source {
    /// The node.
    pub node: NodeHandle,
    /// Which output.
    pub output: u32,
    /// The node's name, e.g. `MulBackward0`.
    pub name: &'static str,
}

struct View {
    base: Tensor,
    kind: ViewKind,
    /// Version of the storage for which the view's own source is right; see [`Tensor::source`].
    stamp: AtomicU32,
}

/// How a view came to be, which decides whether in-place ops on it can be differentiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewKind {
    /// One view from one op.
    Single,
    /// One of several from one op, such as `unbind` or `split`: PyTorch refuses in-place ops on these.
    Multiple,
    /// Made while gradients were off.
    NoGrad,
    /// A view of one that was made while gradients were off.
    OfNoGrad,
    /// Made in inference mode, of a tensor that was not.
    Inference,
}

impl Tensor {
    /// A new tensor without history.
    pub fn from_array(array: Array) -> Tensor {
        Tensor::build(array, None, mode::is_inference())
    }

    fn build(array: Array, view: Option<View>, inference: bool) -> Tensor {
        let part = if array.storage.is_opaque() { IS_OPAQUE } else { 0 };
        Tensor(Arc::new(Inner {
            array: RwLock::new(array),
            part: AtomicU8::new(part),
            graph: Mutex::default(),
            view,
            inference,
            owner: AtomicPtr::default(),
            keeps: AtomicBool::new(false),
        }))
    }

    /// A view of this tensor with another layout of the same storage (and maybe another dtype), without history;
    /// [`autograd::record`] adds that. In-place ops on the view will be known to the base.
    pub fn alias(&self, layout: Layout, dtype: DType, kind: ViewKind) -> Tensor {
        let (storage, deferred) = self.with_array(|a| (a.storage.clone(), a.deferred));
        self.alias_of(Array { storage, layout, dtype, deferred }, kind)
    }

    /// A view of this tensor with an array of one's own over the same storage.
    pub fn alias_of(&self, array: Array, kind: ViewKind) -> Tensor {
        if self.0.inference && mode::is_inference() {
            return Tensor::build(array, None, true);
        }
        let base = self.0.view.as_ref().map_or(self, |view| &view.base).clone();
        let kind = match kind {
            _ if mode::is_inference() => ViewKind::Inference,
            _ if !autograd::is_enabled() => ViewKind::NoGrad,
            // A view of a view has its restrictions too.
            ViewKind::Single => match self.view_kind() {
                Some(ViewKind::NoGrad) => ViewKind::OfNoGrad,
                of_view => of_view.unwrap_or(kind),
            },
            kind => kind,
        };
        let stamp = AtomicU32::new(array.storage.version());
        let view = View { base, kind, stamp };
        Tensor::build(array, Some(view), self.0.inference)
    }

    /// The same data without history (`detach`): shares storage and version, knows no base.
    pub fn detach(&self) -> Tensor {
        Tensor::build(self.array(), None, self.0.inference)
    }

    /// The same memory read in another way, without history: shares storage and version, knows no base.
    pub fn reinterpret(&self, layout: Layout, dtype: DType) -> Tensor {
        let array = self.array();
        Tensor::build(Array { layout, dtype, ..array }, None, self.0.inference)
    }

    /// The same data without history, and without a trace in it (`.data`): its writes are counted apart.
    pub fn data(&self) -> Tensor {
        let array = self.array();
        let storage = array.storage.with_own_version(0);
        Tensor::build(Array { storage, ..array }, None, self.0.inference)
    }

    /// Was it made in inference mode? Such a tensor may be written to in inference mode only, counts no writes, and cannot
    /// be saved for a backward rule.
    pub fn is_inference(&self) -> bool {
        self.0.inference
    }

    /// Puts an array behind the handle whose writes this tensor counts as its own, and its views with it.
    pub(crate) fn become_array(&self, array: Array) {
        let storage = array.storage.counting_with(&self.storage());
        self.replace_array(Array { storage, ..array });
    }

    /// A 0-dim tensor of the dtype that a Python number would get.
    pub fn from_scalar(x: Scalar, device: Device) -> Result<Tensor> {
        Tensor::full(&[], x, crate::promote::dtype_of_scalar(x), device)
    }

    /// A new tensor filled with a number.
    pub fn full(shape: &[usize], value: Scalar, dtype: DType, device: Device) -> Result<Tensor> {
        let array = Array::empty(shape, dtype, device)?;
        backend::launch("full", &Kernel::Fill { value }, &[], std::slice::from_ref(&array))?;
        Ok(Tensor::from_array(array))
    }

    /// A row-major host tensor with these elements.
    pub fn from_slice<T: Element>(shape: &[usize], values: &[T]) -> Result<Tensor> {
        Ok(Tensor::from_array(Array::from_slice(shape, values)?))
    }

    // ---- what it is ------------------------------------------------------------------------------------------

    /// Its array, as it is now.
    pub fn array(&self) -> Array {
        self.0.array.read().clone()
    }

    /// Looks at its array without copying the layout.
    pub fn with_array<R>(&self, look: impl FnOnce(&Array) -> R) -> R {
        look(&self.0.array.read())
    }

    /// Its array as a kernel's input.
    pub fn operand(&self) -> Operand {
        Operand::Array(self.array())
    }

    /// [`Tensor::operand`] of a tensor that need not be given.
    pub fn operand_of(tensor: Option<&Tensor>) -> Operand {
        tensor.map_or(Operand::None, Tensor::operand)
    }

    /// Sizes.
    pub fn shape(&self) -> Shape {
        self.with_array(|a| Shape::from_slice(a.shape()))
    }

    /// Layout.
    pub fn layout(&self) -> Layout {
        self.with_array(|a| a.layout.clone())
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.with_array(|a| a.dtype)
    }

    /// Are the elements in memory still to be conjugated?
    pub fn is_conj(&self) -> bool {
        self.with_array(|a| a.deferred.is_conj())
    }

    /// Are the elements in memory still to be negated?
    pub fn is_neg(&self) -> bool {
        self.with_array(|a| a.deferred.is_neg())
    }

    /// Where it is.
    pub fn device(&self) -> Device {
        self.with_array(Array::device)
    }

    /// Its storage.
    pub fn storage(&self) -> Storage {
        self.with_array(|a| a.storage.clone())
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.with_array(|a| a.layout.ndim())
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.with_array(Array::numel)
    }

    /// The size of one dimension, already wrapped.
    pub fn size(&self, dim: usize) -> usize {
        self.with_array(|a| a.shape()[dim])
    }

    /// The same tensor (not merely an equal one)?
    pub fn is(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// A number that belongs to this tensor while it lives.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// Is this the only handle, and its storage shared with no other tensor? Then an op may reuse the memory.
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && self.0.view.is_none() && self.with_array(|a| a.storage.is_unique())
    }

    /// A handle that does not keep the tensor alive.
    pub fn downgrade(&self) -> WeakTensor {
        WeakTensor(Arc::downgrade(&self.0))
    }

    /// The single element of a one-element tensor as a number; waits for the device.
    pub fn item(&self) -> Result<Scalar> {
        let array = self.array();
        if array.numel() != 1 {
            bail!(Runtime, "a Tensor with {} elements cannot be converted to Scalar", array.numel());
        }
        if !array.device().has_data() {
            bail!(Runtime, "Tensor.item() cannot be called on meta tensors");
        }
        crate::match_dtype!(array.dtype, T => Ok(Scalar::from(array.to_vec::<T>()?[0])))
    }

    // ---- changes behind the handle ---------------------------------------------------------------------------

    /// Puts another array behind the handle (`x.set_`, `x.resize_`, `x.t_`).
    pub fn replace_array(&self, array: Array) {
        self.set_part(IS_OPAQUE, array.storage.is_opaque());
        *self.0.array.write() = array;
    }

    // ---- graph -----------------------------------------------------------------------------------------------

    fn has_part(&self, part: u8) -> bool {
        self.0.part.load(Ordering::Acquire) & part != 0
    }

    fn set_part(&self, part: u8, on: bool) {
        if on {
            self.0.part.fetch_or(part, Ordering::AcqRel);
        } else {
            self.0.part.fetch_and(!part, Ordering::AcqRel);
        }
    }

    /// Is there a handle in the place of its memory? See [`crate::opaque`].
    #[inline]
    pub fn is_opaque(&self) -> bool {
        self.has_part(IS_OPAQUE)
    }

    /// Does it take part in differentiation?
    pub fn requires_grad(&self) -> bool {
        if self.has_part(REQUIRES_GRAD) {
            return true;
        }
        // A view takes part where its base does, however it was made and whatever became of the base since.
        match &self.0.view {
            Some(view) => view.base.requires_grad() && self.dtype().is_differentiable(),
            None => false,
        }
    }

    /// Asks for gradients, or stops asking. Only leaves may change, only float and complex tensors may ask.
    pub fn set_requires_grad(&self, on: bool) -> Result<()> {
        if !self.is_leaf() {
            if on {
                return Ok(());
            }
            bail!(
                Runtime,
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a \
                 subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            );
        }
        if on && self.0.inference && !mode::is_inference() {
            bail!(Runtime, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.");
        }
        if on && !self.dtype().is_differentiable() {
            bail!(
                Runtime,
                "only Tensors of floating point and complex dtype can require gradients, got torch.{}",
                self.dtype().name()
            );
        }
        self.set_part(REQUIRES_GRAD, on);
        Ok(())
    }

    /// Not the result of a recorded op?
    pub fn is_leaf(&self) -> bool {
        !self.requires_grad() || self.source_unchecked().is_none() && !self.has_stale_history()
    }

    /// The accumulated gradient.
    pub fn grad(&self) -> Option<Tensor> {
        self.0.graph.lock().grad.clone()
    }

    /// Sets or clears the gradient.
    pub fn set_grad(&self, grad: Option<Tensor>) {
        // The old gradient is dropped after the lock is released: its own drop may reach other tensors.
        let _old = std::mem::replace(&mut self.0.graph.lock().grad, grad);
    }

    /// Takes the gradient out.
    pub fn take_grad(&self) -> Option<Tensor> {
        self.0.graph.lock().grad.take()
    }

    /// The node that made it. A view whose storage was written to since it was made gets a new one here: it is now
    /// the same window into whatever its base has become. Where that is refused ([`Tensor::invalid_view`]), the node is one
    /// that raises when it is visited.
    pub fn source(&self) -> Option<Source> {
        self.renew_history().or_else(|| self.source_unchecked())
    }

    /// Gives a view whose memory was written to a new history. Where that is refused: a node that raises, which is not kept.
    fn renew_history(&self) -> Option<Source> {
        if let Some(view) = &self.0.view
            && self.is_stale(view)
            && view.base.requires_grad()
        {
            if view.kind != ViewKind::Single {
                return autograd::inplace::source_of_invalid_view(self);
            }
            if !view.base.is_leaf() {
                let source = autograd::inplace::source_of_view(self, &view.base);
                self.graft(source);
            }
        }
        None
    }

    /// The kind of a view that has no history any more: one whose memory was written to, and that was made in a way for which
    /// no new history is worked out.
    pub fn invalid_view(&self) -> Option<ViewKind> {
        let view = self.0.view.as_ref()?;
        let invalid = view.kind != ViewKind::Single && self.is_stale(view) && view.base.requires_grad();
        (invalid && self.dtype().is_differentiable()).then_some(view.kind)
    }

    /// Is it, or was it, the output of a node?
    pub(crate) fn has_own_source(&self) -> bool {
        self.0.graph.lock().source.is_some()
    }

    /// The node that it was last the output of, which an in-place op may have outdated.
    pub(crate) fn last_source(&self) -> Option<Source> {
        self.source_unchecked()
    }

    fn source_unchecked(&self) -> Option<Source> {
        self.0.graph.lock().source.clone()
    }

    fn is_stale(&self, view: &View) -> bool {
        view.stamp.load(Ordering::Acquire) != self.with_array(|a| a.storage.version())
    }

    fn has_stale_history(&self) -> bool {
        match &self.0.view {
            Some(view) => {
                self.is_stale(view) && view.base.requires_grad() && (view.kind != ViewKind::Single || !view.base.is_leaf())
            }
            None => false,
        }
    }

    /// Makes it the output of a node, or (`None`) a leaf that asks for nothing.
    pub fn graft(&self, source: Option<Source>) {
        if let Some(view) = &self.0.view {
            view.stamp.store(self.with_array(|a| a.storage.version()), Ordering::Release);
        }
        self.set_part(REQUIRES_GRAD, source.is_some());
        let (old, retains_grad) = {
            let mut graph = self.0.graph.lock();
            (std::mem::replace(&mut graph.source, source.clone()), graph.retains_grad)
        };
        if retains_grad {
            old.iter().for_each(|old| hooks::forget_gradient(self, old));
            source.iter().for_each(|source| hooks::keep_gradient(self, source));
        }
    }

    /// Where the gradient of this tensor goes.
    pub fn edge(&self) -> Edge {
        if !self.requires_grad() {
            return Edge::None;
        }
        if let Some(refusal) = self.renew_history() {
            return Edge::Node(refusal.node, refusal.output);
        }
        let state = self.0.graph.lock();
        match &state.source {
            Some(source) => Edge::Node(source.node.clone(), source.output),
            None => Edge::Leaf(state.stands_for.as_ref().unwrap_or(self).clone()),
        }
    }

    /// Makes it a leaf whose gradient is that of another: the same tensor to the graph, with data of its own.
    pub fn stand_for(&self, leaf: &Tensor) {
        self.set_part(REQUIRES_GRAD, true);
        self.0.graph.lock().stands_for = Some(leaf.clone());
    }

    /// The leaf that it stands for; itself, where it stands for no other.
    pub fn leaf(&self) -> Tensor {
        self.0.graph.lock().stands_for.as_ref().unwrap_or(self).clone()
    }

    /// For a differentiable view, the tensor it looks into.
    pub fn base(&self) -> Option<&Tensor> {
        self.0.view.as_ref().map(|view| &view.base)
    }

    /// For a differentiable view, how it came to be.
    pub fn view_kind(&self) -> Option<ViewKind> {
        self.0.view.as_ref().map(|view| view.kind)
    }

    /// Keep `.grad` of a non-leaf in backward?
    pub fn retains_grad(&self) -> bool {
        self.0.graph.lock().retains_grad
    }

    /// Marks that `.grad` of a non-leaf is kept.
    pub fn set_retains_grad(&self) {
        self.0.graph.lock().retains_grad = true;
    }

    /// Looks at or changes the hooks of a leaf.
    pub fn with_leaf_hooks<R>(&self, look: impl FnOnce(&mut Option<Box<LeafHooks>>) -> R) -> R {
        look(&mut self.0.graph.lock().hooks)
    }
}

impl WeakTensor {
    /// The tensor, if it is still alive.
    pub fn upgrade(&self) -> Option<Tensor> {
        self.0.upgrade().map(Tensor)
    }

    /// Does it lead to this very tensor?
    pub fn is(&self, tensor: &Tensor) -> bool {
        std::ptr::eq(self.0.as_ptr(), Arc::as_ptr(&tensor.0))
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_array(|a| write!(f, "Tensor({}, {:?}, {})", a.dtype.name(), a.shape(), a.device()))
    }
}
