//! Sums of Chebyshev polynomials.

/// `c[0] + c[1] T1(t) + c[2] T2(t) + ...` by Clenshaw's recurrence, for `t` in `[-1, 1]`.
pub(crate) fn chebyshev(t: f64, c: &[f64]) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &c in c.iter().skip(1).rev() {
        (b1, b2) = (2.0 * t * b1 - b2 + c, b1);
    }
    c.first().map_or(0.0, |c| t * b1 - b2 + c)
}
