// Gradient of the means: every window sends its gradient, of in0, divided to its places. Parameters besides those of the
// windows: 18 strides of in0 in the plane, 24 a divisor.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let windows = windows_of(place(i, arg3(0u)));
    var sum = T(0);
    for (var d = windows[0].x; d < windows[1].x; d++) {
        for (var h = windows[0].y; h < windows[1].y; h++) {
            for (var v = windows[0].z; v < windows[1].z; v++) {
                let o = vec3<u32>(d, h, v);
                sum += read_in0(at[1] + dot(o, arg3(18u))) / divisor(window(o));
            }
        }
    }
    return sum;
}
