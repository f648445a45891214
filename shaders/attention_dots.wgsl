// The product of each row of the gradient in0 with that of the result in1. Parameter 0: their width.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    var sum = T(0);
    for (var j = 0u; j < arg(0u); j++) {
        sum += read_in0(at[1] + j) * read_in1(at[2] + j);
    }
    return sum;
}
