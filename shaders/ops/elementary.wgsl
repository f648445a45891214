// Ops by elementary functions, which math.wgsl and math64.wgsl have.

fn op_exp(a: T) -> T {
    return exponential(a);
}

fn op_expm1(a: T) -> T {
    return exponential_minus_1(a);
}

fn op_log(a: T) -> T {
    return logarithm(a);
}

fn op_log2(a: T) -> T {
    return logarithm_2(a);
}

fn op_log10(a: T) -> T {
    return logarithm(a) * 0.4342944819032518;
}

fn op_log1p(a: T) -> T {
    return logarithm_of_1_plus(a);
}

fn op_sigmoid(a: T) -> T {
    return sigmoid(a);
}

fn op_logit(a: T, eps: T) -> T {
    // Of bounds that cross the lower one wins.
    var x = a;
    if (eps >= 0.0) {
        x = select(select(a, 1.0 - eps, a > 1.0 - eps), eps, a < eps);
    }
    return logarithm(x / (1.0 - x));
}

fn op_logaddexp(a: T, b: T) -> T {
    if (op_isinf(a) && a == b) {
        return a;
    }
    let large = op_maximum(a, b);
    return large + logarithm_of_1_plus(exponential(-abs(a - b)));
}

fn op_xlogy(a: T, b: T) -> T {
    if (a == 0.0 && !op_isnan(b)) {
        return 0.0;
    }
    return a * logarithm(b);
}

fn op_xlog1py(a: T, b: T) -> T {
    if (a == 0.0 && !op_isnan(b)) {
        return 0.0;
    }
    return a * logarithm_of_1_plus(b);
}

fn op_sin(a: T) -> T {
    if (a == 0.0) {
        return a;
    }
    return sine_cosine(a).x;
}

fn op_cos(a: T) -> T {
    return sine_cosine(a).y;
}

fn op_tan(a: T) -> T {
    if (a == 0.0) {
        return a;
    }
    let both = sine_cosine(a);
    return both.x / both.y;
}

fn op_sinh(a: T) -> T {
    if (abs(a) > 20.0) {
        let half = exponential(0.5 * abs(a));
        return op_copysign(0.5 * half * half, a);
    }
    let x = exponential_minus_1(abs(a));
    return op_copysign(0.5 * (x + x / (x + 1.0)), a);
}

fn op_cosh(a: T) -> T {
    let half = exponential(0.5 * abs(a));
    return 0.5 * half * half + 0.5 / (half * half);
}

fn op_tanh(a: T) -> T {
    return hyperbolic_tangent(a);
}

fn op_asinh(a: T) -> T {
    let x = abs(a);
    if (x > 1e9) {
        return op_copysign(logarithm(x) + 0.6931471805599453, a);
    }
    return op_copysign(logarithm_of_1_plus(x + x * x / (1.0 + sqrt(1.0 + x * x))), a);
}

fn op_acosh(a: T) -> T {
    if (a > 1e9) {
        return logarithm(a) + 0.6931471805599453;
    }
    let t = a - 1.0;
    return logarithm_of_1_plus(t + sqrt(2.0 * t + t * t));
}

fn op_atanh(a: T) -> T {
    let x = abs(a);
    return op_copysign(0.5 * logarithm_of_1_plus(2.0 * x / (1.0 - x)), a);
}

fn op_sinc(a: T) -> T {
    if (a == 0.0) {
        return 1.0;
    }
    let angle = 3.141592653589793 * a;
    return op_sin(angle) / angle;
}

fn op_erf(a: T) -> T {
    if (a == 0.0) {
        return a;
    }
    return error_function(a);
}

fn op_erfc(a: T) -> T {
    return complementary_error_function(a);
}

fn op_entr(a: T) -> T {
    if (a == 0.0) {
        return 0.0;
    }
    return select(-a * logarithm(a), -infinity(), a < 0.0);
}

fn op_ndtr(a: T) -> T {
    return 0.5 * complementary_error_function(-a * 0.7071067811865476);
}

fn op_elu(a: T, alpha: T, scale: T, input_scale: T) -> T {
    return select(scale * alpha * exponential_minus_1(a * input_scale), scale * a, a > 0.0);
}

