//! `P A = L U` with partial pivoting.

use num_traits::Float;

use super::{Lanes, each, exchange, subtract, zip};
use crate::number::Real;

/// Factors `m x n` matrices in place. Row `i` was exchanged with row `pivots[i]`, counted from 1, in that order. Returns the number of
/// the first pivot that is zero, counted from 1; 0 if there is none.
#[inline(always)]
pub fn lu<T: Real, const L: usize>(a: &mut [Lanes<T, L>], [m, n]: [usize; 2], pivots: &mut [Lanes<i32, L>]) -> Lanes<i32, L> {
    let mut info = [0; L];
    for (k, place) in pivots.iter_mut().enumerate() {
        // The number of the row, as a number that vectors compare with sizes.
        let (mut pivot, mut largest) = ([T::of(k as f64); L], each(&a[k * n + k], |x| Float::abs(x)));
        for i in k + 1..m {
            let size = each(&a[i * n + k], |x| Float::abs(x));
            let row = T::of(i as f64);
            for l in 0..L {
                pivot[l] = if size[l] > largest[l] { row } else { pivot[l] };
                largest[l] = if size[l] > largest[l] { size[l] } else { largest[l] };
            }
        }
        *place = pivot.map(|i| i.wide() as i32 + 1);
        for i in k + 1..m {
            let row = T::of(i as f64);
            exchange(a, [k * n, i * n], n, &each(&pivot, |pivot| if pivot == row { T::one() } else { T::zero() }));
        }
        let inverse = each(&a[k * n + k], |x| T::one() / x);
        for l in 0..L {
            info[l] = if info[l] == 0 && a[k * n + k][l] == T::zero() { k as i32 + 1 } else { info[l] };
        }
        for i in k + 1..m {
            // Below a pivot that is zero there are zeros.
            let factor = zip(&a[i * n + k], &inverse, |x, inverse| if x == T::zero() { x } else { x * inverse });
            a[i * n + k] = factor;
            subtract(a, [k * n + k + 1, i * n + k + 1], n - k - 1, &factor);
        }
    }
    info
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_exchanged_with_the_largest() {
        let matrices = [[1.0f64, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [0.0, 1.0, 0.0, 2.0]];
        let mut a: [Lanes<f64, 3>; 4] = std::array::from_fn(|e| std::array::from_fn(|l| matrices[l][e]));
        let mut pivots = [[0; 3]; 2];
        assert_eq!(lu(&mut a, [2, 2], &mut pivots), [0, 0, 1]);
        assert_eq!(pivots, [[2, 1, 1], [2, 2, 2]]);
        assert_eq!(a.map(|x| x[0]), [3.0, 4.0, 1.0 / 3.0, 2.0 - 4.0 / 3.0]);
        assert_eq!(a.map(|x| x[2]), [0.0, 1.0, 0.0, 2.0]);
    }
}
