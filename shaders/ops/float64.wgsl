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

// By `floor`: there are drivers that round float64 towards zero, keep fractions of large numbers and lose the sign of zero.
fn op_trunc(a: T) -> T {
    return op_copysign(floor(abs(a)), a);
}

// Halves to the even neighbour.
fn op_round(a: T) -> T {
    let low = floor(abs(a));
    let rest = abs(a) - low;
    let is_odd = 2.0 * floor(0.5 * low) != low;
    return op_copysign(select(low, low + 1.0, rest > 0.5 || (rest == 0.5 && is_odd)), a);
}

// The bits of floats of one sign count up with their size.
fn op_nextafter(a: T, b: T) -> T {
    if (op_isnan(a) || op_isnan(b)) {
        return op_nan();
    }
    if (a == b) {
        return b;
    }
    if (a == 0.0) {
        return decode_float64(vec2<u32>(1u, encode_float64(b).y & 0x80000000u));
    }
    let bits = bitcast<u64>(a);
    return bitcast<f64>(select(bits - u64(1u), bits + u64(1u), (a < b) == (a > 0.0)));
}
