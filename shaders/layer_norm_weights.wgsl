// Gradients of layer norm by weight and bias, summed over a chunk of the rows: out0 and out1 have a row a chunk. in0
// gradient, in1 x, in2 mean, in3 rstd. The space runs over the columns. Parameters: 0 rows, 1 rows a chunk, 2 chunks, then
// the strides from row to row of 3 out0, 4 out1, 5 in0, 6 in1, 7 in2, 8 in3.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = invocation(group, groups, lane);
    let chunk = job / space.count;
    if (chunk >= arg(2u)) {
        return;
    }
    let at = locate(job % space.count);
    var weight = T(0);
    var bias = T(0);
    for (var r = chunk * arg(1u); r < min((chunk + 1u) * arg(1u), arg(0u)); r++) {
        let g = read_in0(at[2] + r * arg(5u));
        let x = read_in1(at[3] + r * arg(6u));
        weight += g * (x - read_in2(at[4] + r * arg(7u))) * read_in3(at[5] + r * arg(8u));
        bias += g;
    }
    write_out0(at[0] + chunk * arg(3u), weight);
    write_out1(at[1] + chunk * arg(4u), bias);
}
