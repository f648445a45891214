// The elementary functions of math.wgsl in float64, good to a few units in the last place. Coefficients are those of S. Moshier's
// Cephes Mathematical Library unless another source is named.

// The step from 1 to the next number.
fn epsilon() -> f64 {
    return 2.220446049250313e-16;
}

fn infinity() -> f64 {
    return decode_float64(vec2<u32>(0u, 0x7ff00000u));
}

fn quiet_nan() -> f64 {
    return decode_float64(vec2<u32>(0u, 0x7ff80000u));
}

fn is_nan(x: f64) -> bool {
    let bits = encode_float64(x);
    let high = bits.y & 0x7fffffffu;
    return high > 0x7ff00000u || (high == 0x7ff00000u && bits.x != 0u);
}

fn is_infinite(x: f64) -> bool {
    let bits = encode_float64(x);
    return (bits.y & 0x7fffffffu) == 0x7ff00000u && bits.x == 0u;
}

fn is_negative(x: f64) -> bool {
    return (encode_float64(x).y >> 31u) != 0u;
}

// x * 2^n for n in [-2044, 2046], in two steps so that neither factor overflows.
fn scale_by_power(x: f64, n: i32) -> f64 {
    let half = n / 2;
    let low = decode_float64(vec2<u32>(0u, u32(half + 1023) << 20u));
    let high = decode_float64(vec2<u32>(0u, u32(n - half + 1023) << 20u));
    return x * low * high;
}

// e^x: x = n log 2 + r, a rational function for e^r.
fn exponential(x: f64) -> f64 {
    if (is_nan(x)) {
        return x;
    }
    if (x > 709.782712893384) {
        return infinity();
    }
    if (x < -745.2) {
        return 0.0;
    }
    let n = floor(x * 1.4426950408889634 + 0.5);
    let r = (x - n * 0.693145751953125) - n * 1.42860682030941723212e-6;
    return scale_by_power(exponential_series(r) + r + 1.0, i32(n));
}

// e^r - 1 - r for |r| <= log(2) / 2: with the odd and the even part p and q of the rational function 2 p / (q - p) - r.
fn exponential_series(r: f64) -> f64 {
    let z = r * r;
    let p = r * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z + 1.0);
    let q = ((3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z + 2.27265548208155028766e-1) * z + 2.0;
    return 2.0 * p / (q - p) - r;
}

// e^x - 1 without the cancellation near 0.
fn exponential_minus_1(x: f64) -> f64 {
    if (x == 0.0) {
        return x;
    }
    if (abs(x) < 0.34) {
        return exponential_series(x) + x;
    }
    return exponential(x) - 1.0;
}

// log(1 + f) - f for f in [sqrt(1/2) - 1, sqrt(2) - 1].
fn logarithm_series(f: f64) -> f64 {
    let z = f * f;
    var p = 1.01875663804580931796e-4 * f + 4.97494994976747001425e-1;
    p = p * f + 4.70579119878881725854e0;
    p = p * f + 1.44989225341610930846e1;
    p = p * f + 1.79368678507819816313e1;
    p = p * f + 7.70838733755885391666e0;
    var q = f + 1.12873587189167450590e1;
    q = q * f + 4.52279145837532221105e1;
    q = q * f + 8.29875266912776603211e1;
    q = q * f + 7.11544750618563894466e1;
    q = q * f + 2.31251620126765340583e1;
    return f * (z * p / q) - 0.5 * z;
}

// A positive finite x as (f, e): x = (1 + f) 2^e with f as `logarithm_series` wants it.
fn split_exponent(x: f64) -> vec2<f64> {
    var bits = encode_float64(x);
    var e = -1023.0;
    if (bits.y < 0x00100000u) {
        bits = encode_float64(x * 4503599627370496.0);
        e = -1075.0;
    }
    let exponent = f64(e) + f64(bits.y >> 20u);
    let m = decode_float64(vec2<u32>(bits.x, (bits.y & 0x000fffffu) | 0x3ff00000u));
    if (m > 1.4142135623730951) {
        return vec2<f64>(0.5 * m - 1.0, exponent + 1.0);
    }
    return vec2<f64>(m - 1.0, exponent);
}

// The logarithm of what is not a positive finite number; 0 for what is.
fn logarithm_special(x: f64) -> f64 {
    if (is_nan(x) || x < 0.0) {
        return quiet_nan();
    }
    return select(x, -infinity(), x == 0.0);
}

