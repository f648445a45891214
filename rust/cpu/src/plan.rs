//! The order in which a kernel walks several strided arrays of one shape.
//!
//! Dimensions of size 1 go, the rest is sorted so that the output's smallest stride is innermost, and neighbours that
//! lie back to back in every array merge. What is left of most calls is one dimension.

use smallvec::SmallVec;

/// The output and up to three inputs.
pub(crate) const MAX_ARRAYS: usize = 4;

/// One dimension: its size, and its stride in each array, in elements.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Dim {
    size: usize,
    strides: [isize; MAX_ARRAYS],
}

/// A walk over arrays of one shape; elements are numbered in its order.
pub(crate) struct Plan {
    /// Innermost first; never empty.
    dims: SmallVec<[Dim; 6]>,
    numel: usize,
}

impl Plan {
    /// Plans a walk. `strides` holds one entry an array, the output's first.
    pub(crate) fn new(shape: &[usize], strides: &[&[isize]]) -> Plan {
        let of_dim = |d: usize| Dim { size: shape[d], strides: std::array::from_fn(|k| strides.get(k).map_or(0, |s| s[d])) };
        let mut dims: SmallVec<[Dim; 6]> = (0..shape.len()).rev().map(of_dim).filter(|dim| dim.size != 1).collect();
        // Stable: of equal strides (an output has them only when empty) the later dimension stays inside.
        dims.sort_by_key(|dim| dim.strides[0].unsigned_abs());
        dims.dedup_by(|outer, inner| merge(inner, outer));
        if dims.is_empty() {
            dims.push(Dim { size: 1, strides: [0; MAX_ARRAYS] });
        }
        Plan { dims, numel: shape.iter().product() }
    }

    /// Number of elements.
    pub(crate) fn numel(&self) -> usize {
        self.numel
    }

    /// Number of elements of the innermost dimension.
    pub(crate) fn inner(&self) -> usize {
        self.dims[0].size
    }

    /// The stride of an array along the innermost dimension.
    pub(crate) fn inner_stride(&self, array: usize) -> isize {
        self.dims[0].strides[array]
    }

    /// The strides of an array along the second innermost dimension, if there is one, and the innermost.
    pub(crate) fn steps(&self, array: usize) -> [isize; 2] {
        [self.dims.get(1).map_or(0, |dim| dim.strides[array]), self.inner_stride(array)]
    }

    /// Do all elements of an array lie one behind the other in the order of the walk?
    pub(crate) fn is_linear(&self, array: usize) -> bool {
        let mut expected = 1;
        self.dims.iter().all(|dim| {
            let fits = dim.strides[array] == expected || dim.size == 1;
            expected *= dim.size as isize;
            fits
        })
    }

    /// Are the elements of an array along the innermost dimension repeated for all others?
    pub(crate) fn is_periodic(&self, array: usize) -> bool {
        self.dims[1..].iter().all(|dim| dim.strides[array] == 0)
    }

    /// Is an array one element repeated?
    pub(crate) fn is_constant(&self, array: usize) -> bool {
        self.dims.iter().all(|dim| dim.strides[array] == 0)
    }

    /// The innermost two dimensions and the number of elements of all others, for walks by tiles.
    pub(crate) fn ndim(&self) -> usize {
        self.dims.len()
    }

    /// Size of a dimension, innermost first.
    pub(crate) fn size(&self, dim: usize) -> usize {
        self.dims[dim].size
    }

    /// Stride of an array along a dimension, innermost first.
    pub(crate) fn stride(&self, dim: usize, array: usize) -> isize {
        self.dims[dim].strides[array]
    }

    /// Where element `number` lies in each array, relative to its first element.
    pub(crate) fn offsets(&self, number: usize) -> Offsets {
        self.cursor(number).offsets
    }

    /// Visits elements `start .. start + count` in sheets of the innermost two dimensions: the offsets of the first element, and how many
    /// rows of how many elements there are. `count` elements must be left.
    pub(crate) fn for_each_sheet(&self, start: usize, count: usize, mut visit: impl FnMut(&Offsets, [usize; 2])) {
        let mut cursor = self.cursor(start);
        let (mut left, columns) = (count, self.dims[0].size);
        while left > 0 {
            let run = left.min(columns - cursor.index[0]);
            let rows =
                if run < columns || self.dims.len() == 1 { 1 } else { (left / run).min(self.dims[1].size - cursor.index[1]) };
            visit(&cursor.offsets, [rows, run]);
            left -= rows * run;
            if run == columns && self.dims.len() > 1 { cursor.advance(1, rows) } else { cursor.advance(0, run) }
        }
    }

