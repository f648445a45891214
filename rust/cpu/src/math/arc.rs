//! Inverse trigonometric functions: reduction to `[0, 1/2]` by half angles, or to `[0, 1]` by reciprocals, and polynomials there.

/// Both precisions share one body and differ in constants. `asin` are the coefficients of `(asin(x) - x) / x^3` in `x^2`, `atan` those of
/// `(atan(x) - x) / x^3`; `excess` is what the constant for a right angle is too large by.
macro_rules! inverse_circular {
    ($t:ident, excess $excess:literal, asin $asin:expr, atan $atan:expr) => {
        pub(crate) mod $t {
            use crate::isa::Isa;
            use crate::math::{fma, poly};
            use std::$t::consts::{FRAC_PI_2, PI};

            /// `(asin(x) - x) / x` for `|x| <= 1/2`, from the square of `x`.
            #[inline(always)]
            fn asin_tail<I: Isa>(square: $t) -> $t {
                square * poly::<I, $t, _>(square, $asin)
            }

            /// `asin(x)` for `|x| <= 1/2`, from `x` and its square.
            #[inline(always)]
            fn asin_small<I: Isa>(x: $t, square: $t) -> $t {
                fma::<I, $t>(x, asin_tail::<I>(square), x)
            }

            #[inline(always)]
            pub(crate) fn asin<I: Isa>(x: $t) -> $t {
                let a = x.abs();
                let is_large = a > 0.5;
                // asin(a) = pi / 2 - 2 asin(sqrt((1 - a) / 2)), the largest terms first
                let square = if is_large { 0.5 * (1.0 - a) } else { a * a };
                let (tail, root) = (asin_tail::<I>(square), 2.0 * square.sqrt());
                let large = (FRAC_PI_2 - root) - fma::<I, $t>(root, tail, $excess);
                (if is_large { large } else { fma::<I, $t>(a, tail, a) }).copysign(x)
            }

            #[inline(always)]
            pub(crate) fn acos<I: Isa>(x: $t) -> $t {
                let a = x.abs();
                let is_large = a > 0.5;
                let square = if is_large { 0.5 * (1.0 - a) } else { a * a };
                let small = asin_small::<I>(if is_large { square.sqrt() } else { x }, square);
                let large = if x > 0.0 { 2.0 * small } else { PI - 2.0 * small };
                if is_large { large } else { FRAC_PI_2 - small }
            }

            /// `atan(q)` for `0 <= q <= 1`.
            #[inline(always)]
            fn atan_small<I: Isa>(q: $t) -> $t {
                let square = q * q;
                fma::<I, $t>(q * square, poly::<I, $t, _>(square, $atan), q)
            }

            #[inline(always)]
            pub(crate) fn atan<I: Isa>(x: $t) -> $t {
                let a = x.abs();
                let small = atan_small::<I>(if a > 1.0 { 1.0 / a } else { a });
                (if a > 1.0 { FRAC_PI_2 - small } else { small }).copysign(x)
            }

            #[inline(always)]
            pub(crate) fn atan2<I: Isa>(y: $t, x: $t) -> $t {
                let (ay, ax) = (y.abs(), x.abs());
                let (low, high) = if ay > ax { (ax, ay) } else { (ay, ax) };
                let ratio = if low == high { 1.0 } else { low / high };
                let small = atan_small::<I>(if high == 0.0 { 0.0 } else { ratio });
                let angle = if ay > ax { FRAC_PI_2 - small } else { small };
                let angle = (if x.is_sign_negative() { PI - angle } else { angle }).copysign(y);
                if x.is_nan() || y.is_nan() { $t::NAN } else { angle }
            }
        }
    };
}

inverse_circular! {
    f32, excess 4.371_139e-8, asin [0.1666672371, 0.07496182059, 0.04537871355, 0.02457088953, 0.04157439211],
    atan [
        -0.3333332938, 0.1999975261, -0.1428082726, 0.1106440634, -0.08833346285, 0.06790694465, -0.04536387368, 0.02310118655,
        -0.007577624215, 0.001164970163]
}

inverse_circular! {
    f64, excess -6.123_233_995_736_766e-17,
    asin [
        0.1666666666666676, 0.07499999999970795, 0.04464285717461585, 0.030381942707618244, 0.022372214991661563, 0.01735161195145437,
        0.013980821195539598, 0.011398907538346088, 0.010780276509386066, 0.003706326148343539, 0.021707635354533125,
        -0.020999315273854336, 0.03262877518594234],
    atan [
        -0.3333333333333307, 0.19999999999951465, -0.14285714282575326, 0.11111111007030246, -0.09090907003031728, 0.0769227983947691,
        -0.06666404057274636, 0.05880527804484746, -0.052535184787325266, 0.04722321886671381, -0.04219177924276178,
        0.0366418871303569, -0.029903817146351586, 0.021984798846833145, -0.013900505869677414, 0.007196463110613122,
        -0.0028848971087243394, 0.0008313140992922834, -0.0001521591493762313, 1.322490056960402e-05]
}
