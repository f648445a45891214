// Pointwise ops that need float32. Elementary functions come from lib/math.wgsl: WGSL's own may err by thousands of
// units in the last place and differ from adapter to adapter.

fn op_isnan(a: T) -> bool {
    return (bitcast<u32>(a) & 0x7fffffffu) > 0x7f800000u;
}

fn op_isinf(a: T) -> bool {
    return (bitcast<u32>(a) & 0x7fffffffu) == 0x7f800000u;
}

fn op_signbit(a: T) -> bool {
    return (bitcast<u32>(a) >> 31u) != 0u;
}

fn op_nan() -> T {
    return quiet_nan();
}

fn op_trunc(a: T) -> T {
    return trunc(a);
}

fn op_round(a: T) -> T {
    return round(a);
}

fn op_nextafter(a: T, b: T) -> T {
    if (op_isnan(a) || op_isnan(b)) {
        return quiet_nan();
    }
    let bits = bitcast<u32>(a);
    let magnitude = bits & 0x7fffffffu;
    if (a == b) {
        return b;
    }
    if (magnitude == 0u) {
        return bitcast<f32>((bitcast<u32>(b) & 0x80000000u) | 1u);
    }
    let outward = (a < b) == (a > 0.0);
    return bitcast<f32>(select(bits - 1u, bits + 1u, outward));
}

// The neighbours of half floats: the bits of floats of one sign count up with their size.
fn next_half(a: u32, b: u32, upward: bool) -> u32 {
    if ((a & 0x7fffu) == 0u) {
        return (b & 0x8000u) | 1u;
    }
    let outward = upward == ((a & 0x8000u) == 0u);
    return select(a - 1u, a + 1u, outward);
}

fn op_nextafter_float16(a: T, b: T) -> T {
    if (op_isnan(a) || op_isnan(b)) {
        return quiet_nan();
    }
    if (a == b) {
        return b;
    }
    return decode_float16(next_half(encode_float16(a), encode_float16(b), a < b));
}

fn op_nextafter_bfloat16(a: T, b: T) -> T {
    if (op_isnan(a) || op_isnan(b)) {
        return quiet_nan();
    }
    if (a == b) {
        return b;
    }
    return decode_bfloat16(next_half(encode_bfloat16(a), encode_bfloat16(b), a < b));
}

fn in_float16(a: T) -> T {
    return decode_float16(encode_float16(a));
}

fn in_bfloat16(a: T) -> T {
    return decode_bfloat16(encode_bfloat16(a));
}

fn op_div_trunc_float16(a: T, b: T) -> T {
    return trunc(in_float16(a / b));
}

fn op_div_trunc_bfloat16(a: T, b: T) -> T {
    return trunc(in_bfloat16(a / b));
}

// As op_div_floor, with every step rounded.
fn op_div_floor_bfloat16(a: T, b: T) -> T {
    if (b == 0.0) {
        return a / b;
    }
    let rest = op_fmod(a, b);
    var quotient = in_bfloat16(in_bfloat16(a - rest) / b);
    if (rest != 0.0 && (rest < 0.0) != (b < 0.0)) {
        quotient = in_bfloat16(quotient - 1.0);
    }
    if (quotient == 0.0) {
        return op_copysign(0.0, a / b);
    }
    let floored = floor(quotient);
    return select(floored, in_bfloat16(floored + 1.0), in_bfloat16(quotient - floored) > 0.5);
}
