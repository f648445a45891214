// What float64 needs in its own words.

fn op_isnan(a: T) -> bool {
    let bits = encode_float64(a);
    let high = bits.y & 0x7fffffffu;
    return high > 0x7ff00000u || (high == 0x7ff00000u && bits.x != 0u);
}

fn op_isinf(a: T) -> bool {
    let bits = encode_float64(a);
    return (bits.y & 0x7fffffffu) == 0x7ff00000u && bits.x == 0u;
}

fn op_signbit(a: T) -> bool {
    return (encode_float64(a).y >> 31u) != 0u;
}

fn op_nan() -> T {
    return decode_float64(vec2<u32>(0u, 0x7ff80000u));
}
