//! Sums of Chebyshev polynomials.

use super::fma;
use crate::isa::{Baseline, Isa};

/// `c[0] + c[1] T1(t) + c[2] T2(t) + ...` by Clenshaw's recurrence, for `t` in `[-1, 1]`.
pub(crate) fn chebyshev(t: f64, c: &[f64]) -> f64 {
    clenshaw::<Baseline>(t, c)
}

/// [`chebyshev`] in a loop compiled for an instruction set.
#[inline(always)]
pub(crate) fn clenshaw<I: Isa>(t: f64, c: &[f64]) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for k in (1..c.len()).rev() {
        (b1, b2) = (fma::<I, f64>(2.0 * t, b1, c[k] - b2), b1);
    }
    fma::<I, f64>(t, b1, c[0] - b2)
}
