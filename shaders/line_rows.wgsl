// Families that reduce a line and then write each of its elements, a team of threads a line. The family defines
// `element(at, j)`, what is reduced; `result(at, j, state)`, what is written to out0; `close(at, state)`. Parameters: 0 length of a
// line, 1.. strides of the operands along it, 15 threads a team; scalar 8 the family's own.
var<workgroup> states: array<State, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let team = arg(15u);
    let line = (group.y * groups.x + group.x) * (256u / team) + lane / team;
    // All threads must reach the barriers: those without a line look at the last one and write nothing.
    let present = line < space.count;
    let at = locate(min(line, space.count - 1u));
    var state = initial(element(at, 0u));
    for (var j = lane % team; j < arg(0u); j += team) {
        state = accept(state, element(at, j));
    }
    states[lane] = state;
    workgroupBarrier();
    for (var half = team >> 1u; half > 0u; half = half >> 1u) {
        if (lane % team < half) {
            states[lane] = merge(states[lane], states[lane + half]);
        }
        workgroupBarrier();
    }
    state = states[lane - lane % team];
    if (!present) {
        return;
    }
    for (var j = lane % team; j < stores(); j += team) {
        store(at, j, state);
    }
    if (lane % team == 0u) {
        close(at, state);
    }
}
