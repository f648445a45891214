// Gradient of pooling whose windows do not overlap, without padding: a thread has the places from the beginning of a window to
// that of the next one. Parameters besides those of the windows: strides in the plane 18 of in0, 21 of in1, 25 of out0; 24 a
// divisor, 28 the threads of a plane in each dimension.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let o = place(i, arg3(28u));
    let first = o * arg3(9u);
    let end = min(first + arg3(9u), arg3(0u));
    var g = T(0);
    var largest = 0u;
    // Behind the last window there may be places that are in none.
    let is_window = all(o < arg3(3u));
    if (is_window) {
        g = read_in0(at[1] + dot(o, arg3(18u)))${divided};
        ${find}
    }
    ${stores}
}
