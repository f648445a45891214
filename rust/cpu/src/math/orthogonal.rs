//! Orthogonal polynomials of a degree given as a number, in float64: by recurrence in the degree, or for large ones on `(-1, 1)` by
//! trigonometric functions. Of a negative degree they are 0, as in PyTorch.

/// The degree that a number stands for.
fn degree(n: f64) -> i64 {
    if n.is_nan() { -1 } else { n as i64 }
}

/// Polynomials of degree 0 and 1 continued by `next(k, of k, of k - 1)`, which is that of degree `k + 1`.
fn continued(first: f64, n: i64, next: impl Fn(f64, f64, f64) -> f64) -> f64 {
    let (mut before, mut now) = (1.0, first);
    match n {
        ..0 => return 0.0,
        0 => return 1.0,
        _ => {}
    }
    for k in 1..n {
        if now.is_nan() {
            break;
        }
        (before, now) = (now, next(k as f64, now, before));
    }
    now
}

fn is_even(n: i64) -> bool {
    n % 2 == 0
}

/// Of the first kind.
pub(crate) fn chebyshev_t(x: f64, n: f64) -> f64 {
    match degree(n) {
        n if n >= 0 && x.abs() == 1.0 => {
            if x > 0.0 || is_even(n) {
                1.0
            } else {
                -1.0
            }
        }
        n if n > 6 && x.abs() < 1.0 => (n as f64 * x.acos()).cos(),
        n => continued(x, n, |_, now, before| 2.0 * x * now - before),
    }
}

/// Of the second kind.
pub(crate) fn chebyshev_u(x: f64, n: f64) -> f64 {
    match degree(n) {
        n if n >= 0 && x.abs() == 1.0 => (n + 1) as f64 * if x > 0.0 || is_even(n) { 1.0 } else { -1.0 },
        n if n > 8 && x.abs() < 1.0 => {
            let angle = x.acos();
            ((n + 1) as f64 * angle).sin() / angle.sin()
        }
        n => continued(2.0 * x, n, |_, now, before| 2.0 * x * now - before),
    }
}

/// Of the third kind.
pub(crate) fn chebyshev_v(x: f64, n: f64) -> f64 {
    match degree(n) {
        n if n >= 0 && x == 1.0 => 1.0,
        n if n >= 0 && x == -1.0 => (2 * n + 1) as f64 * if is_even(n) { 1.0 } else { -1.0 },
        n if n > 8 && x.abs() < 1.0 => {
            let angle = x.acos();
            ((n as f64 + 0.5) * angle).cos() / (angle / 2.0).cos()
        }
        n => continued(2.0 * x - 1.0, n, |_, now, before| 2.0 * x * now - before),
    }
}

/// Of the fourth kind.
pub(crate) fn chebyshev_w(x: f64, n: f64) -> f64 {
    match degree(n) {
        n if n >= 0 && x == 1.0 => (2 * n + 1) as f64,
        n if n >= 0 && x == -1.0 => {
            if is_even(n) {
                1.0
            } else {
                -1.0
            }
        }
        n if n > 8 && x.abs() < 1.0 => {
            let angle = x.acos();
            ((n as f64 + 0.5) * angle).sin() / (angle / 2.0).sin()
        }
        n => continued(2.0 * x + 1.0, n, |_, now, before| 2.0 * x * now - before),
    }
}

/// The physicists'.
pub(crate) fn hermite_h(x: f64, n: f64) -> f64 {
    continued(2.0 * x, degree(n), |k, now, before| 2.0 * (x * now - k * before))
}

/// The statisticians'.
pub(crate) fn hermite_he(x: f64, n: f64) -> f64 {
    continued(x, degree(n), |k, now, before| x * now - k * before)
}

pub(crate) fn laguerre(x: f64, n: f64) -> f64 {
    continued(1.0 - x, degree(n), |k, now, before| ((2.0 * k + 1.0 - x) * now - k * before) / (k + 1.0))
}

pub(crate) fn legendre(x: f64, n: f64) -> f64 {
    match degree(n) {
        n if n >= 0 && x.abs() == 1.0 => {
            if x > 0.0 || is_even(n) {
                1.0
            } else {
                -1.0
            }
        }
        n => continued(x, n, |k, now, before| ((2.0 * k + 1.0) * x * now - k * before) / (k + 1.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_of_degree_3() {
        let x = 0.3;
        let values = [
            (chebyshev_t(x, 3.0), 4.0 * x * x * x - 3.0 * x),
            (chebyshev_u(x, 3.0), 8.0 * x * x * x - 4.0 * x),
            (chebyshev_v(x, 3.0), 8.0 * x * x * x - 4.0 * x * x - 4.0 * x + 1.0),
            (chebyshev_w(x, 3.0), 8.0 * x * x * x + 4.0 * x * x - 4.0 * x - 1.0),
            (hermite_h(x, 3.0), 8.0 * x * x * x - 12.0 * x),
            (hermite_he(x, 3.0), x * x * x - 3.0 * x),
            (laguerre(x, 3.0), (-x * x * x + 9.0 * x * x - 18.0 * x + 6.0) / 6.0),
            (legendre(x, 3.0), (5.0 * x * x * x - 3.0 * x) / 2.0),
        ];
        for (i, (got, wanted)) in values.into_iter().enumerate() {
            assert!((got - wanted).abs() < 1e-15, "polynomial {i}: {got}, not {wanted}");
        }
    }
}
