//! In which order the dimensions of a result lie in memory, given how its inputs lie.
//!
//! The rules are those of PyTorch's `TensorIterator`: dimensions are sorted by the strides of the first input that tells
//! them apart, and results are dense. Inputs that are row-major never come here.

use std::cmp::Ordering;

use crate::layout::Layout;
use crate::memory_format::{self, MemoryFormat};
use crate::shape::Dims;

/// An input as the order of dimensions sees it, aligned with the result's shape from the right.
struct Aligned<'a> {
    layout: &'a Layout,
    shape: &'a [usize],
}

impl Aligned<'_> {
    /// The stride along a dimension of the result; 0 where the input is repeated.
    fn stride(&self, dim: usize) -> isize {
        let lead = self.shape.len() - self.layout.ndim();
        match dim.checked_sub(lead) {
            Some(own) if self.layout.shape()[own] == self.shape[dim] => self.layout.strides()[own],
            _ => 0,
        }
    }

    /// Which of two dimensions lies further inside, if this input tells.
    fn compare(&self, a: usize, b: usize) -> Option<Ordering> {
        let (x, y) = (self.stride(a), self.stride(b));
        if x == 0 || y == 0 {
            return None;
        }
        match x.cmp(&y) {
            // Of equal strides the one of the smaller size lies inside.
            Ordering::Equal => (self.shape[a] > self.shape[b]).then_some(Ordering::Greater),
            order => Some(order),
        }
    }
}

/// Dimensions from the innermost to the outermost. Where no input tells two apart, the later one lies inside. The
/// comparison is no total order, so the way of sorting is part of the rule.
fn innermost_first(inputs: &[Aligned], ndim: usize) -> Dims {
    let mut order: Dims = (0..ndim).rev().collect();
    for i in 1..ndim {
        let mut at = i;
        for before in (0..i).rev() {
            match inputs.iter().find_map(|input| input.compare(order[before], order[at])) {
                Some(Ordering::Greater) => {
                    order.swap(before, at);
                    at = before;
                }
                Some(_) => break,
                None => {}
            }
        }
    }
    order
}

/// A new dense layout for a result of this shape, computed element by element from inputs that broadcast to it.
/// `exact`: no number and no input of another shape takes part.
pub fn of_result(shape: &[usize], inputs: &[&Layout], exact: bool) -> Layout {
    if exact {
        if inputs.iter().all(|input| input.is_contiguous()) {
            return Layout::contiguous(shape);
        }
        for format in [MemoryFormat::ChannelsLast, MemoryFormat::ChannelsLast3d] {
            if inputs.iter().all(|input| format.holds(input)) {
                return format.layout(shape).unwrap_or_else(|_| Layout::contiguous(shape));
            }
        }
        if let Some((first, rest)) = inputs.split_first()
            && rest.iter().all(|input| input.strides() == first.strides())
            && first.is_dense()
        {
            return Layout::strided(shape, first.strides(), 0);
        }
    }
    let aligned: smallvec::SmallVec<[Aligned; 3]> = inputs.iter().map(|layout| Aligned { layout, shape }).collect();
    let mut order = innermost_first(&aligned, shape.len());
    order.reverse();
    memory_format::ordered(shape, &order)
}

/// A new dense layout with the dimensions of another in their order, whether or not that is dense itself.
pub fn of_copy(layout: &Layout) -> Layout {
    let shape = layout.shape();
    let mut order = innermost_first(&[Aligned { layout, shape }], shape.len());
    order.reverse();
    memory_format::ordered(shape, &order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strided(shape: &[usize], strides: &[isize]) -> Layout {
        Layout::strided(shape, strides, 0)
    }

    #[test]
    fn copies_keep_the_order_and_close_gaps() {
        assert_eq!(of_copy(&strided(&[4, 5], &[2, 16])).strides(), [1, 4]);
        assert_eq!(of_copy(&strided(&[2, 2, 3], &[2, 12, 4])).strides(), [1, 6, 2]);
        assert_eq!(of_copy(&strided(&[3, 4], &[1, 0])).strides(), [4, 1]);
    }

    #[test]
    fn the_first_input_that_tells_dimensions_apart_decides() {
        let (columns, rows) = (strided(&[3, 4], &[1, 3]), strided(&[3, 4], &[4, 1]));
        assert_eq!(of_result(&[3, 4], &[&columns, &rows], true).strides(), [1, 3]);
        assert_eq!(of_result(&[3, 4], &[&rows, &columns], true).strides(), [4, 1]);
        let vector = strided(&[4], &[1]);
        assert_eq!(of_result(&[3, 4], &[&vector, &columns], false).strides(), [1, 3]);
    }
}
