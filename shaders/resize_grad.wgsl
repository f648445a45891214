// Gradient of resizing: what each element of an image, out0, is in the taps of elements of the result, whose gradient in0 is.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let here = digits(i, arg3(3u));
    let z = users(0u, here.x);
    let y = users(1u, here.y);
    let x = users(2u, here.z);
    var sum = T(0);
    for (var c = z.x; c < z.y; c++) {
        let of_z = share(0u, c, here.x);
        if (of_z == T(0)) {
            continue;
        }
        for (var b = y.x; b < y.y; b++) {
            let of_y = of_z * share(1u, b, here.y);
            if (of_y == T(0)) {
                continue;
            }
            let row = at[1] + c * arg(6u) + b * arg(7u);
            for (var a = x.x; a < x.y; a++) {
                sum += of_y * share(2u, a, here.z) * read_in0(row + a * arg(8u));
            }
        }
    }
    return sum;
}

// The elements of the result, from x to before y, among which those are that have element j in their taps.
fn users(d: u32, j: u32) -> vec2<u32> {
    let step = f32(step_of(d));
    let last = arg(d) - 1u;
    let radius = reach(d) + 2.0;
    var range = vec2<u32>(0u, last + 1u);
    if (j > 0u && step > 0.0) {
        range.x = u32(clamp(floor((f32(j) - radius) / step) - 2.0, 0.0, f32(last)));
    }
    if (j + 1u < arg(3u + d) && step > 0.0) {
        range.y = u32(clamp(ceil((f32(j) + radius) / step) + 2.0, 0.0, f32(last))) + 1u;
    }
    return range;
}

// The weight of element j in element o of the result.
fn share(d: u32, o: u32, j: u32) -> T {
    let t = taps(d, o);
    var sum = T(0);
    for (var k = 0; k < t.count; k++) {
        if (place(d, t.first + k) == j) {
            sum += weight(d, t, k);
        }
    }
    return sum;
}
