//! The error function, its complement and its inverse.

pub(crate) mod f32 {
    use super::f64 as wide;
    use crate::isa::Isa;
    use crate::math::{exp::f32 as exp, fma, log, poly, poly_8};

    /// `(erf(x) - x) / x` for `|x| <= 0.93`, in `x^2`
    const SMALL: [f32; 6] = [
        0.12837914769244847,
        -0.3761248109523427,
        0.11281682485917198,
        -0.026761717917758303,
        0.004985937880644433,
        -0.0005953728693021790,
    ];

    /// Near 0 `x + x P(x^2)`, further out `1 - e^(Q(x))` where `Q` approximates `log(erfc(x))`.
    #[inline(always)]
    pub(crate) fn erf<I: Isa>(x: f32) -> f32 {
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
        let large = 1.0 - exp::exp_normal::<I>(poly_8::<I, f32>(if a > 4.0 { 4.0 } else { a }, LOG_ERFC));
        (if a < 0.93 { small } else { large }).copysign(x)
    }

    /// `e^(-x^2)` times a polynomial in `t = 1 / (1 + 0.35 x)`.
    #[inline(always)]
    pub(crate) fn erfc<I: Isa>(x: f32) -> f32 {
        const SCALED: [f32; 10] = [
            0.19748301968130075,
            0.19715218676284044,
            0.18779408049901297,
            0.15166492421272643,
            0.14472440082055513,
            0.08936543196533207,
            -0.03041383958415106,
            0.18341783412737603,
            -0.15973273264087565,
            0.03854470138318546,
        ];
        if !I::FMA {
            return wide::erfc::<I>(x as f64) as f32;
        }
        let a = x.abs();
        // From 10.2 on the result is 0.
        let a = if a > 10.2 { 10.2 } else { a };
        let divisor = fma::<I, f32>(a, 0.35, 1.0);
        let t = 1.0 / divisor;
        // What sum and division round, relative to t, and about as many times that as the polynomial and its factor grow with t.
        let lost = fma::<I, f32>(-divisor, t, 1.0) - fma::<I, f32>(a, 0.35, 1.0 - divisor) * t;
        let correction = lost * fma::<I, f32>(t, 2.2, 1.0);
        let square = a * a;
        let power = exp::exp_sum::<I>(-square, correction - fma::<I, f32>(a, a, -square));
        let tail = power * (t * poly::<I, f32, _>(t, SCALED));
        if x < 0.0 { 2.0 - tail } else { tail }
    }

    /// See `erfinv` of float64.
    #[inline(always)]
    pub(crate) fn erfinv<I: Isa>(x: f32) -> f32 {
        const CENTRAL: [f32; 9] = [
            1.5014094216686467,
            0.24664072612879082,
            -0.0041777078411460574,
            -0.0012537075139050426,
            0.00021860221675383513,
            -4.396786462032602e-06,
            -3.5288596376240242e-06,
            3.43727864919098e-07,
            2.8534558011328697e-08,
        ];
        const TAIL: [f32; 9] = [
            2.8329770042499662,
            1.0016742327649908,
            0.009435035118316604,
            -0.007626246278517446,
            0.005765554422408871,
            -0.0036565351270355824,
            0.0012922271398310408,
            8.251329214010761e-05,
            -0.00015976820596727163,
        ];
        let a = x.abs();
        let w = -log::f32::log::<I>((1.0 - a) * (1.0 + a));
        let (central, tail) = (poly::<I, f32, _>(w - 2.5, CENTRAL), poly::<I, f32, _>(w.sqrt() - 3.0, TAIL));
        let y = x * if w < 5.0 { central } else { tail };
        if a == 1.0 { f32::INFINITY.copysign(x) } else { y }
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
        let tail = exp::exp_normal::<I>(poly_8::<I, f32>(if a > END { END } else { a }, LOG_TAIL));
        let tail = if a > END { 0.0 } else { tail };
        if x > 0.0 { 1.0 - tail } else { tail }
    }
}

pub(crate) mod f64 {
    use crate::isa::Isa;
    use crate::math::{exp, fma, log, poly};

