// One step of an optimizer for several parameters, whose arrays are dense: their elements follow one another. A thread goes over the
// elements of one parameter after the other, so that threads side by side always do the same. Parameters from 20 on: how many elements
// each has.
struct Place {
    member: u32,
    i: u32,
}

${access}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = invocation(group, groups, lane);
    let threads = groups.x * groups.y * 256u;
    @each m ${members}: for (var i = first; i < arg(20u + #mu); i += threads) { step(Place(#mu, i)); }
}
