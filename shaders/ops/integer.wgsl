// Pointwise ops on integers.

// Division by zero is reported.
fn op_div_trunc(a: T, b: T) -> T {
    if (b == T(0)) {
        report_zero_division();
        return T(0);
    }
    return a / b;
}

fn op_div_floor(a: T, b: T) -> T {
    if (b == T(0)) {
        report_zero_division();
        return T(0);
    }
    let quotient = a / b;
    let rest = a - quotient * b;
    return select(quotient, quotient - T(1), rest != T(0) && (rest < T(0)) != (b < T(0)));
}

fn op_remainder(a: T, b: T) -> T {
    if (b == T(0)) {
        report_zero_division();
        return T(0);
    }
    return a - op_div_floor(a, b) * b;
}

fn op_fmod(a: T, b: T) -> T {
    if (b == T(0)) {
        report_zero_division();
        return T(0);
    }
    return a - (a / b) * b;
}

// By squaring, modulo the width. A negative exponent leaves the bases 1 and -1 only.
fn op_pow(a: T, b: T) -> T {
    if (b < T(0)) {
        let odd = (b & T(1)) != T(0);
        return select(select(T(0), select(T(1), T(-1), odd), a == T(-1)), T(1), a == T(1));
    }
    var result = T(1);
    var base = a;
    var exponent = b;
    while (exponent > T(0)) {
        if ((exponent & T(1)) != T(0)) {
            result *= base;
        }
        base *= base;
        exponent = exponent >> 1u;
    }
    return result;
}

fn op_maximum(a: T, b: T) -> T {
    return max(a, b);
}

fn op_minimum(a: T, b: T) -> T {
    return min(a, b);
}

fn op_fmax(a: T, b: T) -> T {
    return max(a, b);
}

fn op_fmin(a: T, b: T) -> T {
    return min(a, b);
}

fn op_clamp(a: T, low: T, high: T) -> T {
    return min(max(a, low), high);
}

fn op_hardtanh(a: T, low: T, high: T) -> T {
    return min(max(a, low), high);
}

fn op_relu(a: T) -> T {
    return max(a, T(0));
}

fn op_gcd(a: T, b: T) -> T {
    var x = abs(a);
    var y = abs(b);
    while (y != T(0)) {
        let rest = x - (x / y) * y;
        x = y;
        y = rest;
    }
    return x;
}

fn op_lcm(a: T, b: T) -> T {
    let divisor = op_gcd(a, b);
    if (divisor == T(0)) {
        return T(0);
    }
    return abs((a / divisor) * b);
}

fn op_floor(a: T) -> T {
    return a;
}

fn op_ceil(a: T) -> T {
    return a;
}

fn op_trunc(a: T) -> T {
    return a;
}

fn op_round(a: T) -> T {
    return a;
}

fn op_nan_to_num(a: T, nan: T, posinf: T, neginf: T) -> T {
    return a;
}

fn op_isnan(a: T) -> bool {
    return false;
}

fn op_isinf(a: T) -> bool {
    return false;
}

fn op_isfinite(a: T) -> bool {
    return true;
}

fn op_isposinf(a: T) -> bool {
    return false;
}

fn op_isneginf(a: T) -> bool {
    return false;
}

fn op_signbit(a: T) -> bool {
    return a < T(0);
}

fn op_bitwise_not(a: T) -> T {
    return ~a;
}

fn op_bitwise_and(a: T, b: T) -> T {
    return a & b;
}

fn op_bitwise_or(a: T, b: T) -> T {
    return a | b;
}

fn op_bitwise_xor(a: T, b: T) -> T {
    return a ^ b;
}

fn op_bitwise_left_shift(a: T, b: T) -> T {
    if (b < T(0) || b >= T(${width})) {
        return T(0);
    }
    return a << u32(b);
}

fn op_bitwise_right_shift(a: T, b: T) -> T {
    if (b < T(0) || b >= T(${width})) {
        return a >> (${width}u - 1u);
    }
    return a >> u32(b);
}
