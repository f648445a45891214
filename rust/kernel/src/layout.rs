//! How the elements of an array lie in its storage.

use crate::bail;
use crate::ensure;
use crate::error::Result;
use crate::shape::{self, Shape, Strides};
use crate::stride_order;

/// Shape, strides and offset, all in elements. Strides may be 0 (broadcast) and, inside the library, negative
/// (`flip` reads through them); tensors that users see never have negative strides.
#[derive(Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Shape,
    strides: Strides,
    offset: usize,
}

// Every small call clones layouts: copying slices is quicker than the element by element clone that would be derived.
impl Clone for Layout {
    fn clone(&self) -> Layout {
        Layout::strided(&self.shape, &self.strides, self.offset)
    }
}

impl Layout {
    /// Row-major from the start of the storage.
    pub fn contiguous(shape: &[usize]) -> Layout {
        Layout { shape: shape::copied(shape), strides: shape::contiguous_strides(shape), offset: 0 }
    }

    /// Any strides; the caller has checked them against the storage (see [`Layout::span`]).
    pub fn strided(shape: &[usize], strides: &[isize], offset: usize) -> Layout {
        debug_assert_eq!(shape.len(), strides.len());
        Layout { shape: shape::copied(shape), strides: shape::copied(strides), offset }
    }

    /// Sizes.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Steps in elements.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Element number of the first element in the storage.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Number of dimensions.
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Number of elements.
    pub fn numel(&self) -> usize {
        shape::numel(&self.shape)
    }

    /// The half-open range of storage elements that the layout touches; `0..0` for an empty array, whose offset means
    /// nothing.
    pub fn span(&self) -> std::ops::Range<usize> {
        if self.shape.contains(&0) {
            return 0..0;
        }
        let (mut low, mut high) = (0isize, 0isize);
        for (&n, &s) in self.shape.iter().zip(&self.strides) {
            let reach = (n as isize - 1).saturating_mul(s);
            low = low.saturating_add(reach.min(0));
            high = high.saturating_add(reach.max(0));
        }
        let at = |reach: isize| (self.offset as isize).saturating_add(reach) as usize;
        at(low)..at(high.saturating_add(1))
    }

    /// Do all elements lie inside a storage of so many?
    pub fn fits(&self, elements: usize) -> bool {
        // A span that starts before the storage wraps to a start behind its end.
        let span = self.span();
        span.start <= span.end && span.end <= elements
    }

