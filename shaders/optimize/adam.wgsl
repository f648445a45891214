// Adam and AdamW. Scalars: 0 lr / (1 - beta1^step), 1 beta1, 2 beta2, 3 eps, 4 weight decay added to the gradient, 5 sign of
// the gradient, 6 factor of the parameter (decoupled decay), 7 1 / sqrt(1 - beta2^step), 8 1 - beta1, 9 1 - beta2.
fn step(at: array<u32, ${operands}>) {
    let p = read_out0(at[0]) * scalar_${T}(6u);
    let g = scalar_${T}(5u) * read_in0(at[${operands} - 1]) + scalar_${T}(4u) * p;
    let m = scalar_${T}(1u) * read_out1(at[1]) + scalar_${T}(8u) * g;
    var v = scalar_${T}(2u) * read_out2(at[2]) + scalar_${T}(9u) * g * g;
    write_out1(at[1], m);
    write_out2(at[2], v);
${amsgrad}
    write_out0(at[0], p - scalar_${T}(0u) * m / (sqrt(v) * scalar_${T}(7u) + scalar_${T}(3u)));
}
