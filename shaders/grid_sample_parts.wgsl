// What samples add to the gradient of images: out0 (points, taps, channels), out1 and out2 (points, taps) the image and the pixel of
// each. in0 the gradient of the samples, in1 the grids.
fn read_grid(i: u32) -> T {
    return read_in1(i);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let channel = i / arg(1u) % arg(0u);
    let image = i / arg(1u) / arg(0u);
    let point = image * arg(1u) + i % arg(1u);
    let at = locate(0u);
    var axes = axes_at(at[4] + point * arg(2u));
    let g = read_in0(at[3] + i);
    var tap = point * depth_taps() * TAPS * TAPS;
    for (var c = 0u; c < depth_taps(); c++) {
        for (var b = 0u; b < TAPS; b++) {
            for (var a = 0u; a < TAPS; a++) {
                let z = axes[0].at[c];
                let y = axes[1].at[b];
                let x = axes[2].at[a];
                let is_inside = z >= 0 && y >= 0 && x >= 0;
                var part = T(0);
                if (is_inside) {
                    part = g * axes[0].weight[c] * axes[1].weight[b] * axes[2].weight[a];
                }
                write_out0(tap * arg(0u) + channel, part);
                if (channel == 0u) {
                    let pixel = (u32(max(z, 0)) * arg(4u) + u32(max(y, 0))) * arg(5u) + u32(max(x, 0));
                    store_out1(tap, vec2<u32>(image, 0u));
                    store_out2(tap, vec2<u32>(pixel, 0u));
                }
                tap++;
            }
        }
    }
}
