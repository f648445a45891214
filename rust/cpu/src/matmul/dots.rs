//! Products along the contiguous dimension of both factors: `c[i, j] (+)= a[i] . b[j]`.
//!
//! Where a sum runs along memory, vectors do too: a tile of three rows of A and four of B keeps a vector of partial sums for
//! each of its twelve elements, and neither factor has to be transposed. Nothing else is as quick for factors
//! that are used few times.

use bytemuck::Zeroable;

use super::kernel::{Kernel, Lanes};
use super::matrix::MatrixMut;
use super::number::Number;
use crate::element::Ring;

/// Rows of A in a tile.
const ROWS: usize = 3;
/// Rows of B in a tile.
const COLS: usize = 4;
/// Rows of A that share the first-level cache with a tile's rows of B.
const BLOCK: usize = 3 * ROWS;

/// Rows of one length, a multiple of [`Kernel::lanes`], one behind the other.
#[derive(Clone, Copy)]
pub(crate) struct WholeRows<'a, T> {
    pub(crate) elements: &'a [T],
    pub(crate) len: usize,
}

/// A tile's work. The rows can be read, and the elements of C are reached through nothing else.
pub(super) struct Tile<T> {
    k: usize,
    rows: usize,
    cols: usize,
    a: *const T,
    b: *const T,
    c: *mut T,
    c_row: isize,
    c_col: isize,
    accumulate: bool,
}

/// `c (+)= a @ b^T`.
pub(crate) fn dots<T: Number>(kernel: &Kernel<T>, a: WholeRows<T>, b: WholeRows<T>, mut c: MatrixMut<T>, accumulate: bool) {
    let (k, [rows, cols], [c_row, c_col]) = (a.len, c.size(), c.step());
    assert!(
        k == b.len && k.is_multiple_of(kernel.lanes) && rows * k <= a.elements.len() && cols * k <= b.elements.len(),
        "{rows} and {cols} rows of whole vectors"
    );
    for block in (0..rows).step_by(BLOCK) {
        for col in (0..cols).step_by(COLS) {
            for row in (block..rows.min(block + BLOCK)).step_by(ROWS) {
                let (rows, cols) = (ROWS.min(rows - row), COLS.min(cols - col));
                let c = c.part([row..row + rows, col..col + cols]).as_ptr();
                let (a, b) = (a.elements[row * k..].as_ptr(), b.elements[col * k..].as_ptr());
                kernel.dots(&Tile { k, rows, cols, a, b, c, c_row, c_col, accumulate });
            }
        }
    }
}

/// Computes a tile of at most `R` rows; rows beyond the valid ones repeat the last.
#[inline(always)]
fn tile<V: Lanes, const R: usize>(isa: V::Isa, t: &Tile<V::T>) {
    let zero = V::splat(isa, V::T::zeroed());
    let mut acc = [[zero; COLS]; R];
    let (mut a, mut b) = ([t.a; R], [t.b; COLS]);
    for i in 0..R {
        a[i] = t.a.wrapping_add(i.min(t.rows - 1) * t.k);
    }
    for j in 0..COLS {
        b[j] = t.b.wrapping_add(j.min(t.cols - 1) * t.k);
    }
    for k in (0..t.k).step_by(V::N) {
        // SAFETY: the rows have `k` elements, and `k` is a multiple of the vector's length.
        unsafe {
            let mut x = [zero; R];
            for i in 0..R {
                x[i] = V::load(isa, a[i].add(k));
            }
            for j in 0..COLS {
                let y = V::load(isa, b[j].add(k));
                for i in 0..R {
                    acc[i][j] = x[i].add_products(y, acc[i][j]);
                }
            }
        }
    }
    for i in 0..R {
        for j in 0..COLS {
            let sum = acc[i][j].total();
            if i < t.rows && j < t.cols {
                let c = t.c.wrapping_offset(i as isize * t.c_row + j as isize * t.c_col);
                // SAFETY: the row and the column are the tile's.
                unsafe { *c = sum.plus(if t.accumulate { *c } else { V::T::zeroed() }) };
            }
        }
    }
}

/// Computes a tile.
#[inline(always)]
pub(super) fn any_height<V: Lanes>(isa: V::Isa, t: &Tile<V::T>) {
    match t.rows {
        1 => tile::<V, 1>(isa, t),
        2 => tile::<V, 2>(isa, t),
        _ => tile::<V, ROWS>(isa, t),
    }
}
