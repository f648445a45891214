// One over the standard deviation, of the variance in0; scalar 8 is added to the variance.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    return T(1) / sqrt(read_in0(at[1]) + scalar_${T}(8u));
}
