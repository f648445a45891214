// Samples of the images in0 at the points of the grids in1.
fn read_grid(i: u32) -> T {
    return read_in1(i);
}

fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let row = i / arg(1u);
    let image = row / arg(0u);
    var axes = axes_at(at[2] + (image * arg(1u) + i % arg(1u)) * arg(2u));
    let channel = at[1] + row * arg(3u) * arg(4u) * arg(5u);
    var sum = T(0);
    for (var c = 0u; c < depth_taps(); c++) {
        for (var b = 0u; b < TAPS; b++) {
            for (var a = 0u; a < TAPS; a++) {
                let weight = axes[0].weight[c] * axes[1].weight[b] * axes[2].weight[a];
                let z = axes[0].at[c];
                let y = axes[1].at[b];
                let x = axes[2].at[a];
                if (z >= 0 && y >= 0 && x >= 0) {
                    sum += weight * read_in0(channel + (u32(z) * arg(4u) + u32(y)) * arg(5u) + u32(x));
                } else {
${outside}
                }
            }
        }
    }
    return sum;
}