fn is_positive_finite(x: f64) -> bool {
    let bits = encode_float64(x);
    return bits.y < 0x7ff00000u && (bits.x | bits.y) != 0u;
}

fn logarithm(x: f64) -> f64 {
    if (!is_positive_finite(x)) {
        return logarithm_special(x);
    }
    let split = split_exponent(x);
    let y = logarithm_series(split.x) - 2.121944400546905827679e-4 * split.y;
    return (split.x + y) + 0.693359375 * split.y;
}

fn logarithm_2(x: f64) -> f64 {
    if (!is_positive_finite(x)) {
        return logarithm_special(x);
    }
    let split = split_exponent(x);
    return (logarithm_series(split.x) + split.x) * 1.4426950408889634 + split.y;
}

// log(1 + x) without the rounding of 1 + x near 0.
fn logarithm_of_1_plus(x: f64) -> f64 {
    if (x > -0.29 && x < 0.41) {
        return logarithm_series(x) + x;
    }
    return logarithm(1.0 + x);
}

// 2^(b log2(a)) for positive finite a. With 1 + f = c (1 + g), c a multiple of 1/16, log2 c comes in two parts and g is small.
fn power_of_2(a: f64, b: f64) -> f64 {
    let split = split_exponent(a);
    let m = 1.0 + split.x;
    let c = floor(m * 16.0 + 0.5) / 16.0;
    let g = (m - c) / c;
    let table = log2_of_sixteenths(i32(c * 16.0));
    let tail = table.y + (logarithm_series(g) + g) * 1.4426950408889634;
    // b (e + table) + b tail; the first factor has 16 bits, so its product with 26 bits of b is exact.
    let head = split.y + table.x;
    let bits = encode_float64(b);
    let b_high = decode_float64(vec2<u32>(bits.x & 0xf8000000u, bits.y));
    let exact = head * b_high;
    let n = floor(clamp(exact + head * (b - b_high) + b * tail, -2044.0, 2044.0) + 0.5);
    let r = ((exact - n) + head * (b - b_high)) + b * tail;
    if (abs(r) > 2.0) {
        return select(f64(0.0), infinity(), r > 0.0);
    }
    let t = r * 0.6931471805599453;
    return scale_by_power(exponential_series(t) + t + 1.0, i32(n));
}

// log2(k / 16) for k from 11 to 23, as a multiple of 1/32 and the rest.
fn log2_of_sixteenths(k: i32) -> vec2<f64> {
    switch (k) {
        case 11: { return vec2<f64>(-0.53125, -0.009318381362702743); }
        case 12: { return vec2<f64>(-0.40625, -0.008787499278843819); }
        case 13: { return vec2<f64>(-0.3125, 0.01293971814109216); }
        case 14: { return vec2<f64>(-0.1875, -0.005145077942395893); }
        case 15: { return vec2<f64>(-0.09375, 0.0006405956085185293); }
        case 17: { return vec2<f64>(0.09375, -0.006287158749660592); }
        case 18: { return vec2<f64>(0.15625, 0.013675001442312363); }
        case 19: { return vec2<f64>(0.25, -0.002072486556414506); }
        case 20: { return vec2<f64>(0.3125, 0.009428094887362348); }
        case 21: { return vec2<f64>(0.40625, -0.01393257722123971); }
        case 22: { return vec2<f64>(0.46875, -0.009318381362702743); }
        case 23: { return vec2<f64>(0.53125, -0.007688043942987128); }
        default: { return vec2<f64>(0.0, 0.0); }
    }
}

fn sigmoid(x: f64) -> f64 {
    let e = exponential(-abs(x));
    return select(e, f64(1.0), x >= 0.0) / (1.0 + e);
}

fn hyperbolic_tangent(x: f64) -> f64 {
    if (is_nan(x) || x == 0.0) {
        return x;
    }
    if (abs(x) > 20.0) {
        return sign(x);
    }
    let e = exponential_minus_1(2.0 * x);
    return e / (e + 2.0);
}

// Sine and cosine after x = k pi / 2 + r with pi / 2 in three parts, which are enough up to 2^27.
fn sine_cosine(x: f64) -> vec2<f64> {
    if (is_nan(x) || is_infinite(x)) {
        return vec2<f64>(quiet_nan());
    }
    if (abs(x) >= 134217728.0) {
        return sine_cosine_of_large(x);
    }
    let k = floor(x * 0.6366197723675814 + 0.5);
    let r = ((x - k * 1.57079625129699707031) - k * 7.54978941586159635335e-8) - k * 5.39030285815811905290e-15;
    return rotate_quarters(sine_cosine_series(r), i32(k - 4.0 * floor(k * 0.25)));
}

