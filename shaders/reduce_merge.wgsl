// Merges the states that the chunks of an output have left; one thread an output.
fn chunk_state(k: u32) -> State {
    return ${get_state};
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let output = invocation(group, groups, lane);
    if (output >= space.count) {
        return;
    }
    var state = chunk_state(output * arg(2u));
    for (var chunk = 1u; chunk < arg(2u); chunk++) {
        state = merge(state, chunk_state(output * arg(2u) + chunk));
    }
    emit(output, 0u, state);
}
