// Elements as unsigned numbers in the same order, high word first; NaN is the largest and zeros are equal.

fn key_of_i32(x: i32) -> vec2<u32> {
    return vec2<u32>(bitcast<u32>(x) ^ 0x80000000u, 0u);
}

fn key_of_f32(x: f32) -> vec2<u32> {
    let bits = bitcast<u32>(x);
    let magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {
        return vec2<u32>(0xffffffffu, 0u);
    }
    if (magnitude == 0u || bits == magnitude) {
        return vec2<u32>(magnitude | 0x80000000u, 0u);
    }
    return vec2<u32>(~bits, 0u);
}

// The words of eight bytes come low word first and need no 64-bit arithmetic.
fn key_of_int64(x: vec2<u32>) -> vec2<u32> {
    return vec2<u32>(x.y ^ 0x80000000u, x.x);
}

fn key_of_float64(x: vec2<u32>) -> vec2<u32> {
    let magnitude = x.y & 0x7fffffffu;
    if (magnitude > 0x7ff00000u || (magnitude == 0x7ff00000u && x.x != 0u)) {
        return vec2<u32>(0xffffffffu, 0xffffffffu);
    }
    if ((magnitude | x.x) == 0u || x.y == magnitude) {
        return vec2<u32>(magnitude | 0x80000000u, x.x);
    }
    return vec2<u32>(~x.y, ~x.x);
}
