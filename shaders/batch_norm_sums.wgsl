// For each channel the sums of the gradient in0, and of its products with the normalised in1, in parts: out0 is (2, channels,
// parts). in2 mean, in3 rstd. The space runs over the channels; a thread takes every parts-th element, so that neighbouring
// threads read neighbouring elements. Parameters: 0 elements of a channel, 1 parts, 2 elements of a plane, then the strides from
// plane to plane and in the plane: 3, 4 of in0, 5, 6 of in1.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = invocation(group, groups, lane);
    if (job / arg(1u) >= space.count) {
        return;
    }
    let at = locate(job / arg(1u));
    let mean = read_in2(at[3]);
    let rstd = read_in3(at[4]);
    var sum = T(0);
    var product = T(0);
    for (var i = job % arg(1u); i < arg(0u); i += arg(1u)) {
        let plane = i / arg(2u);
        let place = i - plane * arg(2u);
        let g = read_in0(at[1] + plane * arg(3u) + place * arg(4u));
        sum += g;
        product += g * ((read_in1(at[2] + plane * arg(5u) + place * arg(6u)) - mean) * rstd);
    }
    write_out0(job, sum);
    write_out0(space.count * arg(1u) + job, product);
}
