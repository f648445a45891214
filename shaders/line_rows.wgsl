// Families that reduce a line and then write each of its elements, one workgroup a line. The family defines
// `element(at, j)`, what is reduced; `apply(at, j, state)`, what is written; `close(at, state)`. Parameters: 0 length of a
// line, 1.. strides of the operands along it; scalar 8 the family's own.
var<workgroup> states: array<State, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let line = group.y * groups.x + group.x;
    if (line >= space.count) {
        return;
    }
    let at = locate(line);
    var state = initial(element(at, 0u));
    for (var j = lane; j < arg(0u); j += 256u) {
        state = accept(state, element(at, j));
    }
    states[lane] = state;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half = half >> 1u) {
        if (lane < half) {
            states[lane] = merge(states[lane], states[lane + half]);
        }
        workgroupBarrier();
    }
    state = states[0];
    for (var j = lane; j < arg(0u); j += 256u) {
        apply(at, j, state);
    }
    if (lane == 0u) {
        close(at, state);
    }
}
