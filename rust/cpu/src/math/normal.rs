//! The normal distribution and the scaled complementary error function in float64: without branches, for loops that are compiled for an
//! instruction set.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

use super::erf::f64::{FAR, erf, erf_small, erfc, erfc_scaled, erfinv_of};
use super::exp::f64::exp;
use super::fma;
use super::log::f64::{log, log1p};
use super::poly;
use crate::isa::{Baseline, Isa};

/// `e^(x^2)`, where the square has more digits than a number.
#[inline(always)]
fn exp_of_square<I: Isa>(x: f64) -> f64 {
    let (square, rest) = square_in_two(x);
    exp::<I>(square) * (1.0 + rest)
}

/// `x^2` as a number and what is missing there.
#[inline(always)]
fn square_in_two(x: f64) -> (f64, f64) {
    // The square of the upper half of the digits is exact.
    let high = f64::from_bits(x.to_bits() & 0xffff_ffff_f800_0000);
    let (square, low) = (x * x, x - high);
    (square, (high * high - square) + low * (x + high))
}

/// `e^(x^2) erfc(x)`
#[inline(always)]
pub(crate) fn erfcx<I: Isa>(x: f64) -> f64 {
    /// The asymptotic series, DLMF 7.12.1.
    const SERIES: [f64; 7] = [1.0, -1.0, 3.0, -15.0, 105.0, -945.0, 10395.0];
    const END: f64 = 28.0;
    let a = x.abs();
    let t = 0.5 / (a * a);
    let beyond = poly::<I, f64, _>(t, SERIES) / (a * 1.772_453_850_905_516);
    let square = exp_of_square::<I>(if a > END { END } else { a });
    let near = square * (1.0 - erf_small::<I>(a));
    let scaled = erfc_scaled::<I>(if a < FAR { FAR } else { a });
    let inside = if a < FAR { near } else { scaled };
    let tail = if a < END { inside } else { beyond };
    let grown = if a > 26.7 { f64::INFINITY } else { 2.0 * square - tail };
    if x < 0.0 { grown } else { tail }
}

/// The logarithm of the probability that a standard normal variable is at most `x`.
#[inline(always)]
pub(crate) fn log_ndtr<I: Isa>(x: f64) -> f64 {
    let t = x * FRAC_1_SQRT_2;
    let tail = log::<I>(erfcx::<I>(-t) * 0.5) - t * t;
    let rest = log1p::<I>(-ndtr::<I>(-x));
    if x < -1.0 { tail } else { rest }
}

/// The probability that a standard normal variable is at most `x`.
#[inline(always)]
pub(crate) fn ndtr<I: Isa>(x: f64) -> f64 {
    // What rounding the argument leaves is seen in the tail, which falls steeply.
    const REST: f64 = -4.833646656726457e-17;
    const HIGH: f64 = f64::from_bits(FRAC_1_SQRT_2.to_bits() & 0xffff_ffff_f800_0000);
    let t = -x * FRAC_1_SQRT_2;
    // Its product with the factor in two parts.
    let high = f64::from_bits(x.to_bits() & 0xffff_ffff_f800_0000);
    let low = x - high;
    let rest = -(((high * HIGH + t) + high * (FRAC_1_SQRT_2 - HIGH)) + low * FRAC_1_SQRT_2) - x * REST;
    let slope = FRAC_2_SQRT_PI * exp::<I>(-t * t) * rest;
    let slope = if t.abs() < 40.0 { slope } else { 0.0 };
    0.5 * (erfc::<I>(t) - slope)
}

/// Has [`ndtri`] no polynomial for a probability?
#[inline(always)]
pub(crate) fn is_rare(p: f64) -> bool {
    !(p > 1e-16 && p < 1.0)
}

/// The `x` that a standard normal variable is below with a probability: `sqrt(2) erfinv(2 p - 1)`, but for [`is_rare`] ones.
#[inline(always)]
pub(crate) fn ndtri<I: Isa>(p: f64) -> f64 {
    SQRT_2 * erfinv_of::<I>(fma::<I, f64>(2.0, p, -1.0), 4.0 * p * (1.0 - p))
}

/// [`ndtri`] of any probability: the approximation 26.2.23 of Abramowitz and Stegun, then steps of Halley's method on the ratio of
/// tail and density, which neither over- nor underflows.
pub(crate) fn ndtri_of_any(p: f64) -> f64 {
    match p {
        0.0 => return f64::NEG_INFINITY,
        1.0 => return f64::INFINITY,
        p if !(0.0..=1.0).contains(&p) => return f64::NAN,
        _ => {}
    }
    let (tail, sign) = if p < 0.5 { (p, -1.0) } else { (1.0 - p, 1.0) };
    let t = (-2.0 * tail.ln()).sqrt();
    let mut x = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    let log_scaled = tail.ln() + 0.5 * (2.0 * PI).ln();
    for _ in 0..3 {
        let error = match tail > 0.25 {
            true => ((0.5 - tail) - 0.5 * erf::<Baseline>(x / SQRT_2)) * (0.5 * x * x).exp() * (2.0 * PI).sqrt(),
            false => (PI / 2.0).sqrt() * erfcx::<Baseline>(x / SQRT_2) - (log_scaled + 0.5 * x * x).exp(),
        };
        // The tail falls with x, and its slope over its curvature is -1 / x.
        x += error / (1.0 + 0.5 * x * error);
    }
    sign * x
}

/// `-x ln(x)`
#[inline(always)]
pub(crate) fn entr<I: Isa>(x: f64) -> f64 {
    let y = -x * log::<I>(x);
    let y = if x == 0.0 { 0.0 } else { y };
    if x < 0.0 { f64::NEG_INFINITY } else { y }
}
