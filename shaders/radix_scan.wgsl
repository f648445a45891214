// Replaces each of the counts in out0 by the sum of those before it; one workgroup. Parameter 0: how many there are.
var<workgroup> sums: array<u32, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
    let share = (arg(0u) + 255u) / 256u;
    let begin = min(lane * share, arg(0u));
    let end = min(begin + share, arg(0u));
    var sum = 0u;
    for (var i = begin; i < end; i++) {
        sum += bitcast<u32>(load_out0(i));
    }
    sums[lane] = sum;
    workgroupBarrier();
    var before = 0u;
    for (var t = 0u; t < lane; t++) {
        before += sums[t];
    }
    for (var i = begin; i < end; i++) {
        let count = bitcast<u32>(load_out0(i));
        store_out0(i, bitcast<i32>(before));
        before += count;
    }
}
