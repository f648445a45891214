// Reduce with a team of threads a chunk: neighbouring threads read neighbouring elements of it. Parameter 12: threads a team.
var<workgroup> states: array<State, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let team = arg(12u);
    let job = (group.y * groups.x + group.x) * (256u / team) + lane / team;
    // All threads must reach the barriers: those without a job look at the last output and write nothing.
    let output = min(job / arg(2u), space.count - 1u);
    let chunk = job % arg(2u);
    let begin = chunk * arg(1u);
    let end = min(begin + arg(1u), arg(0u));
    states[lane] = accumulate(locate(output)[${input}], begin + lane % team, end, team);
    workgroupBarrier();
    for (var half = team >> 1u; half > 0u; half = half >> 1u) {
        if (lane % team < half) {
            states[lane] = merge(states[lane], states[lane + half]);
        }
        workgroupBarrier();
    }
    if (lane % team == 0u && job / arg(2u) < space.count) {
        emit(output, chunk, states[lane]);
    }
}
