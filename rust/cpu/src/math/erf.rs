//! The error function, its complement and its inverse.

pub(crate) mod f32 {
    use super::f64 as wide;
    use crate::isa::Isa;
    use crate::math::{exp::f32 as exp, fma, poly, poly_8};

    /// `e^x` where that is a normal number; NaN stays.
    #[inline(always)]
    fn exp_normal<I: Isa>(x: f32) -> f32 {
        let (n, r) = exp::reduce::<I>(x);
        let power = exp::exp2i(n);
        fma::<I, f32>(power, exp::expm1_small::<I>(r), power)
    }

    /// Near 0 `x + x P(x^2)`, further out `1 - e^(Q(x))` where `Q` approximates `log(erfc(x))`.
    #[inline(always)]
    pub(crate) fn erf<I: Isa>(x: f32) -> f32 {
        const SMALL: [f32; 6] = [
            0.12837914769244847,
            -0.3761248109523427,
            0.11281682485917198,
            -0.026761717917758303,
            0.004985937880644433,
            -0.0005953728693021790,
        ];
        const LOG_ERFC: [f32; 8] = [
            0.0001746863383886845,
            -1.1295149407935096,
            -0.6333468728617659,
            -0.10828011827578739,
            0.025119448106373643,
            -0.004171071707792829,
            0.00043446457871266415,
            -0.00002109523482724126,
        ];
        let a = x.abs();
        let square = x * x;
        let small = fma::<I, f32>(a, poly::<I, f32, _>(square, SMALL), a);
        // From 4 on the result is 1.
        let large = 1.0 - exp_normal::<I>(poly_8::<I, f32>(if a > 4.0 { 4.0 } else { a }, LOG_ERFC));
        (if a < 0.93 { small } else { large }).copysign(x)
    }

    #[inline(always)]
    pub(crate) fn erfc<I: Isa>(x: f32) -> f32 {
        wide::erfc::<I>(x as f64) as f32
    }

    /// The probability that a standard normal variable is at most `x`, to about 1e-7: that of being beyond `|x|` is `e^(P(|x|))`.
    #[inline(always)]
    pub(crate) fn normal_cdf<I: Isa>(x: f32) -> f32 {
        const LOG_TAIL: [f32; 8] = [
            -0.6931471087543945,
            -0.7978893048671171,
            -0.3182607099767515,
            -0.036522696140773886,
            0.005121853915666785,
            -0.0002919788978142444,
            -3.736308959805909e-5,
            5.871054524460202e-6,
        ];
        // From here on the tail is less than float32 can tell from 1.
        const END: f32 = 5.6;
        let a = x.abs();
        let tail = exp_normal::<I>(poly_8::<I, f32>(if a > END { END } else { a }, LOG_TAIL));
        let tail = if a > END { 0.0 } else { tail };
        if x > 0.0 { 1.0 - tail } else { tail }
    }
}

pub(crate) mod f64 {
    use crate::isa::{Baseline, Isa};
    use crate::math::{exp, fma, log, poly};

    /// `erf(x)` for `|x| <= 1`.
    #[inline(always)]
    fn erf_small<I: Isa>(x: f64) -> f64 {
        const POLY: [f64; 13] = [
            1.1283791670955126,
            -0.37612638903183748,
            0.11283791670954857,
            -0.026866170645072905,
            0.005223977624780965,
            -0.0008548326978747702,
            0.00012055331037093964,
            -0.000014925593511401866,
            1.6460972886829845e-6,
            -1.6350025936209925e-7,
            1.4657884472637242e-8,
            -1.1365683248456953e-9,
            5.9452900310372855e-11,
        ];
        x * poly::<I, f64, _>(x * x, POLY)
    }

    /// From here on `erfc` is computed by itself. Below it is half and more, so that nothing is lost where `erf` is taken from 1.
    const FAR: f64 = 0.35;

    /// `e^(x^2) erfc(x)` for `x >= FAR`: times `1 + 2x` it is a polynomial in `(x - 4) / (x + 4)`, after Shepherd and Laframboise,
    /// Math. Comp. 36 (1981).
    #[inline(always)]
    pub(crate) fn erfc_scaled<I: Isa>(x: f64) -> f64 {
        let (high, low) = erfc_scaled_in_two::<I>(x);
        high + low
    }

