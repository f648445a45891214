// Pointwise: `op_<name>` of ops/*.wgsl applied to the inputs, converted to T, and the parameters.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    return ${result};
}
