// The two next elements, by how near they are.
fn taps(d: u32, o: u32) -> Taps {
    let at = max(position(d, o), T(0));
    let low = min(floor(at), T(arg(3u + d)) - T(1));
    return Taps(i32(low), 2, clamp(at - low, T(0), T(1)), T(1));
}

fn weight(d: u32, t: Taps, k: i32) -> T {
    if (k == 0) {
        return T(1) - t.at;
    }
    return t.at;
}

fn reach(d: u32) -> f32 {
    return 1.0;
}
