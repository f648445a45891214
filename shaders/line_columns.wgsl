// As line_rows.wgsl, one thread a line: for short lines, and for lines that lie across the memory.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let line = invocation(group, groups, lane);
    if (line >= space.count) {
        return;
    }
    let at = locate(line);
    // By runs of 32, so that rounding errors do not pile up.
    let first = initial(element(at, 0u));
    var state = first;
    for (var run = 0u; run < arg(0u); run += 32u) {
        var part = first;
        for (var j = run; j < min(run + 32u, arg(0u)); j++) {
            part = accept(part, element(at, j));
        }
        state = merge(state, part);
    }
    for (var j = 0u; j < stores(); j++) {
        store(at, j, state);
    }
    close(at, state);
}
