// Takes the results from where they lie one behind the other. Parameter 5: length of the lines in in0.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = invocation(group, groups, lane);
    if (i >= space.count * arg(3u)) {
        return;
    }
    let line = i / arg(3u);
    let j = i % arg(3u);
    let x = load_in0(line * arg(5u) + j);
    deliver(locate(line)[0], j, ${chirped} * scalar_${R}(3u));
}
