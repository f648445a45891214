// The thread's four products of rows of ${left}, from a on, with rows of ${right}, from b on; rows beyond the last count as 0. Steps lead
// from row to row.
fn ${name}(lane: u32, a: u32, a_step: u32, a_rows: u32, b: u32, b_step: u32, b_rows: u32, width: u32) -> vec4<f32> {
    var sums = vec4<f32>();
    let at_a = lane / 8u * STEP;
    let at_b = lane % 8u * STEP;
    let e = lane % SIDE;
    for (var begin = 0u; begin < width; begin += SIDE) {
        workgroupBarrier();
        for (var row = lane / SIDE; row < SIDE; row += 8u) {
            var x = 0.0;
            var y = 0.0;
            if (begin + e < width && row < a_rows) {
                x = read_${left}(a + row * a_step + begin + e);
            }
            if (begin + e < width && row < b_rows) {
                y = read_${right}(b + row * b_step + begin + e);
            }
            tile_a[row * STEP + e] = x;
            tile_b[row * STEP + e] = y;
        }
        workgroupBarrier();
        for (var k = 0u; k < SIDE; k += 4u) {
            @each k 4: sums += tile_a[at_a + k + #ku] * vec4<f32>(tile_b[at_b + k + #ku], tile_b[at_b + 8u * STEP + k + #ku], tile_b[at_b + 16u * STEP + k + #ku], tile_b[at_b + 24u * STEP + k + #ku]);
        }
    }
    return sums;
}
