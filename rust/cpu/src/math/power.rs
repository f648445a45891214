//! Powers and the hypotenuse.

pub(crate) mod f32 {
    use crate::isa::Isa;
    use crate::math::{exp::f64 as wide, log, poly, round};

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
        let size = exp2::<I>(y as f64 * log::f64::log2_of_float32::<I>(x.abs())) as f32;
        let is_integer = round::f32::round_even::<I>(y) == y;
        let half = y * 0.5;
        let is_odd = is_integer & (round::f32::round_even::<I>(half) != half);
        let signed = if x.is_sign_negative() & is_odd { -size } else { size };
        let real = if (x < 0.0) & !is_integer & (x != f32::NEG_INFINITY) { f32::NAN } else { signed };
        let is_one = (y == 0.0) | (x == 1.0) | ((x == -1.0) & (y.abs() == f32::INFINITY));
        if is_one { 1.0 } else { real }
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

    #[inline(always)]
    pub(crate) fn pow<I: Isa>(x: f64, y: f64) -> f64 {
        x.powf(y)
    }

    #[inline(always)]
    pub(crate) fn hypot<I: Isa>(x: f64, y: f64) -> f64 {
        x.hypot(y)
    }
}
