//! Derivatives of gamma and beta samples by a shape parameter.
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

/// `dx/da / (1 - x)` of a sample `x` of the beta distribution with shapes `a` and `total - a`: how the samples of a Dirichlet
/// distribution move with the concentration `a`, but for what all of them share.
pub(crate) fn dirichlet_sample(x: f64, a: f64, total: f64) -> f64 {
    let b = total - a;
    if !(a > 0.0 && (0.0..=1.0).contains(&x)) {
        return f64::NAN;
    }
    // Without other concentrations there is one point only.
    if x == 0.0 || b <= 0.0 {
        return 0.0;
    }
    if x < (a + 1.0) / (total + 2.0) {
        let (sum, change) = beta_series(total, a, x, |d| 1.0 / d.0 - 1.0 / d.1);
        -x / a * ((x.ln() - digamma(a + 1.0) + digamma(total)) * sum + change)
    } else {
        let (sum, change) = beta_series(total, b, 1.0 - x, |d| 1.0 / d.0);
        x / b * ((x.ln() - digamma(a) + digamma(total)) * sum + change)
    }
}

/// `sum (total)_n / (a + 1)_n x^n`, which times `x^a (1 - x)^b / (a B(a, b))` is the incomplete beta function (DLMF 8.17.8), and its
/// derivative by a shape: `by` gives that of the logarithm of a term's newest factor `d.0 / d.1`.
fn beta_series(total: f64, a: f64, x: f64, by: impl Fn((f64, f64)) -> f64) -> (f64, f64) {
    let (mut term, mut slope) = (1.0, 0.0);
    let (mut sum, mut change) = (1.0, 0.0);
    for n in 0..MAX_TERMS {
        let d = (total + n as f64, a + 1.0 + n as f64);
        term *= d.0 / d.1 * x;
        slope += by(d);
        sum += term;
        change += term * slope;
        // Terms may grow before they fall.
        if d.0 * x < d.1 && term * slope.abs().max(1.0) < f64::EPSILON * 0.1 * sum {
            break;
        }
    }
    (sum, change)
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
    fn beta_samples_with_a_shape_of_one_have_a_closed_form() {
        // F = x^a for b = 1, and 1 - (1 - x)^b for a = 1, where the other form holds by symmetry.
        for x in [1e-6f64, 0.2, 0.5, 0.9, 1.0 - 1e-9] {
            for a in [0.1, 1.0, 3.0, 50.0] {
                let (got, want) = (dirichlet_sample(x, a, a + 1.0) * (1.0 - x), -x * x.ln() / a);
                assert!((got - want).abs() <= 1e-7 * want.abs(), "{x} {a}: {got} {want}");
            }
        }
    }

    #[test]
    fn both_forms_of_the_beta_distribution_agree_where_they_meet() {
        for (a, b) in [(0.3, 0.4), (2.0, 3.0), (0.1, 9.0), (40.0, 2.0), (900.0, 700.0)] {
            let edge = (a + 1.0) / (a + b + 2.0);
            let (below, above) =
                (dirichlet_sample(edge * (1.0 - 1e-12), a, a + b), dirichlet_sample(edge * (1.0 + 1e-12), a, a + b));
            assert!((below - above).abs() < 1e-7 * above, "{a} {b}: {below} {above}");
        }
    }

    #[test]
    fn both_forms_agree_where_they_meet() {
        for a in [0.3, 1.0, 7.0, 40.0, 900.0] {
            let (below, above) = (gamma_sample(a, (a + 1.0) * (1.0 - 1e-12)), gamma_sample(a, (a + 1.0) * (1.0 + 1e-12)));
            assert!((below - above).abs() < 1e-8 * above, "{a}: {below} {above}");
        }
    }
}
