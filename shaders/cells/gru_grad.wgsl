// Gradient of a step of a GRU. in0 gradient of the next state, in1 the gates and what enters the last one from the hidden state, in2 the
// state before, in3 what is added to its gradient; out0 and out1 gradients of what enters the gates, out2 of the state before.
// Parameters as in lstm.wgsl.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let reset = read_in1(at[4]);
    let update = read_in1(at[4] + arg(4u));
    let fresh = read_in1(at[4] + 2u * arg(4u));
    let hidden_new = read_in1(at[4] + 3u * arg(4u));
    let of_next = read_in0(at[3]);
    let of_new = of_next * (1.0 - update) * (1.0 - fresh * fresh);
    let of_update = of_next * (read_in2(at[5]) - fresh) * update * (1.0 - update);
    let of_reset = of_new * hidden_new * reset * (1.0 - reset);
    write_out0(at[0], of_reset);
    write_out0(at[0] + arg(0u), of_update);
    write_out0(at[0] + 2u * arg(0u), of_new);
    write_out1(at[1], of_reset);
    write_out1(at[1] + arg(1u), of_update);
    write_out1(at[1] + 2u * arg(1u), of_new * reset);
    write_out2(at[2], of_next * update + ${more});
}
