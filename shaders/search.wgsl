// Insertion points out0 of the values in1 in sorted lines in0. NaN is above nothing and below nothing: as a value it belongs
// behind all, in a line it is passed. Parameters: 0 length of a line, 1 step along it, 2 whether equals are passed.
fn is_before(y: T, x: T) -> bool {
    if (op_isnan(x) || op_isnan(y)) {
        return true;
    }
    return select(y < x, y <= x, arg(2u) != 0u);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let x = read_in1(at[2]);
    var low = 0u;
    var high = arg(0u);
    while (low < high) {
        let middle = low + (high - low) / 2u;
        if (is_before(read_in0(at[1] + middle * arg(1u)), x)) {
            low = middle + 1u;
        } else {
            high = middle;
        }
    }
    store_out0(at[0], vec2<u32>(low, 0u));
}
