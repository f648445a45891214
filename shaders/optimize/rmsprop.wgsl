// RMSprop. Scalars: 0 lr, 1 alpha, 2 1 - alpha, 3 eps, 4 weight decay, 5 momentum, 6 sign of the gradient.
fn step(at: array<u32, ${operands}>) {
    let p = read_out0(at[0]);
    let g = scalar_${T}(6u) * read_in0(at[${operands} - 1]) + scalar_${T}(4u) * p;
    var spread = scalar_${T}(1u) * read_out1(at[1]) + scalar_${T}(2u) * g * g;
    write_out1(at[1], spread);
${centered}
    var d = g / (sqrt(spread) + scalar_${T}(3u));
${momentum}
    write_out0(at[0], p - scalar_${T}(0u) * d);
}
