// Pointwise ops of complex numbers, which are vectors of real and imaginary part.

fn one() -> T {
    return T(1.0, 0.0);
}

fn op_add(a: T, b: T, alpha: T) -> T {
    return a + complex_product(alpha, b);
}

fn op_sub(a: T, b: T, alpha: T) -> T {
    return a - complex_product(alpha, b);
}

fn op_mul(a: T, b: T) -> T {
    return complex_product(a, b);
}

fn op_div(a: T, b: T) -> T {
    return complex_quotient(a, b);
}

fn op_neg(a: T) -> T {
    return -a;
}

fn op_square(a: T) -> T {
    return complex_product(a, a);
}

fn op_reciprocal(a: T) -> T {
    // There are drivers that take 0 / 0 for 0.
    if (a.x == 0.0 && a.y == 0.0) {
        return T(1.0 / abs(a.x), quiet_nan());
    }
    return complex_quotient(one(), a);
}

fn op_abs(a: T) -> T {
    return T(complex_size(a), 0.0);
}

fn op_sgn(a: T) -> T {
    let size = complex_size(a);
    return select(a / size, T(), size == 0.0);
}

fn op_conj_physical(a: T) -> T {
    return T(a.x, -a.y);
}

fn op_addcmul(a: T, b: T, c: T, factor: T) -> T {
    return a + complex_product(complex_product(factor, b), c);
}

fn op_addcdiv(a: T, b: T, c: T, factor: T) -> T {
    return a + complex_quotient(complex_product(factor, b), c);
}

fn op_where(a: T, b: T, c: T) -> T {
    return select(c, b, a.x != 0.0);
}

fn op_eq(a: T, b: T) -> bool {
    return !is_nan(a.x) && !is_nan(a.y) && a.x == b.x && a.y == b.y;
}

fn op_ne(a: T, b: T) -> bool {
    return !op_eq(a, b);
}

fn op_exp(a: T) -> T {
    return complex_exponential(a);
}

fn op_exp2(a: T) -> T {
    return complex_exponential(a * 0.6931471805599453);
}

fn op_expm1(a: T) -> T {
    let half = sine_cosine(0.5 * a.y).x;
    let both = sine_cosine(a.y);
    return T(exponential_minus_1(a.x) * both.y - 2.0 * half * half, exponential(a.x) * both.x);
}

fn op_log(a: T) -> T {
    return complex_logarithm(a);
}

fn op_log2(a: T) -> T {
    return complex_logarithm(a) * 1.4426950408889634;
}

fn op_log10(a: T) -> T {
    return complex_logarithm(a) * 0.4342944819032518;
}

fn op_log1p(a: T) -> T {
    let sum = T(1.0 + a.x, a.y);
    if (abs(a.x) > 0.5 || abs(a.y) > 0.5) {
        return complex_logarithm(sum);
    }
    return T(0.5 * logarithm_of_1_plus(a.x * (2.0 + a.x) + a.y * a.y), arc_tangent_2(sum.y, sum.x));
}

fn op_pow(a: T, b: T) -> T {
    if (b.x == 0.0 && b.y == 0.0) {
        return one();
    }
    if (a.x == 0.0 && a.y == 0.0) {
        return select(T(quiet_nan(), quiet_nan()), T(), b.x > 0.0);
    }
    return complex_exponential(complex_product(b, complex_logarithm(a)));
}

fn op_sqrt(a: T) -> T {
    return complex_root(a);
}

fn op_rsqrt(a: T) -> T {
    return complex_quotient(one(), complex_root(a));
}

fn op_sigmoid(a: T) -> T {
    return complex_quotient(one(), one() + complex_exponential(-a));
}

fn op_sigmoid_backward(a: T, b: T) -> T {
    return complex_product(a, complex_product(one() - b, b));
}

fn op_tanh_backward(a: T, b: T) -> T {
    return complex_product(a, one() - complex_product(b, b));
}

fn op_silu(a: T) -> T {
    return complex_quotient(a, one() + complex_exponential(-a));
}

