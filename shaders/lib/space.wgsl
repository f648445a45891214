// Finding elements: thread numbers, positions in the operands, parameters.

// Number of this invocation in a launch of 256-wide workgroups that may be spread over two dimensions.
fn invocation(group: vec3<u32>, groups: vec3<u32>, lane: u32) -> u32 {
    return (group.y * groups.x + group.x) * 256u + lane;
}

// Element numbers of the i-th point of the space (row-major) in all operands.
fn locate(i: u32) -> array<u32, ${operands}> {
    var at: array<u32, ${operands}>;
    for (var k = 0u; k < ${operands}u; k++) {
        at[k] = space.offset[k >> 2u][k & 3u];
    }
    var rest = i;
    for (var d = space.ndim - 1u; d > 0u; d--) {
        let size = space.shape[d >> 2u][d & 3u];
        let quotient = rest / size;
        let here = rest - quotient * size;
        for (var k = 0u; k < ${operands}u; k++) {
            at[k] += here * stride(k, d);
        }
        rest = quotient;
    }
    for (var k = 0u; k < ${operands}u; k++) {
        at[k] += rest * stride(k, 0u);
    }
    return at;
}

// Step of operand k along dimension d.
fn stride(k: u32, d: u32) -> u32 {
    return space.stride[2u * k + (d >> 2u)][d & 3u];
}

// The k-th word of the family's parameters.
fn arg(k: u32) -> u32 {
    return space.args[k >> 2u][k & 3u];
}

// Three words from the k-th on: sizes or steps in up to three dimensions.
fn arg3(k: u32) -> vec3<u32> {
    return vec3<u32>(arg(k), arg(k + 1u), arg(k + 2u));
}

// Three digits of a number, the last one fastest, and what is left of it.
fn digits(i: u32, sizes: vec3<u32>) -> vec4<u32> {
    let z = i / sizes.z;
    let y = z / sizes.y;
    let x = y / sizes.x;
    return vec4<u32>(y - x * sizes.x, z - y * sizes.y, i - z * sizes.z, x);
}

// The k-th parameter of two words, as a number.
fn scalar_f32(k: u32) -> f32 {
    return bitcast<f32>(arg(2u * k));
}

fn scalar_complex64(k: u32) -> vec2<f32> {
    return vec2<f32>(bitcast<f32>(arg(2u * k)), bitcast<f32>(arg(2u * k + 1u)));
}

// Of four words.
fn scalar_complex128(k: u32) -> vec2<f64> {
    return vec2<f64>(scalar_f64(2u * k), scalar_f64(2u * k + 1u));
}

fn scalar_i32(k: u32) -> i32 {
    return bitcast<i32>(arg(2u * k));
}

fn scalar_i64(k: u32) -> i64 {
    return decode_int64(vec2<u32>(arg(2u * k), arg(2u * k + 1u)));
}

fn scalar_f64(k: u32) -> f64 {
    return decode_float64(vec2<u32>(arg(2u * k), arg(2u * k + 1u)));
}
