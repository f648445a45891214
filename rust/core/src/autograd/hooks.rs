//! Functions that look at, or replace, gradients on their way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;
use crate::tensor::{Tensor, WeakTensor};

use super::Gradients;

/// Sees a tensor's gradient and may replace it.
pub type TensorHook = Arc<dyn Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync>;
/// Runs after a leaf's `.grad` was accumulated.
pub type AccumulateHook = Arc<dyn Fn(&Tensor) -> Result<()> + Send + Sync>;
/// Sees the gradients of a node's outputs before its rule runs, and may replace them.
pub type PreHook = Arc<dyn Fn(&Gradients) -> Result<Option<Gradients>> + Send + Sync>;
/// Sees the gradients of a node's inputs (and of its outputs) after its rule ran, and may replace the former.
pub type PostHook = Arc<dyn Fn(&Gradients, &Gradients) -> Result<Option<Gradients>> + Send + Sync>;

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
pub struct HookList<H>(Vec<(HookId, H)>);

impl<H> Default for HookList<H> {
    fn default() -> Self {
        HookList(Vec::new())
    }
}

impl<H: Clone> HookList<H> {
    /// Adds a hook.
    pub fn add(&mut self, hook: H) -> HookId {
        let id = HookId::next();
        self.0.push((id, hook));
        id
    }

    /// Removes a hook, and says whether it was there.
    pub fn remove(&mut self, id: HookId) -> bool {
        let before = self.0.len();
        self.0.retain(|(other, _)| *other != id);
        self.0.len() != before
    }

    /// The hooks, to be run without holding any lock.
    pub fn snapshot(&self) -> Vec<H> {
        self.0.iter().map(|(_, hook)| hook.clone()).collect()
    }

    /// None there?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Hooks of a leaf.
#[derive(Default)]
pub struct LeafHooks {
    /// On its gradient.
    pub tensor: HookList<TensorHook>,
    /// After accumulation.
    pub accumulate: HookList<AccumulateHook>,
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
}

impl NodeHooks {
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
    /// Tensor hooks, retained gradients, pre-hooks, in PyTorch's order.
    pub(super) fn before(&self, grads: &mut Gradients) -> Result<()> {
        for (output, hooks) in &self.tensor {
            if let Some(grad) = grads[*output as usize].take() {
                grads[*output as usize] = Some(run_tensor_hooks(hooks, grad)?);
            }
        }
        for (output, tensor) in &self.retain {
            if let (Some(tensor), Some(grad)) = (tensor.upgrade(), &grads[*output as usize]) {
                let sum = match tensor.grad() {
                    Some(old) => crate::ops::arithmetic::add(&old, grad)?,
                    None => grad.clone(),
                };
                tensor.set_grad(Some(sum));
            }
        }
        for hook in &self.pre {
            if let Some(replaced) = hook(grads)? {
                *grads = replaced;
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
                *results = replaced;
            }
        }
        Ok(())
    }
}

/// Runs tensor hooks one after another on a gradient.
pub(super) fn run_tensor_hooks(hooks: &[TensorHook], grad: Tensor) -> Result<Tensor> {
    hooks.iter().try_fold(grad, |grad, hook| Ok(hook(&grad)?.unwrap_or(grad)))
}
