// Resizing: the sum over the taps of all dimensions. in0 the image, out0 the result. Taps of no weight count, as infinities may lie
// there, but not in dimensions of one place, which the image may not even have.
fn value(i: u32, at: array<u32, ${operands}>) -> T {
    let here = digits(i, arg3(0u));
    let z = taps(0u, here.x);
    let y = taps(1u, here.y);
    let x = taps(2u, here.z);
    var sum = T(0);
    for (var c = 0; c < z.count; c++) {
        let of_z = weight(0u, z, c);
        if (of_z == T(0) && arg(3u) == 1u) {
            continue;
        }
        let plane = at[1] + place(0u, z.first + c) * arg(6u);
        for (var b = 0; b < y.count; b++) {
            let of_y = of_z * weight(1u, y, b);
            if (of_y == T(0) && arg(4u) == 1u) {
                continue;
            }
            let row = plane + place(1u, y.first + b) * arg(7u);
            for (var a = 0; a < x.count; a++) {
                sum += of_y * weight(2u, x, a) * read_in0(row + place(2u, x.first + a) * arg(8u));
            }
        }
    }
    return sum;
}
