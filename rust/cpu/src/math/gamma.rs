//! The logarithm of the gamma function and its derivatives.

use std::f64::consts::PI;

use super::double::Double;
use crate::isa::{Baseline, Isa};
use crate::math::{log, poly, round, trig};

/// `log |gamma(x)|`
pub(crate) fn lgamma(x: f64) -> f64 {
    // Between its poles there are zeros, up to where they are nearer to these than any number is. Reflection loses digits near them.
    const LAST_ZERO: f64 = -22.0;
    const NEAR: f64 = 0.3;
    if x == f64::NEG_INFINITY {
        return f64::INFINITY;
    }
    let result = libm::lgamma(x);
    if LAST_ZERO < x && x < 0.0 && result.abs() < NEAR { lgamma_near_zeros(x) } else { result }
}

/// `log |gamma(x)|` of a float32, in float64: Stirling's series from 8 on, and the recurrence below; reflection of negative numbers. What
/// cancels near the zeros leaves more digits than float32 has.
#[inline(always)]
pub(crate) fn lgamma_of_float32<I: Isa>(x: f32) -> f64 {
    const HALF_LOG_TWO_PI: f64 = 0.918_938_533_204_672_7;
    const LOG_PI: f64 = 1.144_729_885_849_400_2;
    /// `B(2k) / (2k (2k - 1))`, the coefficients of Stirling's series.
    const STIRLING: [f64; 7] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360360.0, 1.0 / 156.0];
    let a = f64::from(x.abs());
    let is_near = a < 8.0;
    let product = a * (a + 1.0) * (a + 2.0) * (a + 3.0) * ((a + 4.0) * (a + 5.0) * (a + 6.0) * (a + 7.0));
    let (z, product) = if is_near { (a + 8.0, product) } else { (a, 1.0) };
    let inverse = 1.0 / z;
    let series = inverse * poly::<I, f64, _>(inverse * inverse, STIRLING);
    let stirling = (z - 0.5) * log::f64::log::<I>(z) - z + (HALF_LOG_TWO_PI + series);
    // gamma(x) gamma(-x) = -pi / (x sin(pi x))
    let fraction = a - round::f64::round_even::<I>(a);
    let sin = trig::f64::sin::<I>(std::f64::consts::PI * fraction).abs();
    let is_negative = x < 0.0;
    let factor = log::f64::log::<I>(if is_negative { product / (a * sin) } else { product });
    let result = if is_negative { LOG_PI + factor - stirling } else { stirling - factor };
    let result = if a == f64::INFINITY { a } else { result };
    if x == 1.0 || x == 2.0 { 0.0 } else { result }
}

pub(crate) mod f32 {
    use crate::isa::Isa;

    /// See [`super::lgamma_of_float32`].
    #[inline(always)]
    pub(crate) fn lgamma<I: Isa>(x: f32) -> f32 {
        super::lgamma_of_float32::<I>(x) as f32
    }
}

pub(crate) mod f64 {
    use crate::isa::Isa;

    /// See [`super::lgamma`].
    #[inline(always)]
    pub(crate) fn lgamma<I: Isa>(x: f64) -> f64 {
        super::lgamma(x)
    }
}

