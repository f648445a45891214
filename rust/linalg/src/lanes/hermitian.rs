//! Eigenvalues of symmetric matrices by Jacobi's rotations (Golub and Van Loan, Matrix Computations, section 8.5).

use num_traits::Float;

use super::{Lanes, Mask, each, mask, rotate, tangent, two, zip};
use crate::number::Real;

/// Sweeps over all pairs after which a matrix counts as one that the rotations do not help; five are usual.
const MOST_SWEEPS: usize = 24;

/// Makes symmetric `n x n` matrices diagonal, of which the upper triangle is read; in the end the diagonal holds the eigenvalues, in no
/// order, and the rows of `v` the eigenvectors, unless it is empty. Returns the lanes that did not converge.
#[inline(always)]
pub fn eigen<T: Real, const L: usize>(a: &mut [Lanes<T, L>], n: usize, v: &mut [Lanes<T, L>]) -> Mask<L> {
    v.fill([T::zero(); L]);
    v.iter_mut().step_by(n + 1).for_each(|x| *x = [T::one(); L]);
    let mut squares = [T::zero(); L];
    for i in 0..n {
        a[i * n + i..(i + 1) * n].iter().for_each(|x| super::add_product(&mut squares, x, x));
    }
    let negligible = each(&squares, |x| Float::sqrt(x) * T::epsilon() / T::of(4.0 * n as f64));
    let mut turned = [false; L];
    for _ in 0..MOST_SWEEPS {
        turned = [false; L];
        for p in 0..n {
            for q in p + 1..n {
                let needed: Mask<L> = mask(|l| Float::abs(a[p * n + q][l]) > negligible[l]);
                if needed != [false; L] {
                    turned.iter_mut().zip(&needed).for_each(|(turned, needed)| *turned |= needed);
                    annihilate(a, n, v, p, q);
                }
            }
        }
        if turned == [false; L] {
            break;
        }
    }
    turned
}

/// Makes the element of row `p` and column `q` vanish.
#[inline(always)]
fn annihilate<T: Real, const L: usize>(a: &mut [Lanes<T, L>], n: usize, v: &mut [Lanes<T, L>], p: usize, q: usize) {
    let off = std::mem::replace(&mut a[p * n + q], [T::zero(); L]);
    let half = zip(&a[q * n + q], &a[p * n + p], |y, x| (y - x) * T::of(0.5));
    let t = zip(&half, &off, tangent);
    for l in 0..L {
        a[p * n + p][l] -= t[l] * off[l];
        a[q * n + q][l] += t[l] * off[l];
    }
    let c = each(&t, |t| T::one() / Float::sqrt(T::one() + t * t));
    let s = zip(&t, &c, |t, c| t * c);
    let at = |i: usize, j: usize| i.min(j) * n + i.max(j);
    for r in (0..n).filter(|&r| r != p && r != q) {
        let (x, y) = two(a, at(r, p), at(r, q));
        rotate(&c, &s, x, y);
    }
    for r in 0..if v.is_empty() { 0 } else { n } {
        let (x, y) = two(v, p * n + r, q * n + r);
        rotate(&c, &s, x, y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_restore_the_matrices() {
        // Distinct eigenvalues, equal ones, none that needs a rotation.
        let matrices = [[2.0f64, -1.0, 0.5, -1.0, 3.0, 0.25, 0.5, 0.25, -1.0], [1.0; 9], [3.0, 0., 0., 0., 2.0, 0., 0., 0., 1.0]];
        let mut a: [Lanes<f64, 3>; 9] = std::array::from_fn(|e| std::array::from_fn(|l| matrices[l][e]));
        let mut v = [[0.0; 3]; 9];
        assert_eq!(eigen(&mut a, 3, &mut v), [false; 3]);
        for (l, matrix) in matrices.iter().enumerate() {
            for (e, expected) in matrix.iter().enumerate() {
                let entry: f64 = (0..3).map(|k| v[k * 3 + e / 3][l] * a[k * 4][l] * v[k * 3 + e % 3][l]).sum();
                assert!((entry - expected).abs() < 1e-14, "{l} {e}: {entry} {expected}");
            }
        }
    }
}
