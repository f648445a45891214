// One step of an optimizer for one parameter: out0 the parameter, out1.. its states, in0 the gradient.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i < space.count) {
        step(locate(i));
    }
}
