// As line_rows.wgsl, one thread a line: for short lines, and for lines that lie across the memory.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let line = invocation(group, groups, lane);
    if (line >= space.count) {
        return;
    }
    let at = locate(line);
    var state = initial(element(at, 0u));
    for (var j = 0u; j < arg(0u); j++) {
        state = accept(state, element(at, j));
    }
    for (var j = 0u; j < stores(); j++) {
        store(at, j, state);
    }
    close(at, state);
}
