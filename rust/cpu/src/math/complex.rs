//! Elementary functions of complex numbers in double precision; complex64 is computed by way of it.
//!
//! Infinities, NaN and the sides of branch cuts (told by the sign of a zero) follow annex G of the C standard. The inverse
//! functions are those of Hull, Fairgrieve and Tang, "Implementing the complex arcsine and arccosine functions using
//! exception handling", ACM TOMS 23 (1997), in the form that FreeBSD's libm gave them.

use std::f64::consts::{E, FRAC_PI_2, LN_2};

use ferrotorch_kernel::dtype::c64;

const EPSILON: f64 = f64::EPSILON;
/// From here on `e^-2x` does not count beside 1.
const LARGE: f64 = 22.0;

pub(crate) fn exp(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return c64::new(x.exp(), y);
    }
    if !y.is_finite() {
        return match x {
            f64::NEG_INFINITY => c64::new(0.0, 0.0),
            f64::INFINITY => c64::new(x, f64::NAN),
            _ => c64::new(f64::NAN, f64::NAN),
        };
    }
    // In two steps where the exponential alone is beyond the range and its product with a small sine is not.
    let (half, scale) = if x > 709.0 { ((x * 0.5).exp(), (x * 0.5).exp()) } else { (x.exp(), 1.0) };
    c64::new(half * y.cos() * scale, half * y.sin() * scale)
}

pub(crate) fn cosh(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    match (x.is_finite(), y.is_finite()) {
        (_, true) if y == 0.0 => c64::new(x.cosh(), if x.is_finite() { x * y } else { 0f64.copysign(x) * y }),
        (true, true) if x.abs() < LARGE => c64::new(x.cosh() * y.cos(), x.sinh() * y.sin()),
        (true, true) => {
            let half = exp(c64::new(x.abs() - LN_2, y));
            c64::new(half.re, half.im * 1f64.copysign(x))
        }
        (true, false) if x == 0.0 => c64::new(f64::NAN, x * 0f64.copysign(y)),
        (true, false) => c64::new(f64::NAN, f64::NAN),
        (false, true) => c64::new(x * x * y.cos(), x * y.sin()),
        (false, false) => c64::new(x * x, f64::NAN),
    }
}

pub(crate) fn sinh(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    match (x.is_finite(), y.is_finite()) {
        (_, true) if y == 0.0 => c64::new(x.sinh(), y),
        (true, true) if x.abs() < LARGE => c64::new(x.sinh() * y.cos(), x.cosh() * y.sin()),
        (true, true) => {
            let half = exp(c64::new(x.abs() - LN_2, y));
            c64::new(half.re * 1f64.copysign(x), half.im)
        }
        (true, false) if x == 0.0 => c64::new(x, f64::NAN),
        (true, false) => c64::new(f64::NAN, f64::NAN),
        (false, true) => c64::new(x * y.cos(), x.abs() * y.sin()),
        (false, false) => c64::new(x * x, f64::NAN),
    }
}

/// By `t = tan(y)` and `s = sinh(x)`, after Kahan, "Branch cuts for complex elementary functions" (1987).
pub(crate) fn tanh(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    if x.is_nan() {
        return c64::new(x, if y == 0.0 { y } else { f64::NAN });
    }
    if x.is_infinite() {
        let side = if y.is_finite() { y.sin() * y.cos() } else { y };
        return c64::new(1f64.copysign(x), 0f64.copysign(side));
    }
    if !y.is_finite() {
        return c64::new(if x == 0.0 { x } else { f64::NAN }, f64::NAN);
    }
    if x.abs() >= LARGE {
        let small = (-x.abs()).exp();
        return c64::new(1f64.copysign(x), 4.0 * y.sin() * y.cos() * small * small);
    }
    let (t, s) = (y.tan(), x.sinh());
    let (beta, rho) = (1.0 + t * t, (1.0 + s * s).sqrt());
    let denominator = 1.0 + beta * s * s;
    c64::new(beta * rho * s / denominator, t / denominator)
}

/// `i z`
fn turned(z: c64) -> c64 {
    c64::new(-z.im, z.re)
}

/// `-i z`
fn turned_back(z: c64) -> c64 {
    c64::new(z.im, -z.re)
}

pub(crate) fn cos(z: c64) -> c64 {
    cosh(turned(z))
}

pub(crate) fn sin(z: c64) -> c64 {
    turned_back(sinh(turned(z)))
}

pub(crate) fn tan(z: c64) -> c64 {
    turned_back(tanh(turned(z)))
}

