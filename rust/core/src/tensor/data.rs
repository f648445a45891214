//! Other data behind a tensor (`x.data = y`), and what a graph goes on by that has seen the tensor as it was.

use crate::autograd::arena;
use crate::shape::Shape;

use super::{HAD_OTHER_SIZES, Tensor};

/// Shapes that a leaf had, each with the creation number from which nodes know another; rarely any.
pub(super) type FormerShapes = Option<Box<Vec<(u64, Shape)>>>;

impl Tensor {
    /// Looks from now on at the data of another tensor (`x.data = y`); goes on counting its own writes, together with its views.
    pub fn set_data(&self, data: &Tensor) {
        if self.requires_grad() && self.is_leaf() && self.shape() != data.shape() {
            self.remember_shape();
        }
        self.become_array(data.array());
    }

    fn remember_shape(&self) {
        let former = (arena::next_sequence(), self.shape());
        self.0.graph.lock().former_shapes.get_or_insert_default().push(former);
        self.set_part(HAD_OTHER_SIZES, true);
    }

    /// The shape of a leaf as the node with a creation number has seen it.
    pub(crate) fn shape_before(&self, sequence: u64) -> Shape {
        if self.has_part(HAD_OTHER_SIZES) {
            let state = self.0.graph.lock();
            let mut former = state.former_shapes.iter().flat_map(|shapes| shapes.iter());
            if let Some((_, shape)) = former.find(|(until, _)| sequence < *until) {
                return shape.clone();
            }
        }
        self.shape()
    }
}
