//! The object of the embedding language that a tensor has, and what else a tensor holds on to.

use std::any::Any;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::autograd::hooks::LeafHooks;

use super::{Foreign, Source, Tensor};

impl Tensor {
    /// The embedding language's object for this tensor, or null. The core never looks behind the pointer: the
    /// binding sets it when it wraps the tensor and clears it when the object goes, so that one tensor has one object.
    pub fn owner(&self) -> &AtomicPtr<c_void> {
        &self.0.owner
    }

    /// Keeps the object of the embedding language alive, which its own users have let go while it has state that the
    /// tensor must not lose. The object holds a handle of its own; it is let go when that handle is the last.
    pub fn keep(&self, object: Foreign) {
        let old = self.0.graph.lock().kept.replace(object);
        self.0.keeps.store(true, Ordering::Release);
        drop(old);
    }

    /// Hands the object back to whoever asks for it.
    pub fn release_kept(&self) -> Option<Foreign> {
        if !self.keeps() {
            return None;
        }
        let kept = self.0.graph.lock().kept.take();
        self.0.keeps.store(false, Ordering::Release);
        kept
    }

    /// Does the tensor keep its object alive?
    pub fn keeps(&self) -> bool {
        self.0.keeps.load(Ordering::Acquire)
    }

    /// Number of handles on the tensor.
    pub fn handles(&self) -> usize {
        Arc::strong_count(&self.0)
    }

    /// Looks at what the tensor holds on to: its gradient, its base, its node, its hooks, the object that it keeps.
    pub(crate) fn with_links<R>(&self, look: impl FnOnce(Links<'_>) -> R) -> R {
        let state = self.0.graph.lock();
        look(Links {
            grad: state.grad.as_ref(),
            base: self.base(),
            source: state.source.as_ref(),
            stands_for: state.stands_for.as_ref(),
            hooks: state.hooks.as_deref(),
            kept: state.kept.as_deref(),
        })
    }

    /// Drops gradient, hooks and history, for a tensor that a collector of garbage has found dead.
    pub fn unlink(&self) {
        // Dropped after the lock is released.
        let _old = {
            let mut state = self.0.graph.lock();
            (state.grad.take(), state.source.take(), state.tangents.take(), state.hooks.take(), state.stands_for.take())
        };
    }
}

/// What a tensor holds on to; see [`Tensor::with_links`].
pub(crate) struct Links<'a> {
    pub(crate) grad: Option<&'a Tensor>,
    pub(crate) base: Option<&'a Tensor>,
    pub(crate) source: Option<&'a Source>,
    pub(crate) stands_for: Option<&'a Tensor>,
    pub(crate) hooks: Option<&'a LeafHooks>,
    pub(crate) kept: Option<&'a (dyn Any + Send + Sync)>,
}

impl Drop for Tensor {
    fn drop(&mut self) {
        // Of the two handles left one is the kept object's own. Two threads that drop the third and the second to last
        // at once may both miss this; the object is then a cycle through its tensor, which the collector finds.
        if self.keeps() && self.handles() == 2 {
            drop(self.release_kept());
        }
    }
}
