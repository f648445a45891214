// The filter of Bluestein's algorithm, which parameter 5 is the length of.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let k = min(i, arg(5u) - i);
    let root = chirp(k, arg(0u));
    return select(T(), vec2<R>(root.x, -root.y), k < arg(0u));
}
