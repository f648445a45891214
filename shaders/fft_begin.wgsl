// Lays lines out one behind the other, for transforms in several launches. A thread writes an element; parameter 5: length of
// the lines that are written, zeros behind those of in0.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count * arg(5u)) {
        return;
    }
    let j = i % arg(5u);
    var x = vec2<R>();
    if (j < arg(0u)) {
        x = fetch(locate(i / arg(5u))[1], j);
        x = ${chirped};
    }
    store_out0(i, x);
}
