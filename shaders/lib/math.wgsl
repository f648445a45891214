// Elementary and special functions in float32, good to a few units in the last place on every adapter. Polynomial
// coefficients are those of S. Moshier's Cephes Mathematical Library unless another source is named.

// Not constants: WGSL refuses constant expressions that are not finite.
var<private> infinity_bits: u32 = 0x7f800000u;
var<private> nan_bits: u32 = 0x7fc00000u;

// The step from 1 to the next number.
fn epsilon() -> f32 {
    return 1.1920929e-07;
}

fn infinity() -> f32 {
    return bitcast<f32>(infinity_bits);
}

fn quiet_nan() -> f32 {
    return bitcast<f32>(nan_bits);
}

fn is_nan(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn is_infinite(x: f32) -> bool {
    return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

fn is_negative(x: f32) -> bool {
    return (bitcast<u32>(x) >> 31u) != 0u;
}

// x * 2^n for n in [-252, 254], in two steps so that neither factor overflows.
fn scale_by_power(x: f32, n: i32) -> f32 {
    let half = n / 2;
    let low = bitcast<f32>(u32(half + 127) << 23u);
    let high = bitcast<f32>(u32(n - half + 127) << 23u);
    return x * low * high;
}

// e^x: x = n log 2 + r, a polynomial for e^r.
fn exponential(x: f32) -> f32 {
    if (is_nan(x)) {
        return x;
    }
    if (x > 88.722839) {
        return infinity();
    }
    if (x < -103.97208) {
        return 0.0;
    }
    let n = floor(x * 1.44269504 + 0.5);
    let r = (x - n * 0.693359375) + n * 2.12194440e-4;
    return scale_by_power(exponential_series(r) + r + 1.0, i32(n));
}

// e^r - 1 - r for |r| <= log(2) / 2.
fn exponential_series(r: f32) -> f32 {
    var y = 1.9875691500e-4;
    y = y * r + 1.3981999507e-3;
    y = y * r + 8.3334519073e-3;
    y = y * r + 4.1665795894e-2;
    y = y * r + 1.6666665459e-1;
    y = y * r + 5.0000001201e-1;
    return y * r * r;
}

// e^x - 1 without the cancellation near 0.
fn exponential_minus_1(x: f32) -> f32 {
    if (x == 0.0) {
        return x;
    }
    if (abs(x) < 0.34) {
        return exponential_series(x) + x;
    }
    return exponential(x) - 1.0;
}

// log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1].
fn logarithm_series(f: f32) -> f32 {
    var y = 7.0376836292e-2;
    y = y * f - 1.1514610310e-1;
    y = y * f + 1.1676998740e-1;
    y = y * f - 1.2420140846e-1;
    y = y * f + 1.4249322787e-1;
    y = y * f - 1.6668057665e-1;
    y = y * f + 2.0000714765e-1;
    y = y * f - 2.4999993993e-1;
    y = y * f + 3.3333331174e-1;
    return y * f * f * f - 0.5 * f * f;
}

// A positive finite x as (f, e): x = (1 + f) 2^e with f as `logarithm_series` wants it.
fn split_exponent(x: f32) -> vec2<f32> {
    var bits = bitcast<u32>(x);
    var e = -127.0;
    if (bits < 0x00800000u) {
        bits = bitcast<u32>(x * 8388608.0);
        e = -150.0;
    }
    e += f32(bits >> 23u);
    let m = bitcast<f32>((bits & 0x007fffffu) | 0x3f800000u);
    if (m > 1.41421356) {
        return vec2<f32>(0.5 * m - 1.0, e + 1.0);
    }
    return vec2<f32>(m - 1.0, e);
}

// The logarithm of what is not a positive finite number; 0 for what is.
fn logarithm_special(x: f32) -> f32 {
    if (is_nan(x) || x < 0.0) {
        return quiet_nan();
    }
    return select(x, -infinity(), x == 0.0);
}

fn is_positive_finite(x: f32) -> bool {
    let bits = bitcast<u32>(x);
    return bits > 0u && bits < 0x7f800000u;
}

fn logarithm(x: f32) -> f32 {
    if (!is_positive_finite(x)) {
        return logarithm_special(x);
    }
    let split = split_exponent(x);
    let y = logarithm_series(split.x) - 2.12194440e-4 * split.y;
    return (split.x + y) + 0.693359375 * split.y;
}

fn logarithm_2(x: f32) -> f32 {
    if (!is_positive_finite(x)) {
        return logarithm_special(x);
    }
    let split = split_exponent(x);
    return (logarithm_series(split.x) + split.x) * 1.44269504 + split.y;
}

// log(1 + x) without the rounding of 1 + x near 0.
fn logarithm_of_1_plus(x: f32) -> f32 {
    if (x > -0.29 && x < 0.41) {
        return logarithm_series(x) + x;
    }
    return logarithm(1.0 + x);
}

// 2^(b log2(a)) for positive finite a. With 1 + f = c (1 + g), c a multiple of 1/16, log2 c comes in two parts and g is
// small, so the sum is known to about 32 bits.
fn power_of_2(a: f32, b: f32) -> f32 {
    let split = split_exponent(a);
    let m = 1.0 + split.x;
    let c = round(m * 16.0) / 16.0;
    let g = (m - c) / c;
    let table = log2_of_sixteenths(i32(c * 16.0));
    let tail = table.y + (logarithm_series(g) + g) * 1.44269504;
    // b (e + table) + b tail; the first factor has 12 bits, so its product with 12 bits of b is exact.
    let head = split.y + table.x;
    let b_high = bitcast<f32>(bitcast<u32>(b) & 0xfffff000u);
    let exact = head * b_high;
    let n = round(clamp(exact + head * (b - b_high) + b * tail, -252.0, 252.0));
    let r = ((exact - n) + head * (b - b_high)) + b * tail;
    if (abs(r) > 2.0) {
        return select(0.0, infinity(), r > 0.0);
    }
    let t = r * 0.693147181;
    return scale_by_power(exponential_series(t) + t + 1.0, i32(n));
}

// log2(k / 16) for k from 11 to 23, as a multiple of 1/32 and the rest.
fn log2_of_sixteenths(k: i32) -> vec2<f32> {
    switch (k) {
        case 11: { return vec2<f32>(-0.53125, -0.00931838136); }
        case 12: { return vec2<f32>(-0.40625, -0.00878749928); }
        case 13: { return vec2<f32>(-0.3125, 0.0129397181); }
        case 14: { return vec2<f32>(-0.1875, -0.00514507794); }
        case 15: { return vec2<f32>(-0.09375, 0.000640595609); }
        case 16: { return vec2<f32>(0.0, 0.0); }
        case 17: { return vec2<f32>(0.09375, -0.00628715875); }
        case 18: { return vec2<f32>(0.15625, 0.0136750014); }
        case 19: { return vec2<f32>(0.25, -0.00207248656); }
        case 20: { return vec2<f32>(0.3125, 0.00942809489); }
        case 21: { return vec2<f32>(0.40625, -0.0139325772); }
        case 22: { return vec2<f32>(0.46875, -0.00931838136); }
        case 23: { return vec2<f32>(0.53125, -0.00768804394); }
        default: { return vec2<f32>(0.0, 0.0); }
    }
}

fn sigmoid(x: f32) -> f32 {
    let e = exponential(-abs(x));
    return select(e, 1.0, x >= 0.0) / (1.0 + e);
}

fn hyperbolic_tangent(x: f32) -> f32 {
    if (is_nan(x) || x == 0.0) {
        return x;
    }
    if (abs(x) > 9.1) {
        return sign(x);
    }
    let e = exponential_minus_1(2.0 * x);
    return e / (e + 2.0);
}

// Sine and cosine after x = k pi / 2 + r with pi / 2 in three parts, which are enough up to 2^10.
fn sine_cosine(x: f32) -> vec2<f32> {
    if (is_nan(x) || is_infinite(x)) {
        return vec2<f32>(quiet_nan());
    }
    if (abs(x) >= 1024.0) {
        return sine_cosine_of_large(x);
    }
    let k = round(x * 0.636619772);
    let r = ((x - k * 1.5703125) - k * 4.8375129699707031e-4) - k * 7.5497899548e-8;
    return rotate_quarters(sine_cosine_series(r), i32(k));
}

// By the digits of 2 / pi that matter to a quarter turn: M. Payne and R. Hanek, "Radian reduction for trigonometric functions",
// SIGNUM Newsletter 18, 1983.
fn sine_cosine_of_large(x: f32) -> vec2<f32> {
    // 2 / pi behind a word of zeros.
    var digits = array<u32, 8>(0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu);
    let bits = bitcast<u32>(x);
    let factor = ((bits & 0x7fffffu) | 0x800000u) << 8u;
    let begin = ((bits >> 23u) & 0xffu) - 128u;
    let i = begin >> 5u;
    let shift = begin & 31u;
    let q2 = (digits[i] << shift) | ((digits[i + 1u] >> 1u) >> (31u - shift));
    let q1 = (digits[i + 1u] << shift) | ((digits[i + 2u] >> 1u) >> (31u - shift));
    let q0 = (digits[i + 2u] << shift) | ((digits[i + 3u] >> 1u) >> (31u - shift));
    // The product in quarter turns has two bits before the point.
    let p1 = wide_product(factor, q1);
    let low = p1.x + wide_product(factor, q0).y;
    let high = factor * q2 + p1.y + select(0u, 1u, low < p1.x);
    var quarters = i32(high >> 30u);
    var rest = vec2<u32>(low, high & 0x3fffffffu);
    let is_over = rest.y >= 0x20000000u;
    if (is_over) {
        quarters += 1;
        rest = vec2<u32>(0u - rest.x, 0x40000000u - rest.y - select(0u, 1u, rest.x != 0u));
    }
    let size = (f32(rest.y) * 4294967296.0 + f32(rest.x)) * 3.4061215800865545e-19;
    let both = rotate_quarters(sine_cosine_series(select(size, -size, is_over)), quarters);
    return vec2<f32>(select(both.x, -both.x, x < 0.0), both.y);
}

// Sine and cosine on [-pi / 4, pi / 4].
fn sine_cosine_series(r: f32) -> vec2<f32> {
    let z = r * r;
    let s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
    let c = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
    return vec2<f32>(s, c);
}

// (sin, cos) after k more quarter turns.
fn rotate_quarters(both: vec2<f32>, k: i32) -> vec2<f32> {
    let swapped = select(both, vec2<f32>(both.y, -both.x), (k & 1) != 0);
    return select(swapped, -swapped, (k & 2) != 0);
}

fn arc_sine(x: f32) -> f32 {
    let a = abs(x);
    if (a > 1.0) {
        return quiet_nan();
    }
    let upper = a > 0.5;
    let z = select(a * a, 0.5 * (1.0 - a), upper);
    let s = select(a, sqrt(z), upper);
    var y = 4.2163199048e-2;
    y = y * z + 2.4181311049e-2;
    y = y * z + 4.5470025998e-2;
    y = y * z + 7.4953002686e-2;
    y = y * z + 1.6666752422e-1;
    y = y * z * s + s;
    y = select(y, 1.57079633 - 2.0 * y, upper);
    return select(y, -y, x < 0.0);
}

fn arc_tangent(x: f32) -> f32 {
    if (is_nan(x)) {
        return x;
    }
    let a = abs(x);
    var base = 0.0;
    var t = a;
    if (a > 2.41421356) {
        base = 1.57079633;
        t = -1.0 / a;
    } else if (a > 0.414213562) {
        base = 0.785398163;
        t = (a - 1.0) / (a + 1.0);
    }
    let z = t * t;
    var y = 8.05374449538e-2;
    y = y * z - 1.38776856032e-1;
    y = y * z + 1.99777106478e-1;
    y = y * z - 3.33329491539e-1;
    y = base + (y * z * t + t);
    return select(y, -y, (bitcast<u32>(x) >> 31u) != 0u);
}
