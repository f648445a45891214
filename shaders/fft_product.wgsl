// Products of complex numbers.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let a = load_in0(at[1]);
    return complex_product(a, load_in1(at[2]));
}