pub(crate) fn sqrt(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    if x == 0.0 && y == 0.0 {
        return c64::new(0.0, y);
    }
    if y.is_infinite() {
        return c64::new(f64::INFINITY, y);
    }
    if x.is_infinite() {
        // 0, or NaN.
        let rest = y * 0.0;
        return if x < 0.0 { c64::new(rest.abs(), x.abs().copysign(y)) } else { c64::new(x, rest) };
    }
    // Scaled by a power of 4 where the square of the size of z is near the ends of the range.
    let size = x.abs().max(y.abs());
    let (factor, root) = if size > 1e150 {
        (2f64.powi(-600), 2f64.powi(300))
    } else if size < 1e-140 {
        (2f64.powi(600), 2f64.powi(-300))
    } else {
        (1.0, 1.0)
    };
    let (x, y) = (x * factor, y * factor);
    let long = ((x.abs() + (x * x + y * y).sqrt()) * 0.5).sqrt();
    let short = y.abs() / (2.0 * long);
    if x >= 0.0 { c64::new(long * root, (short * root).copysign(y)) } else { c64::new(short * root, (long * root).copysign(y)) }
}

/// `log(1 + z)` without cancellation near 0: the size of `1 + z` is `sqrt(1 + x (2 + x) + y^2)`.
pub(crate) fn log1p(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    let size = if x.abs() < 0.5 && y.abs() < 0.5 { (x * (2.0 + x) + y * y).ln_1p() * 0.5 } else { (1.0 + x).hypot(y).ln() };
    c64::new(size, y.atan2(1.0 + x))
}

/// `e^z - 1` without cancellation: `expm1(x) cos(y) - 2 sin^2(y / 2) + i e^x sin(y)`.
pub(crate) fn expm1(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    if y == 0.0 {
        return c64::new(x.exp_m1(), y);
    }
    if !x.is_finite() || !y.is_finite() {
        return exp(z) - 1.0;
    }
    let half = (y * 0.5).sin();
    c64::new(x.exp_m1() * y.cos() - 2.0 * half * half, x.exp() * y.sin())
}

pub(crate) fn asinh(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    let (ax, ay) = (x.abs(), y.abs());
    if x.is_nan() || y.is_nan() {
        return match (x, y) {
            _ if x.is_infinite() => c64::new(x, f64::NAN),
            _ if y.is_infinite() => c64::new(y, f64::NAN),
            _ if y == 0.0 => c64::new(f64::NAN, y),
            _ => c64::new(f64::NAN, f64::NAN),
        };
    }
    let (size, angle) = if ax.max(ay) > 1.0 / EPSILON {
        let log = log_of_large(c64::new(ax, ay));
        (log.re + LN_2, log.im)
    } else if ax.max(ay) < EPSILON {
        return z;
    } else {
        let parts = InverseParts::new(ax, ay);
        (parts.log, parts.arcsine())
    };
    c64::new(size.copysign(x), angle.copysign(y))
}

pub(crate) fn asin(z: c64) -> c64 {
    let w = asinh(c64::new(z.im, z.re));
    c64::new(w.im, w.re)
}

pub(crate) fn acos(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    let (ax, ay) = (x.abs(), y.abs());
    if x.is_nan() || y.is_nan() {
        return match (x, y) {
            _ if x.is_infinite() => c64::new(f64::NAN, f64::NEG_INFINITY),
            _ if y.is_infinite() => c64::new(f64::NAN, -y),
            _ if x == 0.0 => c64::new(FRAC_PI_2, f64::NAN),
            _ => c64::new(f64::NAN, f64::NAN),
        };
    }
    let (angle, size) = if ax.max(ay) > 1.0 / EPSILON {
        let log = log_of_large(z);
        (log.im.abs(), log.re + LN_2)
    } else if x == 1.0 && y == 0.0 {
        (0.0, 0.0)
    } else {
        let parts = InverseParts::new(ay, ax);
        (parts.arccosine(x.is_sign_negative()), parts.log)
    };
    c64::new(angle, if y.is_sign_negative() { size } else { -size })
}

pub(crate) fn acosh(z: c64) -> c64 {
    let w = acos(z);
    match (w.re.is_nan(), w.im.is_nan()) {
        (true, true) => w,
        (true, false) => c64::new(w.im.abs(), w.re),
        (false, true) => c64::new(w.im, w.im),
        (false, false) => c64::new(w.im.abs(), w.re.copysign(z.im)),
    }
}

