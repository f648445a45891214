// The element that a fill writes, as the storage class that is written.

fn fill_uint8() -> i32 {
    return i32(arg(0u));
}

fn fill_int16() -> i32 {
    return i32(arg(0u));
}

fn fill_int32() -> i32 {
    return i32(arg(0u));
}

fn fill_pair() -> vec2<u32> {
    return space.args[0].xy;
}

fn fill_quad() -> vec4<u32> {
    return space.args[0];
}
