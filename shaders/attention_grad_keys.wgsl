// Gradients of attention by the keys, out0, and by the values, out1; inputs as in attention_grad_queries.wgsl. With the weights p they are
// scale (p (g v^T - d))^T q and p^T g. A workgroup has 32 keys and some columns of both, and goes over
// the queries of all heads that share the keys. Parameters: 15 how many these are, 24 to 26 the steps from head to head of
// the gradient, the queries and the mask.
${functions}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = job_of(group, groups, arg(1u), max(arg(2u), arg(3u)), ${columns}u);
    if (job.batch >= space.count) {
        return;
    }
    let at = locate(job.batch);
    let key = job.first + lane / 8u;
    @each c ${chunks}: var key_sum#c = vec4<f32>();
    @each c ${chunks}: var value_sum#c = vec4<f32>();
    for (var member = 0u; member < arg(15u); member++) {
        let q = at[3] + member * arg(25u);
        let g = at[2] + member * arg(24u);
        let rows = member * arg(0u);
        let matrix = (space.first + job.batch) * arg(15u) + member;
        for (var query = select(0u, job.first, arg(4u) != 0u); query < arg(0u); query += SIDE) {
            let products = scores(lane, at[4] + job.first * arg(9u), arg(9u), arg(1u) - job.first, q + query * arg(8u), arg(8u), arg(0u) - query, arg(2u));
            let slopes = slopes(lane, at[5] + job.first * arg(10u), arg(10u), arg(1u) - job.first, g + query * arg(7u), arg(7u), arg(0u) - query, arg(3u));
            let column = query + lane % 8u;
            let counts = visible_to(column, key);
            let scores = masked(scalar_f32(8u) * products, counts, ${mask_at} + ${mask_member} + column * arg(13u) + key * arg(14u), 8u * arg(13u));
            var shift = vec4<f32>();
            var mean = vec4<f32>();
            var factor = vec4<f32>();
            @each j 4: shift[#j] = read_in4(at[6] + rows + min(column + 8u * #ju, arg(0u) - 1u));
            @each j 4: mean[#j] = read_in5(at[7] + rows + min(column + 8u * #ju, arg(0u) - 1u));
            @each j 4: factor[#j] = kept(matrix, column + 8u * #ju, key);
            let p = weights_of(scores, shift, counts);
            share(lane, p * factor);
            @each c ${chunks}: value_sum#c += of_gradients(lane, g + query * arg(7u), arg(7u), arg(0u) - query, job.slice + 32u * #cu, arg(3u));
            share(lane, scalar_f32(8u) * p * (slopes * factor - mean));
            @each c ${chunks}: key_sum#c += of_queries(lane, q + query * arg(8u), arg(8u), arg(0u) - query, job.slice + 32u * #cu, arg(2u));
        }
    }
    if (key >= arg(1u)) {
        return;
    }
    let column = job.slice + lane % 8u;
    @each c ${chunks}, j 4: if (column + 32u * #cu + 8u * #ju < arg(2u)) { write_out0(at[0] + key * arg(5u) + column + 32u * #cu + 8u * #ju, key_sum#c[#j]); }
    @each c ${chunks}, j 4: if (column + 32u * #cu + 8u * #ju < arg(3u)) { write_out1(at[1] + key * arg(6u) + column + 32u * #cu + 8u * #ju, value_sum#c[#j]); }
}
