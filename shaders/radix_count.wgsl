// Radix sort, first half of a pass: how often each digit occurs among the keys in0 of each block. out0 holds the counts, all
// blocks' of digit 0 first.
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let block = group.y * groups.x + group.x;
    if (block >= arg(2u)) {
        return;
    }
    tally(block, lane);
    workgroupBarrier();
    if (lane < 16u) {
        var total = 0u;
        for (var t = 0u; t < 64u; t++) {
            total += tallies[lane * 64u + t];
        }
        store_out0(lane * arg(2u) + block, bitcast<i32>(total));
    }
}
