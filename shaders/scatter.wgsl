// Scatter: writes in1 into out0 at the index in0 along one dimension. A thread owns a part of one line of out0 and goes
// through all of the line's indices in order, so that the result never depends on which thread is faster.
// Parameters: 0 indices a line, 1 parts a line, 2 size of the dimension in out0, 3 size of a part, then the strides along
// the dimension of 4 out0, 5 in0, 6 in1, then 7 the number of the dimension; scalar 4 the number that is written.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = invocation(group, groups, lane);
    let part = job / space.count;
    if (part >= arg(1u)) {
        return;
    }
    let at = locate(job % space.count);
    for (var j = 0u; j < arg(0u); j++) {
        let index = resolve(load_in0(at[1] + j * arg(5u)), arg(2u), false, arg(7u));
        if (index != OUT_OF_RANGE && index / arg(3u) == part) {
            let to = at[0] + index * arg(4u);
            let x = ${source};
            write_out0(to, ${combined});
        }
    }
}
