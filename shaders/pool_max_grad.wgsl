// Gradient of the largest elements: the sum of those gradients in0 whose windows' maxima, at the places in1, lie here. Parameters
// besides those of the windows: strides in the plane 18 of in0, 21 of in1.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let here = place(i, arg3(0u));
    let number = (here.x * arg(1u) + here.y) * arg(2u) + here.z;
    let windows = windows_of(here);
    var sum = T(0);
    for (var d = windows[0].x; d < windows[1].x; d++) {
        for (var h = windows[0].y; h < windows[1].y; h++) {
            for (var v = windows[0].z; v < windows[1].z; v++) {
                let o = vec3<u32>(d, h, v);
                if (load_in1(at[2] + dot(o, arg3(21u))).x == number) {
                    sum += read_in0(at[1] + dot(o, arg3(18u)));
                }
            }
        }
    }
    return sum;
}
