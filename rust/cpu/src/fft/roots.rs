//! Roots of unity.

use num_complex::Complex;

use super::plan::Real;

/// The powers of a primitive root of unity, in double precision: each is the product of one of few low powers and one of few high ones.
pub(super) struct Roots {
    low: Vec<Complex<f64>>,
    high: Vec<Complex<f64>>,
    bits: u32,
}

/// Powers of a root between two that are looked up.
const STRETCH: usize = 16;

impl Roots {
    /// Those of order `n`, of which the first power turns forward where the transform does.
    pub(super) fn new(n: usize, inverse: bool) -> Roots {
        let bits = n.ilog2() / 2;
        let turn = if inverse { std::f64::consts::TAU } else { -std::f64::consts::TAU };
        let power = |k: usize| Complex::cis(turn * (k as f64 / n as f64));
        Roots { low: (0..1 << bits).map(power).collect(), high: (0..=n >> bits).map(|k| power(k << bits)).collect(), bits }
    }

    /// A power below the order of the root.
    fn power(&self, k: usize) -> Complex<f64> {
        self.high[k >> self.bits] * self.low[k & ((1 << self.bits) - 1)]
    }

    /// [`Roots::power`] in the precision of a transform.
    pub(super) fn rounded<T: Real>(&self, k: usize) -> Complex<T> {
        rounded(self.power(k))
    }

    /// Multiplies element `i` of a column by the `i * number`-th power.
    pub(super) fn turn<T: Real>(&self, column: &mut [Complex<T>], number: usize) {
        let small: [Complex<f64>; STRETCH] = std::array::from_fn(|i| self.power(i * number));
        for (stretch, values) in column.chunks_mut(STRETCH).enumerate() {
            let large = self.power(stretch * STRETCH * number);
            for (x, small) in values.iter_mut().zip(&small) {
                *x = *x * rounded(large * small);
            }
        }
    }
}

fn rounded<T: Real>(root: Complex<f64>) -> Complex<T> {
    let part = |x: f64| T::from_f64(x).unwrap_or(T::zero());
    Complex::new(part(root.re), part(root.im))
}
