//! Products along the contiguous dimension of both factors: `c[i, j] (+)= a[i] . b[j]`.
//!
//! Where a sum runs along memory, vectors do too: a tile of three rows of A and four of B keeps a vector of partial sums for
//! each of its twelve elements, and neither factor has to be transposed. Nothing else is as quick for factors
//! that are used few times.

use super::kernel::Kernel;
use super::matrix::MatrixMut;
use super::number::Number;
use super::tile::DotTile;

/// Rows of A in a tile.
pub(super) const ROWS: usize = 3;
/// Rows of B in a tile.
pub(super) const COLS: usize = 4;
/// Rows of A that share the first-level cache with a tile's rows of B.
const BLOCK: usize = 3 * ROWS;
/// A B of more bytes comes from beyond the second-level cache: so few rows of A go by it together.
const LARGE_BYTES: usize = 1 << 19;
pub(super) const FEW_ROWS: usize = 32;

/// Rows of one length, a multiple of [`Kernel::lanes`].
#[derive(Clone, Copy)]
pub(crate) struct WholeRows<'a, T> {
    pub(crate) elements: &'a [T],
    pub(crate) len: usize,
    /// From the beginning of a row to that of the next.
    pub(crate) step: usize,
}

impl<'a, T> WholeRows<'a, T> {
    /// Rows one behind the other.
    pub(crate) fn adjacent(elements: &'a [T], len: usize) -> Self {
        WholeRows { elements, len, step: len }
    }

    /// The elements from the beginning of one row to the end of another, which is not the first.
    fn part(&self, rows: std::ops::Range<usize>) -> &'a [T] {
        &self.elements[rows.start * self.step..(rows.end - 1) * self.step + self.len]
    }
}

/// `c (+)= a @ b^T`.
pub(crate) fn dots<T: Number>(kernel: &Kernel<T>, a: WholeRows<T>, b: WholeRows<T>, mut c: MatrixMut<T>, accumulate: bool) {
    let (k, [rows, cols]) = (a.len, c.size());
    assert!(k == b.len && k.is_multiple_of(kernel.lanes), "{rows} and {cols} rows of whole vectors");
    let together = if rows <= FEW_ROWS && cols * k * size_of::<T>() > LARGE_BYTES { FEW_ROWS } else { BLOCK };
    for block in (0..rows).step_by(together) {
        for col in (0..cols).step_by(COLS) {
            for row in (block..rows.min(block + together)).step_by(ROWS) {
                let (last_row, last_col) = (rows.min(row + ROWS), cols.min(col + COLS));
                let c = c.part([row..last_row, col..last_col]);
                let tile =
                    DotTile::new(kernel, k, (a.part(row..last_row), a.step), (b.part(col..last_col), b.step), c, accumulate);
                kernel.dots(&tile);
            }
        }
    }
}
