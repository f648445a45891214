// Element j of a line of which the first half is there: the others are the conjugates.
fn fetch(line: u32, j: u32) -> vec2<R> {
    let n = arg(0u);
    let x = load_in0(line + min(j, n - j) * arg(1u));
    return select(x, vec2<R>(x.x, -x.y), 2u * j > n);
}
