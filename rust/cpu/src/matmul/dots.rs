//! Products along the contiguous dimension of both factors: `c[i, j] (+)= a[i] . b[j]`.
//!
//! Where a sum runs along memory, vectors do too: a tile of three rows of A and four of B keeps a vector of partial sums for
//! each of its twelve elements, and neither factor has to be transposed. Nothing else is as quick for factors
//! that are used few times.

use bytemuck::Zeroable;

use super::kernel::{Kernel, Lanes};
use super::matrix::Output;
use super::number::Number;

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

/// A tile's work.
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
///
/// # Safety
/// Nothing else reaches the elements of `c` meanwhile.
pub(crate) unsafe fn dots<T: Number>(kernel: &Kernel<T>, a: WholeRows<T>, b: WholeRows<T>, c: Output<T>, accumulate: bool) {
    let k = a.len;
    assert!(
        k == b.len && k.is_multiple_of(kernel.lanes) && c.rows * k <= a.elements.len() && c.cols * k <= b.elements.len(),
        "{} and {} rows of whole vectors",
        c.rows,
        c.cols
    );
    for block in (0..c.rows).step_by(BLOCK) {
        for col in (0..c.cols).step_by(COLS) {
            for row in (block..c.rows.min(block + BLOCK)).step_by(ROWS) {
                let (rows, cols) = (ROWS.min(c.rows - row), COLS.min(c.cols - col));
                let c = c.block(row..row + rows, col..col + cols);
                let (a, b) = (a.elements[row * k..].as_ptr(), b.elements[col * k..].as_ptr());
                let tile = Tile { k, rows, cols, a, b, c: c.as_ptr(), c_row: c.row, c_col: c.col, accumulate };
                // SAFETY: the rows were checked to be there; `c` is a block of an output that is the caller's alone.
                unsafe { (kernel.dots)(&tile) };
            }
        }
    }
}

/// Computes a tile; rows beyond the valid ones repeat the last.
///
/// # Safety
/// The processor has the instruction set of `V`; the tile's rows can be read, its elements of C are reached through nothing
/// else.
#[inline(always)]
unsafe fn tile<V: Lanes, const R: usize>(t: &Tile<V::T>) {
    let zero = V::T::zeroed();
    // SAFETY: by the caller's promise; `k` is a multiple of the vector's length.
    unsafe {
        let mut acc = [[V::splat(zero); COLS]; R];
        let (mut a, mut b) = ([t.a; R], [t.b; COLS]);
        for i in 0..R {
            a[i] = t.a.add(i.min(t.rows - 1) * t.k);
        }
        for j in 0..COLS {
            b[j] = t.b.add(j.min(t.cols - 1) * t.k);
        }
        for k in (0..t.k).step_by(V::N) {
            let mut x = [V::splat(zero); R];
            for i in 0..R {
                x[i] = V::load(a[i].add(k));
            }
            for j in 0..COLS {
                let y = V::load(b[j].add(k));
                for i in 0..R {
                    acc[i][j] = x[i].mul_add(y, acc[i][j]);
                }
            }
        }
        for i in 0..R {
            for j in 0..COLS {
                let sum = acc[i][j].total();
                if i < t.rows && j < t.cols {
                    let c = t.c.offset(i as isize * t.c_row + j as isize * t.c_col);
                    *c = sum.plus(if t.accumulate { *c } else { zero });
                }
            }
        }
    }
}

/// # Safety
/// As [`tile`].
#[inline(always)]
pub(super) unsafe fn of_any_height<V: Lanes>(t: &Tile<V::T>) {
    // SAFETY: passed on to the caller.
    unsafe {
        match t.rows {
            1 => tile::<V, 1>(t),
            2 => tile::<V, 2>(t),
            _ => tile::<V, ROWS>(t),
        }
    }
}
