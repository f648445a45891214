//! Elementary and special functions on float32 and float64.
//!
//! They are written without branches and without calls, so that a loop over one becomes SIMD code at every
//! instruction set. Polynomials are minimax approximations (Remez exchange, weighted for relative error of the result)
//! computed for this project unless a source is named. Functions for which no vector form pays call the standard
//! library or compute in float64.

pub(crate) mod airy;
mod arc;
pub(crate) mod bessel;
mod chebyshev;
pub(crate) mod complex;
pub(crate) mod division;
mod double;
mod erf;
mod exp;
pub(crate) mod gamma;
mod hyperbolic;
pub(crate) mod incomplete;
mod log;
pub(crate) mod normal;
pub(crate) mod orthogonal;
mod power;
pub(crate) mod reparam;
mod round;
mod trig;

use std::cmp::Ordering;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use crate::isa::Isa;
use crate::lane::Lane;

/// `a * b + c`, fused where that is one instruction.
#[inline(always)]
pub(crate) fn fma<I: Isa, T: Float>(a: T, b: T, c: T) -> T {
    if I::FMA { a.mul_add(b, c) } else { a * b + c }
}

/// The polynomial `c[0] + c[1] x + ...` by Horner's rule.
#[inline(always)]
pub(crate) fn poly<I: Isa, T: Float, const N: usize>(x: T, c: [T; N]) -> T {
    let mut sum = c[N - 1];
    for i in (0..N - 1).rev() {
        sum = fma::<I, T>(sum, x, c[i]);
    }
    sum
}

/// The same by Estrin's scheme, whose operations wait less for one another: where little else can be done meanwhile.
#[inline(always)]
pub(crate) fn poly_8<I: Isa, T: Float>(x: T, c: [T; 8]) -> T {
    let square = x * x;
    let pair = |i: usize| fma::<I, T>(c[i + 1], x, c[i]);
    let (low, high) = (fma::<I, T>(pair(2), square, pair(0)), fma::<I, T>(pair(6), square, pair(4)));
    fma::<I, T>(high, square * square, low)
}

/// float32 and float64: arithmetic of the standard library, and the functions of this module.
pub(crate) trait Float:
    Lane<Real = Self>
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Rem<Output = Self>
    + Neg<Output = Self>
{
    const ZERO: Self;
    const ONE: Self;
    const HALF: Self;
    const INFINITY: Self;
    const EPSILON: Self;
    /// The smallest normal number.
    const SMALLEST: Self;

    /// A constant.
    fn of(x: f64) -> Self;
    /// As float64.
    fn wide(self) -> f64;
    fn mul_add(self, b: Self, c: Self) -> Self;
    fn abs(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    fn sqrt(self) -> Self;
    fn floor<I: Isa>(self) -> Self;
    fn ceil<I: Isa>(self) -> Self;
    fn trunc<I: Isa>(self) -> Self;
    fn round_even<I: Isa>(self) -> Self;
    fn is_nan(self) -> bool;
    fn is_sign_negative(self) -> bool;

    fn exp<I: Isa>(self) -> Self;
    fn exp_or_zero<I: Isa>(self) -> Self;
    /// A share of something positive, or 0 where that is no normal number.
    #[inline(always)]
    fn share_or_zero(self, scale: Self) -> Self {
        let share = self * scale;
        if share < Self::SMALLEST { Self::ZERO } else { share }
    }
    fn exp2<I: Isa>(self) -> Self;
    fn expm1<I: Isa>(self) -> Self;
    fn log<I: Isa>(self) -> Self;
    fn log2<I: Isa>(self) -> Self;
    fn log10<I: Isa>(self) -> Self;
    fn log1p<I: Isa>(self) -> Self;
    fn sin<I: Isa>(self) -> Self;
    fn cos<I: Isa>(self) -> Self;
    fn tan<I: Isa>(self) -> Self;
    /// Is the argument too large for `sin`, `cos`, `tan`, so that `sin_any`... must be used?
    fn is_huge_angle<I: Isa>(self) -> bool;
    fn sin_any(self) -> Self;
    fn cos_any(self) -> Self;
    fn tan_any(self) -> Self;
    /// `sin(pi x) / (pi x)` of such an argument.
    fn sinc_any(self) -> Self;
    fn asin<I: Isa>(self) -> Self;
    fn acos<I: Isa>(self) -> Self;
    fn atan<I: Isa>(self) -> Self;
    fn atan2<I: Isa>(self, x: Self) -> Self;
    fn sinh<I: Isa>(self) -> Self;
    fn cosh<I: Isa>(self) -> Self;
    fn tanh<I: Isa>(self) -> Self;
    fn asinh<I: Isa>(self) -> Self;
    fn acosh<I: Isa>(self) -> Self;
    fn atanh<I: Isa>(self) -> Self;
    fn erf<I: Isa>(self) -> Self;
    fn erfc<I: Isa>(self) -> Self;
    fn normal_cdf<I: Isa>(self) -> Self;
    fn erfinv<I: Isa>(self) -> Self;
    fn lgamma<I: Isa>(self) -> Self;
    fn digamma(self) -> Self;
    /// Derivative number `n` of `digamma`, `n` at least 1.
    fn polygamma(self, n: i64) -> Self;
    fn pow<I: Isa>(self, exponent: Self) -> Self;
    fn hypot<I: Isa>(self, other: Self) -> Self;
    fn nextafter(self, towards: Self) -> Self;

    /// `1 / (1 + e^-x)`
    #[inline(always)]
    fn sigmoid<I: Isa>(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp::<I>())
    }
}

