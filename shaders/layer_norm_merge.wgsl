// Adds up the chunks of gradients by weight and bias: out0 of in0, out1 of in1. The space runs over the columns. Parameters:
// 0 chunks, 1 the step from chunk to chunk.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let column = invocation(group, groups, lane);
    if (column >= space.count) {
        return;
    }
    let at = locate(column);
    var weight = T(0);
    var bias = T(0);
    for (var chunk = 0u; chunk < arg(0u); chunk++) {
        weight += read_in0(at[2] + chunk * arg(1u));
        bias += read_in1(at[3] + chunk * arg(1u));
    }
    write_out0(at[0], weight);
    write_out1(at[1], bias);
}
