// Writes in0 into out0 at the indices in1, in2, ... of its first dimensions. A thread owns some of the rows of out0
// that the indices choose from, at one element of the remaining dimensions, and goes through all indices in order, so
// that the result never depends on which thread is faster. Parameters: 0 number of index tuples, 1 parts, 2 rows a part,
// 3 stride of the tuples in in0, 4.. sizes, 9 whether negative indices count from the end, 10.. strides in out0; scalar 8
// the number that is written.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = invocation(group, groups, lane);
    let part = job / space.count;
    if (part >= arg(1u)) {
        return;
    }
    let at = locate(job % space.count);
    for (var j = 0u; j < arg(0u); j++) {
        var row = 0u;
        var to = at[0];
        var inside = true;
${locate_indices}
        if (inside && row / arg(2u) == part) {
            let x = ${source};
            write_out0(to, ${combined});
        }
    }
}