pub(crate) fn atanh(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    let (ax, ay) = (x.abs(), y.abs());
    if y == 0.0 && ax <= 1.0 {
        return c64::new(x.atanh(), y);
    }
    if x == 0.0 {
        return c64::new(x, y.atan());
    }
    if x.is_nan() || y.is_nan() {
        return match (x, y) {
            _ if x.is_infinite() => c64::new(0f64.copysign(x), f64::NAN),
            _ if y.is_infinite() => c64::new(0f64.copysign(x), FRAC_PI_2.copysign(y)),
            _ => c64::new(f64::NAN, f64::NAN),
        };
    }
    if ax.max(ay) > 1.0 / EPSILON {
        return c64::new(real_of_reciprocal(x, y), FRAC_PI_2.copysign(y));
    }
    let size = if ax == 1.0 && ay < EPSILON {
        (LN_2 - ay.ln()) / 2.0
    } else {
        let square = (ax - 1.0) * (ax - 1.0) + if ay < 1e-150 { 0.0 } else { ay * ay };
        (4.0 * ax / square).ln_1p() / 4.0
    };
    let angle = if ax == 1.0 { 2f64.atan2(-ay) } else { (2.0 * ay).atan2((1.0 - ax) * (1.0 + ax) - ay * ay) };
    c64::new(size.copysign(x), (angle / 2.0).copysign(y))
}

pub(crate) fn atan(z: c64) -> c64 {
    let w = atanh(c64::new(z.im, z.re));
    c64::new(w.im, w.re)
}

/// `x / (x^2 + y^2)` of large numbers.
fn real_of_reciprocal(x: f64, y: f64) -> f64 {
    if x.is_infinite() || y.is_infinite() {
        return 0f64.copysign(x);
    }
    let length = x.hypot(y);
    x / length / length
}

/// The logarithm where the size may be beyond the range.
fn log_of_large(z: c64) -> c64 {
    let (x, y) = (z.re, z.im);
    let size = if x.abs().max(y.abs()) > f64::MAX / 2.0 { (x / E).hypot(y / E).ln() + 1.0 } else { x.hypot(y).ln() };
    c64::new(size, y.atan2(x))
}

/// What the inverse sine and cosine are made of: for `x, y >= 0` and `a = (|z + i| + |z - i|) / 2` the logarithm
/// `log(a + sqrt(a^2 - 1))`, and sides of the right-angled triangle whose angle is `arcsin(y / a)`.
struct InverseParts {
    log: f64,
    opposite: f64,
    adjacent: f64,
    /// `y / a` where that is exact enough.
    ratio: Option<f64>,
}

impl InverseParts {
    fn new(x: f64, y: f64) -> Self {
        let (r, s) = (x.hypot(y + 1.0), x.hypot(y - 1.0));
        let a = ((r + s) / 2.0).max(1.0);
        // Differences are formed without cancellation near the branch points.
        let is_apart = x >= EPSILON * (y - 1.0).abs();
        let log = if a >= 10.0 {
            (a + (a * a - 1.0).sqrt()).ln()
        } else if y == 1.0 && x < EPSILON * EPSILON / 128.0 {
            x.sqrt()
        } else if is_apart {
            let less_one = excess(x, 1.0 + y, r) + excess(x, 1.0 - y, s);
            (less_one + (less_one * (a + 1.0)).sqrt()).ln_1p()
        } else if y < 1.0 {
            x / ((1.0 - y) * (1.0 + y)).sqrt()
        } else {
            ((y - 1.0) + ((y - 1.0) * (y + 1.0)).sqrt()).ln_1p()
        };
        let ratio = y / a;
        let usable = ratio <= 0.6417;
        let (opposite, adjacent) = if usable {
            (y, 0.0)
        } else if y == 1.0 && x < EPSILON / 128.0 {
            (y, x.sqrt() * ((a + y) / 2.0).sqrt())
        } else if is_apart {
            (y, ((excess(x, y + 1.0, r) + excess(x, y - 1.0, s)) * (a + y)).sqrt())
        } else if y > 1.0 {
            let scale = 4.0 / EPSILON / EPSILON;
            (y * scale, x * scale * y / ((y + 1.0) * (y - 1.0)).sqrt())
        } else {
            (y, ((1.0 - y) * (1.0 + y)).sqrt())
        };
        InverseParts { log, opposite, adjacent, ratio: usable.then_some(ratio) }
    }

    fn arcsine(&self) -> f64 {
        self.ratio.map_or_else(|| self.opposite.atan2(self.adjacent), f64::asin)
    }

    /// `arccos(y / a)`, or that of its negative.
    fn arccosine(&self, negative: bool) -> f64 {
        let sign = if negative { -1.0 } else { 1.0 };
        self.ratio.map_or_else(|| self.adjacent.atan2(sign * self.opposite), |ratio| (sign * ratio).acos())
    }
}

/// `(length - b) / 2` with `length = sqrt(a^2 + b^2)`.
fn excess(a: f64, b: f64, length: f64) -> f64 {
    if b < 0.0 {
        (length - b) / 2.0
    } else if b == 0.0 {
        a / 2.0
    } else {
        a * a / (length + b) / 2.0
    }
}
