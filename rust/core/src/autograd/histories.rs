//! What an op that is recorded learns of its inputs.

use smallvec::SmallVec;

use crate::tensor::Tensor;

use super::inplace::invalid_view_error;
use super::tangents::Tangents;
use super::{Edge, is_enabled, refusals};

/// Where the gradients of an op's inputs go, and what the tangents of the inputs are. Taken before the op writes to anything.
#[derive(Default)]
pub struct Histories {
    pub(super) edges: SmallVec<[Edge; 2]>,
    /// One an input, if any input has some.
    pub(super) tangents: Option<Box<[Tangents]>>,
}

impl Histories {
    /// Of inputs, some of which may be no tensors.
    pub fn of<'a>(inputs: impl Iterator<Item = Option<&'a Tensor>> + Clone) -> Histories {
        let edges = match is_enabled() {
            true => inputs.clone().map(|input| input.map_or(Edge::None, edge_of)).collect(),
            false => inputs.clone().map(|_| Edge::None).collect(),
        };
        let is_dual = inputs.clone().flatten().any(Tensor::is_dual);
        Histories { edges, tangents: if is_dual { tangents(inputs) } else { None } }
    }

    /// Of inputs whose tangents have gone their way.
    pub fn of_edges(edges: SmallVec<[Edge; 2]>) -> Histories {
        Histories { edges, tangents: None }
    }

    /// Has any of the inputs a tangent?
    pub fn have_tangents(&self) -> bool {
        self.tangents.is_some()
    }

    /// Is the op differentiated by an input, in either direction?
    pub fn is_tracked(&self, input: usize) -> bool {
        !matches!(self.edges[input], Edge::None) || self.tangents.as_ref().is_some_and(|of| !of[input].is_empty())
    }
}

/// Where the gradient of an input goes. An input that has lost its history cannot be an input.
fn edge_of(input: &Tensor) -> Edge {
    if let Some(error) = invalid_view_error(input) {
        refusals::refuse_later(error);
    }
    input.edge()
}

fn tangents<'a>(inputs: impl Iterator<Item = Option<&'a Tensor>>) -> Option<Box<[Tangents]>> {
    let tangents: Box<[Tangents]> = inputs.map(|input| input.map_or_else(Tangents::default, Tensor::tangents)).collect();
    tangents.iter().any(|tangents| !tangents.is_empty()).then_some(tangents)
}
