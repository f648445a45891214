// A step of a GRU. in0 and in1 what enters the gates from the input and from the hidden state, in2 the hidden state; out0 the next one, out1
// the gates and what enters the last one from the hidden state. Parameters as in lstm.wgsl.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let reset = sigmoid(read_in0(at[2]) + read_in1(at[3]));
    let update = sigmoid(read_in0(at[2] + arg(2u)) + read_in1(at[3] + arg(3u)));
    let hidden_new = read_in1(at[3] + 2u * arg(3u));
    let fresh = op_tanh(read_in0(at[2] + 2u * arg(2u)) + reset * hidden_new);
    write_out0(at[0], fresh + update * (read_in2(at[4]) - fresh));
    write_out1(at[1], reset);
    write_out1(at[1] + arg(1u), update);
    write_out1(at[1] + 2u * arg(1u), fresh);
    write_out1(at[1] + 3u * arg(1u), hidden_new);
}
