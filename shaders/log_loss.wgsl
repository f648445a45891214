// Losses of logarithms of probabilities. in0 logarithms, in1 the right classes, in2 weights of classes; out0 losses, out1 shares in the
// mean. Parameters as in class_loss.wgsl.
fn put(at: array<u32, ${operands}>, loss: T, share: T) {
    write_out0(at[0], loss);
    write_out1(at[1], share);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let position = invocation(group, groups, lane);
    if (position >= space.count) {
        return;
    }
    let at = locate(position);
    let right = load_in1(at[3]);
    if (all(right == vec2<u32>(arg(18u), arg(19u)))) {
        put(at, T(0), T(0));
        return;
    }
    let label = resolve(right, arg(0u), false, 1u);
    if (label == OUT_OF_RANGE) {
        put(at, T(0), T(0));
        return;
    }
    let share = ${share};
    put(at, -share * read_in0(at[2] + label * arg(4u)), share);
}
