// The largest element of each window of in0 and its place in the plane; of equals the first, NaN before all. Parameters
// besides those of the windows: 18 strides of in0 in the plane.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let w = window(place(i, arg3(3u)));
    var best = read_in0(at[2] + dot(min(w.begin, arg3(0u) - 1u), arg3(18u)));
    var best_at = w.begin;
    if (any(w.begin >= w.end)) {
        best = ${lowest};
    }
    for (var d = w.begin.x; d < w.end.x; d += w.step.x) {
        for (var h = w.begin.y; h < w.end.y; h += w.step.y) {
            for (var v = w.begin.z; v < w.end.z; v += w.step.z) {
                let here = vec3<u32>(d, h, v);
                let x = read_in0(at[2] + dot(here, arg3(18u)));
                if (x > best || op_isnan(x)) {
                    best = x;
                    best_at = here;
                }
            }
        }
    }
    write_out0(at[0], best);
    store_out1(at[1], vec2<u32>((best_at.x * arg(1u) + best_at.y) * arg(2u) + best_at.z, 0u));
}
