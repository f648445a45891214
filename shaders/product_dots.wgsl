// Sums of products by teams of 32 threads, one sum a team, along the depth: for matrices times vectors. The family defines what
// product_blocks.wgsl says. Parameters: 0 rows, 1 columns, 3 jobs.
var<workgroup> sums: array<T, 256>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let number = (group.y * groups.x + group.x) * 8u + lane / 32u;
    // All threads must reach the barriers: those without a sum repeat the last one and keep it to themselves.
    let total = arg(0u) * arg(1u) * arg(3u);
    let present = number < total;
    let mine = min(number, total - 1u);
    let here = job(mine / (arg(0u) * arg(1u)));
    let m = mine / arg(1u) % arg(0u);
    let n = mine % arg(1u);
    let own_row = row(here, min(m, here.rows - 1u));
    let own_column = column(here, min(n, here.columns - 1u));
    var sum = T(0);
    for (var k = here.begin + lane % 32u; k < here.end; k += 32u) {
        let at = depth(here, k);
        sum += left(own_row, at) * right(own_column, at);
    }
    sums[lane] = sum;
    workgroupBarrier();
    for (var half = 16u; half > 0u; half = half >> 1u) {
        if (lane % 32u < half) {
            sums[lane] += sums[lane + half];
        }
        workgroupBarrier();
    }
    if (present && lane % 32u == 0u && m < here.rows && n < here.columns) {
        put(own_row, own_column, sums[lane]);
    }
}
