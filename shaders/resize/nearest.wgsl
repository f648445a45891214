// The element at a position in float32, whatever is computed in.
fn taps(d: u32, o: u32) -> Taps {
    let at = floor((f32(o) + ${shift}) * bitcast<f32>(arg(16u + d)));
    return Taps(i32(min(at, f32(arg(3u + d)) - 1.0)), 1, T(0), T(1));
}

fn weight(d: u32, t: Taps, k: i32) -> T {
    return T(1);
}

fn reach(d: u32) -> f32 {
    return 1.0;
}
