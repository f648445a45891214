//! The points that a launch runs over, and where they lie in each operand.

use std::ops::Range;

use ferrotorch_kernel::Layout;
use smallvec::SmallVec;

use crate::shader::Words;
use crate::shader::stored::split;

/// Dimensions that a shader can take apart.
pub(crate) const MAX_DIMS: usize = 8;
/// Points that one launch runs over at most: invocation numbers are 32 bits wide.
const MAX_POINTS: usize = 1 << 31;
/// Words of parameters behind the space, unless a family has more.
pub(crate) const MAX_ARGS: usize = 24;

type Dims<T> = SmallVec<[T; MAX_DIMS]>;

/// A shape, and a starting point and strides for each operand. Points are numbered in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Space {
    pub(crate) shape: Dims<usize>,
    pub(crate) operands: SmallVec<[Walk; 5]>,
    /// Number of the first point in the launch that this space was split from.
    pub(crate) first: usize,
}

/// How one operand is walked through, in elements.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Walk {
    pub(crate) offset: usize,
    pub(crate) strides: Dims<isize>,
}

impl Walk {
    /// A layout of the space's shape.
    pub(crate) fn of(layout: &Layout) -> Walk {
        Walk { offset: layout.offset(), strides: layout.strides().into() }
    }

    /// An operand that stays where it is.
    pub(crate) fn fixed(ndim: usize) -> Walk {
        Walk { offset: 0, strides: SmallVec::from_elem(0, ndim) }
    }
}

impl Space {
    pub(crate) fn new(shape: &[usize], operands: impl IntoIterator<Item = Walk>) -> Space {
        Space { shape: shape.into(), operands: operands.into_iter().collect(), first: 0 }
    }

    /// Number of points.
    pub(crate) fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Puts dimensions in the order of the first operand's strides, largest first, for kernels that do not care.
    pub(crate) fn sort(mut self) -> Space {
        let mut order: Dims<usize> = (0..self.shape.len()).collect();
        let walk = &self.operands[0];
        order.sort_by_key(|&d| std::cmp::Reverse(walk.strides[d].abs()));
        self.shape = order.iter().map(|&d| self.shape[d]).collect();
        for walk in &mut self.operands {
            walk.strides = order.iter().map(|&d| walk.strides[d]).collect();
        }
        self
    }

    /// Drops dimensions of size 1 and merges those that lie back to back in every operand; at least one remains.
    pub(crate) fn merge(mut self) -> Space {
        let mut kept = 0;
        for d in 0..self.shape.len() {
            if self.shape[d] == 1 {
                continue;
            }
            let joins = kept > 0 && self.operands.iter().all(|w| w.strides[kept - 1] == w.strides[d] * self.shape[d] as isize);
            if joins {
                self.shape[kept - 1] *= self.shape[d];
            } else {
                self.shape[kept] = self.shape[d];
                kept += 1;
            }
            for walk in &mut self.operands {
                walk.strides[kept - 1] = walk.strides[d];
            }
        }
        self.shape.truncate(kept);
        for walk in &mut self.operands {
            walk.strides.truncate(kept);
        }
        if kept == 0 {
            self.shape.push(1);
            self.operands.iter_mut().for_each(|walk| walk.strides.push(0));
        }
        self
    }

    /// Is an operand row-major?
    pub(crate) fn is_dense(&self, operand: usize) -> bool {
        let mut expected = 1;
        self.shape.iter().zip(&self.operands[operand].strides).rev().all(|(&n, &stride)| {
            let fits = n == 1 || stride == expected;
            expected *= n as isize;
            fits
        })
    }

