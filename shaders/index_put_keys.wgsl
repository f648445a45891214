// For each tuple of indices in0, in1, ... the number of the row that it names. Parameters: 0.. sizes, 5 whether negative
// indices count from the end, 6 number of rows, which bad tuples become.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    var row = 0u;
    var inside = true;
${locate_indices}
    return bitcast<i32>(select(arg(6u), row, inside));
}
