// Triangle: in0 on one side of a diagonal, else zeros. Parameters: 0 rows, 1 columns, 2 the diagonal, 3 whether the upper side
// is kept.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let k = space.first + i;
    let column = i32(k % arg(1u)) - i32((k / arg(1u)) % arg(0u));
    let diagonal = bitcast<i32>(arg(2u));
    if (select(column <= diagonal, column >= diagonal, arg(3u) != 0u)) {
        return read_in0(at[1]);
    }
    return T();
}
