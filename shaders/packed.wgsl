// Elementwise families whose output is row-major and narrower than a word: one word of the output a thread, so that
// no two threads write the same word. The family defines `value(i, at)`.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let w = invocation(group, groups, lane);
    let begin = space.offset[0].x;
    let skip = begin % ${lanes}u;
    if (w >= (skip + space.count + ${lanes}u - 1u) / ${lanes}u) {
        return;
    }
    var bits = 0u;
    var mask = 0u;
    for (var k = 0u; k < ${lanes}u; k++) {
        // Wraps, and so is out of range, for what lies before the first element.
        let i = w * ${lanes}u + k - skip;
        if (i < space.count) {
            bits |= encode_${dtype}(convert_out0(value(i, locate(i)))) << (k * ${bits}u);
            mask |= ${ones}u << (k * ${bits}u);
        }
    }
    let word = begin / ${lanes}u + w;
    if (mask != 0xffffffffu) {
        bits |= out0[word] & ~mask;
    }
    out0[word] = bits;
}
