// Batch norm with given statistics: (x - mean) rstd weight + bias; in0 x, in1 mean, in2 rstd, in3 weight, in4 bias.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let scale = read_in2(at[3])${weight};
    return (read_in0(at[1]) - read_in1(at[2])) * scale${bias};
}
