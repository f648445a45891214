//! Exponentials: `e^x = 2^n e^r` with `|r| <= ln(2) / 2` and a polynomial for `e^r`.

/// Both precisions share one body and differ in constants.
macro_rules! exponentials {
    ($t:ident, $int:ident, $bits:ident, mantissa $mantissa:literal, bias $bias:literal, magic $magic:literal, low $low:literal, high $high:literal,
     minus_one $minus_one:literal, ln2 $ln2_high:literal + $ln2_low:literal, poly $poly:expr) => {
        pub(crate) mod $t {
            use crate::isa::Isa;
            use crate::math::{fma, poly};

            /// Adding it rounds to an integer, which then stands in the low bits.
            const MAGIC: $t = $magic;

            /// `x` within `low..=high`; NaN stays.
            #[inline(always)]
            fn clamp(x: $t, low: $t, high: $t) -> $t {
                let x = if x < low { low } else { x };
                if x > high { high } else { x }
            }

            /// The nearest integer, as float and as integer.
            #[inline(always)]
            pub(crate) fn nearest(x: $t) -> ($t, $int) {
                let shifted = x + MAGIC;
                (shifted - MAGIC, (shifted.to_bits() as $int).wrapping_sub(MAGIC.to_bits() as $int))
            }

            /// `2^n` for a normal result.
            #[inline(always)]
            pub(crate) fn exp2i(n: $int) -> $t {
                $t::from_bits((n.wrapping_add($bias) as $bits) << $mantissa)
            }

            /// `e^r - 1` for `|r| <= ln(2) / 2`.
            #[inline(always)]
            pub(crate) fn expm1_small<I: Isa>(r: $t) -> $t {
                fma::<I, $t>(r * r, poly::<I, $t, _>(r, $poly), r)
            }

            /// `n` and `r` with `x = n ln(2) + r`.
            #[inline(always)]
            pub(crate) fn reduce<I: Isa>(x: $t) -> ($int, $t) {
                let (n, integer) = nearest(x * std::$t::consts::LOG2_E);
                (integer, fma::<I, $t>(n, -$ln2_low, fma::<I, $t>(n, -$ln2_high, x)))
            }

            /// `p * 2^n` in two steps, so that subnormal and infinite results come out.
            #[inline(always)]
            fn scale(p: $t, n: $int) -> $t {
                let half = n >> 1;
                p * exp2i(half) * exp2i(n.wrapping_sub(half))
            }

            #[inline(always)]
            pub(crate) fn exp<I: Isa>(x: $t) -> $t {
                exp_sum::<I>(x, 0.0)
            }

            /// `e^x` of what is not far above 0, or 0 where that is below the smallest normal number: many processors are slow with numbers
            /// below, also those who multiply by the result.
            #[inline(always)]
            pub(crate) fn exp_or_zero<I: Isa>(x: $t) -> $t {
                const LOWEST: $t = (1 - $bias) as $t * std::$t::consts::LN_2;
                if x < LOWEST { 0.0 } else { exp_normal::<I>(if x < LOWEST { LOWEST } else { x }) }
            }

            /// `e^x` where that is a normal number; NaN stays.
            #[inline(always)]
            pub(crate) fn exp_normal<I: Isa>(x: $t) -> $t {
                let (n, r) = reduce::<I>(x);
                let power = exp2i(n);
                fma::<I, $t>(power, expm1_small::<I>(r), power)
            }

            /// `e^(x + low)` for a small `low`.
            #[inline(always)]
            pub(crate) fn exp_sum<I: Isa>(x: $t, low: $t) -> $t {
                let (n, r) = reduce::<I>(clamp(x, $low, $high));
                scale(expm1_small::<I>(r + low) + 1.0, n)
            }

            #[inline(always)]
            pub(crate) fn exp2<I: Isa>(x: $t) -> $t {
                let x = clamp(x, $low * std::$t::consts::LOG2_E, $high * std::$t::consts::LOG2_E);
                let (n, integer) = nearest(x);
                scale(expm1_small::<I>((x - n) * std::$t::consts::LN_2) + 1.0, integer)
            }

            #[inline(always)]
            pub(crate) fn expm1<I: Isa>(x: $t) -> $t {
                let (n, r) = reduce::<I>(clamp(x, $minus_one, $high));
                // Half the power, because 2^n itself may be beyond the range where the result is not.
                let power = exp2i(n.wrapping_sub(1));
                let result = 2.0 * fma::<I, $t>(power, expm1_small::<I>(r), power - 0.5);
                // Half of a subnormal number may be none.
                if x.abs() < $t::EPSILON * $t::EPSILON { x } else { result }
            }

            /// `(e^2x - 1) / 2` for `x >= 0`, not too large.
            #[inline(always)]
            pub(crate) fn half_expm1_of_double<I: Isa>(x: $t) -> $t {
                let (n, r) = reduce::<I>(2.0 * x);
                let power = exp2i(n.wrapping_sub(1));
                fma::<I, $t>(power, expm1_small::<I>(r), power - 0.5)
            }

            /// `e^x / 2` and `(e^x - 1) / 2` for `x >= 0`. The second is no number where the first is infinite.
            #[inline(always)]
            pub(crate) fn halves<I: Isa>(x: $t) -> ($t, $t) {
                let (n, r) = reduce::<I>(clamp(x, 0.0, $high + 1.0));
                // A quarter of the power: half of it may be beyond the range where the results are not.
                let (power, small) = (exp2i(n.wrapping_sub(2)), expm1_small::<I>(r));
                (2.0 * (power * (small + 1.0)), 2.0 * fma::<I, $t>(power, small, power - 0.25))
            }
        }
    };
}

exponentials! {
    f32, i32, u32, mantissa 23, bias 127, magic 12582912.0, low -104.0, high 89.0, minus_one -18.0,
    ln2 0.693359375 + -2.12194440054690583e-4, poly [0.4999999345, 0.1666652069, 0.0416683871, 0.008368709615, 0.001381462663]
}

exponentials! {
    f64, i64, u64, mantissa 52, bias 1023, magic 6755399441055744.0, low -746.0, high 710.0, minus_one -40.0,
    ln2 0.6931471803691238 + 1.9082149292705877e-10, poly [
        0.5, 0.16666666666666683, 0.0416666666666661, 0.00833333333331705, 0.0013888888889115247, 0.00019841269896347603,
        0.0000248015869271762, 2.755723489805908e-6, 2.755758151432788e-7, 2.511202421511594e-8, 2.0826698679893824e-9]
}
