// Gather: in0 at the index in1 along one dimension. Parameters: 0 its size, 1 its stride in in0, 2 its number.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let index = resolve(load_in1(at[2]), arg(0u), false, arg(2u));
    if (index == OUT_OF_RANGE) {
        return T();
    }
    return read_in0(at[1] + index * arg(1u));
}
