// For each index in0 the number of the element that it names, all lines after one another. Parameters: 0 size of the
// dimension, 1 number of elements, which bad indices become, 2 number of the dimension, 3 indices a line.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let index = resolve(load_in0(at[1]), arg(0u), false, arg(2u));
    if (index == OUT_OF_RANGE) {
        return bitcast<i32>(arg(1u));
    }
    return bitcast<i32>((space.first + i) / arg(3u) * arg(0u) + index);
}
