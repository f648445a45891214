// As attention_grad_queries.wgsl, by threads that do not wait for each other.
${functions}

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = job_of((group.y * groups.x + group.x) * 16u + lane, arg(0u), arg(2u), ${columns}u);
    if (job.batch >= space.count) {
        return;
    }
    let at = locate(job.batch);
    let matrix = space.first + job.batch;
    // Of the first four rows and of the others.
    var shift: array<vec4<f32>, 2>;
    var mean: array<vec4<f32>, 2>;
    @each h 2, i 4: shift[#h][#i] = read_in4(at[5] + min(job.first + 4u * #hu + #iu, arg(0u) - 1u));
    @each h 2, i 4: mean[#h][#i] = read_in5(at[6] + min(job.first + 4u * #hu + #iu, arg(0u) - 1u));
    @each i 8, c ${vectors}: var sum#i_#c = vec4<f32>();
    let end = select(arg(1u), min(arg(1u), job.first + SIDE), arg(4u) != 0u);
    for (var first = 0u; first < end; first += SIDE) {
        find_scores(at[2] + job.first * arg(7u), arg(7u), arg(0u) - job.first, at[3] + first * arg(8u), arg(8u), arg(1u) - first, arg(2u));
        find_slopes(at[1] + job.first * arg(6u), arg(6u), arg(0u) - job.first, at[4] + first * arg(9u), arg(9u), arg(1u) - first, arg(3u));
        let columns = min(SIDE, end - first);
        for (var k = 0u; k < 2u * columns; k++) {
            let half = k % 2u;
            let key = first + k / 2u;
            let row = job.first + 4u * half;
            let sees = see(consecutive(row), key);
            let score = masked(scalar_f32(8u) * scores[k], sees, ${mask_at} + row * arg(12u) + key * arg(14u), arg(12u));
            let p = weights_of(score, shift[half], sees);
            scores[k] = scalar_f32(8u) * p * (slopes[k] * kept_rows(matrix, consecutive(row), key) - mean[half]);
        }
        for (var j = 0u; j < columns; j++) {
            let w = array<vec4<f32>, 2>(scores[2u * j], scores[2u * j + 1u]);
            @each c ${vectors}: let k#c = of_keys(at[3] + (first + j) * arg(8u), job.slice + 4u * #cu, arg(2u));
            @each i 8, c ${vectors}: sum#i_#c += w[#i / 4][#i % 4] * k#c;
        }
    }
    @each i 8, c ${vectors}, k 4: if (job.first + #iu < arg(0u) && job.slice + 4u * #cu + #ku < arg(2u)) { write_out0(at[0] + (job.first + #iu) * arg(5u) + job.slice + 4u * #cu + #ku, sum#i_#c[#k]); }
}