// By the digits of 2 / pi that matter to a quarter turn, as in float32: a factor of two words by six words of these.
fn sine_cosine_of_large(x: f64) -> vec2<f64> {
    // 2 / pi behind two words of zeros.
    var digits = array<u32, 40>(0u, 0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu, 0xdebbc561u, 0xb7246e3au, 0x424dd2e0u,
        0x06492eeau, 0x09d1921cu, 0xfe1deb1cu, 0xb129a73eu, 0xe88235f5u, 0x2ebb4484u, 0xe99c7026u, 0xb45f7e41u, 0x3991d639u, 0x835339f4u,
        0x9c845f8bu, 0xbdf9283bu, 0x1ff897ffu, 0xde05980fu, 0xef2f118bu, 0x5a0a6d1fu, 0x6d367ecfu, 0x27cb09b7u, 0x4f463f66u, 0x9e5fea2du,
        0x7527bac7u, 0xebe5f17bu, 0x3d0739f7u, 0x8a5292eau, 0x6bfb5fb1u, 0x1f8d5d08u, 0x56033046u, 0xfc7b6babu);
    let bits = encode_float64(x);
    let begin = ((bits.y >> 20u) & 0x7ffu) - 1024u;
    let i = begin >> 5u;
    let shift = begin & 31u;
    let a0 = bits.x << 11u;
    let a1 = (((bits.y & 0xfffffu) | 0x100000u) << 11u) | (bits.x >> 21u);
    // The product in quarter turns has two bits before the point; its words from the last one on.
    var p = array<u32, 6>();
    var carries = vec2<u64>();
    var before = u64(0u);
    for (var c = 0u; c < 6u; c++) {
        let k = i + 5u - c;
        let q = u64((digits[k] << shift) | ((digits[k + 1u] >> 1u) >> (31u - shift)));
        let first = u64(a0) * q + carries.x;
        let second = u64(a1) * before + u64(u32(first)) + carries.y;
        carries = vec2<u64>(first >> 32u, second >> 32u);
        before = q;
        p[c] = u32(second);
    }
    var quarters = i32(p[5] >> 30u);
    let is_over = (p[5] & 0x20000000u) != 0u;
    quarters += select(0, 1, is_over);
    // What is left, or what is missing to the next quarter turn.
    let flip = select(0u, 0xffffffffu, is_over);
    var size = f64((p[5] ^ flip) & 0x3fffffffu);
    for (var c = 4u; c > 0u; c--) {
        size = size * 4294967296.0 + f64(p[c] ^ flip);
    }
    size *= 4.299129844735844e-48;
    let both = rotate_quarters(sine_cosine_series(select(size, -size, is_over)), quarters);
    return vec2<f64>(select(both.x, -both.x, x < 0.0), both.y);
}

// Sine and cosine on [-pi / 4, pi / 4].
fn sine_cosine_series(r: f64) -> vec2<f64> {
    let z = r * r;
    var s = 1.58962301576546568060e-10 * z - 2.50507477628578072866e-8;
    s = s * z + 2.75573136213857245213e-6;
    s = s * z - 1.98412698295895385996e-4;
    s = s * z + 8.33333333332211858878e-3;
    s = s * z - 1.66666666666666307295e-1;
    var c = -1.13585365213876817300e-11 * z + 2.08757008419747316778e-9;
    c = c * z - 2.75573141792967388112e-7;
    c = c * z + 2.48015872888517045348e-5;
    c = c * z - 1.38888888888730564116e-3;
    c = c * z + 4.16666666666665929218e-2;
    return vec2<f64>(s * z * r + r, c * z * z - 0.5 * z + 1.0);
}

// (sin, cos) after k more quarter turns.
fn rotate_quarters(both: vec2<f64>, k: i32) -> vec2<f64> {
    let swapped = select(both, vec2<f64>(both.y, -both.x), (k & 1) != 0);
    return select(swapped, -swapped, (k & 2) != 0);
}

// By the tangent: x over the other side of the triangle.
fn arc_sine(x: f64) -> f64 {
    if (abs(x) > 1.0) {
        return quiet_nan();
    }
    return arc_tangent(x / sqrt((1.0 - x) * (1.0 + x)));
}

