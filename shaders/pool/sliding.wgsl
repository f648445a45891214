// Windows that slide over the input. Parameters, three each: 0 sizes of the input, 3 of the output, 6 of the window, 9 its
// stride, 12 padding, 15 dilation.

// How far a window reaches from its first place on.
fn reach() -> vec3<u32> {
    return arg3(15u) * (arg3(6u) - 1u) + 1u;
}

// The places of a window that are inside of the input, `step` apart, and how many there are with those in the padding.
fn window(o: vec3<u32>) -> Window {
    let first = vec3<i32>(o * arg3(9u)) - vec3<i32>(arg3(12u));
    let step = arg3(15u);
    let skipped = (vec3<u32>(max(-first, vec3<i32>())) + step - 1u) / step * step;
    let last = first + vec3<i32>(reach());
    let inside = vec3<u32>(clamp(last, vec3<i32>(), vec3<i32>(arg3(0u))));
    let padded = min(last, vec3<i32>(arg3(0u) + arg3(12u))) - first;
    return Window(vec3<u32>(first + vec3<i32>(skipped)), inside, step, vec3<u32>(max(padded, vec3<i32>())));
}

// The outputs whose windows may hold a place: from the first to the one before the last.
fn windows_of(i: vec3<u32>) -> array<vec3<u32>, 2> {
    let past = i + arg3(12u) + 1u;
    let first = (max(past, reach()) - reach() + arg3(9u) - 1u) / arg3(9u);
    return array<vec3<u32>, 2>(first, min((past - 1u) / arg3(9u) + 1u, arg3(3u)));
}
