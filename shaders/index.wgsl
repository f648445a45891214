// Advanced indexing: in0 at the indices in1, in2, ... of its first dimensions. Parameters: 0.. their sizes,
// 5 whether negative indices count from the end, 8.. their strides in in0.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    var source = at[1];
${locate_indices}
    return read_in0(source);
}
