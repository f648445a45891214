//! The tangents of a tensor.

use std::sync::{Arc, Weak};

use crate::tensor::Tensor;
use parking_lot::Mutex;

use super::levels::{Level, levels};

/// Holds a tangent while its level is open.
type Slot = Mutex<Option<Tensor>>;

/// The tangents of a tensor by level. Copies share them.
#[derive(Clone, Default)]
pub struct Tangents(Vec<Tangent>);

#[derive(Clone)]
struct Tangent {
    level: u64,
    slot: Arc<Slot>,
}

impl Tangents {
    /// Are there none?
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tangent at a level.
    pub(super) fn at(&self, level: &Level) -> Option<Tensor> {
        self.0.iter().find(|tangent| tangent.level == level.number)?.slot.lock().clone()
    }

    /// Is there one at a level?
    pub(super) fn has(&self, level: &Level) -> bool {
        self.0.iter().any(|tangent| tangent.level == level.number)
    }

    /// Sets the tangent at a level.
    pub(super) fn put(&mut self, level: &Level, tensor: Tensor) {
        let slot = Arc::new(Mutex::new(Some(tensor)));
        level.slots.lock().add(&slot);
        self.0.retain(|tangent| tangent.level != level.number);
        self.0.push(Tangent { level: level.number, slot });
    }

    /// The tangents at other levels.
    pub(super) fn without(&self, level: &Level) -> Tangents {
        Tangents(self.0.iter().filter(|tangent| tangent.level != level.number).cloned().collect())
    }

    /// The tangents at the levels that take part.
    pub(crate) fn active(&self) -> Tangents {
        let levels = levels();
        let is_asked_for = |tangent: &&Tangent| levels.iter().any(|level| level.number == tangent.level);
        Tangents(self.0.iter().filter(is_asked_for).cloned().collect())
    }
}

/// Where the tangents of a level are, as far as anyone still has them.
#[derive(Default)]
pub(super) struct Slots {
    slots: Vec<Weak<Slot>>,
    /// How many were left when those that are gone were last sorted out.
    kept: usize,
}

impl Slots {
    /// Fewer slots than this are not sorted.
    const FEW: usize = 64;

    fn add(&mut self, slot: &Arc<Slot>) {
        if self.slots.len() >= Self::FEW.max(2 * self.kept) {
            self.slots.retain(|slot| slot.strong_count() > 0);
            self.kept = self.slots.len();
        }
        self.slots.push(Arc::downgrade(slot));
    }

    /// Takes all tangents out of their slots.
    pub(super) fn take_all(&mut self) -> Vec<Option<Tensor>> {
        self.slots.drain(..).filter_map(|slot| slot.upgrade()).map(|slot| slot.lock().take()).collect()
    }
}
