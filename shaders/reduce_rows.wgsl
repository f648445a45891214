// Reduce with one workgroup a chunk: neighbouring threads read neighbouring elements of it.
var<workgroup> states: array<State, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = group.y * groups.x + group.x;
    let output = job / arg(2u);
    let chunk = job % arg(2u);
    if (output >= space.count) {
        return;
    }
    let begin = chunk * arg(1u);
    let end = min(begin + arg(1u), arg(0u));
    states[lane] = accumulate(locate(output)[${input}], begin + lane, end, 256u);
    workgroupBarrier();
    for (var half = 128u; half > 0u; half = half >> 1u) {
        if (lane < half) {
            states[lane] = merge(states[lane], states[lane + half]);
        }
        workgroupBarrier();
    }
    if (lane == 0u) {
        emit(output, chunk, states[0]);
    }
}