    /// [`erfc_scaled`] as a number and what is missing there: the last steps are corrected for what they round.
    #[inline(always)]
    fn erfc_scaled_in_two<I: Isa>(x: f64) -> (f64, f64) {
        const CONSTANT: [f64; 2] = [1.2329951186255526, -5.055134087179805e-17];
        const POLY: [f64; 23] = [
            -0.1396211168405623,
            0.015379652102621525,
            0.06809705425466964,
            -0.10103906603640785,
            0.093732834999148,
            -0.06633036580988219,
            0.037167515524592194,
            -0.016197734084824982,
            0.0050319700945193994,
            -0.0007577731055108298,
            -0.0001992573416650127,
            0.00015062089883823558,
            -2.4396899865377534e-05,
            -1.12199015953199e-05,
            5.704297394115829e-06,
            2.9004585172629985e-07,
            -8.171086377151419e-07,
            7.879751012318604e-08,
            1.0209936868085339e-07,
            -2.0550776046693758e-08,
            -9.812393011057471e-09,
            2.5683953616751027e-09,
            2.7917173863981183e-10,
        ];
        let q = (x - 4.0) / (x + 4.0);
        let rest = q * poly::<I, f64, _>(q, POLY);
        let sum = CONSTANT[0] + rest;
        let sum_low = CONSTANT[0] - sum + rest + CONSTANT[1];
        let divisor = 1.0 + 2.0 * x;
        let divisor_low = 1.0 - (divisor - 2.0 * x);
        let ratio = sum / divisor;
        // Without fused operations what the division rounds is not known.
        let rounded = if I::FMA { fma::<I, f64>(-ratio, divisor, sum) } else { 0.0 };
        (ratio, (rounded + fma::<I, f64>(-ratio, divisor_low, sum_low)) / divisor)
    }

    /// `erfc(x)` for `x >= FAR`.
    #[inline(always)]
    fn erfc_large<I: Isa>(x: f64) -> f64 {
        // From 28 on the result is 0.
        let x = if x > 28.0 { 28.0 } else { x };
        let (scaled, low) = erfc_scaled_in_two::<I>(x);
        // x^2 in two parts: the square of the upper half of the digits is exact.
        let high = f64::from_bits(x.to_bits() & 0xffff_ffff_f800_0000);
        let power = exp::f64::exp_sum::<I>(-high * high, -(x - high) * (x + high));
        fma::<I, f64>(power, scaled, power * low)
    }

    #[inline(always)]
    pub(crate) fn erf<I: Isa>(x: f64) -> f64 {
        let a = x.abs();
        let (small, large) = (erf_small::<I>(a), 1.0 - erfc_large::<I>(a));
        (if a < 1.0 { small } else { large }).copysign(x)
    }

    /// The probability that a standard normal variable is at most `x`.
    #[inline(always)]
    pub(crate) fn normal_cdf<I: Isa>(x: f64) -> f64 {
        0.5 * (1.0 + erf::<I>(x * std::f64::consts::FRAC_1_SQRT_2))
    }

    #[inline(always)]
    pub(crate) fn erfc<I: Isa>(x: f64) -> f64 {
        let tail = erfc_large::<I>(x.abs());
        let far = if x < 0.0 { 2.0 - tail } else { tail };
        let near = 1.0 - erf_small::<I>(x);
        if x.abs() < FAR { near } else { far }
    }

    /// Giles' single-precision approximation ("Approximating the erfinv function", GPU Computing Gems 2, 2010), then two
    /// steps of Halley's method on the smaller of `erf` and `erfc`.
    pub(crate) fn erfinv(x: f64) -> f64 {
        const CENTRAL: [f64; 9] = [
            1.50140941,
            0.246640727,
            -0.00417768164,
            -0.00125372503,
            0.00021858087,
            -4.39150654e-06,
            -3.5233877e-06,
            3.43273939e-07,
            2.81022636e-08,
        ];
        const TAIL: [f64; 9] = [
            2.83297682,
            1.00167406,
            0.00943887047,
            -0.0076224613,
            0.00573950773,
            -0.00367342844,
            0.00134934322,
            0.000100950558,
            -0.000200214257,
        ];
        let a = x.abs();
        let w = -log::f64::log::<Baseline>((1.0 - a) * (1.0 + a));
        let central = poly::<Baseline, f64, _>(w - 2.5, CENTRAL);
        let tail = poly::<Baseline, f64, _>(w.sqrt() - 3.0, TAIL);
        // Beyond the range of single precision the start is that of the asymptotic series of `erfc`.
        let logarithm = -log::f64::log::<Baseline>(1.0 - a);
        let far = (logarithm - 0.5 * log::f64::log::<Baseline>(std::f64::consts::PI * logarithm)).sqrt();
        let near = a * if w < 5.0 { central } else { tail };
        let mut y = if w < 16.0 { near } else { far };
        for _ in 0..2 {
            let (near, far) = (erf::<Baseline>(y) - a, (1.0 - a) - erfc::<Baseline>(y));
            let error = if a < 0.75 { near } else { far };
            let step = error * exp::f64::exp::<Baseline>(y * y) * (1.0 / std::f64::consts::FRAC_2_SQRT_PI);
            y -= step / (1.0 + y * step);
        }
        let y = (if a == 1.0 { f64::INFINITY } else { y }).copysign(x);
        if a <= 1.0 { y } else { f64::NAN }
    }
}
