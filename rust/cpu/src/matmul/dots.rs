//! Products along the contiguous dimension of both factors: `c[i, j] (+)= a[i] . b[j]`.
//!
//! Where a sum runs along memory, vectors do too: a tile of three rows of A and four of B keeps a vector of partial sums for
//! each of its twelve elements, and neither factor has to be transposed. Nothing else is as quick for factors
//! that are used few times.

use super::kernel::{DotTile, Kernel};
use super::matrix::MatrixMut;
use super::number::Number;

/// Rows of A in a tile.
pub(super) const ROWS: usize = 3;
/// Rows of B in a tile.
pub(super) const COLS: usize = 4;
/// Rows of A that share the first-level cache with a tile's rows of B.
const BLOCK: usize = 3 * ROWS;

/// Rows of one length, a multiple of [`Kernel::lanes`], one behind the other.
#[derive(Clone, Copy)]
pub(crate) struct WholeRows<'a, T> {
    pub(crate) elements: &'a [T],
    pub(crate) len: usize,
}

/// `c (+)= a @ b^T`.
pub(crate) fn dots<T: Number>(kernel: &Kernel<T>, a: WholeRows<T>, b: WholeRows<T>, mut c: MatrixMut<T>, accumulate: bool) {
    let (k, [rows, cols]) = (a.len, c.size());
    assert!(
        k == b.len && k.is_multiple_of(kernel.lanes) && rows * k <= a.elements.len() && cols * k <= b.elements.len(),
        "{rows} and {cols} rows of whole vectors"
    );
    for block in (0..rows).step_by(BLOCK) {
        for col in (0..cols).step_by(COLS) {
            for row in (block..rows.min(block + BLOCK)).step_by(ROWS) {
                let (last_row, last_col) = (rows.min(row + ROWS), cols.min(col + COLS));
                let c = c.part([row..last_row, col..last_col]);
                kernel.dots(&DotTile::new(
                    kernel,
                    k,
                    &a.elements[row * k..last_row * k],
                    &b.elements[col * k..last_col * k],
                    c,
                    accumulate,
                ));
            }
        }
    }
}
