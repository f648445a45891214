// Numbers in [0, 1) of random words, with the bits that a float32 has.

fn first_unit(bits: vec4<u32>) -> f32 {
    return unit(bits.x);
}

fn second_unit(bits: vec4<u32>) -> f32 {
    return unit(bits.y);
}
