//! Numbers of twice the precision of float64, as sums of two (Dekker, Numerische Mathematik 18, 1971).

use std::ops::{Add, Mul};

/// `high + low`, where `low` is at most half a unit in the last place of `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Double {
    pub(crate) high: f64,
    pub(crate) low: f64,
}

impl Double {
    pub(crate) const ONE: Double = Double::new(1.0, 0.0);

    pub(crate) const fn new(high: f64, low: f64) -> Double {
        Double { high, low }
    }

    /// `a + b` without rounding.
    pub(crate) fn sum(a: f64, b: f64) -> Double {
        let high = a + b;
        let of_b = high - a;
        Double { high, low: (a - (high - of_b)) + (b - of_b) }
    }

    /// `a * b` without rounding.
    fn product(a: f64, b: f64) -> Double {
        let high = a * b;
        Double { high, low: a.mul_add(b, -high) }
    }

    /// `c[0] + c[1] x + ...`
    pub(crate) fn poly(self, c: &[Double]) -> Double {
        c.iter().rev().fold(Double::new(0.0, 0.0), |sum, &c| sum * self + c)
    }

    /// Its logarithm in float64, also near 1; the number is positive.
    pub(crate) fn ln(self) -> f64 {
        if (0.5..2.0).contains(&self.high) { (self.high - 1.0 + self.low).ln_1p() } else { self.high.ln() + self.low / self.high }
    }
}

impl Add for Double {
    type Output = Double;

    fn add(self, other: Double) -> Double {
        let sum = Double::sum(self.high, other.high);
        Double::sum(sum.high, sum.low + self.low + other.low)
    }
}

impl Mul for Double {
    type Output = Double;

    fn mul(self, other: Double) -> Double {
        let product = Double::product(self.high, other.high);
        Double::sum(product.high, product.low + self.high * other.low + self.low * other.high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_second_half_is_lost() {
        let tiny = f64::EPSILON / 8.0;
        let x = Double::sum(1.0, tiny);
        assert_eq!((x.high, x.low), (1.0, tiny));
        assert_eq!(x * x, Double::new(1.0, 2.0 * tiny));
        assert_eq!(x + Double::new(-1.0, 0.0), Double::new(tiny, 0.0));
        assert_eq!(x.poly(&[Double::new(-1.0, 0.0), Double::ONE]).high, tiny);
        assert_eq!(x.ln(), tiny);
        assert_eq!(Double::new(3.0, 0.0).ln(), 3f64.ln());
    }
}
