// Where taps are, in one of three dimensions d. Parameters: 0 sizes of the result, 3 sizes of the image, 6 the steps of in0, 9 whether the
// corners' centres are aligned, 10 the steps between positions, two words each, 16 the same in float32.
struct Taps {
    first: i32,
    count: i32,
    at: T,
    total: T,
}

fn step_of(d: u32) -> T {
    return scalar_${T}(5u + d);
}

// The element of an image that a tap is; those beyond the border are the border's.
fn place(d: u32, tap: i32) -> u32 {
    return u32(clamp(tap, 0, i32(arg(3u + d)) - 1));
}

fn position(d: u32, o: u32) -> T {
    if (arg(9u) != 0u) {
        return T(o) * step_of(d);
    }
    return (T(o) + T(0.5)) * step_of(d) - T(0.5);
}

// Keys' kernel at a distance below 1, or between 1 and 2.
fn keys_near(x: T, a: T) -> T {
    return ((a + T(2)) * x - (a + T(3))) * x * x + T(1);
}

fn keys_far(x: T, a: T) -> T {
    return ((x - T(5)) * x + T(8)) * x * a - T(4) * a;
}
