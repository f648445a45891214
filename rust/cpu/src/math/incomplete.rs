//! The regularised incomplete gamma functions in float64.
//!
//! Series and continued fraction (DLMF 8.11.4, 8.9.2) with the front factor in the form of C. Loader, "Fast and accurate
//! computation of binomial probabilities" (2000); for large shapes near the middle the uniform expansion of N. Temme
//! (DLMF 8.12.7).

use std::f64::consts::PI;

use super::erf::f64::erfc;
use super::gamma::lgamma;
use crate::isa::Baseline;

/// Coefficients `c_k(eta)` of the uniform expansion as power series, computed for this project by DLMF 8.12.11.
const TEMME: [&[f64]; 6] = [
    &[
        -0.3333333333333333,
        0.08333333333333333,
        -0.014814814814814815,
        0.0011574074074074073,
        0.0003527336860670194,
        -0.0001787551440329218,
        3.919263178522438e-05,
        -2.185448510679992e-06,
        -1.85406221071516e-06,
        8.296711340953087e-07,
        -1.7665952736826078e-07,
        6.707853543401498e-09,
        1.0261809784240309e-08,
        -4.382036018453353e-09,
        9.14769958223679e-10,
        -2.5514193994946248e-11,
        -5.830772132550426e-11,
        2.4361948020667415e-11,
        -5.0276692801141755e-12,
        1.1004392031956135e-13,
    ],
    &[
        -0.001851851851851852,
        -0.003472222222222222,
        0.0026455026455026454,
        -0.0009902263374485596,
        0.00020576131687242798,
        -4.018775720164609e-07,
        -1.8098550334489977e-05,
        7.64916091608111e-06,
        -1.6120900894563446e-06,
        4.647127802807434e-09,
        1.378633446915721e-07,
        -5.752545603517705e-08,
        1.1951628599778148e-08,
        -1.7543241719747647e-11,
        -1.0091543710600413e-09,
        4.162792991842583e-10,
    ],
    &[
        0.004133597883597883,
        -0.0026813271604938273,
        0.0007716049382716049,
        2.0093878600823047e-06,
        -0.0001073665322636516,
        5.2923448829120125e-05,
        -1.2760635188618728e-05,
        3.423578734096138e-08,
        1.3721957309062934e-06,
        -6.298992138380055e-07,
        1.4280614206064242e-07,
        -2.0477098421990866e-10,
    ],
    &[
        0.0006494341563786008,
        0.00022947209362139917,
        -0.0004691894943952557,
        0.00026772063206283885,
        -7.561801671883977e-05,
        -2.396505113867297e-07,
        1.1082654115347302e-05,
        -5.6749528269915965e-06,
        1.4230900732435883e-06,
    ],
    &[
        -0.0008618882909167117,
        0.0007840392217200666,
        -0.0002990724803031902,
        -1.4638452578843418e-06,
        6.641498215465122e-05,
        -3.968365047179435e-05,
    ],
    &[-0.00033679855336635813, -6.972813758365857e-05, 0.0002772753244959392, -0.00019932570516188847],
];

/// Series and fractions are given up after so many terms; they converge long before where they are used.
const MOST_TERMS: usize = 5000;

/// `P(a, x)`, the lower one.
pub(crate) fn gammainc(a: f64, x: f64) -> f64 {
    if let Some((lower, _)) = at_the_edge(a, x) {
        return lower;
    }
    match branch(a, x) {
        Branch::Uniform => uniform(a, x, -1.0),
        Branch::Series => front(a, x) * series(a, x),
        Branch::SmallUpper => 1.0 - small_upper(a, x),
        Branch::Fraction => 1.0 - front(a, x) * a * fraction(a, x),
    }
}

/// `Q(a, x)`, the upper one.
pub(crate) fn gammaincc(a: f64, x: f64) -> f64 {
    if let Some((_, upper)) = at_the_edge(a, x) {
        return upper;
    }
    match branch(a, x) {
        Branch::Uniform => uniform(a, x, 1.0),
        Branch::Series => 1.0 - front(a, x) * series(a, x),
        Branch::SmallUpper => small_upper(a, x),
        Branch::Fraction => front(a, x) * a * fraction(a, x),
    }
}

/// Both, where an argument is 0, infinite or none for which they are defined.
fn at_the_edge(a: f64, x: f64) -> Option<(f64, f64)> {
    let (none, all) = ((0.0, 1.0), (1.0, 0.0));
    match (a, x) {
        _ if a.is_nan() || x.is_nan() || a < 0.0 || x < 0.0 => Some((f64::NAN, f64::NAN)),
        (0.0, x) => Some(if x > 0.0 { all } else { (f64::NAN, f64::NAN) }),
        (_, 0.0) => Some(none),
        (f64::INFINITY, f64::INFINITY) => Some((f64::NAN, f64::NAN)),
        (f64::INFINITY, _) => Some(none),
        (_, f64::INFINITY) => Some(all),
        _ => None,
    }
}

