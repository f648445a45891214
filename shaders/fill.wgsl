// Fill: the bits of one element, encoded by the host, into every element.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    return fill_${dtype}();
}
