// Positions in0 among all elements as indices within lines. Parameter 0: length of a line.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    return vec2<u32>(bitcast<u32>(load_in0(at[1])) % arg(0u), 0u);
}
