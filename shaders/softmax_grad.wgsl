// Gradient of softmax or of its logarithm: in0 the gradient g, in1 the result y; the state is sum(g y), or sum(g).
fn element(at: array<u32, ${operands}>, j: u32) -> T {
    return ${weighted};
}

fn gradient(at: array<u32, ${operands}>, j: u32) -> T {
    return read_in0(at[1] + j * arg(2u));
}

fn output(at: array<u32, ${operands}>, j: u32) -> T {
    return read_in1(at[2] + j * arg(3u));
}

fn result(at: array<u32, ${operands}>, j: u32, state: State) -> T {
    let g = gradient(at, j);
    let y = output(at, j);
    return ${result};
}

fn close(at: array<u32, ${operands}>, state: State) {
}
