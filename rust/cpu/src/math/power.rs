//! Powers and the hypotenuse.

/// What is left of a power when `size`, that of the absolute value, is known.
use super::Float;
use crate::isa::Isa;

/// `x^y` from `|x|^y`: the sign, and the cases that formulas leave open.
#[inline(always)]
fn with_sign<I: Isa, T: Float>(x: T, y: T, size: T) -> T {
    let is_integer = y.round_even::<I>() == y;
    let half = y * T::HALF;
    let is_odd = is_integer & (half.round_even::<I>() != half);
    let signed = if x.is_sign_negative() & is_odd { -size } else { size };
    let real = if (x < T::ZERO) & !is_integer & (x != -T::INFINITY) { T::of(f64::NAN) } else { signed };
    let is_one = (y == T::ZERO) | (x == T::ONE) | ((x == -T::ONE) & (y.abs() == T::INFINITY));
    if is_one { T::ONE } else { real }
}

pub(crate) mod f32 {
    use crate::isa::Isa;
    use crate::math::{exp::f64 as wide, log, poly};

    /// `2^x` in float64 to more digits than float32 has; beyond its range 0 and infinity come out when rounded. NaN stays.
    #[inline(always)]
    fn exp2<I: Isa>(x: f64) -> f64 {
        /// `(2^r - 1) / r` for `|r| <= 1/2`, to a relative 5e-11.
        const POLY: [f64; 7] = [
            0.693147180541652,
            0.24022651075846155,
            0.0555041096258314,
            0.009618036911675662,
            0.0013333430546549177,
            0.00015467110121795508,
            1.5314949391644947e-05,
        ];
        let x = if x < -200.0 { -200.0 } else { x };
        let x = if x > 200.0 { 200.0 } else { x };
        let (n, integer) = wide::nearest(x);
        let r = x - n;
        (r * poly::<I, f64, _>(r, POLY) + 1.0) * wide::exp2i(integer)
    }

    /// `2^(y log2 |x|)` in float64, then the sign and the cases that the formula leaves open.
    #[inline(always)]
    pub(crate) fn pow<I: Isa>(x: f32, y: f32) -> f32 {
        super::with_sign::<I, _>(x, y, exp2::<I>(y as f64 * log::f64::log2_of_float32::<I>(x.abs())) as f32)
    }

    #[inline(always)]
    pub(crate) fn hypot<I: Isa>(x: f32, y: f32) -> f32 {
        let (x, y) = (x as f64, y as f64);
        let length = (x * x + y * y).sqrt() as f32;
        if x.abs() == f64::INFINITY || y.abs() == f64::INFINITY { f32::INFINITY } else { length }
    }
}

pub(crate) mod f64 {
    use crate::isa::Isa;
    use crate::math::{exp::f64 as exp, fma, log::f64 as log};

    /// `e^(y log |x|)`, where the logarithm has twice the digits: errors of the exponent are relative ones of the result.
    #[inline(always)]
    pub(crate) fn pow<I: Isa>(x: f64, y: f64) -> f64 {
        if !I::FMA {
            return x.powf(y);
        }
        let (log, low) = log::log_in_two::<I>(x.abs());
        let exponent = y * log;
        let rest = fma::<I, f64>(y, log, -exponent) + y * low;
        // Beyond the range of results, and where something is infinite, the rest says nothing.
        let rest = if exponent.abs() < 1000.0 { rest } else { 0.0 };
        super::with_sign::<I, _>(x, y, exp::exp_sum::<I>(exponent, rest))
    }

    #[inline(always)]
    pub(crate) fn hypot<I: Isa>(x: f64, y: f64) -> f64 {
        /// A power of two whose square is far from both ends of the range.
        const FAR: f64 = f64::from_bits((1023 + 500) << 52);
        let (a, b) = (x.abs(), y.abs());
        let larger = if a > b { a } else { b };
        let scale = if larger > FAR { 1.0 / FAR / FAR } else { 1.0 };
        let scale = if larger < 1.0 / FAR { FAR * FAR } else { scale };
        let (a, b) = (a * scale, b * scale);
        let length = fma::<I, f64>(a, a, b * b).sqrt() / scale;
        if a == f64::INFINITY || b == f64::INFINITY { f64::INFINITY } else { length }
    }
}
