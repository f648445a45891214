// Gradient of layer norm by its input. in0 gradient g, in1 x, in2 mean, in3 rstd, in4 weight; with h = g weight and the
// normalised n = (x - mean) rstd it is rstd (h - mean(h) - n mean(h n)). The state is (sum(h), sum(h n)).
fn normalised(at: array<u32, ${operands}>, j: u32) -> T {
    return (read_in1(at[2] + j * arg(3u)) - read_in2(at[3])) * read_in3(at[4]);
}

fn weighted(at: array<u32, ${operands}>, j: u32) -> T {
    return read_in0(at[1] + j * arg(2u))${times_weight};
}

fn element(at: array<u32, ${operands}>, j: u32) -> vec2<T> {
    let h = weighted(at, j);
    return vec2<T>(h, h * normalised(at, j));
}

fn result(at: array<u32, ${operands}>, j: u32, state: State) -> T {
    let means = state / T(arg(0u));
    let slope = weighted(at, j) - means.x - normalised(at, j) * means.y;
    return read_in3(at[4]) * slope;
}

fn close(at: array<u32, ${operands}>, state: State) {
}
