//! `A = L L^T` of matrices that are positive definite.

use num_traits::Float;

use super::{Lanes, each, subtract_product, zip};
use crate::number::Real;

/// Factors `n x n` matrices whose lower triangle is read and overwritten with L. Returns the order of the first leading minor that is
/// not positive, 0 if all are; what is behind it is undefined.
#[inline(always)]
pub fn cholesky<T: Real, const L: usize>(a: &mut [Lanes<T, L>], n: usize) -> Lanes<i32, L> {
    let mut info = [0; L];
    for j in 0..n {
        let (above, rest) = a.split_at_mut((j + 1) * n);
        let row = &mut above[j * n..];
        let (known, own) = row.split_at_mut(j);
        let mut pivot = own[0];
        known.iter().for_each(|x| subtract_product(&mut pivot, x, x));
        for l in 0..L {
            let positive = pivot[l] > T::zero();
            info[l] = if info[l] == 0 && !positive { j as i32 + 1 } else { info[l] };
        }
        let root = each(&pivot, |x| Float::sqrt(x));
        own[0] = root;
        for other in rest.chunks_exact_mut(n) {
            let mut x = other[j];
            known.iter().zip(&other[..j]).for_each(|(known, other)| subtract_product(&mut x, known, other));
            other[j] = zip(&x, &root, |x, root| x / root);
        }
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_and_minors_that_are_not_positive() {
        let matrices = [[4.0f64, 2.0, 2.0, 10.0], [1.0, 2.0, 2.0, 3.0], [0.0, 1.0, 1.0, 1.0]];
        let mut a: [Lanes<f64, 3>; 4] = std::array::from_fn(|e| std::array::from_fn(|l| matrices[l][e]));
        assert_eq!(cholesky(&mut a, 2), [0, 2, 1]);
        assert_eq!([a[0][0], a[2][0], a[3][0]], [2.0, 1.0, 3.0]);
    }
}
