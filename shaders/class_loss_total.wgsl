// The sum of losses in0, or their mean by shares in1, by one workgroup: out0, and out1 the sum of the shares. Parameters: 0 how many,
// 1 whether it is the mean.
var<workgroup> sums: array<vec2<T>, 256>;

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
    var sum = vec2<T>(T(0), T(0));
    for (var i = lane; i < arg(0u); i += 256u) {
        sum += vec2<T>(read_in0(i), read_in1(i));
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = 128u; half > 0u; half = half >> 1u) {
        if (lane < half) {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    if (lane == 0u) {
        let at = locate(0u);
        let total = sums[0];
        write_out0(at[0], select(total.x, total.x / total.y, arg(1u) != 0u));
        write_out1(at[1], total.y);
    }
}
