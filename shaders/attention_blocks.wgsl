// As attention.wgsl, by threads that do not wait for each other.
${functions}

// Closes a row: writes the logarithm of its sum, and returns what its columns are divided by.
fn close(at: u32, is_written: bool, largest: f32, sum: f32) -> f32 {
    // The difference of two infinities is NaN, which a driver may not know, and so is then the result; but a mask may leave a row
    // without weights.
    var total = sum;
    if (is_infinite(largest)) {
        total = quiet_nan();
    }
    var logarithm_of_sum = largest + logarithm(total);
    if (${blind}) {
        total = 1.0;
        logarithm_of_sum = infinity();
    }
    if (is_written) {
        write_out1(at, logarithm_of_sum);
    }
    return total;
}

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = job_of((group.y * groups.x + group.x) * 16u + lane, arg(0u), arg(3u), ${columns}u);
    if (job.batch >= space.count) {
        return;
    }
    let at = locate(job.batch);
    let matrix = space.first + job.batch;
    // Of the first four rows and of the others.
    var largest = array<vec4<f32>, 2>(vec4<f32>(-infinity()), vec4<f32>(-infinity()));
    var total: array<vec4<f32>, 2>;
    var shift: array<vec4<f32>, 2>;
    @each i 8, c ${vectors}: var sum#i_#c = vec4<f32>();
    let end = select(arg(1u), min(arg(1u), job.first + SIDE), arg(4u) != 0u);
    for (var first = 0u; first < end; first += SIDE) {
        find_scores(at[2] + job.first * arg(7u), arg(7u), arg(0u) - job.first, at[3] + first * arg(8u), arg(8u), arg(1u) - first, arg(2u));
        let columns = min(SIDE, end - first);
        var factor = largest;
        for (var k = 0u; k < 2u * columns; k++) {
            let half = k % 2u;
            let key = first + k / 2u;
            let row = job.first + 4u * half;
            let sees = see(consecutive(row), key);
            scores[k] = masked(scalar_f32(8u) * scores[k], sees, ${mask_at} + row * arg(10u) + key * arg(14u), arg(10u));
            largest[half] = max(largest[half], select(vec4<f32>(-infinity()), scores[k], sees));
        }
        for (var half = 0u; half < 2u; half++) {
            // A row of minus infinities so far has no weights yet.
            shift[half] = select(largest[half], vec4<f32>(), largest[half] == vec4<f32>(-infinity()));
            factor[half] = exponentials(factor[half] - shift[half]);
            total[half] *= factor[half];
        }
        @each i 8, c ${vectors}: sum#i_#c *= factor[#i / 4][#i % 4];
        for (var k = 0u; k < 2u * columns; k++) {
            let half = k % 2u;
            let queries = consecutive(job.first + 4u * half);
            let w = weights_of(scores[k], shift[half], see(queries, first + k / 2u));
            total[half] += w;
            scores[k] = w * kept_rows(matrix, queries, first + k / 2u);
        }
        for (var j = 0u; j < columns; j++) {
            let w = array<vec4<f32>, 2>(scores[2u * j], scores[2u * j + 1u]);
            @each c ${vectors}: let v#c = of_values(at[4] + (first + j) * arg(9u), job.slice + 4u * #cu, arg(3u));
            @each i 8, c ${vectors}: sum#i_#c += w[#i / 4][#i % 4] * v#c;
        }
    }
    @each i 8: let divisor#i = close(at[1] + job.first + #iu, job.first + #iu < arg(0u) && job.slice == 0u, largest[#i / 4][#i % 4], total[#i / 4][#i % 4]);
    @each i 8, c ${vectors}, k 4: if (job.first + #iu < arg(0u) && job.slice + 4u * #cu + #ku < arg(3u)) { write_out0(at[0] + (job.first + #iu) * arg(5u) + job.slice + 4u * #cu + #ku, sum#i_#c[#k] / divisor#i); }
}
