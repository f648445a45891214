// Losses of scores of classes. in0 scores, in1 the right classes, in2 weights of classes; out0 losses, out1 logarithms of the sums of
// exponentials, out2 shares in the mean. Parameters: 0 classes, 4 and 6 the steps of in0 and in2 from class to class, 18 and 19 the
// class that does not count; scalar 8 the smoothing of labels.
fn element(at: array<u32, ${operands}>, j: u32) -> ${element_type} {
    return ${element};
}

// The difference of two infinities is NaN, which a driver may not know.
fn log_sum_of(state: State) -> T {
    if (is_infinite(state.x)) {
        return quiet_nan();
    }
    return state.x + logarithm(state.y);
}

fn put(at: array<u32, ${operands}>, loss: T, share: T) {
    write_out0(at[0], loss);
    write_out2(at[2], share);
}

fn close(at: array<u32, ${operands}>, state: State) {
    let log_sum = log_sum_of(state);
    write_out1(at[1], log_sum);
    let right = load_in1(at[4]);
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
    var loss = share * (log_sum - read_in0(at[3] + label * arg(4u)));
${smooth}    put(at, loss, share);
}