enum Branch {
    Uniform,
    Series,
    SmallUpper,
    Fraction,
}

fn branch(a: f64, x: f64) -> Branch {
    let distance = (x - a).abs() / a;
    match () {
        _ if a > 200.0 && distance < 0.3 => Branch::Uniform,
        _ if x > 1.1 && x >= a => Branch::Fraction,
        _ if x <= 1.1 && a < 1.0 && (x > 0.5 && a < x * 1.1 || x <= 0.5 && -0.4 / x.ln() > a) => Branch::SmallUpper,
        _ => Branch::Series,
    }
}

/// `x^a e^-x / Gamma(a + 1)`
fn front(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        let direct = x.powf(a) * (-x).exp() / libm::tgamma(a + 1.0);
        return if direct.is_normal() { direct } else { (a * x.ln() - x - lgamma(a + 1.0)).exp() };
    }
    (-stirling_rest(a) - deviance(a, x)).exp() / (2.0 * PI * a).sqrt()
}

/// `ln Gamma(a + 1)` less Stirling's approximation of it, for `a` from 10 on.
fn stirling_rest(a: f64) -> f64 {
    const SERIES: [f64; 7] =
        [1.0 / 12.0, -1.0 / 360.0, 1.0 / 1260.0, -1.0 / 1680.0, 1.0 / 1188.0, -691.0 / 360360.0, 1.0 / 156.0];
    let square = 1.0 / (a * a);
    SERIES.iter().rev().fold(0.0, |sum, c| sum * square + c) / a
}

/// `a ln(a / x) + x - a`, without the loss of digits near `x = a`.
fn deviance(a: f64, x: f64) -> f64 {
    if (x - a).abs() >= 0.1 * (x + a) {
        return a * (a / x).ln() + x - a;
    }
    // With v = (a - x) / (a + x): a ln((1 + v) / (1 - v)) = 2 a (v + v^3 / 3 + ...), of which the first term with x - a is (a - x) v.
    let v = (a - x) / (a + x);
    let (mut sum, mut power) = ((a - x) * v, 2.0 * a * v);
    for j in 1..MOST_TERMS {
        power *= v * v;
        let next = sum + power / (2 * j + 1) as f64;
        if next == sum {
            break;
        }
        sum = next;
    }
    sum
}

/// `1 + x / (a + 1) + x^2 / ((a + 1) (a + 2)) + ...`
fn series(a: f64, x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..MOST_TERMS {
        term *= x / (a + n as f64);
        sum += term;
        if term <= 0.25 * f64::EPSILON * sum {
            break;
        }
    }
    sum
}

/// `Q(a, x)` for small `a` and `x`, where `P` is close to 1 or the fraction converges slowly:
/// `1 - x^a / Gamma(a + 1) (1 + a sum of (-x)^n / (n! (a + n)))`.
fn small_upper(a: f64, x: f64) -> f64 {
    let (mut sum, mut factor) = (0.0, 1.0);
    for n in 1..MOST_TERMS {
        factor *= -x / n as f64;
        let term = factor / (a + n as f64);
        sum += term;
        if term.abs() <= f64::EPSILON * f64::abs(sum) {
            break;
        }
    }
    let exponent = a * x.ln() - lgamma(a + 1.0);
    -exponent.exp_m1() - exponent.exp() * a * sum
}

/// The continued fraction of `Gamma(a, x) e^x x^-a`, by Lentz' method.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / f64::MIN_POSITIVE;
    let mut d = 1.0 / b;
    let mut value = d;
    for n in 1..MOST_TERMS {
        let n = n as f64;
        let term = -n * (n - a);
        b += 2.0;
        d = 1.0 / (term * d + b);
        c = b + term / c;
        let factor = c * d;
        value *= factor;
        if (factor - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    value
}

/// `Q` with `sign` 1, `P` with -1, for large `a` near `x`.
fn uniform(a: f64, x: f64, sign: f64) -> f64 {
    let half_square = deviance(a, x) / a;
    let eta = (2.0 * half_square).sqrt().copysign(x - a);
    let mut sum = 0.0;
    for c in TEMME.iter().rev() {
        sum = sum / a + c.iter().rev().fold(0.0, |sum, c| sum * eta + c);
    }
    let rest = (-a * half_square).exp() / (2.0 * PI * a).sqrt() * sum;
    0.5 * erfc::<Baseline>(sign * eta * (a / 2.0).sqrt()) + sign * rest
}
