// chain.wgsl for outputs narrower than a word, which are row-major and begin with a word: a thread does as many elements as a
// word holds.
${functions}
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let first = invocation(group, groups, lane) * ${a_word}u;
    if (first >= space.count) {
        return;
    }
${words}
    for (var k = 0u; k < min(${a_word}u, space.count - first); k++) {
        let at = locate(first + k);
${steps}
    }
    let rest = space.count - first;
    let mask = select((1u << (rest * ${element_bits}u % 32u)) - 1u, 0xffffffffu, rest >= ${a_word}u);
${stores}
}
