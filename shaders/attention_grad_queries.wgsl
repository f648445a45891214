// Gradient of attention by the queries, out0. in0 gradient g, in1 queries, in2 keys, in3 values, in4 logarithms of the rows' sums, in5
// products d of the rows of g and of the result. With the weights p = exp(score - sum) it is scale p (g v^T - d) k.
// A workgroup has 32 queries and some columns; parameters as in attention.wgsl.
${functions}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = job_of(group, groups, arg(0u), arg(2u), ${columns}u);
    if (job.batch >= space.count) {
        return;
    }
    let at = locate(job.batch);
    let matrix = space.first + job.batch;
    let query = job.first + lane / 8u;
    let end = select(arg(1u), min(arg(1u), job.first + SIDE), arg(4u) != 0u);
    let row = min(query, arg(0u) - 1u);
    let shift = read_in4(at[5] + row);
    let mean = read_in5(at[6] + row);
    @each c ${chunks}: var sum#c = vec4<f32>();
    for (var key = 0u; key < end; key += SIDE) {
        let products = scores(lane, at[2] + job.first * arg(7u), arg(7u), arg(0u) - job.first, at[3] + key * arg(8u), arg(8u), arg(1u) - key, arg(2u));
        let slopes = slopes(lane, at[1] + job.first * arg(6u), arg(6u), arg(0u) - job.first, at[4] + key * arg(9u), arg(9u), arg(1u) - key, arg(3u));
        let counts = visible(query, key + lane % 8u);
        let scores = masked(scalar_f32(8u) * products, counts, ${mask_at} + query * arg(12u) + (key + lane % 8u) * arg(14u), 8u * arg(14u));
        let p = weights_of(scores, vec4<f32>(shift), counts);
        share(lane, scalar_f32(8u) * p * (slopes * kept_along(matrix, query, key + lane % 8u) - mean));
        @each c ${chunks}: sum#c += of_keys(lane, at[3] + key * arg(8u), arg(8u), arg(1u) - key, job.slice + 32u * #cu, arg(2u));
    }
    let column = job.slice + lane % 8u;
    @each c ${chunks}, j 4: if (query < arg(0u) && column + 32u * #cu + 8u * #ju < arg(2u)) { write_out0(at[0] + query * arg(5u) + column + 32u * #cu + 8u * #ju, sum#c[#j]); }
}
