// Element j of a line of complex numbers.
fn fetch(line: u32, j: u32) -> vec2<R> {
    return load_in0(line + j * arg(1u));
}
