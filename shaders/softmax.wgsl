// Softmax or its logarithm of in0; the state is (largest element, sum of exp(x - largest)).
fn element(at: array<u32, ${operands}>, j: u32) -> T {
    return read_in0(at[1] + j * arg(2u));
}

fn apply(at: array<u32, ${operands}>, j: u32, state: State) {
    // The difference of two infinities is NaN, which a driver may not know, and so is then every share.
    if (is_infinite(state.x)) {
        write_out0(at[0] + j * arg(1u), quiet_nan());
        return;
    }
    let x = element(at, j) - state.x;
    write_out0(at[0] + j * arg(1u), ${result});
}

fn close(at: array<u32, ${operands}>, state: State) {
}
