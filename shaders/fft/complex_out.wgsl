// Writes element j of a line of complex numbers.
fn deliver(line: u32, j: u32, x: vec2<f32>) {
    store_out0(line + j * arg(2u), bitcast<vec2<u32>>(x));
}
