// Pointwise ops on floats of either width, as far as they need no transcendental functions. Tests for NaN and
// infinity look at the bits: a driver may assume that neither occurs.

// NaN differs from everything, though drivers may answer `NaN == x` with true.
fn op_eq(a: T, b: T) -> bool {
    return a == b && !op_isnan(a) && !op_isnan(b);
}

fn op_div(a: T, b: T) -> T {
    return a / b;
}

fn op_div_trunc(a: T, b: T) -> T {
    return op_trunc(a / b);
}

fn op_div_floor(a: T, b: T) -> T {
    if (b == T(0)) {
        return a / b;
    }
    let rest = op_fmod(a, b);
    var quotient = (a - rest) / b;
    if (rest != T(0) && (rest < T(0)) != (b < T(0))) {
        quotient -= T(1);
    }
    if (quotient == T(0)) {
        return op_copysign(T(0), a / b);
    }
    let floored = floor(quotient);
    return select(floored, floored + T(1), quotient - floored > T(0.5));
}

// Exact for every quotient: long division by doubled divisors.
fn op_fmod(a: T, b: T) -> T {
    if (op_isnan(a) || op_isnan(b) || op_isinf(a) || b == T(0)) {
        return op_nan();
    }
    if (op_isinf(b)) {
        return a;
    }
    var rest = abs(a);
    var step = abs(b);
    while (step <= rest * T(0.5)) {
        step *= T(2);
    }
    while (step >= abs(b)) {
        if (rest >= step) {
            rest -= step;
        }
        step *= T(0.5);
    }
    return op_copysign(rest, a);
}

fn op_remainder(a: T, b: T) -> T {
    let rest = op_fmod(a, b);
    return select(rest, rest + b, rest != T(0) && (rest < T(0)) != (b < T(0)));
}

fn op_reciprocal(a: T) -> T {
    return T(1) / a;
}

fn op_sqrt(a: T) -> T {
    return sqrt(a);
}

fn op_rsqrt(a: T) -> T {
    return T(1) / sqrt(a);
}

fn op_sign(a: T) -> T {
    return select(T(0), T(1), a > T(0)) - select(T(0), T(1), a < T(0));
}

fn op_maximum(a: T, b: T) -> T {
    return select(select(b, a, a > b || op_isnan(a)), b, op_isnan(b));
}

fn op_minimum(a: T, b: T) -> T {
    return select(select(b, a, a < b || op_isnan(a)), b, op_isnan(b));
}

fn op_fmax(a: T, b: T) -> T {
    return select(select(b, a, a >= b), select(a, b, op_isnan(a)), op_isnan(a) || op_isnan(b));
}

fn op_fmin(a: T, b: T) -> T {
    return select(select(b, a, a <= b), select(a, b, op_isnan(a)), op_isnan(a) || op_isnan(b));
}

// What equals a bound stays itself: -0 where the bound is 0.
fn op_clamp(a: T, low: T, high: T) -> T {
    if (op_isnan(a)) {
        return a;
    }
    let raised = select(a, low, a < low || op_isnan(low));
    return select(raised, high, raised > high || op_isnan(high));
}

fn op_hardtanh(a: T, low: T, high: T) -> T {
    return op_clamp(a, low, high);
}

fn op_relu(a: T) -> T {
    return select(a, T(0), a < T(0));
}

fn op_lerp(a: T, b: T, c: T) -> T {
    return select(b - (b - a) * (T(1) - c), a + c * (b - a), abs(c) < T(0.5));
}

fn op_addcdiv(a: T, b: T, c: T, factor: T) -> T {
    return a + factor * b / c;
}

fn op_floor(a: T) -> T {
    return floor(a);
}

fn op_ceil(a: T) -> T {
    return ceil(a);
}

fn op_frac(a: T) -> T {
    return a - op_trunc(a);
}

fn op_nan_to_num(a: T, nan: T, posinf: T, neginf: T) -> T {
    if (op_isnan(a)) {
        return nan;
    }
    return select(select(a, neginf, op_isneginf(a)), posinf, op_isposinf(a));
}

fn op_isfinite(a: T) -> bool {
    return !op_isnan(a) && !op_isinf(a);
}

fn op_isposinf(a: T) -> bool {
    return op_isinf(a) && a > T(0);
}

fn op_isneginf(a: T) -> bool {
    return op_isinf(a) && a < T(0);
}

fn op_sigmoid_backward(a: T, b: T) -> T {
    return a * b * (T(1) - b);
}

fn op_tanh_backward(a: T, b: T) -> T {
    return a * (T(1) - b * b);
}

fn op_leaky_relu(a: T, slope: T) -> T {
    return select(slope * a, a, a > T(0));
}

fn op_leaky_relu_backward(a: T, b: T, slope: T) -> T {
    return select(slope * a, a, b > T(0));
}

fn op_prelu(a: T, b: T) -> T {
    return select(a * b, a, a > T(0));
}

fn op_squared_difference(a: T, b: T) -> T {
    return (a - b) * (a - b);
}

fn op_smooth_l1(a: T, b: T, beta: T) -> T {
    let d = abs(a - b);
    return select(d - T(0.5) * beta, T(0.5) * d * d / beta, d < beta);
}

fn op_huber(a: T, b: T, delta: T) -> T {
    let d = abs(a - b);
    return select(delta * (d - T(0.5) * delta), T(0.5) * d * d, d <= delta);
}

fn op_hardsigmoid(a: T) -> T {
    return op_clamp(a + T(3), T(0), T(6)) / T(6);
}

fn op_hardswish(a: T) -> T {
    return a * op_hardsigmoid(a);
}

fn op_softshrink(a: T, lambda: T) -> T {
    if (op_isnan(a)) {
        return a;
    }
    return select(select(T(0), a + lambda, a < -lambda), a - lambda, a > lambda);
}

fn op_hardshrink(a: T, lambda: T) -> T {
    return select(a, T(0), abs(a) <= lambda);
}

fn op_copysign(a: T, b: T) -> T {
    return select(abs(a), -abs(a), op_signbit(b));
}