    /// Row-major with no gaps? Strides of size-1 dimensions do not matter, nor does anything in an empty array.
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1isize;
        for (&n, &s) in self.shape.iter().zip(&self.strides).rev() {
            if n != 1 {
                if s != expected {
                    return self.shape.contains(&0);
                }
                expected *= n as isize;
            }
        }
        true
    }

    /// Are the strides those of a new row-major array, also where sizes of 1 leave them open?
    pub fn has_row_major_strides(&self) -> bool {
        let mut expected = 1isize;
        for (&n, &s) in self.shape.iter().zip(&self.strides).rev() {
            if s != expected {
                return false;
            }
            expected *= n.max(1) as isize;
        }
        true
    }

    /// A permutation of row-major: every element of the span used exactly once?
    pub fn is_dense(&self) -> bool {
        let mut dims: Vec<(isize, usize)> =
            self.strides.iter().copied().zip(self.shape.iter().copied()).filter(|&(_, n)| n != 1).collect();
        if dims.iter().any(|&(_, n)| n == 0) {
            return true;
        }
        dims.sort_unstable();
        let mut expected = 1isize;
        dims.iter().all(|&(s, n)| {
            let ok = s == expected;
            expected *= n as isize;
            ok
        })
    }

    /// May two indices name the same element (stride 0, or overlapping windows)?
    pub fn may_overlap(&self) -> bool {
        let mut dims: Vec<(isize, usize)> =
            self.strides.iter().map(|s| s.abs()).zip(self.shape.iter().copied()).filter(|&(_, n)| n > 1).collect();
        dims.sort_unstable();
        let mut reach = 0isize;
        dims.iter().any(|&(s, n)| {
            let overlaps = s <= reach;
            reach += (n as isize - 1) * s;
            overlaps
        })
    }

    /// Does a dimension show the same elements at each of its places (stride 0)?
    pub fn repeats(&self) -> bool {
        self.shape.iter().zip(&self.strides).any(|(&n, &s)| n > 1 && s == 0)
    }

    /// The elements behind a layout that [repeats](Layout::repeats) them: one place of each dimension with stride 0.
    pub fn without_repeats(&self) -> Layout {
        let mut out = self.clone();
        out.shape.iter_mut().zip(&self.strides).filter(|(n, s)| **n > 1 && **s == 0).for_each(|(n, _)| *n = 1);
        out
    }

    /// Dimensions in a new order.
    pub fn permute(&self, dims: &[usize]) -> Layout {
        Layout {
            shape: dims.iter().map(|&d| self.shape[d]).collect(),
            strides: dims.iter().map(|&d| self.strides[d]).collect(),
            offset: self.offset,
        }
    }

    /// Two dimensions exchanged.
    pub fn transpose(&self, a: usize, b: usize) -> Layout {
        let mut out = self.clone();
        out.shape.swap(a, b);
        out.strides.swap(a, b);
        out
    }

    /// Broadcast to a larger shape with stride 0; `None` where it does not fit. New dimensions of size 1 in front step
    /// over everything behind them, except those of a 0-dim array, as in PyTorch.
    pub fn expand(&self, shape: &[usize]) -> Option<Layout> {
        if !shape::is_expandable(&self.shape, shape) {
            return None;
        }
        let mut strides: Strides = smallvec::SmallVec::from_elem(0, shape.len());
        let lead = shape.len() - self.ndim();
        let stepping = if self.ndim() == 0 { 0 } else { shape.len() };
        for i in (0..stepping).rev() {
            strides[i] = match i.checked_sub(lead) {
                Some(own) if self.shape[own] == shape[i] => self.strides[own],
                None if shape[i] == 1 => shape.get(i + 1).map_or(1, |&n| n as isize * strides[i + 1]),
                _ => 0,
            };
        }
        Some(Layout { shape: shape::copied(shape), strides, offset: self.offset })
    }

    /// `length` entries of a dimension from `start` on, every `step`-th; the caller has checked the range.
    pub fn slice(&self, dim: usize, start: usize, length: usize, step: isize) -> Layout {
        let mut out = self.clone();
        // An empty result keeps its offset: `start` may lie one past the end.
        if length > 0 {
            out.offset = (self.offset as isize + start as isize * self.strides[dim]) as usize;
        }
        out.shape[dim] = length;
        // A step too wide for two entries is no step at all.
        out.strides[dim] = self.strides[dim].saturating_mul(step);
        out
    }

    /// One entry of a dimension, which disappears.
    pub fn select(&self, dim: usize, index: usize) -> Layout {
        let mut out = self.slice(dim, index, 1, 1);
        out.shape.remove(dim);
        out.strides.remove(dim);
        out
    }

    /// A new dimension of size 1 before `dim`.
    pub fn unsqueeze(&self, dim: usize) -> Layout {
        let mut out = self.clone();
        let stride = if dim < self.ndim() { self.strides[dim] * self.shape[dim] as isize } else { 1 };
        out.shape.insert(dim, 1);
        out.strides.insert(dim, stride);
        out
    }

    /// Without a dimension of size 1.
    pub fn squeeze(&self, dim: usize) -> Layout {
        debug_assert_eq!(self.shape[dim], 1);
        let mut out = self.clone();
        out.shape.remove(dim);
        out.strides.remove(dim);
        out
    }

    /// The given dimensions read backwards (negative strides; for kernels only).
    pub fn flip(&self, dims: &[usize]) -> Layout {
        let mut out = self.clone();
        for &d in dims.iter().filter(|&&d| self.shape[d] > 0) {
            out.offset = (out.offset as isize + (self.shape[d] as isize - 1) * self.strides[d]) as usize;
            out.strides[d] = -self.strides[d];
        }
        out
    }

    /// The same elements in another shape without a copy, or `None` where that needs one. The element count must
    /// agree. The rule is PyTorch's `computeStride`: dimensions may merge only where they lie back to back.
    pub fn view(&self, shape: &[usize]) -> Option<Layout> {
        debug_assert_eq!(self.numel(), shape::numel(shape));
        if self.shape[..] == *shape && self.shape.contains(&0) {
            return Some(self.clone());
        }
        if self.shape.contains(&0) || self.has_row_major_strides() {
            return Some(Layout { shape: shape::copied(shape), strides: shape::contiguous_strides(shape), offset: self.offset });
        }
        let mut strides: Strides = smallvec::SmallVec::from_elem(0, shape.len());
        let mut view_d = shape.len();
        let mut chunk_base = *self.strides.last()?;
        let (mut tensor_numel, mut view_numel) = (1usize, 1usize);
        for d in (0..self.ndim()).rev() {
            tensor_numel *= self.shape[d];
            let chunk_ends = d == 0 || (self.shape[d - 1] != 1 && self.strides[d - 1] != tensor_numel as isize * chunk_base);
            if !chunk_ends {
                continue;
            }
            while view_d > 0 && (view_numel < tensor_numel || shape[view_d - 1] == 1) {
                view_d -= 1;
                strides[view_d] = view_numel as isize * chunk_base;
                view_numel *= shape[view_d];
            }
            if view_numel != tensor_numel {
                return None;
            }
            if d > 0 {
                chunk_base = self.strides[d - 1];
                tensor_numel = 1;
                view_numel = 1;
            }
        }
        (view_d == 0).then(|| Layout { shape: shape::copied(shape), strides, offset: self.offset })
    }

    /// Checks that every element lies inside a storage of `elements` elements.
    pub fn check_bounds(&self, op: &'static str, elements: usize) -> Result<()> {
        ensure!(
            !self.strides.iter().any(|&s| s < 0),
            Runtime,
            "{op}(): negative strides are not supported, got {:?}",
            self.strides
        );
        let mut end = self.offset as i128 + 1;
        if self.shape.contains(&0) {
            return Ok(());
        }
        for (&n, &s) in self.shape.iter().zip(&self.strides) {
            end += (n as i128 - 1) * s as i128;
        }
        if end > elements as i128 {
            bail!(
                Runtime,
                "{op}(): shape {:?}, strides {:?} and storage offset {} need a storage of {end} elements, but it has {elements}",
                self.shape,
                self.strides,
                self.offset
            );
        }
        Ok(())
    }

    /// The layout of a new dense array with this shape whose dimensions lie in memory in the same order as here
    /// (PyTorch's `preserve_format`).
    pub fn dense_like(&self) -> Layout {
        if self.is_contiguous() || self.is_dense() {
            return Layout::strided(&self.shape, &self.strides, 0);
        }
        stride_order::of_copy(self)
    }
}
