// Elementwise families, one element of the output a thread. The family defines `value(i, at)`.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i < space.count) {
        let at = locate(i);
        write_out0(at[0], value(i, at));
    }
}
