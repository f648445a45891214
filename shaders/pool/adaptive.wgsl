// Windows that divide the input among the outputs. Parameters, three each: 0 sizes of the input, 3 of the output.
fn window(o: vec3<u32>) -> Window {
    let begin = o * arg3(0u) / arg3(3u);
    let end = ((o + 1u) * arg3(0u) + arg3(3u) - 1u) / arg3(3u);
    return Window(begin, end, vec3<u32>(1u), end - begin);
}

// The outputs whose windows hold a place: from the first to the one before the last.
fn windows_of(i: vec3<u32>) -> array<vec3<u32>, 2> {
    return array<vec3<u32>, 2>(i * arg3(3u) / arg3(0u), ((i + 1u) * arg3(3u) - 1u) / arg3(0u) + 1u);
}
