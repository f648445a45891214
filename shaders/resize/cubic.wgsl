// The four next elements, by Keys' kernel.
fn taps(d: u32, o: u32) -> Taps {
    let at = position(d, o);
    let low = floor(at);
    return Taps(i32(low) - 1, 4, at - low, T(1));
}

fn weight(d: u32, t: Taps, k: i32) -> T {
    let distance = abs(t.at + T(1 - k));
    if (k == 0 || k == 3) {
        return keys_far(distance, T(-0.75));
    }
    return keys_near(distance, T(-0.75));
}

fn reach(d: u32) -> f32 {
    return 2.0;
}
