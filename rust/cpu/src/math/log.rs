//! Logarithms: `log x = e ln(2) + log m` with `m` in `[sqrt(1/2), sqrt(2))`.

pub(crate) mod f32 {
    use crate::isa::Isa;
    use crate::math::{fma, poly};

    const SQRT_HALF_BITS: i32 = 0x3f35_04f3;
    /// `(log(1 + f) - f + f^2 / 2) / f^3`
    const POLY: [f32; 8] =
        [0.3333333171, -0.2500082106, 0.200012271, -0.1662335653, 0.1420175162, -0.1316018352, 0.127616211, -0.07634547292];

    /// The exponent and the logarithm of the mantissa, in parts: `log m = f + rest`.
    #[inline(always)]
    fn split<I: Isa>(x: f32) -> (f32, f32, f32) {
        let is_small = x < f32::MIN_POSITIVE;
        let bits = (if is_small { x * 8388608.0 } else { x }).to_bits() as i32;
        let shifted = bits.wrapping_sub(SQRT_HALF_BITS);
        let e = (shifted >> 23) as f32 - if is_small { 23.0 } else { 0.0 };
        let f = f32::from_bits((shifted & 0x7f_ffff).wrapping_add(SQRT_HALF_BITS) as u32) - 1.0;
        let square = f * f;
        (e, f, fma::<I, f32>(square, -0.5, f * square * poly::<I, f32, _>(f, POLY)))
    }

    /// Zero, infinity, NaN and negative numbers.
    #[inline(always)]
    fn with_limits(x: f32, log: f32) -> f32 {
        let log = if x == f32::INFINITY { x } else { log };
        let log = if x == 0.0 { f32::NEG_INFINITY } else { log };
        if x >= 0.0 { log } else { f32::NAN }
    }

    #[inline(always)]
    pub(crate) fn log<I: Isa>(x: f32) -> f32 {
        let (e, f, rest) = split::<I>(x);
        with_limits(x, fma::<I, f32>(e, 0.693_359_4, f + fma::<I, f32>(e, -2.121_944_4e-4, rest)))
    }

    #[inline(always)]
    pub(crate) fn log2<I: Isa>(x: f32) -> f32 {
        const LOG2_E: [f32; 2] = [1.442_695, 1.925_963e-8];
        let (e, f, rest) = split::<I>(x);
        with_limits(x, e + scaled::<I>(f, rest, LOG2_E))
    }

    #[inline(always)]
    pub(crate) fn log10<I: Isa>(x: f32) -> f32 {
        const LOG10_E: [f32; 2] = [0.434_294_5, -1.010_305e-8];
        // The first part has so few digits that its products with exponents are exact.
        const LOG10_2: [f32; 2] = [0.301_025_39, 4.605_039e-6];
        let (e, f, rest) = split::<I>(x);
        with_limits(x, fma::<I, f32>(e, LOG10_2[0], fma::<I, f32>(e, LOG10_2[1], scaled::<I>(f, rest, LOG10_E))))
    }

    /// The logarithm of the mantissa times a number in two parts.
    #[inline(always)]
    fn scaled<I: Isa>(f: f32, rest: f32, scale: [f32; 2]) -> f32 {
        fma::<I, f32>(f, scale[0], fma::<I, f32>(rest, scale[0], f * scale[1]))
    }

    #[inline(always)]
    pub(crate) fn log1p<I: Isa>(x: f32) -> f32 {
        let u = 1.0 + x;
        let shifted = (u.to_bits() as i32).wrapping_sub(SQRT_HALF_BITS);
        let e = (shifted >> 23) as f32;
        let mantissa = f32::from_bits((shifted & 0x7f_ffff).wrapping_add(SQRT_HALF_BITS) as u32);
        // Near 1 the sum is not needed; elsewhere what it rounded away counts to first order.
        let rounded = if x > 1.0 { 1.0 - (u - x) } else { x - (u - 1.0) };
        let (f, lost) = if e == 0.0 { (x, 0.0) } else { (mantissa - 1.0, rounded / u) };
        let square = f * f;
        let tail = fma::<I, f32>(e, -2.121_944_4e-4, fma::<I, f32>(f * square, poly::<I, f32, _>(f, POLY), lost));
        let log = f + fma::<I, f32>(square, -0.5, tail);
        let log = if e == 0.0 { log } else { fma::<I, f32>(e, 0.693_359_4, log) };
        let log = if u == f32::INFINITY { u } else { log };
        let log = if u == 0.0 { f32::NEG_INFINITY } else { log };
        let log = if x == 0.0 { x } else { log };
        if u >= 0.0 { log } else { f32::NAN }
    }
}

