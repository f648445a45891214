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
    // By runs of 32, as in `accumulate`.
    let chunks = arg(2u);
    var state = chunk_state(output * chunks);
    for (var run = 1u; run < chunks; run += 32u) {
        var part = chunk_state(output * chunks + run);
        for (var chunk = run + 1u; chunk < min(run + 32u, chunks); chunk++) {
            part = merge(part, chunk_state(output * chunks + chunk));
        }
        state = merge(state, part);
    }
    emit(output, 0u, state);
}
