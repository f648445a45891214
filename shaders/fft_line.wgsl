// Fourier transforms of lines of 2^k elements, at most ${room}, a workgroup a line; T. Stockham's order, in which nothing need be
// reversed. Parameters of this and the other files: 0 length of a line, 1 and 2 steps of in0 and out0 along it, 3 how many
// elements are written, 4 whether angles are turned round; scalar 3 the factor of the results.
var<workgroup> halves: array<vec2<R>, ${halves}>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let line = group.y * groups.x + group.x;
    // All threads must reach the barriers: groups without a line look at the last one and write nothing.
    let at = locate(min(line, space.count - 1u));
    let n = arg(0u);
    for (var j = lane; j < n; j += 256u) {
        halves[j] = fetch(at[1], j);
    }
    var here = 0u;
    for (var p = 1u; p < n; p = p << 1u) {
        workgroupBarrier();
        for (var j = lane; j < n / 2u; j += 256u) {
            let k = j & (p - 1u);
            let a = halves[here + j];
            let b = complex_product(halves[here + j + n / 2u], turned_root(k, p));
            let to = (${room}u - here) + 2u * j - k;
            halves[to] = a + b;
            halves[to + p] = a - b;
        }
        here = ${room}u - here;
    }
    workgroupBarrier();
    for (var j = lane; j < arg(3u); j += 256u) {
        if (line < space.count) {
            deliver(at[0], j, halves[here + j] * scalar_${R}(3u));
        }
    }
}
