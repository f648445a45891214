// Numbers in [0, 1) of random words, with the bits that a float64 has.

fn first_unit(bits: vec4<u32>) -> f64 {
    return wide_unit(bits.xy);
}

fn second_unit(bits: vec4<u32>) -> f64 {
    return wide_unit(bits.zw);
}

fn wide_unit(bits: vec2<u32>) -> f64 {
    return f64((u64(bits.y) << 21u) | u64(bits.x >> 11u)) * 1.1102230246251565e-16;
}
