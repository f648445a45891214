// Finding elements in a space of two dimensions.

fn locate(i: u32) -> array<u32, ${operands}> {
    var at: array<u32, ${operands}>;
    let row = i / space.shape[0].y;
    let column = i - row * space.shape[0].y;
    @each k ${walks}: at[#k] = space.offset[#k / 4][#k % 4] + row * space.stride[2 * #k].x + column * space.stride[2 * #k].y;
    return at;
}
