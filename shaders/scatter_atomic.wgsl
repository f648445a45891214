// Adds in1 to out0 at the index in0 along one dimension, one element a thread, in the order in which the threads come.
// Parameters: 0 size of the dimension in out0, 1 its step, 2 number of the dimension.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count) {
        return;
    }
    let at = locate(i);
    let index = resolve(load_in0(at[1]), arg(0u), false, arg(2u));
    if (index == OUT_OF_RANGE) {
        return;
    }
    let to = at[0] + index * arg(1u);
    let x = read_in1(at[2]);
    // Only who has seen the last sum may replace it.
    var seen = word_out0(to);
    loop {
        let sum = encode_${dtype}(decode_${dtype}(seen) + x);
        let answer = atomicCompareExchangeWeak(&out0[to], seen, sum);
        if (answer.exchanged) {
            break;
        }
        seen = answer.old_value;
    }
}
