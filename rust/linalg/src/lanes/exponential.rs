//! Exponentials, as [`crate::exponential`] computes them.

use num_traits::Float;

use super::{Lanes, Mask, add_product, eliminate, mask, substitute};
use crate::exponential::{Matrices, Pade, ROOM, approximate};
use crate::number::Real;

/// Matrices that [`exponential`] needs memory for.
pub struct Exponential;

impl Exponential {
    /// How many.
    pub const ROOM: usize = ROOM;
}

/// Matrices of `n` rows.
struct Many<T, const L: usize> {
    n: usize,
    number: std::marker::PhantomData<T>,
}

impl<T: Real, const L: usize> Matrices for Many<T, L> {
    type Entry = Lanes<T, L>;

    #[inline(always)]
    fn size(&self) -> usize {
        self.n
    }

    #[inline(always)]
    fn product(&self, x: &[Self::Entry], y: &[Self::Entry], to: &mut [Self::Entry]) {
        let n = self.n;
        for (i, row) in to.chunks_exact_mut(n).enumerate() {
            for (j, to) in row.iter_mut().enumerate() {
                let mut sum = [T::zero(); L];
                (0..n).for_each(|k| add_product(&mut sum, &x[i * n + k], &y[k * n + j]));
                *to = sum;
            }
        }
    }

    #[inline(always)]
    fn plus(x: Self::Entry, y: Self::Entry, c: f64) -> Self::Entry {
        super::zip(&x, &y, |x, y| x + y * T::of(c))
    }

    #[inline(always)]
    fn constant(c: f64) -> Self::Entry {
        [T::of(c); L]
    }

    #[inline(always)]
    fn solve(&self, a: &mut [Self::Entry], b: &mut [Self::Entry]) {
        eliminate(a, self.n, b, self.n);
        substitute(a, self.n, b, self.n);
    }
}

/// Replaces `n x n` matrices by their exponentials; there is memory for [`Exponential::ROOM`] of each. Returns the lanes whose norm is
/// not finite.
#[inline(always)]
pub fn exponential<T: Real, const L: usize>(a: &mut [Lanes<T, L>], n: usize, memory: &mut [Lanes<T, L>]) -> Mask<L> {
    let mut norm = [T::zero(); L];
    for j in 0..n {
        let mut sum = [T::zero(); L];
        a[j..].iter().step_by(n).for_each(|x| (0..L).for_each(|l| sum[l] += Float::abs(x[l])));
        norm = super::zip(&norm, &sum, |norm, sum| if sum <= norm { norm } else { sum });
    }
    let is_wild: Mask<L> = mask(|l| !norm[l].is_finite());
    let norm: [f64; L] = std::array::from_fn(|l| if is_wild[l] { 0.0 } else { norm[l].wide() });
    let (pade, most) = Pade::of::<T>(norm.into_iter().fold(0.0, f64::max));
    let squarings = norm.map(|norm| Pade::of::<T>(norm).1);
    let scale: Lanes<T, L> = std::array::from_fn(|l| Float::powi(T::of(0.5), squarings[l]));
    a.iter_mut().for_each(|x| *x = super::product(x, &scale));
    let matrices = Many { n, number: std::marker::PhantomData };
    approximate(&matrices, pade, a, memory);
    for step in 0..most {
        let square = &mut memory[..n * n];
        matrices.product(a, a, square);
        for (x, square) in a.iter_mut().zip(square) {
            (0..L).for_each(|l| x[l] = if step < squarings[l] { square[l] } else { x[l] });
        }
    }
    is_wild
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_of_different_norms() {
        // exp([[0, -x], [x, 0]]) is a rotation by x.
        let angles = [0.0f64, 1e-3, 0.5, 2.0, 100.0];
        let mut a: [Lanes<f64, 5>; 4] = [[0.0; 5], angles.map(|x| -x), angles, [0.0; 5]];
        assert_eq!(exponential(&mut a, 2, &mut [[0.0; 5]; 4 * Exponential::ROOM]), [false; 5]);
        for (l, x) in angles.iter().enumerate() {
            assert!((a[0][l] - x.cos()).abs() < 1e-13 && (a[2][l] - x.sin()).abs() < 1e-13, "{x}: {} {}", a[0][l], a[2][l]);
        }
    }
}
