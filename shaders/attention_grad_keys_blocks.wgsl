// As attention_grad_keys.wgsl, by threads that do not wait for each other.
${functions}

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = job_of((group.y * groups.x + group.x) * 16u + lane, arg(1u), max(arg(2u), arg(3u)), ${columns}u);
    if (job.batch >= space.count) {
        return;
    }
    let at = locate(job.batch);
    @each i 8, c ${vectors}: var key_sum#i_#c = vec4<f32>();
    @each i 8, c ${vectors}: var value_sum#i_#c = vec4<f32>();
    for (var member = 0u; member < arg(15u); member++) {
        let q = at[3] + member * arg(25u);
        let g = at[2] + member * arg(24u);
        let matrix = (space.first + job.batch) * arg(15u) + member;
        for (var first = select(0u, job.first, arg(4u) != 0u); first < arg(0u); first += SIDE) {
            find_scores(at[4] + job.first * arg(9u), arg(9u), arg(1u) - job.first, q + first * arg(8u), arg(8u), arg(0u) - first, arg(2u));
            find_slopes(at[5] + job.first * arg(10u), arg(10u), arg(1u) - job.first, g + first * arg(7u), arg(7u), arg(0u) - first, arg(3u));
            let columns = min(SIDE, arg(0u) - first);
            for (var k = 0u; k < 2u * columns; k++) {
                let query = first + k / 2u;
                let row = member * arg(0u) + query;
                let key = job.first + 4u * (k % 2u);
                let sees = seen(query, consecutive(key));
                let score = masked(scalar_f32(8u) * scores[k], sees, ${mask_at} + ${mask_member} + query * arg(13u) + key * arg(14u), arg(14u));
                let p = weights_of(score, vec4<f32>(read_in4(at[6] + row)), sees);
                let factor = kept_keys(matrix, query, consecutive(key));
                scores[k] = p * factor;
                slopes[k] = scalar_f32(8u) * p * (slopes[k] * factor - vec4<f32>(read_in5(at[7] + row)));
            }
            for (var j = 0u; j < columns; j++) {
                let w = array<vec4<f32>, 2>(scores[2u * j], scores[2u * j + 1u]);
                let d = array<vec4<f32>, 2>(slopes[2u * j], slopes[2u * j + 1u]);
                @each c ${vectors}: let v#c = of_gradients(g + (first + j) * arg(7u), job.slice + 4u * #cu, arg(3u));
                @each i 8, c ${vectors}: value_sum#i_#c += w[#i / 4][#i % 4] * v#c;
                @each c ${vectors}: let k#c = of_queries(q + (first + j) * arg(8u), job.slice + 4u * #cu, arg(2u));
                @each i 8, c ${vectors}: key_sum#i_#c += d[#i / 4][#i % 4] * k#c;
            }
        }
    }
    @each i 8, c ${vectors}, k 4: if (job.first + #iu < arg(1u) && job.slice + 4u * #cu + #ku < arg(2u)) { write_out0(at[0] + (job.first + #iu) * arg(5u) + job.slice + 4u * #cu + #ku, key_sum#i_#c[#k]); }
    @each i 8, c ${vectors}, k 4: if (job.first + #iu < arg(1u) && job.slice + 4u * #cu + #ku < arg(3u)) { write_out1(at[1] + (job.first + #iu) * arg(6u) + job.slice + 4u * #cu + #ku, value_sum#i_#c[#k]); }
}
