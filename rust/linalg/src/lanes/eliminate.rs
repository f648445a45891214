//! Systems of equations and determinants by elimination.

use num_traits::Float;

use super::{Lanes, each, exchange, product, subtract, zip};
use crate::number::Real;

/// What an elimination tells of the matrices.
pub struct Eliminated<T, const L: usize> {
    /// Their determinants.
    pub determinant: Lanes<T, L>,
    /// 1, or -1 where rows were exchanged an odd number of times.
    pub sign: Lanes<T, L>,
    /// The number of the first pivot that is zero, counted from 1; 0 if there is none.
    pub info: Lanes<i32, L>,
}

/// Makes `n x n` matrices A upper triangular by elimination with partial pivoting, and does to the rows of B what it does to
/// those of A.
#[inline(always)]
pub fn eliminate<T: Real, const L: usize>(
    a: &mut [Lanes<T, L>],
    n: usize,
    b: &mut [Lanes<T, L>],
    cols: usize,
) -> Eliminated<T, L> {
    let mut done = Eliminated { determinant: [T::one(); L], sign: [T::one(); L], info: [0; L] };
    let mut sign = [T::one(); L];
    for k in 0..n {
        for i in k + 1..n {
            let larger = larger(&a[i * n + k], &a[k * n + k]);
            exchange(a, [k * n + k, i * n + k], n - k, &larger);
            exchange(b, [k * cols, i * cols], cols, &larger);
            sign.iter_mut().zip(&larger).for_each(|(sign, &turns)| *sign = if turns != T::zero() { -*sign } else { *sign });
        }
        let pivot = a[k * n + k];
        for l in 0..L {
            done.determinant[l] *= pivot[l];
            done.info[l] = if done.info[l] == 0 && pivot[l] == T::zero() { k as i32 + 1 } else { done.info[l] };
        }
        let inverse = each(&pivot, |x| if x == T::zero() { T::zero() } else { T::one() / x });
        for i in k + 1..n {
            let factor = product(&a[i * n + k], &inverse);
            subtract(a, [k * n + k, i * n + k], n - k, &factor);
            subtract(b, [k * cols, i * cols], cols, &factor);
        }
    }
    done.determinant = product(&done.determinant, &sign);
    done.sign = sign;
    done
}

/// Solves `U X = B` in place, where U is upper triangular.
#[inline(always)]
pub fn substitute<T: Real, const L: usize>(u: &[Lanes<T, L>], n: usize, b: &mut [Lanes<T, L>], cols: usize) {
    for i in (0..n).rev() {
        for j in i + 1..n {
            subtract(b, [j * cols, i * cols], cols, &u[i * n + j]);
        }
        let pivot = u[i * n + i];
        b[i * cols..(i + 1) * cols].iter_mut().for_each(|x| x.iter_mut().zip(&pivot).for_each(|(x, &pivot)| *x /= pivot));
    }
}

/// 1 in the lanes in which `x` is the larger in size, 0 in the others.
#[inline(always)]
fn larger<T: Real, const L: usize>(x: &Lanes<T, L>, y: &Lanes<T, L>) -> Lanes<T, L> {
    zip(x, y, |x, y| if Float::abs(x) > Float::abs(y) { T::one() } else { T::zero() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lane 0 needs no exchange, lane 1 needs all of them, lane 2 is singular.
    const MATRICES: [[f64; 9]; 3] =
        [[4., 1., 2., 1., 5., 3., 0., 1., 6.], [0., 2., 1., 1., 1., 0., 3., 0., 1.], [1., 2., 3., 2., 4., 6., 1., 1., 1.]];

    fn lanes() -> [Lanes<f64, 3>; 9] {
        std::array::from_fn(|e| std::array::from_fn(|l| MATRICES[l][e]))
    }

    #[test]
    fn determinants_and_zero_pivots() {
        let mut a = lanes();
        let done = eliminate(&mut a, 3, &mut [], 0);
        for (got, expected) in done.determinant.iter().zip([104.0, -5.0, 0.0]) {
            assert!((got - expected).abs() < 1e-12, "{got} {expected}");
        }
        assert_eq!(done.info, [0, 0, 3]);
    }

    #[test]
    fn a_solution_solves_the_equations() {
        let (mut a, b) = (lanes(), [[1.0, 2.0, 0.0], [-3.0, 0.5, 0.0], [2.0, 4.0, 0.0]]);
        let mut x = b;
        eliminate(&mut a, 3, &mut x, 1);
        substitute(&a, 3, &mut x, 1);
        for (l, matrix) in MATRICES.iter().enumerate().take(2) {
            for (i, row) in matrix.chunks(3).enumerate() {
                let product: f64 = (0..3).map(|j| row[j] * x[j][l]).sum();
                assert!((product - b[i][l]).abs() < 1e-12, "{product} {}", b[i][l]);
            }
        }
    }
}
