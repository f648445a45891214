// The sum of the chunks that a sum of products was split into: alpha sum of in0 + beta in1. Parameters: 0 chunks, 1 step of in0
// from chunk to chunk; scalars 8 alpha, 9 beta.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    var sum = T(0);
    for (var chunk = 0u; chunk < arg(0u); chunk++) {
        sum += read_in0(at[1] + chunk * arg(1u));
    }
    return ${result};
}
