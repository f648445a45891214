//! The logarithm of the gamma function and its derivatives.

use std::f64::consts::PI;

use crate::isa::Baseline;
use crate::math::poly;

/// `log |gamma(x)|`
pub(crate) fn lgamma(x: f64) -> f64 {
    if x == f64::NEG_INFINITY { f64::INFINITY } else { libm::lgamma(x) }
}

/// `B(2k) / (2k)` for k = 1, 2, ..., the coefficients of the asymptotic series of `digamma`.
const DIGAMMA_SERIES: [f64; 7] = [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32760.0, 1.0 / 12.0];

/// `digamma` on `[1, 2]`: the distance from its root there times a rational function, so that no digits are lost near the
/// root (the approximation of Boost's `digamma_imp_1_2`). The root is given in three parts.
fn digamma_near_root(x: f64) -> f64 {
    const ROOT: [f64; 3] = [1569415565.0 / 1073741824.0, 381566830.0 / 1073741824.0 / 1073741824.0, 9.016312093258696e-20];
    const Y: f64 = 0.995_581_626_892_089_8;
    const P: [f64; 6] = [
        0.25479851061131551,
        -0.32555031186804491,
        -0.65031853770896507,
        -0.28919126444774784,
        -0.045251321448739056,
        -0.0020713321167745952,
    ];
    const Q: [f64; 7] = [
        1.0,
        2.0767117023730469,
        1.4606242909763515,
        0.43593529692665969,
        0.054151797245674225,
        0.0021284987017821144,
        -0.55789841321675513e-6,
    ];
    let distance = ROOT.iter().fold(x, |x, part| x - part);
    let ratio = poly::<Baseline, f64, _>(x - 1.0, P) / poly::<Baseline, f64, _>(x - 1.0, Q);
    distance * Y + distance * ratio
}

/// The logarithmic derivative of the gamma function: reflection for negative arguments, recurrence to `[1, 2]` below 10, and
/// beyond the asymptotic series (Abramowitz and Stegun 6.3.7, 6.3.5, 6.3.18).
pub(crate) fn digamma(x: f64) -> f64 {
    if x == 0.0 {
        return f64::INFINITY.copysign(-x);
    }
    if x < 0.0 {
        if x == x.trunc() {
            return f64::NAN;
        }
        // The angle is reduced first: tan(pi x) of a large x is inexact.
        return digamma(1.0 - x) - PI / (PI * x.fract()).tan();
    }
    if x < 10.0 {
        let (mut x, mut sum) = (x, 0.0);
        while x > 2.0 {
            x -= 1.0;
            sum += 1.0 / x;
        }
        if x < 1.0 {
            sum -= 1.0 / x;
            x += 1.0;
        }
        return sum + digamma_near_root(x);
    }
    let square = 1.0 / (x * x);
    let series = DIGAMMA_SERIES.iter().rev().fold(0.0, |series, c| (series + c) * square);
    if x == f64::INFINITY { x } else { x.ln() - 0.5 / x - series }
}

/// Derivative number `n` (at least 1) of `digamma`: `(-1)^(n + 1) n! zeta(n + 1, x)`. Beyond its domain, where `zeta`
/// has no value for even `n + 1`, `trigamma` uses reflection.
pub(crate) fn polygamma(n: i64, x: f64) -> f64 {
    if n == 1 && x < 0.5 {
        let sin = (PI * x.fract()).sin();
        return if x == x.trunc() { f64::INFINITY } else { PI * PI / (sin * sin) - polygamma(1, 1.0 - x) };
    }
    let sign = if n % 2 == 0 { -1.0 } else { 1.0 };
    sign * libm::tgamma(n as f64 + 1.0) * hurwitz_zeta(n as f64 + 1.0, x)
}

/// [`hurwitz_zeta`] of any arguments.
pub(crate) fn zeta(s: f64, q: f64) -> f64 {
    match s {
        1.0 => f64::INFINITY,
        s if s < 1.0 => f64::NAN,
        s => hurwitz_zeta(s, q),
    }
}

/// `sum over k of 1 / (q + k)^s`, by Euler and Maclaurin after nine terms (the method of Cephes' zeta.c).
fn hurwitz_zeta(s: f64, q: f64) -> f64 {
    /// `(2k)! / B(2k)`
    const SERIES: [f64; 12] = [
        12.0,
        -720.0,
        30240.0,
        -1209600.0,
        47900160.0,
        -1.8924375803183791606e9,
        7.47242496e10,
        -2.950130727918164224e12,
        1.1646782814350067249e14,
        -4.5979787224074726105e15,
        1.8152105401943546773e17,
        -7.1661652561756670113e18,
    ];
    if q == f64::INFINITY {
        return 0.0;
    }
    if q <= 0.0 {
        if q == q.floor() {
            return f64::INFINITY;
        }
        if s != s.floor() {
            return f64::NAN;
        }
    }
    let (mut sum, mut a, mut i) = (q.powf(-s), q, 0);
    let mut term = 0.0;
    while i < 9 || a <= 9.0 {
        i += 1;
        a += 1.0;
        term = a.powf(-s);
        sum += term;
        if (term / sum).abs() < f64::EPSILON {
            return sum;
        }
    }
    sum += term * a / (s - 1.0) - 0.5 * term;
    let (mut factor, mut k) = (1.0, 0.0);
    for c in SERIES {
        factor *= s + k;
        term /= a;
        let t = factor * term / c;
        sum += t;
        if (t / sum).abs() < f64::EPSILON {
            break;
        }
        k += 1.0;
        factor *= s + k;
        term /= a;
        k += 1.0;
    }
    sum
}
