// Adagrad. Scalars: 0 lr, 1 eps, 2 weight decay, 3 sign of the gradient.
fn step(at: array<u32, ${operands}>) {
    let p = read_out0(at[0]);
    let g = scalar_${T}(3u) * read_in0(at[${operands} - 1]) + scalar_${T}(2u) * p;
    let sum = read_out1(at[1]) + g * g;
    write_out1(at[1], sum);
    write_out0(at[0], p - scalar_${T}(0u) * g / (sqrt(sum) + scalar_${T}(1u)));
}