fn op_gelu(a: T) -> T {
    return 0.5 * a * complementary_error_function(-a * 0.7071067811865476);
}

fn op_gelu_backward(a: T, b: T) -> T {
    let density = exponential(-0.5 * b * b) * 0.3989422804014327;
    return a * (0.5 * complementary_error_function(-b * 0.7071067811865476) + b * density);
}

fn op_gelu_tanh(a: T) -> T {
    return 0.5 * a * (1.0 + hyperbolic_tangent(0.7978845608028654 * (a + 0.044715 * a * a * a)));
}

fn op_gelu_tanh_backward(a: T, b: T) -> T {
    let w = hyperbolic_tangent(0.7978845608028654 * (b + 0.044715 * b * b * b));
    let slope = 0.7978845608028654 * (1.0 + 0.134145 * b * b);
    return a * (0.5 * (1.0 + w) + 0.5 * b * (1.0 - w * w) * slope);
}

fn op_silu(a: T) -> T {
    return a * sigmoid(a);
}

fn op_gated(a: T, b: T) -> T {
    return a * sigmoid(b);
}

fn op_silu_backward(a: T, b: T) -> T {
    let s = sigmoid(b);
    return a * s * (1.0 + b * (1.0 - s));
}

fn op_mish(a: T) -> T {
    return a * hyperbolic_tangent(op_softplus(a, 1.0, 20.0));
}

fn op_softplus(a: T, beta: T, threshold: T) -> T {
    if (a * beta > threshold) {
        return a;
    }
    return logarithm_of_1_plus(exponential(a * beta)) / beta;
}

fn op_log_sigmoid(a: T) -> T {
    return min(a, 0.0) - logarithm_of_1_plus(exponential(-abs(a)));
}

fn op_pow(a: T, b: T) -> T {
    return power(a, b);
}

fn op_hypot(a: T, b: T) -> T {
    let large = max(abs(a), abs(b));
    let small = min(abs(a), abs(b));
    if (op_isinf(a) || op_isinf(b)) {
        return infinity();
    }
    if (op_isnan(a) || op_isnan(b)) {
        return quiet_nan();
    }
    if (large == 0.0) {
        return 0.0;
    }
    let ratio = small / large;
    return large * sqrt(1.0 + ratio * ratio);
}

fn op_pow_3(a: T) -> T {
    return a * a * a;
}

fn op_pow_minus_2(a: T) -> T {
    return 1.0 / (a * a);
}

fn op_round_decimals(a: T, decimals: T) -> T {
    if (op_isnan(a) || op_isinf(a)) {
        return a;
    }
    let scale = power(10.0, abs(decimals));
    if (decimals < 0.0) {
        return op_round(a / scale) * scale;
    }
    return op_round(a * scale) / scale;
}

fn op_exp2(a: T) -> T {
    return power(2.0, a);
}

fn op_logaddexp2(a: T, b: T) -> T {
    if (op_isinf(a) && a == b) {
        return a;
    }
    let large = op_maximum(a, b);
    return large + logarithm_of_1_plus(power(2.0, -abs(a - b))) * 1.4426950408889634;
}

fn op_asin(a: T) -> T {
    if (a == 0.0) {
        return a;
    }
    return arc_sine(a);
}

fn op_acos(a: T) -> T {
    // Near 1 the difference from pi / 2 would cancel.
    if (a > 0.5) {
        return 2.0 * arc_sine(sqrt(0.5 * (1.0 - a)));
    }
    return 1.5707963267948966 - arc_sine(a);
}

fn op_atan(a: T) -> T {
    return arc_tangent(a);
}

fn op_atan2(a: T, b: T) -> T {
    return arc_tangent_2(a, b);
}

fn op_erfinv(a: T) -> T {
    return inverse_error_function(a);
}

fn op_lgamma(a: T) -> T {
    return log_gamma(a);
}

fn op_digamma(a: T) -> T {
    return digamma(a);
}

fn op_trigamma(a: T) -> T {
    return trigamma(a);
}

fn op_polygamma(a: T, n: T) -> T {
    return polygamma(i32(n), a);
}
