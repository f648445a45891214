// Stochastic gradient descent. Scalars: 0 lr, 1 momentum, 2 1 - dampening, 3 weight decay, 4 sign of the gradient.
fn step(at: array<u32, ${operands}>) {
    let p = read_out0(at[0]);
    let g = scalar_${T}(4u) * read_in0(at[${operands} - 1]) + scalar_${T}(3u) * p;
${momentum}
    write_out0(at[0], p - scalar_${T}(0u) * d);
}