/// Coefficients of the power series of `1 / gamma` at 1.5.
const RECIPROCAL_GAMMA: [Double; 29] = [
    Double::new(1.1283791670955126, 1.533545961316588e-17),
    Double::new(-0.0411745264452831, -3.3752130157375745e-18),
    Double::new(-0.5266544355255445, -6.112036385608127e-18),
    Double::new(0.17510202604393457, -1.0657471268514412e-17),
    Double::new(0.050966860247706074, 3.1247224718944427e-18),
    Double::new(-0.042155169368535604, 3.0976342103734477e-18),
    Double::new(0.006612897826824127, 3.573455638859823e-19),
    Double::new(0.002120731442572938, 1.3781297975220145e-19),
    Double::new(-0.0011107302545948906, -9.753454144222531e-20),
    Double::new(0.00015235762076747688, -1.0906520861329338e-20),
    Double::new(2.5355204923814165e-05, 4.893956349690275e-22),
    Double::new(-1.3896805717913756e-05, 2.1533543121307036e-22),
    Double::new(2.1562032905141724e-06, 8.714226745633228e-23),
    Double::new(5.7942640540526726e-08, -7.454341938541845e-25),
    Double::new(-8.913551118311116e-08, -3.639776989356635e-24),
    Double::new(1.7103469415915374e-08, 1.1274857846497739e-25),
    Double::new(-9.313686445241901e-10, -3.474969316158858e-26),
    Double::new(-2.6804741033496623e-10, -2.3612584194639298e-26),
    Double::new(7.458932233316326e-11, 0.0),
    Double::new(-8.012807061414718e-12, 0.0),
    Double::new(-8.382343033451855e-14, 0.0),
    Double::new(1.6946340904320522e-13, 0.0),
    Double::new(-2.7875756707125753e-14, 0.0),
    Double::new(1.8670394695065306e-15, 0.0),
    Double::new(1.3049499008587988e-16, 0.0),
    Double::new(-4.8588741441877864e-17, 0.0),
    Double::new(5.829542692459468e-18, 0.0),
    Double::new(-2.592909417993784e-19, 0.0),
    Double::new(-3.326754010285789e-20, 0.0),
];

/// `log |gamma(x)|` for negative `x` that are no integers: `gamma(x) = gamma(x + n) / (x (x + 1) ... (x + n - 1))` with `x + n` between 1 and 2, in
/// twice the precision, for near a zero of the logarithm nearly all digits of the product cancel.
fn lgamma_near_zeros(x: f64) -> f64 {
    let shift = 1.0 - x.floor();
    let product = (0..shift as i32).fold(Double::ONE, |product, k| product * Double::sum(x, k as f64));
    let distance = Double::sum(x, shift) + Double::new(-1.5, 0.0);
    let reciprocal = product * distance.poly(&RECIPROCAL_GAMMA);
    let sign = if reciprocal.high < 0.0 { -1.0 } else { 1.0 };
    -Double::new(sign * reciprocal.high, sign * reciprocal.low).ln()
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

/// The derivative of `digamma`: reflection below one half, recurrence below 10, and beyond the asymptotic series (Abramowitz and Stegun
/// 6.4.7, 6.4.6, 6.4.12).
fn trigamma(x: f64) -> f64 {
    /// `B(2k)` for k = 1, 2, ...
    const SERIES: [f64; 7] = [1.0 / 6.0, -1.0 / 30.0, 1.0 / 42.0, -1.0 / 30.0, 5.0 / 66.0, -691.0 / 2730.0, 7.0 / 6.0];
    if x < 0.5 {
        let sin = (PI * x.fract()).sin();
        return if x == x.trunc() { f64::INFINITY } else { PI * PI / (sin * sin) - trigamma(1.0 - x) };
    }
    let (mut x, mut sum) = (x, 0.0);
    while x < 10.0 {
        sum += 1.0 / (x * x);
        x += 1.0;
    }
    let (inverse, square) = (1.0 / x, 1.0 / (x * x));
    let series = SERIES.iter().rev().fold(0.0, |series, c| (series + c) * square);
    sum + (1.0 + 0.5 * inverse + series) * inverse
}

/// Derivative number `n` (at least 1) of `digamma`: `(-1)^(n + 1) n! zeta(n + 1, x)`, but for [`trigamma`], which
/// has a value where `zeta` has none.
pub(crate) fn polygamma(n: i64, x: f64) -> f64 {
    if n == 1 {
        return trigamma(x);
    }
    let sign = if n % 2 == 0 { -1.0 } else { 1.0 };
    sign * libm::tgamma(n as f64 + 1.0) * hurwitz_zeta(n as f64 + 1.0, x)
}

/// [`hurwitz_zeta`] of any arguments.
pub(crate) fn zeta(s: f64, q: f64) -> f64 {
    match s {
        1.0 => f64::INFINITY,
        s if s < 1.0 => f64::NAN,
        s if s.is_nan() && q > 0.0 => f64::NAN,
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
