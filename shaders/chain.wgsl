// Pointwise ops one after the other: a thread does all of them to its element. What one op writes the next one has at hand; only
// what is still wanted afterwards is stored.
${functions}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i < space.count) {
        let at = locate(i);
${steps}
    }
}
