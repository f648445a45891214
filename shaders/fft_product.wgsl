// Products of complex numbers.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let a = bitcast<vec2<f32>>(load_in0(at[1]));
    return bitcast<vec2<u32>>(complex_product(a, bitcast<vec2<f32>>(load_in1(at[2]))));
}
