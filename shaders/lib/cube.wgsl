// Finding elements in a space of three dimensions.

fn locate(i: u32) -> array<u32, ${operands}> {
    var at: array<u32, ${operands}>;
    let row = i / space.shape[0].z;
    let plane = row / space.shape[0].y;
    let here = vec3<u32>(plane, row - plane * space.shape[0].y, i - row * space.shape[0].z);
    @each k ${walks}: at[#k] = space.offset[#k / 4][#k % 4] + dot(here, space.stride[2 * #k].xyz);
    return at;
}
