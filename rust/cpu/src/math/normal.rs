//! The normal distribution and the scaled complementary error function in float64.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI, SQRT_2};

use super::erf::f64::{erf, erfc, erfc_scaled};
use crate::isa::Baseline;

/// `e^(x^2)`, where the square has more digits than a number.
fn exp_of_square(x: f64) -> f64 {
    let square = x * x;
    square.exp() * (1.0 + x.mul_add(x, -square))
}

/// `e^(x^2) erfc(x)`
pub(crate) fn erfcx(x: f64) -> f64 {
    match x {
        x if x < -26.7 => f64::INFINITY,
        x if x < 0.0 => 2.0 * exp_of_square(x) - erfcx(-x),
        x if x < 1.0 => exp_of_square(x) * erfc::<Baseline>(x),
        x if x < 28.0 => erfc_scaled::<Baseline>(x),
        x => {
            // The asymptotic series, DLMF 7.12.1.
            const SERIES: [f64; 7] = [1.0, -1.0, 3.0, -15.0, 105.0, -945.0, 10395.0];
            let t = 0.5 / (x * x);
            SERIES.iter().rev().fold(0.0, |sum, c| sum * t + c) / (x * PI.sqrt())
        }
    }
}

/// The logarithm of the probability that a standard normal variable is at most `x`.
pub(crate) fn log_ndtr(x: f64) -> f64 {
    let t = x * FRAC_1_SQRT_2;
    if x < -1.0 { (erfcx(-t) * 0.5).ln() - t * t } else { (-ndtr(-x)).ln_1p() }
}

/// The probability that a standard normal variable is at most `x`.
pub(crate) fn ndtr(x: f64) -> f64 {
    // What rounding the argument leaves is seen in the tail, which falls steeply.
    const REST: f64 = -4.833646656726457e-17;
    let t = -x * FRAC_1_SQRT_2;
    let rest = (-x).mul_add(FRAC_1_SQRT_2, -t) - x * REST;
    let slope = if rest == 0.0 || t.is_infinite() { 0.0 } else { FRAC_2_SQRT_PI * (-t * t).exp() * rest };
    0.5 * (erfc::<Baseline>(t) - slope)
}

/// The `x` that a standard normal variable is below with a probability: the approximation 26.2.23 of Abramowitz and Stegun,
/// then steps of Halley's method on the ratio of tail and density, which neither over- nor underflows.
pub(crate) fn ndtri(p: f64) -> f64 {
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
            false => (PI / 2.0).sqrt() * erfcx(x / SQRT_2) - (log_scaled + 0.5 * x * x).exp(),
        };
        // The tail falls with x, and its slope over its curvature is -1 / x.
        x += error / (1.0 + 0.5 * x * error);
    }
    sign * x
}

/// `-x ln(x)`
pub(crate) fn entr(x: f64) -> f64 {
    match x {
        0.0 => 0.0,
        x if x < 0.0 => f64::NEG_INFINITY,
        x => -x * x.ln(),
    }
}
