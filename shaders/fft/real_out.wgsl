// Writes element j of a line of real numbers.
fn deliver(line: u32, j: u32, x: vec2<R>) {
    store_out0(line + j * arg(2u), x.x);
}
