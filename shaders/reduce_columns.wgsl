// Reduce with one thread a chunk: neighbouring threads read neighbouring outputs' elements.
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = invocation(group, groups, lane);
    let output = job % space.count;
    let chunk = job / space.count;
    if (chunk >= arg(2u)) {
        return;
    }
    let begin = chunk * arg(1u);
    let end = min(begin + arg(1u), arg(0u));
    emit(output, chunk, accumulate(locate(output)[${input}], begin, end, 1u));
}