    /// `erf(x)` for `|x| <= 1`.
    #[inline(always)]
    pub(crate) fn erf_small<I: Isa>(x: f64) -> f64 {
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
    pub(crate) const FAR: f64 = 0.35;

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

    /// Near 0 a polynomial, further out `1 - e^(Q(x - 1))` where `Q` approximates `log(erfc(x))`.
    #[inline(always)]
    pub(crate) fn erf<I: Isa>(x: f64) -> f64 {
        const LOG_ERFC: [f64; 18] = [
            -1.8496055099332482,
            -2.6389675142347757,
            -0.8431072563594132,
            -0.04156109802507084,
            0.010033825179050314,
            -0.0019779012155020674,
            0.00023731643406465372,
            2.6296327779240037e-05,
            -2.719897286975482e-05,
            9.67137596420814e-06,
            -2.131938043936113e-06,
            2.0481028889505477e-07,
            5.801257538916431e-08,
            -3.339165729562398e-08,
            8.518882073902202e-09,
            -1.3191226303246111e-09,
            1.1932795323522842e-10,
            -4.865117291609214e-12,
        ];
        let a = x.abs();
        // From 6 on the result is 1.
        let from_one = (if a > 6.0 { 6.0 } else { a }) - 1.0;
        let large = 1.0 - exp::f64::exp_normal::<I>(poly::<I, f64, _>(from_one, LOG_ERFC));
        (if a < 1.0 { erf_small::<I>(a) } else { large }).copysign(x)
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

    /// The inverse over its argument, in `w - 3.125`.
    const INVERSE: [f64; 22] = [
        1.6536545626831027,
        0.24015818242559042,
        -0.0060336708714291195,
        -0.0007407025341727309,
        0.00018673420802858086,
        -1.3882523347554966e-05,
        -1.3654691894649983e-06,
        4.2347876196106554e-07,
        -2.9070380082101557e-08,
        -4.1126244364435044e-09,
        1.0512177457141253e-09,
        -5.415745702557977e-11,
        -1.2976939627936569e-11,
        2.6342369911772037e-12,
        -8.114231390249112e-14,
        -4.064548037925674e-14,
        6.587691663772581e-15,
        2.933970119251097e-17,
        -1.292478019249401e-16,
        1.0766478141521374e-17,
        1.099934208981322e-18,
        -1.606782980952572e-19,
    ];
    /// For roots of `w` from 2.5 to 4, less 3.25.
    const INVERSE_TAIL: [f64; 18] = [
        3.0838856104922208,
        1.0052589676941572,
        0.005370914553583476,
        -0.0037512085073773743,
        0.0024914420965720667,
        -0.0016882755612129348,
        0.0009532893686579288,
        -0.0003550374580710377,
        2.4031234065876003e-05,
        6.828445858898859e-05,
        -4.731897214066796e-05,
        1.2476699554257016e-05,
        2.925992768517047e-06,
        -4.016671444308378e-06,
        1.4977548472555387e-06,
        2.12144355912559e-08,
        -2.6999570165484263e-07,
        8.946267520638552e-08,
    ];
    /// Beyond, up to that of the number below 1, less 5.
    const INVERSE_FAR_TAIL: [f64; 17] = [
        4.849906401408584,
        1.0103004648645302,
        -0.00013871931834472462,
        -0.00021503011912488108,
        7.599527730971689e-05,
        -1.9681780151715846e-05,
        4.5260596252507295e-06,
        -9.929723564880417e-07,
        2.2901910582412315e-07,
        -6.773870447164995e-08,
        2.911245998182093e-08,
        -1.4923516592057726e-08,
        7.662999062202933e-09,
        -3.814706888523428e-09,
        1.4755848227688007e-09,
        -2.4862393964622037e-10,
        -1.8424469213780898e-11,
    ];

    /// `x` times a polynomial in `w = -log(1 - x^2)`, or in its root further out, after Giles ("Approximating the erfinv function", GPU
    /// Computing Gems 2, 2010).
    #[inline(always)]
    pub(crate) fn erfinv<I: Isa>(x: f64) -> f64 {
        let a = x.abs();
        let y = erfinv_of::<I>(x, (1.0 - a) * (1.0 + a));
        if a == 1.0 { f64::INFINITY.copysign(x) } else { y }
    }

    /// [`erfinv`] of an argument, and of what its square is less than 1, which may be known better.
    #[inline(always)]
    pub(crate) fn erfinv_of<I: Isa>(x: f64, rest: f64) -> f64 {
        let w = -log::f64::log::<I>(rest);
        let root = w.sqrt();
        let central = poly::<I, f64, _>(w - 3.125, INVERSE);
        let tail = poly::<I, f64, _>(root - 3.25, INVERSE_TAIL);
        let far = poly::<I, f64, _>(root - 5.0, INVERSE_FAR_TAIL);
        let outside = if w < 16.0 { tail } else { far };
        x * if w < 6.25 { central } else { outside }
    }
}
