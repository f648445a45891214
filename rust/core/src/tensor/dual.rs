//! The tangents of a tensor.

use crate::autograd::forward;
use crate::autograd::tangents::Tangents;

use super::{IS_DUAL, REQUIRES_GRAD, Tensor};

/// By which of its parts does what is done to a tensor leave a trace?
const LEAVES_TRACES: u8 = REQUIRES_GRAD | IS_DUAL;

impl Tensor {
    /// Has it tangents, or what it is a view of, be it at levels that are closed? See [`crate::autograd::forward`].
    pub fn is_dual(&self) -> bool {
        self.has_part(IS_DUAL) || self.base().is_some_and(|base| base.has_part(IS_DUAL))
    }

    /// Does nothing that is done to it leave a trace, neither in the graph nor in tangents?
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        !self.has_part(LEAVES_TRACES) && self.base().is_none_or(|base| !base.has_part(LEAVES_TRACES))
    }

    /// Its tangents at the levels that take part. A view whose memory was written to since it got its own has a window into
    /// those that its base has now.
    pub(crate) fn tangents(&self) -> Tangents {
        if !self.is_dual() || !forward::is_on() {
            return Tangents::default();
        }
        let own = self.0.graph.lock().tangents.as_deref().cloned();
        if let Some(base) = self.base()
            && self.is_outdated(own.as_ref().map(|(_, version)| *version))
            && let Some(shown) = forward::of_view(self, base)
        {
            return shown;
        }
        own.map_or_else(Tangents::default, |(own, _)| own.active())
    }

    /// Was a view written to since it got its tangents, at that version, or was made without any?
    fn is_outdated(&self, version: Option<u32>) -> bool {
        match (version, &self.0.view) {
            (Some(version), _) => version != self.with_array(|a| a.storage.version()),
            (None, Some(view)) => self.is_stale(view),
            (None, None) => false,
        }
    }

    /// Has it a tangent at a level that takes part now?
    pub fn has_tangents(&self) -> bool {
        !self.tangents().is_empty()
    }

    /// Sets its tangents, for its data as they are now.
    pub(crate) fn set_tangents(&self, tangents: Tangents) {
        self.set_part(IS_DUAL, !tangents.is_empty());
        let version = self.with_array(|a| a.storage.version());
        let tangents = (!tangents.is_empty()).then(|| Box::new((tangents, version)));
        // Dropped after the lock is released.
        let _old = std::mem::replace(&mut self.0.graph.lock().tangents, tangents);
    }

    /// Gives it the tangents of a tensor with the same elements, or of none.
    pub fn share_tangents(&self, like: Option<&Tensor>) {
        self.set_tangents(like.map_or_else(Tangents::default, Tensor::tangents));
    }

    /// Takes its own tangents out.
    pub(crate) fn take_tangents(&self) -> Tangents {
        if !self.has_part(IS_DUAL) {
            return Tangents::default();
        }
        self.set_part(IS_DUAL, false);
        self.0.graph.lock().tangents.take().map_or_else(Tangents::default, |own| own.0)
    }
}
