// What the bits of each dtype mean. Narrow integers and bool are computed as i32, the half types as f32.

fn decode_bool(bits: u32) -> i32 {
    return select(0, 1, bits != 0u);
}

fn encode_bool(x: i32) -> u32 {
    return select(0u, 1u, x != 0);
}

fn decode_uint8(bits: u32) -> i32 {
    return i32(bits);
}

fn encode_uint8(x: i32) -> u32 {
    return u32(x) & 0xffu;
}

fn decode_int8(bits: u32) -> i32 {
    return extractBits(bitcast<i32>(bits), 0u, 8u);
}

fn encode_int8(x: i32) -> u32 {
    return u32(x) & 0xffu;
}

fn decode_int16(bits: u32) -> i32 {
    return extractBits(bitcast<i32>(bits), 0u, 16u);
}

fn encode_int16(x: i32) -> u32 {
    return u32(x) & 0xffffu;
}

fn decode_int32(bits: u32) -> i32 {
    return bitcast<i32>(bits);
}

fn encode_int32(x: i32) -> u32 {
    return bitcast<u32>(x);
}

fn decode_float32(bits: u32) -> f32 {
    return bitcast<f32>(bits);
}

fn encode_float32(x: f32) -> u32 {
    return bitcast<u32>(x);
}

fn decode_float16(bits: u32) -> f32 {
    return unpack2x16float(bits).x;
}

// Rounds to nearest, ties to even; `pack2x16float` leaves the rounding to the driver.
fn encode_float16(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    let sign = (bits >> 16u) & 0x8000u;
    let magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u) {
        return sign | 0x7e00u;
    }
    if (magnitude >= 0x477ff000u) {
        return sign | 0x7c00u;
    }
    if (magnitude < 0x38800000u) {
        // Subnormal: adding 0.5 leaves the rounded multiple of 2^-24 in the low bits of the sum.
        return sign | (bitcast<u32>(bitcast<f32>(magnitude) + 0.5) - 0x3f000000u);
    }
    return sign | ((magnitude + 0xfffu + ((magnitude >> 13u) & 1u) - 0x38000000u) >> 13u);
}

fn decode_bfloat16(bits: u32) -> f32 {
    return bitcast<f32>(bits << 16u);
}

fn encode_bfloat16(x: f32) -> u32 {
    let bits = bitcast<u32>(x);
    if ((bits & 0x7fffffffu) > 0x7f800000u) {
        return (bits >> 16u) | 0x40u;
    }
    return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}

fn decode_int64(bits: vec2<u32>) -> i64 {
    return i64((u64(bits.y) << 32u) | u64(bits.x));
}

fn encode_int64(x: i64) -> vec2<u32> {
    let bits = u64(x);
    return vec2<u32>(u32(bits), u32(bits >> 32u));
}

fn decode_float64(bits: vec2<u32>) -> f64 {
    return bitcast<f64>((u64(bits.y) << 32u) | u64(bits.x));
}

fn encode_float64(x: f64) -> vec2<u32> {
    let bits = bitcast<u64>(x);
    return vec2<u32>(u32(bits), u32(bits >> 32u));
}

// Eight and sixteen bytes that are moved and never looked into.
fn decode_pair(bits: vec2<u32>) -> vec2<u32> {
    return bits;
}

fn encode_pair(x: vec2<u32>) -> vec2<u32> {
    return x;
}

fn decode_quad(bits: vec4<u32>) -> vec4<u32> {
    return bits;
}

fn encode_quad(x: vec4<u32>) -> vec4<u32> {
    return x;
}

// A complex number is its two parts.
fn decode_complex64(bits: vec2<u32>) -> vec2<f32> {
    return bitcast<vec2<f32>>(bits);
}

fn encode_complex64(x: vec2<f32>) -> vec2<u32> {
    return bitcast<vec2<u32>>(x);
}

fn decode_complex128(bits: vec4<u32>) -> vec2<f64> {
    return vec2<f64>(decode_float64(bits.xy), decode_float64(bits.zw));
}

fn encode_complex128(x: vec2<f64>) -> vec4<u32> {
    return vec4<u32>(encode_float64(x.x), encode_float64(x.y));
}

fn truth_complex128(x: vec2<f64>) -> i32 {
    return select(1, 0, x.x == 0.0 && x.y == 0.0);
}

fn truth_complex64(x: vec2<f32>) -> i32 {
    return select(1, 0, x.x == 0.0 && x.y == 0.0);
}

// A number as bool, which is computed as 0 or 1. NaN is true, though drivers may answer `NaN != 0` with false.
fn truth_f32(x: f32) -> i32 {
    return select(1, 0, x == 0.0);
}

fn truth_f64(x: f64) -> i32 {
    return select(1, 0, x == f64(0.0));
}

fn truth_i32(x: i32) -> i32 {
    return select(0, 1, x != 0);
}

fn truth_i64(x: i64) -> i32 {
    return select(0, 1, x != i64(0));
}

// A float as an integer, which is the smallest one where none is near enough, as on the host's processors.
fn i32_of_f32(x: f32) -> i32 {
    return select(bitcast<i32>(0x80000000u), i32(x), (bitcast<u32>(x) & 0x7fffffffu) < 0x4f000000u);
}

fn i64_of_f32(x: f32) -> i64 {
    return select(decode_int64(vec2<u32>(0u, 0x80000000u)), i64(x), (bitcast<u32>(x) & 0x7fffffffu) < 0x5f000000u);
}

fn i32_of_f64(x: f64) -> i32 {
    return select(bitcast<i32>(0x80000000u), i32(x), (encode_float64(x).y & 0x7fffffffu) < 0x41e00000u);
}

fn i64_of_f64(x: f64) -> i64 {
    return select(decode_int64(vec2<u32>(0u, 0x80000000u)), i64(x), (encode_float64(x).y & 0x7fffffffu) < 0x43e00000u);
}

fn low_i32_of_f64(x: f64) -> i32 {
    return bitcast<i32>(encode_int64(i64_of_f64(x)).x);
}

// An integer computed as i32, brought back into the range of its dtype.
fn wrap_uint8(x: i32) -> i32 {
    return x & 0xff;
}

fn wrap_int8(x: i32) -> i32 {
    return extractBits(x, 0u, 8u);
}

fn wrap_int16(x: i32) -> i32 {
    return extractBits(x, 0u, 16u);
}

// A predicate's answer as the type that is computed in.
fn truth(x: bool) -> T {
    return select(T(0), T(1), x);
}
