// Gradient of a step of an LSTM. in0 gradient of the hidden state, in1 of the next state, in2 the gates, in3 and in4 the states before
// and after; out0 gradient of what enters the gates, out1 of the state before. Parameters as in lstm.wgsl.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let entering = read_in2(at[4]);
    let forgetting = read_in2(at[4] + arg(4u));
    let fresh = read_in2(at[4] + 2u * arg(4u));
    let leaving = read_in2(at[4] + 3u * arg(4u));
    let squashed = op_tanh(read_in4(at[6]));
    let of_hidden = read_in0(at[2]);
    let of_state = ${of_next} + of_hidden * leaving * (1.0 - squashed * squashed);
    let before = read_in3(at[5]);
    write_out0(at[0], of_state * fresh * entering * (1.0 - entering));
    write_out0(at[0] + arg(0u), of_state * before * forgetting * (1.0 - forgetting));
    write_out0(at[0] + 2u * arg(0u), of_state * entering * (1.0 - fresh * fresh));
    write_out0(at[0] + 3u * arg(0u), of_hidden * squashed * leaving * (1.0 - leaving));
    write_out1(at[1], of_state * forgetting);
}
