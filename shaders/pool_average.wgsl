// The mean of each window of in0. Parameters besides those of the windows: 18 strides of in0 in the plane, 24 a divisor.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let w = window(place(i, arg3(3u)));
    var sum = T(0);
    for (var d = w.begin.x; d < w.end.x; d++) {
        for (var h = w.begin.y; h < w.end.y; h++) {
            for (var v = w.begin.z; v < w.end.z; v++) {
                sum += read_in0(at[1] + dot(vec3<u32>(d, h, v), arg3(18u)));
            }
        }
    }
    return sum / divisor(w);
}
