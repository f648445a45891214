// Radix sort, second half of a pass: moves the keys in0 and their positions in1 to their places by one digit, in out0 and
// out1. in2 says where each block's keys of each digit begin.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let block = group.y * groups.x + group.x;
    if (block >= arg(2u)) {
        return;
    }
    tally(block, lane);
    workgroupBarrier();
    if (lane < 16u) {
        var place = bitcast<u32>(load_in2(lane * arg(2u) + block));
        for (var t = 0u; t < 64u; t++) {
            let count = tallies[lane * 64u + t];
            tallies[lane * 64u + t] = place;
            place += count;
        }
    }
    workgroupBarrier();
    let begin = first_key(block, lane);
    for (var i = begin; i < min(begin + 16u, arg(0u)); i++) {
        let key = load_in0(i);
        let slot = digit(bitcast<u32>(key)) * 64u + lane;
        let place = tallies[slot];
        tallies[slot] = place + 1u;
        store_out0(place, key);
        store_out1(place, ${position});
    }
}