fn op_silu_backward(a: T, b: T) -> T {
    let s = op_sigmoid(b);
    return complex_product(a, complex_product(s, one() + complex_product(b, one() - s)));
}

fn op_lerp(a: T, b: T, c: T) -> T {
    if (complex_size(c) < 0.5) {
        return a + complex_product(c, b - a);
    }
    return b - complex_product(b - a, one() - c);
}

// Shifted by the one of larger real part. Where both of these are infinite the shift has no meaning: the logarithm of zero is as
// good as either, and infinities are added up.
fn op_logaddexp(a: T, b: T) -> T {
    if (op_isnan(a) || op_isnan(b)) {
        return T(quiet_nan(), quiet_nan());
    }
    let low = select(b, a, a.x < b.x);
    let high = select(a, b, a.x < b.x);
    if (low.x == high.x && is_infinite(high.x)) {
        return select(complex_logarithm(complex_exponential(low) + complex_exponential(high)), high, high.x < 0.0);
    }
    return high + op_log1p(complex_exponential(low - high));
}

fn op_sinc(a: T) -> T {
    if (a.x == 0.0 && a.y == 0.0) {
        return one();
    }
    let angle = a * 3.141592653589793;
    return complex_quotient(op_sin(angle), angle);
}

fn op_sin(a: T) -> T {
    let both = sine_cosine(a.x);
    return T(both.x * complex_cosh(a.y), both.y * complex_sinh(a.y));
}

fn op_cos(a: T) -> T {
    let both = sine_cosine(a.x);
    return T(both.y * complex_cosh(a.y), -both.x * complex_sinh(a.y));
}

fn op_tan(a: T) -> T {
    return turned_right(complex_hyperbolic_tangent(turned_left(a)));
}

fn op_sinh(a: T) -> T {
    return complex_hyperbolic_sine(a);
}

fn op_cosh(a: T) -> T {
    let both = sine_cosine(a.y);
    return T(complex_cosh(a.x) * both.y, complex_sinh(a.x) * both.x);
}

fn op_tanh(a: T) -> T {
    return complex_hyperbolic_tangent(a);
}

fn op_asin(a: T) -> T {
    return complex_arc_sine(a);
}

fn op_acos(a: T) -> T {
    return complex_arc_cosine(a);
}

fn op_atan(a: T) -> T {
    return turned_right(complex_inverse_hyperbolic_tangent(turned_left(a)));
}

fn op_asinh(a: T) -> T {
    return turned_right(complex_arc_sine(turned_left(a)));
}

fn op_acosh(a: T) -> T {
    if (is_infinite(complex_size(a))) {
        return T(infinity(), arc_tangent_2(a.y, a.x));
    }
    let down = complex_root(T(a.x - 1.0, a.y));
    let up = complex_root(T(a.x + 1.0, a.y));
    return T(real_asinh(down.x * up.x + down.y * up.y), 2.0 * arc_tangent_2(down.y, up.x));
}

fn op_atanh(a: T) -> T {
    return complex_inverse_hyperbolic_tangent(a);
}

fn op_isnan(a: T) -> bool {
    return is_nan(a.x) || is_nan(a.y);
}

fn op_isinf(a: T) -> bool {
    return is_infinite(a.x) || is_infinite(a.y);
}

fn op_isfinite(a: T) -> bool {
    return !op_isnan(a) && !op_isinf(a);
}

fn op_logical_not(a: T) -> bool {
    return a.x == 0.0 && a.y == 0.0;
}

fn op_logical_and(a: T, b: T) -> bool {
    return !op_logical_not(a) && !op_logical_not(b);
}

fn op_logical_or(a: T, b: T) -> bool {
    return !op_logical_not(a) || !op_logical_not(b);
}

fn op_logical_xor(a: T, b: T) -> bool {
    return op_logical_not(a) != op_logical_not(b);
}

// A predicate's answer as a number.
fn truth(x: bool) -> T {
    return select(T(), one(), x);
}
