//! Trigonometric functions: reduction to `|r| <= pi / 4` in three parts of `pi / 2`, polynomials there.
//!
//! Arguments too large for the reduction are left to the standard library's float64 functions.

/// Sine and cosine of both precisions share one body.
macro_rules! circular {
    ($t:ident, $bits:ident, magic $magic:literal, sin $sin:expr, cos $cos:expr) => {
        const MAGIC: $t = $magic;

        #[inline(always)]
        fn sin_small<I: Isa>(r: $t) -> $t {
            let square = r * r;
            fma::<I, $t>(r * square, poly::<I, $t, _>(square, $sin), r)
        }

        #[inline(always)]
        fn cos_small<I: Isa>(r: $t) -> $t {
            let square = r * r;
            fma::<I, $t>(square * square, poly::<I, $t, _>(square, $cos), fma::<I, $t>(square, -0.5, 1.0))
        }

        /// The sine of `r` plus `quarter` right angles.
        #[inline(always)]
        fn in_quadrant<I: Isa>(quarter: $bits, r: $t) -> $t {
            let value = if quarter & 1 == 0 { sin_small::<I>(r) } else { cos_small::<I>(r) };
            $t::from_bits(value.to_bits() ^ ((quarter & 2) << ($bits::BITS - 2)))
        }

        #[inline(always)]
        pub(crate) fn sin<I: Isa>(x: $t) -> $t {
            let (quarter, r) = reduce::<I>(x);
            // The sign of a zero would be lost in the reduction.
            if x == 0.0 { x } else { in_quadrant::<I>(quarter, r) }
        }

        #[inline(always)]
        pub(crate) fn cos<I: Isa>(x: $t) -> $t {
            let (quarter, r) = reduce::<I>(x);
            in_quadrant::<I>(quarter.wrapping_add(1), r)
        }
    };
}

pub(crate) mod f32 {
    use crate::isa::Isa;
    use crate::math::{fma, poly};

    circular! {
        f32, u32, magic 12582912.0, sin [-0.1666666664, 0.008333329386, -0.0001983933482, 2.718311402e-6],
        cos [0.04166664687, -0.001388736753, 2.443845247e-5]
    }

    /// Is `|x|` too large for the reduction (or not a number)?
    #[inline(always)]
    pub(crate) fn is_huge<I: Isa>(x: f32) -> bool {
        x.abs() >= 100_000.0 || x.is_nan()
    }

    /// The number of right angles, modulo a power of two, and the rest.
    #[inline(always)]
    fn reduce<I: Isa>(x: f32) -> (u32, f32) {
        let shifted = fma::<I, f32>(x, std::f32::consts::FRAC_2_PI, MAGIC);
        let n = shifted - MAGIC;
        let r = if I::FMA {
            let r = fma::<I, f32>(n, -1.570_796_4, x);
            fma::<I, f32>(n, 1.7151245e-15, fma::<I, f32>(n, 4.371_139e-8, r))
        } else {
            // Products that are not fused are exact enough in float64: the first part of pi / 2 has 33 bits.
            let n = n as f64;
            (x as f64 - n * 1.5707963267341256 - n * 6.077100506506192e-11) as f32
        };
        (shifted.to_bits(), r)
    }

    #[inline(always)]
    pub(crate) fn tan<I: Isa>(x: f32) -> f32 {
        const POLY: [f32; 7] =
            [0.3333334823, 0.133326868, 0.05405882431, 0.02128336802, 0.01083970482, 7.899142476e-5, 0.004383307316];
        let (quarter, r) = reduce::<I>(x);
        let square = r * r;
        let tan = fma::<I, f32>(r * square, poly::<I, f32, _>(square, POLY), r);
        let tan = if quarter & 1 == 0 { tan } else { -1.0 / tan };
        if x == 0.0 { x } else { tan }
    }
}

pub(crate) mod f64 {
    use crate::isa::Isa;
    use crate::math::{fma, poly};

    circular! {
        f64, u64, magic 6755399441055744.0, sin [
            -0.16666666666666666, 0.008333333333333324, -0.00019841269841256192, 2.7557319214676713e-6, -2.5052105021222436e-8,
            1.6058379032019044e-10, -7.579254363855063e-13],
        cos [
            0.04166666666666661, -0.0013888888888876185, 0.0000248015872905964418, -2.7557314638144934e-7, 2.0875758405597397e-9,
            -1.1361315454848702e-11]
    }

    /// Is `|x|` too large for the reduction (or not a number)? Without fused products it is not exact anywhere.
    #[inline(always)]
    pub(crate) fn is_huge<I: Isa>(x: f64) -> bool {
        x.abs() >= 10_000_000.0 || x.is_nan() || !I::FMA
    }

    #[inline(always)]
    fn reduce<I: Isa>(x: f64) -> (u64, f64) {
        let shifted = fma::<I, f64>(x, std::f64::consts::FRAC_2_PI, MAGIC);
        let n = shifted - MAGIC;
        let r = fma::<I, f64>(n, -1.5707963267948966, x);
        (shifted.to_bits(), fma::<I, f64>(n, 1.4973849048591833e-33, fma::<I, f64>(n, -6.123233995736766e-17, r)))
    }

    #[inline(always)]
    pub(crate) fn tan<I: Isa>(x: f64) -> f64 {
        let (quarter, r) = reduce::<I>(x);
        let (sin, cos) = (sin_small::<I>(r), cos_small::<I>(r));
        let tan = if quarter & 1 == 0 { sin / cos } else { -cos / sin };
        if x == 0.0 { x } else { tan }
    }
}
