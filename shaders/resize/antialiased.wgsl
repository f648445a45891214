// All elements under a filter that is stretched by the step, if that is above 1; weights are divided by their sum.
fn taps(d: u32, o: u32) -> Taps {
    let centre = (T(o) + T(0.5)) * step_of(d);
    let support = T(${radius}) * stretch(d);
    let first = max(i32(centre - support + T(0.5)), 0);
    let end = min(i32(centre + support + T(0.5)), i32(arg(3u + d)));
    var t = Taps(first, end - first, centre, T(1));
    var total = T(0);
    for (var k = 0; k < t.count; k++) {
        total += weight(d, t, k);
    }
    t.total = total;
    return t;
}

fn stretch(d: u32) -> T {
    return max(step_of(d), T(1));
}

fn weight(d: u32, t: Taps, k: i32) -> T {
    let x = abs((T(t.first + k) - t.at + T(0.5)) / stretch(d));
    return filtered(x) / t.total;
}

fn reach(d: u32) -> f32 {
    return f32(T(${radius}) * stretch(d));
}

fn filtered(x: T) -> T {
${filter}
}
