// The thread's four columns, from `first` on, of the rows of ${right}, from b on, weighted by what the row's threads share.
fn ${name}(lane: u32, b: u32, step: u32, rows: u32, first: u32, width: u32) -> vec4<f32> {
    workgroupBarrier();
    let e = lane % SIDE;
    for (var row = lane / SIDE; row < SIDE; row += 8u) {
        var y = 0.0;
        if (first + e < width && row < rows) {
            y = read_${right}(b + row * step + first + e);
        }
        tile_b[row * STEP + e] = y;
    }
    workgroupBarrier();
    var sums = vec4<f32>();
    let at = lane / 8u * STEP;
    for (var k = 0u; k < SIDE; k += 4u) {
        @each k 4: sums += weights[at + k + #ku] * columns_b((k + #ku) * STEP + lane % 8u);
    }
    return sums;
}