    /// The length of the innermost dimension.
    pub(crate) fn row(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// Can threads write the first operand by whole words of so many elements? Its rows have to be neighbours, and long enough.
    pub(crate) fn words(&self, lanes: usize) -> Option<Words> {
        if self.is_dense(0) {
            return Some(Words::Own);
        }
        let is_run = self.operands[0].strides.last() == Some(&1) && self.row() >= 4 * lanes;
        is_run.then_some(Words::Shared)
    }

    /// The elements between the first and the last that an operand uses.
    pub(crate) fn span(&self, operand: usize) -> Range<usize> {
        let walk = &self.operands[operand];
        let (mut low, mut high) = (walk.offset as isize, walk.offset as isize + 1);
        for (&n, &stride) in self.shape.iter().zip(&walk.strides) {
            let reach = (n as isize - 1) * stride;
            low += reach.min(0);
            high += reach.max(0);
        }
        low as usize..high as usize
    }

    /// Parts that a shader can run over, in order: with few enough dimensions and points, and accepted by `fits`.
    pub(crate) fn parts(self, fits: &dyn Fn(&Space) -> bool) -> Vec<Space> {
        let mut parts = Vec::new();
        let mut rest = vec![self];
        while let Some(space) = rest.pop() {
            if space.shape.len() <= MAX_DIMS && space.count() < MAX_POINTS && fits(&space) {
                parts.push(space);
            } else if let Some((head, tail)) = space.split() {
                rest.push(tail);
                rest.push(head);
            } else {
                parts.push(space);
            }
        }
        parts
    }

    /// Two halves along the outermost dimension, dropping it where it has size 1. `None` for a single point.
    fn split(&self) -> Option<(Space, Space)> {
        let outer = self.shape.iter().position(|&n| n > 1)?;
        let mut head = self.clone();
        head.shape.drain(..outer);
        head.operands.iter_mut().for_each(|walk| drop(walk.strides.drain(..outer)));
        let half = head.shape[0] / 2;
        let mut tail = head.clone();
        tail.shape[0] -= half;
        tail.first += half * head.shape[1..].iter().product::<usize>();
        for walk in &mut tail.operands {
            walk.offset = (walk.offset as isize + half as isize * walk.strides[0]) as usize;
        }
        head.shape[0] = half;
        Some((head, tail))
    }

    /// The uniform block of `shaders/prelude.wgsl`.
    pub(crate) fn uniforms(&self, args: &[u32]) -> SmallVec<[u32; 128]> {
        debug_assert!(self.shape.len() <= MAX_DIMS);
        let mut words = SmallVec::from_slice(&[self.count() as u32, self.shape.len() as u32]);
        words.extend(split(self.first as u64));
        push_padded(&mut words, self.shape.iter().map(|&n| n as u32), MAX_DIMS);
        push_padded(&mut words, self.operands.iter().map(|walk| walk.offset as u32), offsets(self.operands.len()));
        for walk in &self.operands {
            push_padded(&mut words, walk.strides.iter().map(|&s| s as u32), MAX_DIMS);
        }
        push_padded(&mut words, args.iter().copied(), MAX_ARGS.max(args.len()));
        words
    }
}

/// Words that shaders have for the offsets of so many operands.
pub(crate) fn offsets(operands: usize) -> usize {
    operands.next_multiple_of(4).max(8)
}

fn push_padded(words: &mut SmallVec<[u32; 128]>, values: impl Iterator<Item = u32>, n: usize) {
    let end = words.len() + n;
    words.extend(values);
    words.resize(end, 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(offset: usize, strides: &[isize]) -> Walk {
        Walk { offset, strides: strides.into() }
    }

    /// Every operand's element numbers, in the order of the points.
    fn elements(space: &Space) -> Vec<Vec<isize>> {
        let mut points: Vec<Vec<isize>> = vec![space.operands.iter().map(|w| w.offset as isize).collect()];
        for (d, &n) in space.shape.iter().enumerate() {
            points = points
                .iter()
                .flat_map(|p| {
                    (0..n as isize).map(move |i| p.iter().zip(&space.operands).map(|(&at, w)| at + i * w.strides[d]).collect())
                })
                .collect();
        }
        points
    }

    #[test]
    fn merging_keeps_every_point() {
        let space = Space::new(&[2, 1, 3, 4], [walk(1, &[12, 9, 4, 1]), walk(0, &[0, 5, 4, 1]), walk(7, &[-12, 0, -4, -1])]);
        let merged = space.clone().merge();
        assert_eq!(elements(&space), elements(&merged));
        assert_eq!(merged.shape.as_slice(), &[2, 12]);
        assert_eq!(Space::new(&[], [walk(3, &[])]).merge().shape.as_slice(), &[1]);
    }

    #[test]
    fn sorting_makes_a_permuted_operand_dense() {
        let space = Space::new(&[2, 3, 4], [walk(0, &[1, 2, 6]), walk(0, &[12, 4, 1])]);
        let sorted = space.sort().merge();
        assert!(sorted.is_dense(0));
        assert!(!sorted.is_dense(1));
    }

    #[test]
    fn parts_cover_every_point_once_and_in_order() {
        let space = Space::new(&[3, 5, 7], [walk(2, &[35, 7, 1]), walk(104, &[-35, -7, -1])]);
        let parts = space.clone().parts(&|part| part.count() <= 8);
        assert!(parts.iter().all(|part| part.count() <= 8));
        let mut first = 0;
        for part in &parts {
            assert_eq!(part.first, first);
            first += part.count();
        }
        assert_eq!(elements(&space), parts.iter().flat_map(elements).collect::<Vec<_>>());
    }

    #[test]
    fn spans_include_negative_strides() {
        let space = Space::new(&[3, 4], [walk(20, &[-4, 1])]);
        assert_eq!(space.span(0), 12..24);
    }
}
