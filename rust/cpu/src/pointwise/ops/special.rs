//! Elementary and special functions, and the activations made of them, on float32 and float64.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use super::ops;
use crate::math::{Float, reparam};

ops! {
    /// Functions.
    fn functions<T: Float, I> up to Avx512 {
        same "exp" (a) = a.exp::<I>();
        same "exp2" (a) = a.exp2::<I>();
        same "expm1" (a) = a.expm1::<I>();
        same "log" (a) = a.log::<I>();
        same "log2" (a) = a.log2::<I>();
        same "log10" (a) = a.log10::<I>();
        same "log1p" (a) = a.log1p::<I>();
        same "sigmoid" (a) = a.sigmoid::<I>();
        same "logit" (a; eps) = {
            let clamped = if a < eps { eps } else if a > T::ONE - eps { T::ONE - eps } else { a };
            let p = if eps < T::ZERO { a } else { clamped };
            (p / (T::ONE - p)).log::<I>()
        };
        same "logaddexp" (a, b) = {
            let sum = larger(a, b) + (-(a - b).abs()).exp::<I>().log1p::<I>();
            if a == b && a.abs() == T::INFINITY { a } else { sum }
        };
        same "logaddexp2" (a, b) = {
            let sum = larger(a, b) + (-(a - b).abs()).exp2::<I>().log1p::<I>() * T::of(std::f64::consts::LOG2_E);
            if a == b && a.abs() == T::INFINITY { a } else { sum }
        };
        same "xlogy" (a, b) = if a == T::ZERO && !b.is_nan() { T::ZERO } else { a * b.log::<I>() };
        same "xlog1py" (a, b) = if a == T::ZERO && !b.is_nan() { T::ZERO } else { a * b.log1p::<I>() };
        same "pow" (a, b) = a.pow::<I>(b);
        same "hypot" (a, b) = a.hypot::<I>(b);
        same "sin" (a) [rare (a) a.is_huge_angle::<I>() => a.sin_any()] = a.sin::<I>();
        same "cos" (a) [rare (a) a.is_huge_angle::<I>() => a.cos_any()] = a.cos::<I>();
        same "tan" (a) [rare (a) a.is_huge_angle::<I>() => a.tan_any()] = a.tan::<I>();
        same "sinc" (a) [rare (a) a.is_huge_angle::<I>() => a.sinc_any()] = {
            let x = a * T::of(PI);
            if a == T::ZERO { T::ONE } else { x.sin::<I>() / x }
        };
        same "asin" (a) = a.asin::<I>();
        same "acos" (a) = a.acos::<I>();
        same "atan" (a) = a.atan::<I>();
        same "atan2" (a, b) = a.atan2::<I>(b);
        same "sinh" (a) = a.sinh::<I>();
        same "cosh" (a) = a.cosh::<I>();
        same "tanh" (a) = a.tanh::<I>();
        same "asinh" (a) = a.asinh::<I>();
        same "acosh" (a) = a.acosh::<I>();
        same "atanh" (a) = a.atanh::<I>();
        same "erf" (a) = a.erf::<I>();
        same "erfc" (a) = a.erfc::<I>();
        same "erfinv" (a) = a.erfinv::<I>();
        same "lgamma" (a) = a.lgamma::<I>();
        same "digamma" (a) = a.digamma();
        same "trigamma" (a) = a.polygamma(1);
        same "polygamma" (a; n) = a.polygamma(n.wide() as i64);
        same "standard_gamma_grad" (a, x) = T::of(reparam::gamma_sample(a.wide(), x.wide()));
        same "dirichlet_grad" (x, a, total) = T::of(reparam::dirichlet_sample(x.wide(), a.wide(), total.wide()));
    }
}

ops! {
    /// Activations, and gradients that need a transcendental function.
    fn activations<T: Float, I> up to Avx512 {
        same "elu" (a; alpha, scale, input_scale) = {
            if a > T::ZERO { a * scale } else { (a * input_scale).expm1::<I>() * (alpha * scale) }
        };
        same "gelu" (a) = a * a.normal_cdf::<I>();
        same "gelu_backward" (a, b) = {
            let density = (b * b * -T::HALF).exp_or_zero::<I>() * T::of(FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * 0.5);
            a * (b.normal_cdf::<I>() + b * density)
        };
        same "gelu_tanh" (a) = T::HALF * a * (T::ONE + gelu_argument(a).tanh::<I>());
        same "gelu_tanh_backward" (a, b) = {
            let w = gelu_argument(b).tanh::<I>();
            let slope = T::of(SQRT_2_OVER_PI) * (T::ONE + T::of(3.0 * CUBIC) * b * b);
            a * (T::HALF * (T::ONE + w) + T::HALF * b * (T::ONE - w * w) * slope)
        };
        same "silu" (a) = a / (T::ONE + (-a).exp::<I>());
        same "gated" (a, b) = a / (T::ONE + (-b).exp::<I>());
        same "silu_backward" (a, b) = {
            let s = b.sigmoid::<I>();
            a * s * (T::ONE + b * (T::ONE - s))
        };
        same "mish" (a) = a * a.exp::<I>().log1p::<I>().tanh::<I>();
        same "softplus" (a; beta, threshold) = {
            let x = a * beta;
            if x > threshold { a } else { x.exp::<I>().log1p::<I>() / beta }
        };
        same "log_sigmoid" (a) = {
            let low = if a > T::ZERO { T::ZERO } else { a };
            low - (-a.abs()).exp::<I>().log1p::<I>()
        };
    }
}

const SQRT_2_OVER_PI: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2;
const CUBIC: f64 = 0.044715;

/// The argument of the hyperbolic tangent in `gelu_tanh`.
#[inline(always)]
fn gelu_argument<T: Float>(a: T) -> T {
    T::of(SQRT_2_OVER_PI) * (a + T::of(CUBIC) * (a * a * a))
}

/// The larger; NaN wins.
#[inline(always)]
fn larger<T: Float>(a: T, b: T) -> T {
    if a > b || a.is_nan() { a } else { b }
}
