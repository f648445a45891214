//! Singular values by rotations of the columns, until these are orthogonal (Hestenes, 1958; Golub and Van Loan, Matrix Computations,
//! section 8.6).

use num_traits::Float;

use super::{Lanes, Mask, add_product, each, mask, rotate, tangent, two, zip};
use crate::number::Real;

/// Sweeps over all pairs after which a matrix counts as one that the rotations do not help; six are usual.
const MOST_SWEEPS: usize = 30;

/// Decomposes matrices whose columns, not more than their rows, are the `n` rows of `w`, each of `m` entries. In the end these are left
/// singular vectors times singular values, which come in no order, and the rows of `v` right ones, unless it is empty. Returns the lanes
/// that did not converge.
#[inline(always)]
pub fn singular<T: Real, const L: usize>(w: &mut [Lanes<T, L>], [m, n]: [usize; 2], v: &mut [Lanes<T, L>]) -> Mask<L> {
    v.fill([T::zero(); L]);
    v.iter_mut().step_by(n + 1).for_each(|x| *x = [T::one(); L]);
    let negligible = T::epsilon() * T::of(m as f64);
    let mut turned = [false; L];
    for _ in 0..MOST_SWEEPS {
        turned = [false; L];
        for p in 0..n {
            for q in p + 1..n {
                let needed = orthogonalize(w, m, v, [p, q, n], negligible);
                turned.iter_mut().zip(&needed).for_each(|(turned, needed)| *turned |= needed);
            }
        }
        if turned == [false; L] {
            break;
        }
    }
    turned
}

/// Makes rows `p` and `q` orthogonal. Returns the lanes in which they were not.
#[inline(always)]
fn orthogonalize<T: Real, const L: usize>(
    w: &mut [Lanes<T, L>],
    m: usize,
    v: &mut [Lanes<T, L>],
    [p, q, n]: [usize; 3],
    negligible: T,
) -> Mask<L> {
    let [mut own, mut other, mut between] = [[T::zero(); L]; 3];
    for r in 0..m {
        let (x, y) = (&w[p * m + r], &w[q * m + r]);
        add_product(&mut own, x, x);
        add_product(&mut other, y, y);
        add_product(&mut between, x, y);
    }
    let lengths = zip(&own, &other, |x, y| Float::sqrt(x) * Float::sqrt(y));
    let needed: Mask<L> = mask(|l| Float::abs(between[l]) > negligible * lengths[l]);
    if needed == [false; L] {
        return needed;
    }
    let half = zip(&other, &own, |y, x| (y - x) * T::of(0.5));
    let t = zip(&half, &between, tangent);
    let c = each(&t, |t| T::one() / Float::sqrt(T::one() + t * t));
    let s = zip(&t, &c, |t, c| t * c);
    for r in 0..m {
        let (x, y) = two(w, p * m + r, q * m + r);
        rotate(&c, &s, x, y);
    }
    for r in 0..if v.is_empty() { 0 } else { n } {
        let (x, y) = two(v, p * n + r, q * n + r);
        rotate(&c, &s, x, y);
    }
    needed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_restore_the_matrices() {
        // Columns as rows: of a regular matrix, of a singular one, and of one whose columns are orthogonal.
        let matrices = [[2.0f64, -1.0, 0.5, 1.0, 3.0, 0.25], [1.0, 2.0, 3.0, 2.0, 4.0, 6.0], [1.0, 0.0, 0.0, 0.0, 5.0, 0.0]];
        let mut w: [Lanes<f64, 3>; 6] = std::array::from_fn(|e| std::array::from_fn(|l| matrices[l][e]));
        let mut v = [[0.0; 3]; 4];
        assert_eq!(singular(&mut w, [3, 2], &mut v), [false; 3]);
        for (l, matrix) in matrices.iter().enumerate() {
            for (e, expected) in matrix.iter().enumerate() {
                let entry: f64 = (0..2).map(|k| v[k * 2 + e / 3][l] * w[k * 3 + e % 3][l]).sum();
                assert!((entry - expected).abs() < 1e-14, "{l} {e}: {entry} {expected}");
            }
            let between: f64 = (0..3).map(|r| w[r][l] * w[3 + r][l]).sum();
            assert!(between.abs() < 1e-14, "{l}: {between}");
        }
    }
}
