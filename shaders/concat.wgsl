// Inputs one behind the other along a dimension. Parameters: 0 elements behind that dimension, 1 its size, 2.. where each input ends.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let along = ((space.first + i) / arg(0u)) % arg(1u);
${reads}    return ${last};
}
