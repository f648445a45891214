//! Hyperbolic functions and their inverses, by exponentials and logarithms.

pub(crate) mod f32 {
    use crate::isa::Isa;
    use crate::math::{exp, fma, log, poly};

    #[inline(always)]
    pub(crate) fn tanh<I: Isa>(x: f32) -> f32 {
        const POLY: [f32; 6] = [-0.3333333165, 0.1333323111, -0.05394937138, 0.02171299723, -0.008204317406, 0.002165218858];
        let a = x.abs();
        let square = x * x;
        let small = fma::<I, f32>(a * square, poly::<I, f32, _>(square, POLY), a);
        let large = 1.0 - 2.0 / (exp::f32::exp::<I>(2.0 * a) + 1.0);
        (if a < 0.625 { small } else { large }).copysign(x)
    }

    #[inline(always)]
    pub(crate) fn sinh<I: Isa>(x: f32) -> f32 {
        let e = exp::f64::exp::<I>(x as f64);
        // Below, x^3 / 6 is less than half a unit in the last place.
        if x.abs() < 1e-4 { x } else { (0.5 * (e - 1.0 / e)) as f32 }
    }

    #[inline(always)]
    pub(crate) fn cosh<I: Isa>(x: f32) -> f32 {
        let e = exp::f64::exp::<I>(x as f64);
        (0.5 * (e + 1.0 / e)) as f32
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

    #[inline(always)]
    pub(crate) fn atanh<I: Isa>(x: f32) -> f32 {
        let a = x.abs() as f64;
        ((0.5 * log::f64::log1p::<I>(2.0 * a / (1.0 - a))) as f32).copysign(x)
    }
}

pub(crate) mod f64 {
    use crate::isa::Isa;
    use crate::math::exp;

    #[inline(always)]
    pub(crate) fn tanh<I: Isa>(x: f64) -> f64 {
        let a = x.abs();
        let t = exp::f64::expm1::<I>(2.0 * a);
        (if a > 22.0 { 1.0 } else { t / (t + 2.0) }).copysign(x)
    }

    #[inline(always)]
    pub(crate) fn sinh<I: Isa>(x: f64) -> f64 {
        x.sinh()
    }

    #[inline(always)]
    pub(crate) fn cosh<I: Isa>(x: f64) -> f64 {
        x.cosh()
    }

    #[inline(always)]
    pub(crate) fn asinh<I: Isa>(x: f64) -> f64 {
        libm::asinh(x)
    }

    #[inline(always)]
    pub(crate) fn acosh<I: Isa>(x: f64) -> f64 {
        if x >= 1.0 { libm::acosh(x) } else { f64::NAN }
    }

    #[inline(always)]
    pub(crate) fn atanh<I: Isa>(x: f64) -> f64 {
        libm::atanh(x)
    }
}
