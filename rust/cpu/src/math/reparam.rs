//! Derivatives of gamma samples by their shape parameter.
//!
//! A sample `x` of a distribution with the cumulative distribution function `F(x; a)` moves with `a` as
//! `dx/da = -(dF/da) / (dF/dx)` (M. Figurnov et al., "Implicit reparameterization gradients", 2018). `F` is a series of
//! positive terms or a continued fraction, differentiated term by term; the density cancels.

use super::gamma::digamma;

/// Terms that a sum may take; sums for shapes of size `n` need some multiple of the root of `n`.
const MAX_TERMS: usize = 1_000_000;

/// `dx/da` of a sample `x` of the gamma distribution with shape `a` and scale 1.
pub(crate) fn gamma_sample(a: f64, x: f64) -> f64 {
    if !(a > 0.0 && x >= 0.0) {
        return f64::NAN;
    }
    if x == 0.0 {
        return 0.0;
    }
    let slope = x.ln() - digamma(a);
    if x < a + 1.0 {
        let (sum, change) = lower_gamma_series(a, x);
        -x * (slope * sum + change)
    } else {
        let (fraction, change) = upper_gamma_fraction(a, x);
        x * (slope * fraction + change)
    }
}

/// `sum x^n / (a (a + 1) .. (a + n))` and its derivative by `a` (DLMF 8.11.4).
fn lower_gamma_series(a: f64, x: f64) -> (f64, f64) {
    let (mut term, mut slope) = (1.0 / a, -1.0 / a);
    let (mut sum, mut change) = (term, term * slope);
    for n in 1..MAX_TERMS {
        let d = a + n as f64;
        term *= x / d;
        slope -= 1.0 / d;
        sum += term;
        change += term * slope;
        if term * slope.abs().max(1.0) < f64::EPSILON * 0.1 * (sum.min(change.abs())) {
            break;
        }
    }
    (sum, change)
}

/// The continued fraction of `e^x x^-a Gamma(a, x)` (DLMF 8.9.2 in its even part), by Lentz's method, and its
/// derivative by `a`.
fn upper_gamma_fraction(a: f64, x: f64) -> (f64, f64) {
    let mut b = x + 1.0 - a;
    let (mut c, mut dc) = (f64::INFINITY, 0.0);
    let (mut d, mut dd) = (1.0 / b, 1.0 / (b * b));
    let (mut h, mut dh) = (d, dd);
    for n in 1..MAX_TERMS {
        let i = n as f64;
        let (numerator, dn) = (i * (a - i), i);
        b += 2.0;
        let over = b + numerator * d;
        let dover = -1.0 + dn * d + numerator * dd;
        d = 1.0 / over;
        dd = -dover * d * d;
        let ratio = if c.is_infinite() { (0.0, 0.0) } else { (numerator / c, dn / c - numerator * dc / (c * c)) };
        (c, dc) = (b + ratio.0, -1.0 + ratio.1);
        let (factor, dfactor) = (c * d, dc * d + c * dd);
        dh = dh * factor + h * dfactor;
        h *= factor;
        if (factor - 1.0).abs() <= 2.0 * f64::EPSILON && (h * dfactor).abs() <= 4.0 * f64::EPSILON * dh.abs() {
            break;
        }
    }
    (h, dh)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} {b}");
    }

    #[test]
    fn samples_of_the_exponential_distribution_have_a_closed_form() {
        // With a = 1 the closed form is e^x E1(x) + ln x + gamma.
        let exponential_integral_at_1 = 0.219_383_934_395_520_27;
        let euler = 0.577_215_664_901_532_9;
        close(gamma_sample(1.0, 1.0), std::f64::consts::E * exponential_integral_at_1 + euler);
    }

    #[test]
    fn both_forms_agree_where_they_meet() {
        for a in [0.3, 1.0, 7.0, 40.0, 900.0] {
            let (below, above) = (gamma_sample(a, (a + 1.0) * (1.0 - 1e-12)), gamma_sample(a, (a + 1.0) * (1.0 + 1e-12)));
            assert!((below - above).abs() < 1e-8 * above, "{a}: {below} {above}");
        }
    }
}