pub(crate) mod f64 {
    use crate::isa::Isa;
    use crate::math::{fma, poly};

    const SQRT_HALF_BITS: i64 = 0x3fe6_a09e_667f_3bcd;
    const LN2_HIGH: f64 = 0.6931471803691238;
    const LN2_LOW: f64 = 1.9082149292705877e-10;
    /// `(log((1 + s) / (1 - s)) - 2 s) / s^3` in `s^2`
    const POLY: [f64; 8] = [
        0.6666666666666666,
        0.40000000000003716,
        0.2857142856971687,
        0.2222222256884203,
        0.18181780962082996,
        0.15386889232508194,
        0.13254145311196402,
        0.1321841142805589,
    ];

    /// The exponent of a number, from its bits less those of `sqrt(1/2)`; by way of the mantissa's bits, because there is no
    /// 64-bit conversion before AVX-512.
    #[inline(always)]
    fn exponent(shifted: i64) -> f64 {
        f64::from_bits((((shifted >> 52) + 2048) as u64) | 0x4330_0000_0000_0000) - (4503599627370496.0 + 2048.0)
    }

    /// The mantissa in `[sqrt(1/2), sqrt(2))`, from the same.
    #[inline(always)]
    fn mantissa(shifted: i64) -> f64 {
        f64::from_bits((shifted & 0xf_ffff_ffff_ffff).wrapping_add(SQRT_HALF_BITS) as u64)
    }

    /// The exponent of a number, and what its mantissa is above 1.
    #[inline(always)]
    fn parts(x: f64) -> (f64, f64) {
        let is_small = x < f64::MIN_POSITIVE;
        let bits = (if is_small { x * 18014398509481984.0 } else { x }).to_bits() as i64;
        let shifted = bits.wrapping_sub(SQRT_HALF_BITS);
        (exponent(shifted) - if is_small { 54.0 } else { 0.0 }, mantissa(shifted) - 1.0)
    }

    /// The exponent and the logarithm of the mantissa, in parts: `log m = f - rest`.
    #[inline(always)]
    fn split<I: Isa>(x: f64) -> (f64, f64, f64) {
        let (e, f) = parts(x);
        // As in FreeBSD's e_log.c: log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + s^2 R)) with s = f / (2 + f).
        let s = f / (2.0 + f);
        let square = s * s;
        let half = 0.5 * f * f;
        (e, f, half - s * (half + square * poly::<I, f64, _>(square, POLY)))
    }

    /// Zero, infinity, NaN and negative numbers.
    #[inline(always)]
    fn with_limits(x: f64, log: f64) -> f64 {
        let log = if x == f64::INFINITY { x } else { log };
        let log = if x == 0.0 { f64::NEG_INFINITY } else { log };
        if x >= 0.0 { log } else { f64::NAN }
    }

    #[inline(always)]
    pub(crate) fn log<I: Isa>(x: f64) -> f64 {
        let (e, f, rest) = split::<I>(x);
        with_limits(x, e * LN2_HIGH - ((rest - e * LN2_LOW) - f))
    }