/// Implements [`Float`] by the functions of this module's parts: `exp` of `f32` is `exp::f32::exp`.
macro_rules! floats {
    ([$first:ident $($other:ident)*] $($parts:tt)*) => {
        floats! { [] $first $($parts)* }
        floats! { [$($other)*] $($parts)* }
    };
    ([] $t:ident $($module:ident: $($name:ident),*;)*) => {
        impl Float for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;
            const INFINITY: Self = $t::INFINITY;
            const EPSILON: Self = $t::EPSILON;
            const SMALLEST: Self = $t::MIN_POSITIVE;
            #[inline(always)]
            fn of(x: f64) -> Self { x as $t }
            #[inline(always)]
            fn wide(self) -> f64 { self as f64 }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self { $t::mul_add(self, b, c) }
            #[inline(always)]
            fn abs(self) -> Self { $t::abs(self) }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self { $t::copysign(self, sign) }
            #[inline(always)]
            fn sqrt(self) -> Self { $t::sqrt(self) }
            #[inline(always)]
            fn is_nan(self) -> bool { $t::is_nan(self) }
            #[inline(always)]
            fn is_sign_negative(self) -> bool { $t::is_sign_negative(self) }
            #[inline(always)]
            fn is_huge_angle<I: Isa>(self) -> bool { trig::$t::is_huge::<I>(self) }
            #[inline(always)]
            fn asin<I: Isa>(self) -> Self { arc::asin::<I, $t>(self) }
            #[inline(always)]
            fn acos<I: Isa>(self) -> Self { arc::acos::<I, $t>(self) }
            #[inline(always)]
            fn atan<I: Isa>(self) -> Self { arc::atan::<I, $t>(self) }
            #[inline(always)]
            fn atanh<I: Isa>(self) -> Self { hyperbolic::atanh::<I, $t>(self) }
            #[inline(always)]
            fn atan2<I: Isa>(self, x: Self) -> Self { arc::atan2::<I, $t>(self, x) }
            #[inline(always)]
            fn pow<I: Isa>(self, exponent: Self) -> Self { power::$t::pow::<I>(self, exponent) }
            #[inline(always)]
            fn hypot<I: Isa>(self, other: Self) -> Self { power::$t::hypot::<I>(self, other) }
            fn nextafter(self, towards: Self) -> Self {
                match self.partial_cmp(&towards) {
                    Some(Ordering::Less) => self.next_up(),
                    Some(Ordering::Greater) => self.next_down(),
                    Some(Ordering::Equal) => towards,
                    None => $t::NAN,
                }
            }
            fn sin_any(self) -> Self { self.wide().sin() as $t }
            fn cos_any(self) -> Self { self.wide().cos() as $t }
            fn tan_any(self) -> Self { self.wide().tan() as $t }
            fn sinc_any(self) -> Self {
                let x = self * std::$t::consts::PI;
                x.sin_any() / x
            }
            fn digamma(self) -> Self { gamma::digamma(self.wide()) as $t }
            fn polygamma(self, n: i64) -> Self { gamma::polygamma(n, self.wide()) as $t }
            $($(
                #[inline(always)]
                fn $name<I: Isa>(self) -> Self { $module::$t::$name::<I>(self) }
            )*)*
        }
    };
    ([] $module:ident: $($parts:tt)*) => {};
}

floats! { [f32 f64]
    round: floor, ceil, trunc, round_even;
    exp: exp, exp_or_zero, exp2, expm1;
    log: log, log2, log10, log1p;
    trig: sin, cos, tan;
    hyperbolic: sinh, cosh, tanh, asinh, acosh;
    erf: erf, erfc, erfinv, normal_cdf;
    gamma: lgamma;
}

#[cfg(test)]
mod tests;
