//! Remainders of divisions that round toward zero.

use super::{Float, fma};
use crate::isa::Isa;

/// Has the quotient more digits than a number, or is something not finite? [`rest`] is not exact then; without fused products it is
/// nowhere.
#[inline(always)]
pub(crate) fn is_far<I: Isa, T: Float>(a: T, b: T) -> bool {
    let is_near = (a / b).abs() < T::HALF / T::EPSILON && b.abs() < T::INFINITY;
    !is_near || !I::FMA
}

/// `a - b trunc(a / b)`, exactly.
#[inline(always)]
pub(crate) fn rest<I: Isa, T: Float>(a: T, b: T) -> T {
    let (dividend, divisor) = (a.abs(), b.abs());
    let quotient = (dividend / divisor).trunc::<I>();
    let rest = fma::<I, T>(-quotient, divisor, dividend);
    // The division may have rounded up to the next integer.
    (if rest < T::ZERO { rest + divisor } else { rest }).copysign(a)
}