    fn cursor(&self, number: usize) -> Cursor<'_> {
        let mut cursor = Cursor { dims: &self.dims, index: SmallVec::new(), offsets: [0; MAX_ARRAYS] };
        let mut rest = number;
        for dim in &self.dims {
            cursor.index.push(rest % dim.size);
            cursor.shift(dim, (rest % dim.size) as isize);
            rest /= dim.size;
        }
        cursor
    }

    /// Visits elements `start .. start + count` in runs along the innermost dimension: the offsets of the run's first
    /// element and its length. `count` elements must be left.
    pub(crate) fn for_each_run(&self, start: usize, count: usize, mut visit: impl FnMut(&Offsets, usize)) {
        let mut cursor = self.cursor(start);
        let mut left = count;
        while left > 0 {
            let run = left.min(self.dims[0].size - cursor.index[0]);
            visit(&cursor.offsets, run);
            left -= run;
            cursor.advance(0, run);
        }
    }
}

/// The offset of an element in each array.
pub(crate) type Offsets = [isize; MAX_ARRAYS];

/// A place in a walk. To move on takes additions only, where finding it took a division a dimension.
struct Cursor<'a> {
    dims: &'a [Dim],
    index: SmallVec<[usize; 6]>,
    offsets: Offsets,
}

impl Cursor<'_> {
    #[inline(always)]
    fn shift(&mut self, dim: &Dim, steps: isize) {
        self.offsets.iter_mut().zip(&dim.strides).for_each(|(offset, stride)| *offset += steps * stride);
    }

    /// Moves on along a dimension by at most what is left of it; behind the last element comes the first.
    fn advance(&mut self, dim: usize, count: usize) {
        let mut steps = count;
        for (d, dim) in self.dims.iter().enumerate().skip(dim) {
            self.index[d] += steps;
            self.shift(dim, steps as isize);
            if self.index[d] < dim.size {
                return;
            }
            self.index[d] = 0;
            self.shift(dim, -(dim.size as isize));
            steps = 1;
        }
    }
}

/// Merges `outer` into `inner` if it continues it in every array.
fn merge(inner: &mut Dim, outer: &Dim) -> bool {
    let continues = (0..MAX_ARRAYS).all(|k| outer.strides[k] == inner.strides[k] * inner.size as isize);
    if continues {
        inner.size *= outer.size;
    }
    continues
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contiguous_arrays_become_one_dimension() {
        let strides = [12, 4, 1];
        let plan = Plan::new(&[2, 3, 4], &[&strides, &strides, &[0, 0, 0]]);
        assert_eq!((plan.ndim(), plan.inner(), plan.numel()), (1, 24, 24));
        assert!(plan.is_linear(0) && plan.is_linear(1) && plan.is_constant(2));
    }

    #[test]
    fn the_walk_follows_the_output() {
        let plan = Plan::new(&[2, 3], &[&[1, 2], &[3, 1]]);
        assert!(plan.is_linear(0) && !plan.is_linear(1));
        let mut seen = Vec::new();
        plan.for_each_run(1, 5, |at, run| (0..run).for_each(|i| seen.push(at[1] + i as isize * plan.inner_stride(1))));
        assert_eq!(seen, [3, 1, 4, 2, 5]);
        assert_eq!((0..6).map(|i| plan.offsets(i)[1]).collect::<Vec<_>>(), [0, 3, 1, 4, 2, 5]);
    }

    #[test]
    fn sheets_are_the_runs_together() {
        let plan = Plan::new(&[3, 4, 5], &[&[20, 5, 1], &[1, 0, 7], &[0, 1, 0]]);
        for (start, count) in [(0, 60), (0, 20), (3, 2), (3, 30), (7, 53), (10, 10), (59, 1)] {
            let (mut runs, mut sheets) = (Vec::new(), Vec::new());
            let at = |at: &Offsets, j: usize| [1, 2].map(|k| at[k] + j as isize * plan.inner_stride(k));
            plan.for_each_run(start, count, |offsets, run| runs.extend((0..run).map(|j| at(offsets, j))));
            plan.for_each_sheet(start, count, |offsets, [rows, run]| {
                for i in 0..rows as isize {
                    let row = std::array::from_fn(|k| offsets[k] + i * plan.stride(1, k));
                    sheets.extend((0..run).map(|j| at(&row, j)));
                }
            });
            assert_eq!(runs, sheets, "{start} {count}");
        }
    }

    #[test]
    fn scalars_have_one_element() {
        let plan = Plan::new(&[], &[&[], &[]]);
        assert_eq!((plan.numel(), plan.inner()), (1, 1));
        assert!(plan.is_linear(0));
    }
}
