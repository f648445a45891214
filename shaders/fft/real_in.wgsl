// Element j of a line of real numbers.
fn fetch(line: u32, j: u32) -> vec2<R> {
    return vec2<R>(load_in0(line + j * arg(1u)), 0.0);
}
