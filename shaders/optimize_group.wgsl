// One step of an optimizer for several parameters, whose arrays are dense: their elements follow one another. Parameters from
// 20 on: how many elements each has.
struct Place {
    member: u32,
    i: u32,
}

${access}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    var i = invocation(group, groups, lane);
    for (var member = 0u; member < ${members}u; member++) {
        if (i < arg(20u + member)) {
            step(Place(member, i));
            break;
        }
        i -= arg(20u + member);
    }
}
