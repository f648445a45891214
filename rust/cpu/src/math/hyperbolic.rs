//! Hyperbolic functions and their inverses, by exponentials and logarithms.

/// Functions of both precisions.
macro_rules! hyperbolics {
    ($t:ident, one from $one:literal, tiny below $tiny:literal, no difference from $large:literal) => {
        #[inline(always)]
        pub(crate) fn tanh<I: Isa>(x: $t) -> $t {
            // Further out the result is 1.
            let a = x.abs();
            let half = exp::$t::half_expm1_of_double::<I>(if a > $one { $one } else { a });
            (half / (half + 1.0)).copysign(x)
        }

        #[inline(always)]
        pub(crate) fn sinh<I: Isa>(x: $t) -> $t {
            let a = x.abs();
            let (half, less) = exp::$t::halves::<I>(a);
            let sinh = if a > $large { half } else { less + less / (2.0 * half) };
            (if a < $tiny { a } else { sinh }).copysign(x)
        }

        #[inline(always)]
        pub(crate) fn cosh<I: Isa>(x: $t) -> $t {
            let (half, _) = exp::$t::halves::<I>(x.abs());
            half + 0.25 / half
        }

        #[inline(always)]
        pub(crate) fn atanh<I: Isa>(x: $t) -> $t {
            let a = x.abs();
            (0.5 * log::$t::log1p::<I>(2.0 * a / (1.0 - a))).copysign(x)
        }
    };
}

pub(crate) mod f32 {
    use crate::isa::Isa;
    use crate::math::{exp, log};

    hyperbolics! { f32, one from 10.0, tiny below 1e-5, no difference from 20.0 }

    #[inline(always)]
    pub(crate) fn asinh<I: Isa>(x: f32) -> f32 {
        let a = x.abs() as f64;
        let large = log::f64::log::<I>(a + (a * a + 1.0).sqrt()) as f32;
        (if x.abs() < 1e-4 { x } else { large }).copysign(x)
    }

    #[inline(always)]
    pub(crate) fn acosh<I: Isa>(x: f32) -> f32 {
        let t = x as f64 - 1.0;
        let result = log::f64::log1p::<I>(t + (t * (t + 2.0)).sqrt()) as f32;
        if x >= 1.0 { result } else { f32::NAN }
    }
}

pub(crate) mod f64 {
    use crate::isa::Isa;
    use crate::math::{exp, log};
    use std::f64::consts::LN_2;

    /// From here on the one below the square root is nothing, and so is the one of `log1p`; squares may soon be beyond the range.
    const LARGE: f64 = 1e100;

    hyperbolics! { f64, one from 22.0, tiny below 1e-10, no difference from 40.0 }

    #[inline(always)]
    pub(crate) fn asinh<I: Isa>(x: f64) -> f64 {
        let a = x.abs();
        let square = a * a;
        let (rest, scale) = if a > LARGE { (a, LN_2) } else { (a + square / (1.0 + (square + 1.0).sqrt()), 0.0) };
        (log::f64::log1p::<I>(rest) + scale).copysign(x)
    }

    #[inline(always)]
    pub(crate) fn acosh<I: Isa>(x: f64) -> f64 {
        let t = x - 1.0;
        let (rest, scale) = if x > LARGE { (x, LN_2) } else { (t + (t * (t + 2.0)).sqrt(), 0.0) };
        let result = log::f64::log1p::<I>(rest) + scale;
        if x >= 1.0 { result } else { f64::NAN }
    }
}
