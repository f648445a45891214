// Gradient of grids, one of whose coordinates a thread has: in0 the gradient of the samples, in1 the images, in2 the grids.
fn read_grid(i: u32) -> T {
    return read_in2(i);
}

fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let point = i / arg(2u);
    let image = point / arg(1u);
    var axes = axes_at(at[3] + point * arg(2u));
    // The dimension whose coordinate it is has slopes in the place of weights.
    let d = 2u - i % arg(2u);
    axes[d].weight = axes[d].slope;
    let pixels = arg(3u) * arg(4u) * arg(5u);
    var sum = T(0);
    for (var c = 0u; c < depth_taps(); c++) {
        for (var b = 0u; b < TAPS; b++) {
            for (var a = 0u; a < TAPS; a++) {
                let z = axes[0].at[c];
                let y = axes[1].at[b];
                let x = axes[2].at[a];
                if (z < 0 || y < 0 || x < 0) {
                    continue;
                }
                let weight = axes[0].weight[c] * axes[1].weight[b] * axes[2].weight[a];
                var pixel = at[2] + image * arg(0u) * pixels + (u32(z) * arg(4u) + u32(y)) * arg(5u) + u32(x);
                var sample = at[1] + image * arg(0u) * arg(1u) + point % arg(1u);
                for (var channel = 0u; channel < arg(0u); channel++) {
                    sum += weight * read_in0(sample) * read_in1(pixel);
                    pixel += pixels;
                    sample += arg(1u);
                }
            }
        }
    }
    return sum;
}
