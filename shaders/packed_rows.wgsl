// As packed.wgsl, where the output has rows of neighbours that are not each other's: one word of a row a thread. Neighbouring rows
// may share a word.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let inner = space.ndim - 1u;
    let length = space.shape[inner >> 2u][inner & 3u];
    let words = (length + 2u * ${lanes}u - 2u) / ${lanes}u;
    let number = invocation(group, groups, lane);
    let first = number / words * length;
    if (first >= space.count) {
        return;
    }
    let begin = locate(first)[0];
    let w = number % words;
    var bits = 0u;
    var mask = 0u;
    for (var k = 0u; k < ${lanes}u; k++) {
        // Wraps, and so is out of range, for what lies before the row.
        let j = w * ${lanes}u + k - begin % ${lanes}u;
        if (j < length) {
            bits |= encode_${dtype}(convert_out0(value(first + j, locate(first + j)))) << (k * ${bits}u);
            mask |= ${ones}u << (k * ${bits}u);
        }
    }
    put_bits_out0(begin / ${lanes}u + w, bits, mask);
}
