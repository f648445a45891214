// The results of a line, one element at a time.
fn stores() -> u32 {
    return arg(0u);
}

fn store(at: array<u32, ${operands}>, j: u32, state: State) {
    write_out0(at[0] + j * arg(1u), result(at, j, state));
}
