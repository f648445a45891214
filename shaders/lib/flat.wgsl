// Finding elements in a space of one dimension.

fn locate(i: u32) -> array<u32, ${operands}> {
    var at: array<u32, ${operands}>;
    @each k ${walks}: at[#k] = space.offset[#k / 4][#k % 4] + i * space.stride[2 * #k].x;
    return at;
}
