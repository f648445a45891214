// Pointwise ops that differ for bool, which is computed as 0 or 1.

fn op_bitwise_not(a: T) -> T {
    return 1 - a;
}

fn op_abs(a: T) -> T {
    return a;
}
