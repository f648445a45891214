//! The dimensions of an array but those that a kernel works along: one number names a position in all of them.

#[cfg(test)]
mod tests;

use ferrotorch_core::Layout;
use smallvec::SmallVec;

/// Sizes and strides of the dimensions that are left, in row-major order.
#[derive(Clone)]
pub(crate) struct Outer {
    dims: SmallVec<[(usize, isize); 5]>,
    count: usize,
}

impl Outer {
    /// All dimensions of a layout but those of `inner`.
    pub(crate) fn new(layout: &Layout, inner: &[usize]) -> Outer {
        let dims = layout.shape().iter().copied().zip(layout.strides().iter().copied());
        let dims: SmallVec<[(usize, isize); 5]> = dims.enumerate().filter(|(d, _)| !inner.contains(d)).map(|(_, d)| d).collect();
        Outer { count: dims.iter().map(|d| d.0).product(), dims }
    }

    /// How many positions there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Offset of a position's first element; it lies inside the layout's span where the layout has elements.
    pub(crate) fn start(&self, number: usize) -> isize {
        assert!(number < self.count, "position out of range");
        let (mut rest, mut offset) = (number, 0);
        for &(size, stride) in self.dims.iter().rev() {
            offset += (rest % size) as isize * stride;
            rest /= size;
        }
        offset
    }
}
