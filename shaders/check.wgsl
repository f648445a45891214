// Check: reports where an element of in0 is false.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i < space.count) {
        if (read_in0(locate(i)[0]) == T()) {
            _ = is_first_report();
        }
    }
}
