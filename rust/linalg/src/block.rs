//! Parts of matrices, and the products of them that the caller computes.

use std::ops::Range;

use crate::loops::Vectorize;
use crate::number::Number;

/// Columns of some rows that follow one another.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a, T> {
    /// The rows, whole.
    pub rows: &'a [T],
    /// Length of a row.
    pub stride: usize,
    /// The first column.
    pub first: usize,
    /// Number of columns.
    pub cols: usize,
}

/// A [`Block`] that is written to.
#[derive(Debug)]
pub struct BlockMut<'a, T> {
    /// The rows, whole.
    pub rows: &'a mut [T],
    /// Length of a row.
    pub stride: usize,
    /// The first column.
    pub first: usize,
    /// Number of columns.
    pub cols: usize,
}

impl<'a, T> Block<'a, T> {
    /// A whole matrix.
    pub fn whole(rows: &'a [T], cols: usize) -> Self {
        Block { rows, stride: cols, first: 0, cols }
    }

    /// Some columns.
    pub fn columns(rows: &'a [T], stride: usize, columns: Range<usize>) -> Self {
        Block { rows, stride, first: columns.start, cols: columns.len() }
    }

    /// The columns of each row.
    #[inline(always)]
    pub(crate) fn iter(self) -> impl Iterator<Item = &'a [T]> {
        self.rows.chunks_exact(self.stride.max(1)).map(move |row| &row[self.first..self.first + self.cols])
    }
}

impl<T: Copy> Block<'_, T> {
    /// An entry.
    #[inline(always)]
    pub(crate) fn at(&self, i: usize, j: usize) -> T {
        self.rows[i * self.stride + self.first + j]
    }
}

impl<'a, T> BlockMut<'a, T> {
    /// A whole matrix.
    pub fn whole(rows: &'a mut [T], cols: usize) -> Self {
        BlockMut { rows, stride: cols, first: 0, cols }
    }

    /// Some columns.
    pub fn columns(rows: &'a mut [T], stride: usize, columns: Range<usize>) -> Self {
        BlockMut { rows, stride, first: columns.start, cols: columns.len() }
    }
}

/// Whoever computes the products of large matrices.
pub trait Multiply<T>: Vectorize {
    /// `c += alpha * a @ b`
    fn multiply_add(&self, alpha: T, a: Block<T>, b: Block<T>, c: BlockMut<T>);
}

/// Memory that algorithms need meanwhile. It keeps its size, so that many matrices are treated with few allocations.
#[derive(Debug)]
pub struct Workspace<T>(Vec<T>);

impl<T> Default for Workspace<T> {
    fn default() -> Self {
        Workspace(Vec::new())
    }
}

impl<T: Number> Workspace<T> {
    /// Room for `len` numbers, which are zeros.
    pub fn zeros(&mut self, len: usize) -> &mut [T] {
        self.0.clear();
        self.0.resize(len, T::zero());
        &mut self.0
    }
}

/// Copies columns of rows, transposed and conjugated.
pub(crate) fn adjoint_of<T: Number>(from: Block<T>, to: &mut [T]) {
    let count = from.rows.len() / from.stride.max(1);
    for (i, row) in from.rows.chunks_exact(from.stride.max(1)).enumerate() {
        for (j, &x) in row[from.first..from.first + from.cols].iter().enumerate() {
            to[j * count + i] = x.conj();
        }
    }
}

/// Copies columns of rows.
pub(crate) fn copy_of<T: Number>(from: Block<T>, to: &mut [T]) {
    for (row, to) in from.rows.chunks_exact(from.stride.max(1)).zip(to.chunks_exact_mut(from.cols.max(1))) {
        to.copy_from_slice(&row[from.first..from.first + from.cols]);
    }
}
