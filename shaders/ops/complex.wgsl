// Pointwise ops of complex numbers, which are vectors of real and imaginary part.

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
    return complex_quotient(T(1.0, 0.0), a);
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
    let size = exponential(a.x);
    if (a.y == 0.0) {
        return T(size, a.y);
    }
    return size * sine_cosine(a.y).yx;
}

fn op_log(a: T) -> T {
    return T(logarithm(complex_size(a)), arc_tangent_2(a.y, a.x));
}

fn op_sqrt(a: T) -> T {
    let size = complex_size(a);
    if (size == 0.0 || is_infinite(size)) {
        return select(a, T(size, a.y), is_infinite(size) && a.x > 0.0);
    }
    let half = sqrt(0.5 * (size + abs(a.x)));
    let other = 0.5 * a.y / half;
    if (a.x >= 0.0) {
        return T(half, other);
    }
    return T(abs(other), select(half, -half, (bitcast<u32>(a.y) >> 31u) != 0u));
}

fn op_sin(a: T) -> T {
    let both = sine_cosine(a.x);
    return T(both.x * complex_cosh(a.y), both.y * complex_sinh(a.y));
}

fn op_cos(a: T) -> T {
    let both = sine_cosine(a.x);
    return T(both.y * complex_cosh(a.y), -both.x * complex_sinh(a.y));
}
