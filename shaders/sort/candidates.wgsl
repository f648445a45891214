// Writes where an element comes from, or that there is none.
fn keep(block: u32, rank: u32, index: u32) {
    store_out0(block * arg(4u) + rank, bitcast<i32>(index));
}
