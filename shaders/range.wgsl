// Range: start + i * step, with the scalars start and step.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    return scalar_${T}(0u) + T(space.first + i) * scalar_${T}(1u);
}
