//! Functions that look at, or replace, gradients on their way.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::Result;
use crate::tensor::{Source, Tensor, WeakTensor};
use crate::{bail, ensure};

use super::{Gradients, arena};

/// Sees a tensor's gradient, or that there is none, and may replace it.
pub type TensorHook = Arc<dyn Fn(Option<&Tensor>) -> Result<Option<Tensor>> + Send + Sync>;
/// Runs after a leaf's `.grad` was accumulated.
pub type AccumulateHook = Arc<dyn Fn(&Tensor) -> Result<()> + Send + Sync>;
/// Sees the gradients of a node's outputs before its rule runs, and may replace them.
pub type PreHook = Arc<dyn Fn(&Gradients) -> Result<Option<Gradients>> + Send + Sync>;
/// Sees the gradients of a node's inputs (and of its outputs) after its rule ran, and may replace the former.
pub type PostHook = Arc<dyn Fn(&Gradients, &Gradients) -> Result<Option<Gradients>> + Send + Sync>;

/// The embedding language's object that a hook calls. The hook holds it too, by a clone of this one reference, so that
/// the object's own reference count knows one holder: the list.
pub type Callee = Arc<dyn Any + Send + Sync>;

/// Names a hook, for its removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HookId(u64);

impl HookId {
    fn next() -> HookId {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        HookId(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Hooks of one kind in the order in which they were added.
pub struct HookList<H>(Vec<Entry<H>>);

struct Entry<H> {
    id: HookId,
    hook: H,
    callee: Option<Callee>,
}

impl<H> Default for HookList<H> {
    fn default() -> Self {
        HookList(Vec::new())
    }
}

impl<H: Clone> HookList<H> {
    /// Adds a hook.
    pub fn add(&mut self, hook: H) -> HookId {
        self.add_with_callee(hook, None)
    }

    /// Adds a hook that calls an object of the embedding language.
    pub fn add_with_callee(&mut self, hook: H, callee: Option<Callee>) -> HookId {
        let id = HookId::next();
        self.0.push(Entry { id, hook, callee });
        id
    }

    /// Takes a hook out, if it is there. To be dropped where no lock is held: that may run foreign code.
    pub fn remove(&mut self, id: HookId) -> Option<(H, Option<Callee>)> {
        let at = self.0.iter().position(|entry| entry.id == id)?;
        let entry = self.0.remove(at);
        Some((entry.hook, entry.callee))
    }

    /// The hooks, to be run without holding any lock.
    pub fn snapshot(&self) -> Vec<H> {
        self.0.iter().map(|entry| entry.hook.clone()).collect()
    }

    /// Objects of the embedding language that the hooks call.
    pub(super) fn callees(&self) -> impl Iterator<Item = &Callee> {
        self.0.iter().filter_map(|entry| entry.callee.as_ref())
    }

    /// None there?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Has any leaf ever had hooks?
static ARE_ON_LEAVES: AtomicBool = AtomicBool::new(false);

/// Has any leaf of this process ever had hooks? Where none has, nobody need look for them.
pub(super) fn are_on_leaves() -> bool {
    ARE_ON_LEAVES.load(Ordering::Relaxed)
}

/// Hooks of a leaf.
pub struct LeafHooks {
    /// On its gradient.
    pub tensor: HookList<TensorHook>,
    /// After accumulation.
    pub accumulate: HookList<AccumulateHook>,
    /// Before accumulation, on the node of the leaf.
    pub pre: HookList<PreHook>,
    /// After accumulation, on the node of the leaf.
    pub post: HookList<PostHook>,
    /// What the embedding language notes about the node of the leaf.
    pub metadata: Option<Callee>,
}

impl Default for LeafHooks {
    fn default() -> Self {
        ARE_ON_LEAVES.store(true, Ordering::Relaxed);
        LeafHooks {
            tensor: HookList::default(),
            accumulate: HookList::default(),
            pre: HookList::default(),
            post: HookList::default(),
            metadata: None,
        }
    }
}

impl LeafHooks {
    /// Objects of the embedding language that the hooks call.
    pub(super) fn callees(&self) -> impl Iterator<Item = &Callee> {
        let gradients = self.pre.callees().chain(self.post.callees());
        self.tensor.callees().chain(self.accumulate.callees()).chain(gradients).chain(&self.metadata)
    }
}

/// Hooks of a node.
#[derive(Default)]
pub struct NodeHooks {
    /// On the gradient of one output (`Tensor.register_hook` of a non-leaf).
    pub tensor: Vec<(u32, HookList<TensorHook>)>,
    /// Outputs whose tensor keeps its gradient (`Tensor.retain_grad`).
    pub retain: Vec<(u32, WeakTensor)>,
    /// Before the rule.
    pub pre: HookList<PreHook>,
    /// After the rule.
    pub post: HookList<PostHook>,
    /// What the embedding language notes about the node.
    pub metadata: Option<Callee>,
}

impl NodeHooks {
    /// Objects of the embedding language that the node holds through its hooks.
    pub(super) fn callees(&self) -> impl Iterator<Item = &Callee> {
        let tensor = self.tensor.iter().flat_map(|(_, hooks)| hooks.callees());
        tensor.chain(self.pre.callees()).chain(self.post.callees()).chain(&self.metadata)
    }

    /// The hooks on one output, made if there are none yet.
    pub fn of_output(&mut self, output: u32) -> &mut HookList<TensorHook> {
        let i = match self.tensor.iter().position(|(o, _)| *o == output) {
            Some(i) => i,
            None => {
                self.tensor.push((output, HookList::default()));
                self.tensor.len() - 1
            }
        };
        &mut self.tensor[i].1
    }
}

/// Has the gradient of a non-leaf kept in its `.grad` when its node runs.
pub fn keep_gradient(tensor: &Tensor, source: &Source) {
    let entry = (source.output, tensor.downgrade());
    arena::with_node(source.node.id(), |node| node.hooks.get_or_insert_default().retain.push(entry));
}

/// Takes back [`keep_gradient`], for a tensor that is becoming the output of another node.
pub fn forget_gradient(tensor: &Tensor, source: &Source) {
    arena::with_node(source.node.id(), |node| {
        if let Some(hooks) = &mut node.hooks {
            hooks.retain.retain(|(_, kept)| !kept.is(tensor));
        }
    });
}

/// The hooks of a node, copied out of the arena so that they can run without its lock.
pub(super) struct NodeHookRun {
    tensor: Vec<(u32, Vec<TensorHook>)>,
    retain: Vec<(u32, WeakTensor)>,
    pre: Vec<PreHook>,
    post: Vec<PostHook>,
}

impl NodeHooks {
    pub(super) fn prepare(&self) -> NodeHookRun {
        NodeHookRun {
            tensor: self.tensor.iter().map(|(output, hooks)| (*output, hooks.snapshot())).collect(),
            retain: self.retain.clone(),
            pre: self.pre.snapshot(),
            post: self.post.snapshot(),
        }
    }
}

impl NodeHookRun {
    /// Tensor hooks, then retained gradients: what belongs to the outputs, whether or not the rule runs.
    pub(super) fn on_outputs(&self, grads: &mut Gradients) -> Result<()> {
        for (output, hooks) in &self.tensor {
            let grad = grads[*output as usize].take();
            grads[*output as usize] = run_tensor_hooks(hooks, grad)?;
        }
        for (output, tensor) in &self.retain {
            if let (Some(tensor), Some(grad)) = (tensor.upgrade(), &grads[*output as usize]) {
                let sum = match tensor.grad() {
                    Some(old) => crate::ops::arithmetic::add(&old, grad)?,
                    // Its own memory, so that writing to it changes nothing that the walk goes on with.
                    None => crate::ops::cast::clone_dense(grad)?,
                };
                tensor.set_grad(Some(sum));
            }
        }
        Ok(())
    }

    /// Pre-hooks.
    pub(super) fn before(&self, grads: &mut Gradients) -> Result<()> {
        for hook in &self.pre {
            if let Some(replaced) = hook(grads)? {
                *grads = checked(replaced, grads)?;
            }
        }
        Ok(())
    }

    pub(super) fn has_post(&self) -> bool {
        !self.post.is_empty()
    }

    /// Post-hooks.
    pub(super) fn after(&self, results: &mut Gradients, grads: &Gradients) -> Result<()> {
        for hook in &self.post {
            if let Some(replaced) = hook(results, grads)? {
                *results = checked(replaced, results)?;
            }
        }
        Ok(())
    }
}

/// The hooks of a leaf, copied so that they can run without its lock.
#[derive(Default)]
pub(super) struct LeafHookRun {
    tensor: Vec<TensorHook>,
    accumulate: Vec<AccumulateHook>,
    pre: Vec<PreHook>,
    post: Vec<PostHook>,
}

impl LeafHooks {
    pub(super) fn prepare(&self) -> LeafHookRun {
        LeafHookRun {
            tensor: self.tensor.snapshot(),
            accumulate: self.accumulate.snapshot(),
            pre: self.pre.snapshot(),
            post: self.post.snapshot(),
        }
    }
}

impl LeafHookRun {
    /// Hooks on the tensor.
    pub(super) fn on_tensor(&self, grad: Option<Tensor>) -> Result<Option<Tensor>> {
        run_tensor_hooks(&self.tensor, grad)
    }

    /// Pre-hooks of the leaf's node.
    pub(super) fn before(&self, grad: Option<Tensor>) -> Result<Option<Tensor>> {
        let mut grads: Gradients = smallvec::smallvec![grad];
        for hook in &self.pre {
            if let Some(replaced) = hook(&grads)? {
                grads = checked(replaced, &grads)?;
            }
        }
        Ok(grads.into_iter().next().flatten())
    }

    /// Are there hooks that see the gradient after it was added to the leaf's?
    pub(super) fn show_gradient(&self) -> bool {
        !self.post.is_empty()
    }

    /// Hooks that see the leaf, then post-hooks of the leaf's node, which has no outputs to replace.
    pub(super) fn after(&self, leaf: &Tensor, grad: Option<Tensor>) -> Result<()> {
        self.accumulate.iter().try_for_each(|hook| hook(leaf))?;
        let (results, grads) = (Gradients::new(), smallvec::smallvec![grad]);
        self.post.iter().try_for_each(|hook| hook(&results, &grads).map(drop))
    }
}

/// What a hook has given in place of gradients: as many, and nothing in the place of none.
fn checked(given: Gradients, before: &Gradients) -> Result<Gradients> {
    let (count, expected) = (given.len(), before.len());
    ensure!(
        count == expected,
        Runtime,
        "a hook has returned an incorrect number of values (got {count}, but expected {expected})"
    );
    let is_made_up = before.iter().zip(&given).any(|(before, given)| before.is_none() && given.is_some());
    ensure!(!is_made_up, Runtime, "{MADE_UP}");
    Ok(given)
}

const MADE_UP: &str = "can't replace a None gradient with a non-None value";

/// Runs tensor hooks one after another on a gradient.
fn run_tensor_hooks(hooks: &[TensorHook], grad: Option<Tensor>) -> Result<Option<Tensor>> {
    hooks.iter().try_fold(grad, |grad, hook| match hook(grad.as_ref())? {
        Some(replaced) => {
            check_replacement(grad.as_ref(), &replaced)?;
            Ok(Some(replaced))
        }
        None => Ok(grad),
    })
}

fn check_replacement(grad: Option<&Tensor>, replaced: &Tensor) -> Result<()> {
    let Some(grad) = grad else { bail!(Runtime, "{MADE_UP}") };
    let (was, is) = (grad.dtype(), replaced.dtype());
    ensure!(was == is, Runtime, "a hook has changed the dtype of a gradient (was {} got {})", was.name(), is.name());
    let (was, is) = (grad.shape(), replaced.shape());
    ensure!(was == is, Runtime, "a hook has changed the size of a gradient (was {was:?} got {is:?})");
    Ok(())
}
