//! `A = L L^H` of Hermitian matrices that are positive definite, in place.

use num_traits::{Float, Zero};

use crate::block::{Block, BlockMut, Multiply, Workspace, adjoint_of, copy_of};
use crate::loops::Loop;
use crate::number::Number;
use crate::poll::stops;
use crate::triangular::{Diagonal, solve_columns};
use crate::vector::dot_conj;

/// Columns of a panel of large matrices.
const PANEL: usize = 64;

/// Factors an `n x n` matrix whose lower triangle is read and overwritten with L; the upper one keeps what it holds. Returns the
/// order of the first leading minor that is not positive, where the factorisation ends; 0 if all are.
pub fn factor<T: Number>(a: &mut [T], n: usize, workspace: &mut Workspace<T>, products: &impl Multiply<T>) -> usize {
    for start in (0..n).step_by(PANEL) {
        if stops(n) {
            break;
        }
        let end = n.min(start + PANEL);
        let minor = products.vectorized(FactorDiagonal { rows: &mut a[start * n..end * n], n, start });
        if minor > 0 {
            return start + minor;
        }
        if end < n {
            update(a, n, [start, end], workspace, products);
        }
    }
    0
}

/// A factorisation of some rows from their column `start` on, as many columns as there are rows. Yields the order of the first minor
/// that is not positive, 0 if all are.
struct FactorDiagonal<'a, T> {
    rows: &'a mut [T],
    n: usize,
    start: usize,
}

impl<T: Number> Loop for FactorDiagonal<'_, T> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let FactorDiagonal { rows, n, start } = self;
        for i in 0..rows.len() / n {
            let (above, rest) = rows.split_at_mut(i * n);
            let row = &mut rest[start..];
            for j in 0..i {
                let other = &above[j * n + start..];
                let rest = row[j] - dot_conj(&other[..j], &row[..j]);
                row[j] = T::of_parts(rest.re() / other[j].re(), rest.im() / other[j].re());
            }
            let rest = row[i].re() - row[..i].iter().map(|x| x.squared()).sum::<T::Real>();
            if rest <= T::Real::zero() || rest.is_nan() {
                return i + 1;
            }
            row[i] = T::of_real(Float::sqrt(rest));
        }
        0
    }
}

/// Computes what is below the factor of columns `start..end`, and subtracts its product with its adjoint from what is to the right of it,
/// in strips that end at the diagonal.
fn update<T: Number>(a: &mut [T], n: usize, [start, end]: [usize; 2], workspace: &mut Workspace<T>, products: &impl Multiply<T>) {
    let (rows, width) = (n - end, end - start);
    let (above, below) = a.split_at_mut(end * n);
    let (panel, memory) = workspace.zeros(2 * rows * width + width * width).split_at_mut(rows * width);
    let (adjoint, diagonal) = memory.split_at_mut(rows * width);
    copy_of(Block::columns(&above[start * n..], n, start..end), diagonal);
    adjoint_of(Block::columns(below, n, start..end), adjoint);
    // `A = X L^H` below, so that `L X^H = A^H`.
    solve_columns(Diagonal { a: diagonal, n: width, upper: false, unit: false }, adjoint, rows, 0..rows, products);
    adjoint_of(Block::whole(adjoint, rows), panel);
    for (row, solved) in below.chunks_exact_mut(n).zip(panel.chunks_exact(width)) {
        row[start..end].copy_from_slice(solved);
    }
    for first in (0..rows).step_by(PANEL) {
        let last = rows.min(first + PANEL);
        let left = Block::whole(&panel[first * width..last * width], width);
        let right = Block::columns(adjoint, rows, 0..last);
        let strip = BlockMut::columns(&mut below[first * n..last * n], n, end..end + last);
        products.multiply_add(-T::one(), left, right, strip);
    }
}
