// Attention without the matrix of scores: out0 the result, out1 the logarithm of each row's sum of exponentials; in0 queries, in1 keys,
// in2 values. A workgroup has 32 queries and some columns of the values; it goes over the keys, 32 at a time, and rescales what it
// has when a row meets a larger score ("online softmax"). Parameters: 0 queries, 1 keys, 2 width of queries and keys,
// 3 width of values, 4 causal, from 5 on the steps from row to row of the operands, 14 from column to column of the mask; scalar 8 the
// factor of the scores; what else there is in rules.wgsl.
${functions}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = job_of(group, groups, arg(0u), arg(3u), ${columns}u);
    if (job.batch >= space.count) {
        return;
    }
    let at = locate(job.batch);
    let matrix = space.first + job.batch;
    let query = job.first + lane / 8u;
    let end = select(arg(1u), min(arg(1u), job.first + SIDE), arg(4u) != 0u);
    var largest = -infinity();
    var total = 0.0;
    @each c ${chunks}: var sum#c = vec4<f32>();
    for (var key = 0u; key < end; key += SIDE) {
        let counts = visible(query, key + lane % 8u);
        let products = scores(lane, at[2] + job.first * arg(7u), arg(7u), arg(0u) - job.first, at[3] + key * arg(8u), arg(8u), arg(1u) - key, arg(2u));
        let scores = masked(scalar_f32(8u) * products, counts, ${mask_at} + query * arg(10u) + (key + lane % 8u) * arg(14u), 8u * arg(14u));
        share(lane, select(vec4<f32>(-infinity()), scores, counts));
        let before = largest;
        for (var k = 0u; k < SIDE; k += 4u) {
            @each k 4: largest = max(largest, weights[lane / 8u * STEP + k + #ku]);
        }
        // A row of minus infinities so far has no weights yet.
        let shift = select(largest, 0.0, is_infinite(largest) && largest < 0.0);
        let factor = exponential(before - shift);
        let w = weights_of(scores, vec4<f32>(shift), counts);
        share(lane, w);
        total *= factor;
        for (var k = 0u; k < SIDE; k += 4u) {
            @each k 4: total += weights[lane / 8u * STEP + k + #ku];
        }
${thin}
        @each c ${chunks}: sum#c = sum#c * factor + of_values(lane, at[4] + key * arg(9u), arg(9u), arg(1u) - key, job.slice + 32u * #cu, arg(3u));
    }
    // The difference of two infinities is NaN, which a driver may not know, and so is then the result; but a mask may leave a row without
    // weights.
    if (is_infinite(largest)) {
        total = quiet_nan();
    }
    var sum_of_row = largest + logarithm(total);
    if (${blind}) {
        total = 1.0;
        sum_of_row = infinity();
    }
    if (query >= arg(0u)) {
        return;
    }
    if (lane % 8u == 0u && job.slice == 0u) {
        write_out1(at[1] + query, sum_of_row);
    }
    let column = job.slice + lane % 8u;
    @each c ${chunks}, j 4: if (column + 32u * #cu + 8u * #ju < arg(3u)) { write_out0(at[0] + query * arg(5u) + column + 32u * #cu + 8u * #ju, sum#c[#j] / total); }
}
