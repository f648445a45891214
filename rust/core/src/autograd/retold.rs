//! Nodes that show what their functions were called with, whatever the rule behind them keeps.
//!
//! PyTorch's node of a pooling, say, saves the input and shows the window. The rule here reads neither, or is that of some op
//! that the function is composed of: it is told afterwards what its node shows in PyTorch.

use std::sync::Arc;

use crate::error::Result;
use crate::tensor::Tensor;

use super::arena::{self, NodeId};
use super::composite::Moment;
use super::{Backward, Context, Fact, Gradients, Held, Kept, SavedTensor};

/// What a node shows under a name.
pub enum Shown {
    /// An argument.
    Fact(Fact),
    /// A tensor, which must not be written to before the node is walked, as in PyTorch.
    Tensor(SavedTensor),
    /// What the rule shows under this name.
    Behind,
}

/// Makes the node that a tensor is the result of show these alone, if it was made since a moment.
pub fn retell(result: &Tensor, since: Moment, shown: Vec<(&'static str, Shown)>) {
    let Some(source) = result.source() else { return };
    arena::with_node(source.node.id(), |node| {
        if node.sequence >= since.number() {
            node.rule = Arc::new(Retold { rule: node.rule.clone(), shown });
        }
    });
}

struct Retold {
    rule: Arc<dyn Backward>,
    shown: Vec<(&'static str, Shown)>,
}

impl Retold {
    /// The rule that shows what is behind this one.
    fn behind(&self) -> Option<Arc<dyn Backward>> {
        match self.rule.shown_by() {
            Some(id) => arena::with_node(id, |node| node.rule.clone()),
            None => Some(self.rule.clone()),
        }
    }

    fn tensors(&self) -> impl Iterator<Item = &SavedTensor> {
        self.shown.iter().filter_map(|(_, shown)| match shown {
            Shown::Tensor(saved) => Some(saved),
            Shown::Fact(_) | Shown::Behind => None,
        })
    }
}

impl Backward for Retold {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        for saved in self.tensors() {
            saved.fetch(&cx.into())?;
        }
        self.rule.apply(cx, grads)
    }

    fn takes_many(&self) -> bool {
        self.rule.takes_many()
    }

    fn runs_without_gradients(&self) -> bool {
        self.rule.runs_without_gradients()
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        self.rule.push(cx, tangents)
    }

    fn keeps_nothing(&self) -> bool {
        self.tensors().all(SavedTensor::is_nothing) && self.rule.keeps_nothing()
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        for (name, shown) in &self.shown {
            match shown {
                Shown::Fact(fact) => see(name, Kept::Fact(fact)),
                Shown::Tensor(saved) => see(name, Kept::Tensor(saved)),
                Shown::Behind => self.behind().iter().for_each(|rule| {
                    rule.saved(&mut |known, kept| {
                        if known == *name {
                            see(name, kept);
                        }
                    });
                }),
            }
        }
    }

    fn held(&self, see: &mut dyn FnMut(Held<'_>)) {
        self.tensors().for_each(|saved| saved.held(see));
        self.rule.held(see);
    }

    fn is_attribute(&self, input: usize) -> bool {
        self.rule.is_attribute(input)
    }

    fn shown_by(&self) -> Option<NodeId> {
        None
    }

    fn as_any(&self) -> Option<&dyn std::any::Any> {
        self.rule.as_any()
    }
}
