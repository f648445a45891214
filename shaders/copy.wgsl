// Copy with conversion; between equal dtypes the bits are moved as they are.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    return read_in0(at[1]);
}
