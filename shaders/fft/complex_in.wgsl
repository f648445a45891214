// Element j of a line of complex numbers.
fn fetch(line: u32, j: u32) -> vec2<f32> {
    return bitcast<vec2<f32>>(load_in0(line + j * arg(1u)));
}
