// Pointwise ops that read the same for every type.

fn one() -> T {
    return T(1);
}

fn op_add(a: T, b: T, alpha: T) -> T {
    return a + alpha * b;
}

fn op_sub(a: T, b: T, alpha: T) -> T {
    return a - alpha * b;
}

fn op_mul(a: T, b: T) -> T {
    return a * b;
}

fn op_neg(a: T) -> T {
    return -a;
}

fn op_square(a: T) -> T {
    return a * a;
}

fn op_abs(a: T) -> T {
    return abs(a);
}

fn op_sign(a: T) -> T {
    return select(T(0), T(1), a > T(0)) - select(T(0), T(1), a < T(0));
}

fn op_sgn(a: T) -> T {
    return op_sign(a);
}

fn op_conj_physical(a: T) -> T {
    return a;
}

fn op_addcmul(a: T, b: T, c: T, factor: T) -> T {
    return a + factor * b * c;
}

fn op_heaviside(a: T, b: T) -> T {
    return select(select(T(0), b, a == T(0) && !op_isnan(a)), T(1), a > T(0) && !op_isnan(a));
}

fn op_where(a: T, b: T, c: T) -> T {
    return select(c, b, a != T(0));
}

fn op_eq(a: T, b: T) -> bool {
    return a == b;
}

fn op_ne(a: T, b: T) -> bool {
    return !op_eq(a, b);
}

fn op_lt(a: T, b: T) -> bool {
    return a < b;
}

fn op_le(a: T, b: T) -> bool {
    return a <= b;
}

fn op_gt(a: T, b: T) -> bool {
    return a > b;
}

fn op_ge(a: T, b: T) -> bool {
    return a >= b;
}

fn op_logical_not(a: T) -> bool {
    return truth_${T}(a) == 0;
}

fn op_logical_and(a: T, b: T) -> bool {
    return (truth_${T}(a) & truth_${T}(b)) != 0;
}

fn op_logical_or(a: T, b: T) -> bool {
    return (truth_${T}(a) | truth_${T}(b)) != 0;
}

fn op_logical_xor(a: T, b: T) -> bool {
    return truth_${T}(a) != truth_${T}(b);
}

fn op_threshold_backward(a: T, b: T, threshold: T) -> T {
    return select(T(0), a, b > threshold || op_isnan(b));
}

fn op_threshold(a: T, threshold: T, otherwise: T) -> T {
    return select(otherwise, a, a > threshold || op_isnan(a));
}
