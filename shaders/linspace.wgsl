// Linspace: points from the scalar 0 to the scalar 1 by steps of the scalar 2; the second half counts from the end, so that
// both ends are exact. Parameter 6: how many there are.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let k = space.first + i;
    if (k < arg(6u) / 2u || arg(6u) == 1u) {
        return scalar_${T}(0u) + scalar_${T}(2u) * T(k);
    }
    return scalar_${T}(1u) - scalar_${T}(2u) * T(arg(6u) - 1u - k);
}
