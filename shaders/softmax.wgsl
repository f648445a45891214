// Softmax or its logarithm of in0; the state is (largest element, sum of exp(x - largest)).
fn element(at: array<u32, ${operands}>, j: u32) -> T {
    return read_in0(at[1] + j * arg(2u));
}

fn result(at: array<u32, ${operands}>, j: u32, state: State) -> T {
    // The difference of two infinities is NaN, which a driver may not know, and so is then every share.
    if (is_infinite(state.x)) {
        return quiet_nan();
    }
    let x = element(at, j) - state.x;
    return ${result};
}

fn close(at: array<u32, ${operands}>, state: State) {
}
