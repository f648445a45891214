//! Samples of Poisson, binomial and gamma distributions, each with parameters of its own an element, drawn in the order
//! in which PyTorch's generator gives its numbers.
//!
//! Sources: W. Hörmann, "The transformed rejection method for generating Poisson random variables" (1993, PTRS) and "The
//! generation of binomial random variates" (1993, BTRS); G. Marsaglia and W. Tsang, "A simple method for generating gamma
//! variables" (2000).

use ferrotorch_kernel::random::Engine;

use crate::math::Float;

use super::fill::normal_sample;
use super::uniform::unit_f64;

fn unit(engine: &mut Engine) -> f64 {
    unit_f64(engine.random64())
}

/// A Poisson sample: by products of uniform numbers for small rates, by PTRS from 10 on.
pub(super) fn poisson(engine: &mut Engine, rate: f64) -> f64 {
    if rate >= 10.0 {
        return poisson_ptrs(engine, rate);
    }
    if rate == 0.0 {
        return 0.0;
    }
    let limit = (-rate).exp();
    let (mut count, mut product) = (0.0, 1.0);
    loop {
        product *= unit(engine);
        if product <= limit {
            return count;
        }
        count += 1.0;
    }
}

fn poisson_ptrs(engine: &mut Engine, rate: f64) -> f64 {
    let b = 0.931 + 2.53 * rate.sqrt();
    let a = -0.059 + 0.02483 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let accepted = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let u = unit(engine) - 0.5;
        let v = unit(engine);
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + rate + 0.43).floor();
        if us >= 0.07 && v <= accepted {
            return k;
        }
        if k < 0.0 || us < 0.013 && v > us {
            continue;
        }
        if v.ln() + inverse_alpha.ln() - (a / (us * us) + b).ln() <= -rate + k * rate.ln() - libm::lgamma(k + 1.0) {
            return k;
        }
    }
}

/// How many of `count` trials succeed. Success and failure change places where success is the more likely.
pub(super) fn binomial(engine: &mut Engine, count: f64, p: f64) -> f64 {
    if count <= 0.0 || p <= 0.0 {
        0.0
    } else if p >= 1.0 {
        count
    } else if p <= 0.5 {
        binomial_rare(engine, count, p)
    } else if p > 0.5 {
        count - binomial_rare(engine, count, 1.0 - p)
    } else {
        f64::NAN
    }
}

fn binomial_rare(engine: &mut Engine, count: f64, p: f64) -> f64 {
    if count * p >= 10.0 { binomial_btrs(engine, count, p) } else { binomial_gaps(engine, count, p) }
}

/// Adds up the geometrically distributed gaps between successes.
fn binomial_gaps(engine: &mut Engine, count: f64, p: f64) -> f64 {
    let log_failure = (-p).ln_1p();
    let (mut position, mut successes) = (0.0, 0.0);
    loop {
        position += (unit(engine).ln() / log_failure).ceil();
        if position > count {
            return successes;
        }
        successes += 1.0;
    }
}

fn binomial_btrs(engine: &mut Engine, count: f64, p: f64) -> f64 {
    let deviation = (count * p * (1.0 - p)).sqrt();
    let b = 1.15 + 2.53 * deviation;
    let a = -0.0873 + 0.0248 * b + 0.01 * p;
    let c = count * p + 0.5;
    let accepted = 0.92 - 4.2 / b;
    let odds = p / (1.0 - p);
    let alpha = (2.83 + 5.1 / b) * deviation;
    let mode = ((count + 1.0) * p).floor();
    loop {
        let u = unit(engine) - 0.5;
        let v = unit(engine);
        let us = 0.5 - u.abs();
        let k = ((2.0 * a / us + b) * u + c).floor();
        if k < 0.0 || k > count {
            continue;
        }
        if us >= 0.07 && v <= accepted {
            return k;
        }
        let bound = (mode + 0.5) * ((mode + 1.0) / (odds * (count - mode + 1.0))).ln()
            + (count + 1.0) * ((count - mode + 1.0) / (count - k + 1.0)).ln()
            + (k + 0.5) * (odds * (count - k + 1.0) / (k + 1.0)).ln()
            + stirling_tail(mode)
            + stirling_tail(count - mode)
            - stirling_tail(k)
            - stirling_tail(count - k);
        if (v * alpha / (a / (us * us) + b)).ln() <= bound {
            return k;
        }
    }
}

/// `ln k!` minus Stirling's approximation of it.
fn stirling_tail(k: f64) -> f64 {
    const FIRST: [f64; 10] = [
        0.0810614667953272,
        0.0413406959554092,
        0.0276779256849983,
        0.02079067210376509,
        0.0166446911898211,
        0.0138761288230707,
        0.0118967099458917,
        0.0104112652619720,
        0.00925546218271273,
        0.00833056343336287,
    ];
    if k <= 9.0 {
        return FIRST[k as usize];
    }
    let square = (k + 1.0) * (k + 1.0);
    (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / 1260.0 / square) / square) / (k + 1.0)
}

/// The squeeze of Marsaglia and Tsang, rounded to float32.
const SQUEEZE: f64 = 0.0331f32 as f64;

/// A sample of the gamma distribution of scale 1. Shapes below 1 are raised by 1 and the sample scaled down.
pub(super) fn gamma<S: Float>(engine: &mut Engine, shape: S) -> f64 {
    if shape.wide() == 0.0 {
        return 0.0;
    }
    if shape.wide().is_nan() || shape.wide() < 0.0 {
        // No proposal would ever be accepted.
        return f64::NAN;
    }
    let boosted = shape.wide() < 1.0;
    let scale = if boosted { (1.0 - unit(engine)).powf((S::ONE / shape).wide()) } else { 1.0 };
    // The offset, like the boost, is computed in the dtype of the shape; the third is rounded to float32 in either.
    let d = ((if boosted { shape + S::ONE } else { shape }) - S::of((1.0f32 / 3.0).into())).wide();
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal_sample(engine, 0.0, 1.0);
        let y = 1.0 + c * x;
        if y <= 0.0 {
            continue;
        }
        let v = y * y * y;
        let u = 1.0 - unit(engine);
        let xx = x * x;
        if u < 1.0 - SQUEEZE * xx * xx || u.ln() < 0.5 * xx + d * (1.0 - v + v.ln()) {
            return scale * d * v;
        }
    }
}
