//! QR factorisations by reflectors, with the conventions of [`crate::householder`].

use num_traits::Float;

use super::{Lanes, add_product, subtract_product, zip};
use crate::number::Real;

/// Factors `m x n` matrices: R takes their place, its lower triangle holds reflectors. Writes the first `cols` columns of Q, and of `tau`
/// as many factors as there are reflectors.
#[inline(always)]
pub fn qr<T: Real, const L: usize>(
    a: &mut [Lanes<T, L>],
    [m, n]: [usize; 2],
    tau: &mut [Lanes<T, L>],
    q: &mut [Lanes<T, L>],
    cols: usize,
) {
    let count = tau.len();
    for (k, tau) in tau.iter_mut().enumerate() {
        *tau = reflector(a, [m, n], k);
        for j in k + 1..n {
            let mut sum = a[k * n + j];
            (k + 1..m).for_each(|i| add_product(&mut sum, &a[i * n + k], &a[i * n + j]));
            sum = zip(&sum, tau, |x, tau| x * tau);
            (0..L).for_each(|l| a[k * n + j][l] -= sum[l]);
            for i in k + 1..m {
                let v = a[i * n + k];
                subtract_product(&mut a[i * n + j], &sum, &v);
            }
        }
    }
    q.fill([T::zero(); L]);
    q.iter_mut().step_by(cols + 1).take(m.min(cols)).for_each(|x| *x = [T::one(); L]);
    for k in (0..count.min(cols)).rev() {
        for j in k..cols {
            let mut sum = q[k * cols + j];
            (k + 1..m).for_each(|i| add_product(&mut sum, &a[i * n + k], &q[i * cols + j]));
            sum = zip(&sum, &tau[k], |x, tau| x * tau);
            (0..L).for_each(|l| q[k * cols + j][l] -= sum[l]);
            (k + 1..m).for_each(|i| subtract_product(&mut q[i * cols + j], &sum, &a[i * n + k]));
        }
    }
}

/// Replaces column `k` by an element of R and the reflector below it; returns the factor of that.
#[inline(always)]
fn reflector<T: Real, const L: usize>(a: &mut [Lanes<T, L>], [m, n]: [usize; 2], k: usize) -> Lanes<T, L> {
    let mut squares = [T::zero(); L];
    (k + 1..m).for_each(|i| add_product(&mut squares, &a[i * n + k], &a[i * n + k]));
    let (alpha, mut tau, mut scale) = (a[k * n + k], [T::zero(); L], [T::zero(); L]);
    for l in 0..L {
        let length = Float::sqrt(alpha[l] * alpha[l] + squares[l]);
        let beta = if alpha[l] < T::zero() { length } else { -length };
        let is_done = squares[l] == T::zero();
        a[k * n + k][l] = if is_done { alpha[l] } else { beta };
        tau[l] = if is_done { T::zero() } else { (beta - alpha[l]) / beta };
        scale[l] = if is_done { T::zero() } else { T::one() / (alpha[l] - beta) };
    }
    (k + 1..m).for_each(|i| a[i * n + k] = zip(&a[i * n + k], &scale, |x, scale| x * scale));
    tau
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_restore_the_matrices() {
        let matrices = [[3.0f64, 1.0, 4.0, 2.0, 0.0, 5.0], [1.0, 2.0, 0.0, 1.0, 0.0, 0.0]];
        let mut a: [Lanes<f64, 2>; 6] = std::array::from_fn(|e| std::array::from_fn(|l| matrices[l][e]));
        let (mut tau, mut q) = ([[0.0; 2]; 2], [[0.0; 2]; 6]);
        qr(&mut a, [3, 2], &mut tau, &mut q, 2);
        assert_eq!([a[0][0], a[0][1]], [-5.0, 1.0]);
        for (l, matrix) in matrices.iter().enumerate() {
            for (e, expected) in matrix.iter().enumerate() {
                let entry: f64 = (0..=e % 2).map(|k| q[e / 2 * 2 + k][l] * a[k * 2 + e % 2][l]).sum();
                assert!((entry - expected).abs() < 1e-14, "{l} {e}: {entry} {expected}");
            }
        }
    }
}
