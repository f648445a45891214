//! Products along the contiguous dimension of both factors: `c[i, j] (+)= a[i] . b[j]`.
//!
//! Where a sum runs along memory, vectors do too: a tile of three rows of A and four of B keeps a vector of partial sums for
//! each of its twelve elements, and neither factor has to be transposed. Nothing else is as quick for factors
//! that are used few times.

use super::kernel::Kernel;
use super::matrix::{Matrix, MatrixMut};
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

/// `c (+)= a @ b^T` of rows whose elements are neighbours, a multiple of [`Kernel::lanes`] of them.
pub(crate) fn dots<T: Number>(kernel: &Kernel<T>, a: Matrix<T>, b: Matrix<T>, mut c: MatrixMut<T>, accumulate: bool) {
    let (k, [rows, cols]) = (a.cols(), c.size());
    let together = if rows <= FEW_ROWS && cols * k * size_of::<T>() > LARGE_BYTES { FEW_ROWS } else { BLOCK };
    for block in (0..rows).step_by(together) {
        for col in (0..cols).step_by(COLS) {
            for row in (block..rows.min(block + together)).step_by(ROWS) {
                let (last_row, last_col) = (rows.min(row + ROWS), cols.min(col + COLS));
                let c = c.part([row..last_row, col..last_col]);
                let tile = DotTile::new(kernel, a.block([row..last_row, 0..k]), b.block([col..last_col, 0..k]), c, accumulate);
                kernel.dots(&tile);
            }
        }
    }
}
