// Coordinates out0 of what is not zero in in0, a vector of flags; in1 counts them up to each place. Parameters: 0 and 1 steps of
// out0 from row to row and along a row, 2 rows, 3 dimensions, 4.. their sizes.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    // The input may have changed since its elements were counted.
    let row = bitcast<u32>(load_in1(at[2])) - 1u;
    if (truthy_in0(at[1]) == 0 || row >= arg(2u)) {
        return;
    }
    var rest = i;
    for (var d = arg(3u); d > 0u; d--) {
        let size = arg(3u + d);
        store_out0(at[0] + row * arg(0u) + (d - 1u) * arg(1u), vec2<u32>(rest % size, 0u));
        rest = rest / size;
    }
}
