// Gradient of losses of classes by the scores. in0 gradient, in1 scores, in2 the right classes, in3 weights of classes, in4 logarithms of
// sums, in5 what the mean is divided by, in6 the sum of the weights. Parameters: 0 classes, 1 step of in3, 2 positions a sample,
// 18 and 19 the class that does not count; scalar 8 the smoothing of labels.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let right = load_in2(at[3]);
    // A class out of range was reported by the forward pass.
    if (all(right == vec2<u32>(arg(18u), arg(19u))) || right.y != 0u || right.x >= arg(0u)) {
        return T(0);
    }
    let label = right.x;
    let here = ((space.first + i) / arg(2u)) % arg(0u);
    let p = ${p};
    var slope = ${share} * (p - select(T(0), T(1), here == label));
${smooth}    return ${gradient} * slope;
}
