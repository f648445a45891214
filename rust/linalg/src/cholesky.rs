//! `A = L L^H` of Hermitian matrices that are positive definite, in place.

use num_traits::{Float, Zero};

use crate::block::{Block, BlockMut, Multiply, Workspace, adjoint_of, copy_of};
use crate::number::Number;
use crate::vector::dot_conj;

/// Columns of a panel of large matrices.
const PANEL: usize = 64;

/// Factors an `n x n` matrix whose lower triangle is read and overwritten with L; the upper one keeps what it holds. Returns the
/// order of the first leading minor that is not positive, where the factorisation ends; 0 if all are.
pub fn factor<T: Number>(a: &mut [T], n: usize, workspace: &mut Workspace<T>, products: &impl Multiply<T>) -> usize {
    for start in (0..n).step_by(PANEL) {
        let end = n.min(start + PANEL);
        for i in start..n {
            let (above, rest) = a.split_at_mut(i * n);
            let row = &mut rest[..n];
            for j in start..end.min(i) {
                let other = &above[j * n..(j + 1) * n];
                let rest = row[j] - dot_conj(&other[start..j], &row[start..j]);
                row[j] = T::of_parts(rest.re() / other[j].re(), rest.im() / other[j].re());
            }
            if i < end {
                let rest = row[i].re() - row[start..i].iter().map(|x| x.squared()).sum::<T::Real>();
                if rest <= T::Real::zero() || rest.is_nan() {
                    return i + 1;
                }
                row[i] = T::of_real(Float::sqrt(rest));
            }
        }
        if end < n {
            update(&mut a[end * n..], n, [start, end], workspace, products);
        }
    }
    0
}

/// Subtracts the product of a panel with its adjoint from what is to the right of it, in strips that end at the diagonal.
fn update<T: Number>(
    below: &mut [T],
    n: usize,
    [start, end]: [usize; 2],
    workspace: &mut Workspace<T>,
    products: &impl Multiply<T>,
) {
    let (rows, width) = (n - end, end - start);
    let (panel, adjoint) = workspace.zeros(2 * rows * width).split_at_mut(rows * width);
    copy_of(Block::columns(below, n, start..end), panel);
    adjoint_of(Block::columns(below, n, start..end), adjoint);
    for first in (0..rows).step_by(PANEL) {
        let last = rows.min(first + PANEL);
        let left = Block::whole(&panel[first * width..last * width], width);
        let right = Block::columns(adjoint, rows, 0..last);
        let strip = BlockMut::columns(&mut below[first * n..last * n], n, end..end + last);
        products.multiply_add(-T::one(), left, right, strip);
    }
}