    /// The logarithm of a number that is not negative as the sum of two numbers, which has 65 bits and more. Infinite ones, and NaN,
    /// are in the first. For products that are fused.
    #[inline(always)]
    pub(crate) fn log_in_two<I: Isa>(x: f64) -> (f64, f64) {
        /// `(log((1 + s) / (1 - s)) - 2 s - 2/3 s^3) / s^5` in `s^2`
        const POLY: [f64; 7] = [
            0.4000000000000229,
            0.28571428570082574,
            0.22222222523093646,
            0.18181784078596894,
            0.15386771095905635,
            0.1325648696561272,
            0.13199487612369484,
        ];
        const TWO_THIRDS: [f64; 2] = [2.0 / 3.0, 3.700_743_415_417_188e-17];
        let (e, f) = parts(x);
        // s = f / (2 + f), and what the sum and the division round
        let divisor = 2.0 + f;
        let inverse = 1.0 / divisor;
        let s = f * inverse;
        let s_low = (fma::<I, f64>(-s, divisor, f) - s * (f - (divisor - 2.0))) * inverse;
        let square = s * s;
        let square_low = fma::<I, f64>(s, s, -square) + 2.0 * s * s_low;
        let cube = square * s;
        let cube_low = fma::<I, f64>(square, s, -cube) + fma::<I, f64>(square, s_low, square_low * s);
        let third = TWO_THIRDS[0] * cube;
        let third_low = fma::<I, f64>(TWO_THIRDS[0], cube, -third) + fma::<I, f64>(TWO_THIRDS[0], cube_low, TWO_THIRDS[1] * cube);
        let tail = cube * square * poly::<I, f64, _>(square, POLY);
        // From the largest to the smallest; the first product is exact.
        let (whole, double) = (e * LN2_HIGH, 2.0 * s);
        let sum = whole + double;
        let first = sum + third;
        let low = ((whole - sum) + double) + ((sum - first) + third);
        let low = low + (fma::<I, f64>(e, LN2_LOW, 2.0 * s_low + third_low) + tail);
        let log = with_limits(x, first + low);
        (log, if log.abs() < f64::INFINITY { (first - log) + low } else { 0.0 })
    }

    #[inline(always)]
    pub(crate) fn log2<I: Isa>(x: f64) -> f64 {
        let (e, f, rest) = split::<I>(x);
        with_limits(x, e + (f - rest) * std::f64::consts::LOG2_E)
    }

    /// `log2(x)` to a relative 5e-12, for results in float32. Every float32 is a normal float64.
    #[inline(always)]
    pub(crate) fn log2_of_float32<I: Isa>(x: f32) -> f64 {
        /// `(log2((1 + s) / (1 - s)) - 2 s / ln(2)) / s^3` in `s^2`
        const POLY: [f64; 4] = [0.9617966791930296, 0.577082852137126, 0.41170633517402344, 0.34021852682942594];
        let x = x as f64;
        let shifted = (x.to_bits() as i64).wrapping_sub(SQRT_HALF_BITS);
        let (e, f) = (exponent(shifted), mantissa(shifted) - 1.0);
        let s = f / (2.0 + f);
        let square = s * s;
        let tail = square * poly::<I, f64, _>(square, POLY);
        with_limits(x, e + s * (2.0 * std::f64::consts::LOG2_E + tail))
    }

    #[inline(always)]
    pub(crate) fn log10<I: Isa>(x: f64) -> f64 {
        // log10(2) in two parts, the first with 20 trailing zeros (FreeBSD's e_log10.c).
        const LOG10_2_HIGH: f64 = 3.01029995663611771306e-01;
        const LOG10_2_LOW: f64 = 3.69423907715893078616e-13;
        let (e, f, rest) = split::<I>(x);
        with_limits(x, e * LOG10_2_HIGH + (e * LOG10_2_LOW + (f - rest) * std::f64::consts::LOG10_E))
    }

    #[inline(always)]
    pub(crate) fn log1p<I: Isa>(x: f64) -> f64 {
        let u = 1.0 + x;
        let log = log::<I>(u);
        // What the sum rounded away, to first order.
        let corrected = log + (x - (u - 1.0)) / u;
        let finite = if u == 1.0 { x } else { corrected };
        if u > 0.0 && u < f64::INFINITY { finite } else { log }
    }
}
