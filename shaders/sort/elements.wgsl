// Writes an element in its place, and where it comes from.
fn keep(block: u32, rank: u32, index: u32) {
    let at = locate(block);
    store_out0(at[0] + rank * arg(7u), load_in0(at[2] + index * arg(6u)));
    store_out1(at[1] + rank * arg(8u), vec2<u32>(index, 0u));
}
