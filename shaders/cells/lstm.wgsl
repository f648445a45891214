// A step of an LSTM. in0 what enters the gates, in1 the state; out0 the gates, out1 the next state, out2 the hidden one. Parameter k: the
// step from gate to gate of the k-th operand, outputs first.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let entering = sigmoid(read_in0(at[3]));
    let forgetting = sigmoid(read_in0(at[3] + arg(3u)));
    let fresh = op_tanh(read_in0(at[3] + 2u * arg(3u)));
    let leaving = sigmoid(read_in0(at[3] + 3u * arg(3u)));
    let state = forgetting * read_in1(at[4]) + entering * fresh;
    write_out0(at[0], entering);
    write_out0(at[0] + arg(0u), forgetting);
    write_out0(at[0] + 2u * arg(0u), fresh);
    write_out0(at[0] + 3u * arg(0u), leaving);
    write_out1(at[1], state);
    write_out2(at[2], leaving * op_tanh(state));
}
