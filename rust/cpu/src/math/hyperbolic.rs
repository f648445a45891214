//! Hyperbolic functions and their inverses, by exponentials and logarithms.

/// Functions of both precisions.
use super::Float;
use crate::isa::Isa;

/// Further out than `one` the result is 1.
#[inline(always)]
fn tanh<T: Float>(x: T, one: T, half_expm1_of_double: impl Fn(T) -> T) -> T {
    let a = x.abs();
    let half = half_expm1_of_double(if a > one { one } else { a });
    (half / (half + T::ONE)).copysign(x)
}

/// Below `tiny` the result is `x`; above `large` half of `exp(-x)` is nothing beside half of `exp(x)`.
#[inline(always)]
fn sinh<T: Float>(x: T, tiny: T, large: T, halves: impl Fn(T) -> (T, T)) -> T {
    let a = x.abs();
    let (half, less) = halves(a);
    let sinh = if a > large { half } else { less + less / (T::of(2.0) * half) };
    (if a < tiny { a } else { sinh }).copysign(x)
}

#[inline(always)]
fn cosh<T: Float>(x: T, halves: impl Fn(T) -> (T, T)) -> T {
    let (half, _) = halves(x.abs());
    half + T::of(0.25) / half
}

#[inline(always)]
pub(crate) fn atanh<I: Isa, T: Float>(x: T) -> T {
    let a = x.abs();
    (T::HALF * (T::of(2.0) * a / (T::ONE - a)).log1p::<I>()).copysign(x)
}

pub(crate) mod f32 {
    use crate::isa::Isa;
    use crate::math::{exp, log};

    #[inline(always)]
    pub(crate) fn tanh<I: Isa>(x: f32) -> f32 {
        super::tanh(x, 10.0, exp::f32::half_expm1_of_double::<I>)
    }

    #[inline(always)]
    pub(crate) fn sinh<I: Isa>(x: f32) -> f32 {
        super::sinh(x, 1e-5, 20.0, exp::f32::halves::<I>)
    }

    #[inline(always)]
    pub(crate) fn cosh<I: Isa>(x: f32) -> f32 {
        super::cosh(x, exp::f32::halves::<I>)
    }

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

    #[inline(always)]
    pub(crate) fn tanh<I: Isa>(x: f64) -> f64 {
        super::tanh(x, 22.0, exp::f64::half_expm1_of_double::<I>)
    }

    #[inline(always)]
    pub(crate) fn sinh<I: Isa>(x: f64) -> f64 {
        super::sinh(x, 1e-10, 40.0, exp::f64::halves::<I>)
    }

    #[inline(always)]
    pub(crate) fn cosh<I: Isa>(x: f64) -> f64 {
        super::cosh(x, exp::f64::halves::<I>)
    }

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
