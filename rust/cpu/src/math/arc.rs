//! Inverse trigonometric functions: reduction to `[0, 1/2]` by half angles, or to `[0, 1]` by reciprocals, and polynomials there.

/// Both precisions share one body and differ in constants. `asin` are the coefficients of `(asin(x) - x) / x^3` in `x^2`, `atan` those of
/// `(atan(x) - x) / x^3`; `excess` is what the constant for a right angle is too large by.
use super::{Float, fma, poly};
use crate::isa::Isa;
use std::f64::consts::{FRAC_PI_2, PI};

/// What differs between the precisions.
pub(super) trait Inverse: Float {
    /// By how much the type's pi / 2 exceeds the number.
    const EXCESS: Self;

    /// `(asin(x) - x) / x^3` for `|x| <= 1/2`, from the square of `x`.
    fn asin_rest<I: Isa>(square: Self) -> Self;

    /// `(atan(x) - x) / x^3` for `|x| <= 1`, from the square of `x`.
    fn atan_rest<I: Isa>(square: Self) -> Self;
}

impl Inverse for f32 {
    const EXCESS: f32 = 4.371_139e-8;

    #[inline(always)]
    fn asin_rest<I: Isa>(square: f32) -> f32 {
        poly::<I, f32, _>(square, [0.1666672371, 0.07496182059, 0.04537871355, 0.02457088953, 0.04157439211])
    }

    #[inline(always)]
    fn atan_rest<I: Isa>(square: f32) -> f32 {
        poly::<I, f32, _>(
            square,
            [
                -0.3333332938,
                0.1999975261,
                -0.1428082726,
                0.1106440634,
                -0.08833346285,
                0.06790694465,
                -0.04536387368,
                0.02310118655,
                -0.007577624215,
                0.001164970163,
            ],
        )
    }
}

impl Inverse for f64 {
    const EXCESS: f64 = -6.123_233_995_736_766e-17;

    #[inline(always)]
    fn asin_rest<I: Isa>(square: f64) -> f64 {
        poly::<I, f64, _>(
            square,
            [
                0.1666666666666676,
                0.07499999999970795,
                0.04464285717461585,
                0.030381942707618244,
                0.022372214991661563,
                0.01735161195145437,
                0.013980821195539598,
                0.011398907538346088,
                0.010780276509386066,
                0.003706326148343539,
                0.021707635354533125,
                -0.020999315273854336,
                0.03262877518594234,
            ],
        )
    }

    #[inline(always)]
    fn atan_rest<I: Isa>(square: f64) -> f64 {
        poly::<I, f64, _>(
            square,
            [
                -0.3333333333333307,
                0.19999999999951465,
                -0.14285714282575326,
                0.11111111007030246,
                -0.09090907003031728,
                0.0769227983947691,
                -0.06666404057274636,
                0.05880527804484746,
                -0.052535184787325266,
                0.04722321886671381,
                -0.04219177924276178,
                0.0366418871303569,
                -0.029903817146351586,
                0.021984798846833145,
                -0.013900505869677414,
                0.007196463110613122,
                -0.0028848971087243394,
                0.0008313140992922834,
                -0.0001521591493762313,
                1.322490056960402e-05,
            ],
        )
    }
}

/// `(asin(x) - x) / x` for `|x| <= 1/2`, from the square of `x`.
#[inline(always)]
fn asin_tail<I: Isa, T: Inverse>(square: T) -> T {
    square * T::asin_rest::<I>(square)
}

#[inline(always)]
pub(super) fn asin<I: Isa, T: Inverse>(x: T) -> T {
    let a = x.abs();
    let is_large = a > T::HALF;
    // asin(a) = pi / 2 - 2 asin(sqrt((1 - a) / 2)), the largest terms first
    let square = if is_large { T::HALF * (T::ONE - a) } else { a * a };
    let (tail, root) = (asin_tail::<I, T>(square), T::of(2.0) * square.sqrt());
    let large = (T::of(FRAC_PI_2) - root) - fma::<I, T>(root, tail, T::EXCESS);
    (if is_large { large } else { fma::<I, T>(a, tail, a) }).copysign(x)
}

#[inline(always)]
pub(super) fn acos<I: Isa, T: Inverse>(x: T) -> T {
    let a = x.abs();
    let is_large = a > T::HALF;
    let square = if is_large { T::HALF * (T::ONE - a) } else { a * a };
    let of = if is_large { square.sqrt() } else { x };
    let small = fma::<I, T>(of, asin_tail::<I, T>(square), of);
    let twice = T::of(2.0) * small;
    let large = if x > T::ZERO { twice } else { T::of(PI) - twice };
    if is_large { large } else { T::of(FRAC_PI_2) - small }
}

/// `atan(q)` for `0 <= q <= 1`.
#[inline(always)]
fn atan_small<I: Isa, T: Inverse>(q: T) -> T {
    let square = q * q;
    fma::<I, T>(q * square, T::atan_rest::<I>(square), q)
}

#[inline(always)]
pub(super) fn atan<I: Isa, T: Inverse>(x: T) -> T {
    let a = x.abs();
    let small = atan_small::<I, T>(if a > T::ONE { T::ONE / a } else { a });
    (if a > T::ONE { T::of(FRAC_PI_2) - small } else { small }).copysign(x)
}

#[inline(always)]
pub(super) fn atan2<I: Isa, T: Inverse>(y: T, x: T) -> T {
    let (ay, ax) = (y.abs(), x.abs());
    let (low, high) = if ay > ax { (ax, ay) } else { (ay, ax) };
    let ratio = if low == high { T::ONE } else { low / high };
    let small = atan_small::<I, T>(if high == T::ZERO { T::ZERO } else { ratio });
    let angle = if ay > ax { T::of(FRAC_PI_2) - small } else { small };
    let angle = (if x.is_sign_negative() { T::of(PI) - angle } else { angle }).copysign(y);
    if x.is_nan() || y.is_nan() { T::of(f64::NAN) } else { angle }
}
