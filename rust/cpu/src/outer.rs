//! The dimensions of an array but those that a kernel works along: one number names a position in all of them.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::Layout;
use smallvec::SmallVec;

/// Sizes and strides of the dimensions that are left, in row-major order; those that one stride walks are one.
#[derive(Clone)]
pub(crate) struct Outer {
    dims: SmallVec<[(usize, isize); 5]>,
    count: usize,
}

impl Outer {
    /// All dimensions of a layout but those of `inner`.
    pub(crate) fn new(layout: &Layout, inner: &[usize]) -> Outer {
        if layout.shape().iter().enumerate().all(|(d, &n)| n == 1 || inner.contains(&d)) {
            return Outer::single();
        }
        let dims = layout.shape().iter().copied().zip(layout.strides().iter().copied());
        let mut dims: SmallVec<[(usize, isize); 5]> =
            dims.enumerate().filter(|(d, _)| !inner.contains(d)).map(|(_, d)| d).filter(|d| d.0 != 1).collect();
        let count = dims.iter().map(|d| d.0).product();
        dims.dedup_by(|inner, outer| {
            let continues = outer.1 == inner.1 * inner.0 as isize;
            if continues {
                *outer = (outer.0 * inner.0, inner.1);
            }
            continues
        });
        Outer { count, dims }
    }

    /// No dimension is left: one position.
    pub(crate) fn single() -> Outer {
        Outer { dims: SmallVec::new(), count: 1 }
    }

    /// How many positions there are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Offset of a position's first element; it lies inside the layout's span where the layout has elements.
    pub(crate) fn start(&self, number: usize) -> isize {
        assert!(number < self.count, "position out of range");
        // What is left for the first dimension is in its range: most arrays need no division.
        let Some((&(_, first), others)) = self.dims.split_first() else { return 0 };
        let (mut rest, mut offset) = (number, 0);
        for &(size, stride) in others.iter().rev() {
            offset += (rest % size) as isize * stride;
            rest /= size;
        }
        offset + rest as isize * first
    }
}
