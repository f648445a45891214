// One step of an optimizer for one parameter. `get0` and `put0` read and write the parameter, `get1` and so on its states.
alias Place = array<u32, ${operands}>;

${access}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i < space.count) {
        step(locate(i));
    }
}
