// One of the steps of a transform of 2^k elements, a thread a pair. Parameters: 0 length of a line, 5 length of the transforms
// that are joined.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let half = arg(0u) / 2u;
    let i = invocation(group, groups, lane);
    if (i >= space.count * half) {
        return;
    }
    let p = arg(5u);
    let j = i % half;
    let k = j & (p - 1u);
    let line = i / half * arg(0u);
    let a = load_in0(line + j);
    let b = complex_product(load_in0(line + j + half), turned_root(k, p));
    let to = line + 2u * j - k;
    store_out0(to, a + b);
    store_out0(to + p, a - b);
}
