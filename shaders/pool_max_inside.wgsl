// What pool_max.wgsl does, for windows of ${high} x ${wide} places that all lie inside of planes.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let o = place(i, arg3(3u)) * arg3(9u);
    let first = at[2] + o.y * arg(19u) + o.z * arg(20u);
    let number = o.y * arg(2u) + o.z;
    let steps = arg3(15u) * arg3(18u);
    let numbers = vec2<u32>(arg(16u) * arg(2u), arg(17u));
    var best = read_in0(first);
    var best_at = number;
    @each h ${high}, w ${wide}: let x#h_#w = read_in0(first + #hu * steps.y + #wu * steps.z);
    @each h ${high}, w ${wide}: if (x#h_#w > best || op_isnan(x#h_#w)) { best = x#h_#w; best_at = number + #hu * numbers.x + #wu * numbers.y; }
    write_out0(at[0], best);
    store_out1(at[1], vec2<u32>(best_at, 0u));
}
