// A word of the key of each element of lines in0, in the order of the positions in1. Parameters: 0 a mask that turns the order,
// 1 which word: 0 the high one, 1 the low one, 2 the number of the line, 3 length of a line.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let position = ${position};
    if (arg(1u) == 2u) {
        return bitcast<i32>(position / arg(3u));
    }
    let key = key_of_${op}(load_in0(locate(position)[1])) ^ vec2<u32>(arg(0u));
    return bitcast<i32>(select(key.x, key.y, arg(1u) == 1u));
}