fn arc_tangent(x: f64) -> f64 {
    if (is_nan(x)) {
        return x;
    }
    let a = abs(x);
    // The angle that is split off, and what its float64 lacks.
    var base = vec2<f64>();
    var t = a;
    if (a > 2.414213562373095) {
        base = vec2<f64>(1.5707963267948966, 6.123233995736765886130e-17);
        t = -1.0 / a;
    } else if (a > 0.66) {
        base = vec2<f64>(0.7853981633974483, 3.061616997868382943065e-17);
        t = (a - 1.0) / (a + 1.0);
    }
    let z = t * t;
    var p = -8.750608600031904122785e-1 * z - 1.615753718733365076637e1;
    p = p * z - 7.500855792314704667340e1;
    p = p * z - 1.228866684490136173410e2;
    p = p * z - 6.485021904942025371773e1;
    var q = z + 2.485846490142306297962e1;
    q = q * z + 1.650270098316988542046e2;
    q = q * z + 4.328810604912902668951e2;
    q = q * z + 4.853903996359136964868e2;
    q = q * z + 1.945506571482613964425e2;
    let y = base.x + (t * z * p / q + t + base.y);
    return select(y, -y, is_negative(x));
}

// Below 1 a rational function of x^2. Above, 1 - erfc.
fn error_function(x: f64) -> f64 {
    if (is_nan(x)) {
        return x;
    }
    let a = abs(x);
    if (a > 1.0) {
        return sign(x) * (1.0 - complementary_error_tail(a));
    }
    let z = x * x;
    var p = 9.60497373987051638749e0 * z + 9.00260197203842689217e1;
    p = p * z + 2.23200534594684319226e3;
    p = p * z + 7.00332514112805075473e3;
    p = p * z + 5.55923013010394962768e4;
    var q = z + 3.35617141647503099647e1;
    q = q * z + 5.21357949780152679795e2;
    q = q * z + 4.59432382970980127987e3;
    q = q * z + 2.26290000613890934246e4;
    q = q * z + 4.92673942608635921086e4;
    return x * p / q;
}

fn complementary_error_function(x: f64) -> f64 {
    if (is_nan(x)) {
        return x;
    }
    if (abs(x) < 1.0) {
        return 1.0 - error_function(x);
    }
    let tail = complementary_error_tail(abs(x));
    return select(tail, 2.0 - tail, x < 0.0);
}

// erfc(x) for x >= 1.
fn complementary_error_tail(x: f64) -> f64 {
    if (x > 27.3) {
        return 0.0;
    }
    // e^(-x^2) with the square in two parts: the upper one has few digits.
    let high = floor(x * 128.0) / 128.0;
    let low = x - high;
    return exponential(-high * high) * exponential(-(2.0 * high + low) * low) * scaled_error_tail(x);
}

// e^(x^2) erfc(x) for x >= 1.
fn scaled_error_tail(x: f64) -> f64 {
    var p: f64;
    var q: f64;
    if (x < 8.0) {
        p = 2.46196981473530512524e-10 * x + 5.64189564831068821977e-1;
        p = p * x + 7.46321056442269912687e0;
        p = p * x + 4.86371970985681366614e1;
        p = p * x + 1.96520832956077098242e2;
        p = p * x + 5.26445194995477358631e2;
        p = p * x + 9.34528527171957607540e2;
        p = p * x + 1.02755188689515710272e3;
        p = p * x + 5.57535335369399327526e2;
        q = x + 1.32281951154744992508e1;
        q = q * x + 8.67072140885989742329e1;
        q = q * x + 3.54937778887819891062e2;
        q = q * x + 9.75708501743205489753e2;
        q = q * x + 1.82390916687909736289e3;
        q = q * x + 2.24633760818710981792e3;
        q = q * x + 1.65666309194161350182e3;
        q = q * x + 5.57535340817727675546e2;
    } else {
        p = 5.64189583547755073984e-1 * x + 1.27536670759978104416e0;
        p = p * x + 5.01905042251180477414e0;
        p = p * x + 6.16021097993053585195e0;
        p = p * x + 7.40974269950448939160e0;
        p = p * x + 2.97886665372100240670e0;
        q = x + 2.26052863220117276590e0;
        q = q * x + 9.39603524938001434673e0;
        q = q * x + 1.20489539808096656605e1;
        q = q * x + 1.70814450747565897222e1;
        q = q * x + 9.60896809063285878198e0;
        q = q * x + 3.36907645100081516050e0;
    }
    return p / q;
}
