// Layer norm of the rows of in0: (x - mean) rstd weight + bias; mean and rstd go into out1 and out2. The state is
// (count, mean, sum of squared deviations).
fn element(at: array<u32, ${operands}>, j: u32) -> T {
    return read_in0(at[3] + j * arg(4u));
}

fn reciprocal_deviation(state: State) -> T {
    return T(1) / sqrt(state.z / state.x + scalar_${T}(8u));
}

fn result(at: array<u32, ${operands}>, j: u32, state: State) -> T {
    let x = (element(at, j) - state.y) * reciprocal_deviation(state);
    return ${affine};
}

fn close(at: array<u32, ${operands}>, state: State) {
    write_out1(at[1], state.y);
    write_out2(at[2], reciprocal_deviation(state));
}
