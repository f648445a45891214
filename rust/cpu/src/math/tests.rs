//! Accuracy: float32 against the standard library's or libm's float64 functions, float64 against libm and against values
//! tabulated with 40 digits.

use super::Float;
use super::division::{is_far, rest};
use crate::isa::{Avx2, Baseline, Isa};

/// A float32 function under test.
type Function = dyn Fn(f32) -> f32;
/// A function of the reference.
type Exact = fn(f64) -> f64;

/// Units in the last place of a float32 between a result and the exact value.
fn ulps(result: f32, exact: f64) -> f64 {
    if result.is_nan() || exact.is_nan() {
        return if result.is_nan() == exact.is_nan() { 0.0 } else { f64::INFINITY };
    }
    if result as f64 == exact || (exact.abs() > f32::MAX as f64 && result.is_infinite()) {
        return 0.0;
    }
    let unit = (exact.abs() as f32).max(f32::MIN_POSITIVE);
    (result as f64 - exact).abs() / (unit.next_up() - unit) as f64
}

/// Float32 values of every size and sign: bit patterns at a prime distance, and the special ones.
fn samples() -> impl Iterator<Item = f32> {
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MIN_POSITIVE,
        1e-45,
        0.5,
        -0.5,
        f32::MAX,
        f32::MIN,
    ];
    (0..u32::MAX / 9973).map(|i| f32::from_bits(i * 9973)).chain(special)
}

/// The largest error of a function, and where.
fn worst(f: impl Fn(f32) -> f32, exact: impl Fn(f64) -> f64) -> (f64, f32) {
    samples().map(|x| (ulps(f(x), exact(x as f64)), x)).fold((0.0, 0.0), |worst, now| if now.0 > worst.0 { now } else { worst })
}

fn check<I: Isa>() {
    let large = |x: f32, near: fn(f32) -> f32, any: fn(f32) -> f32| if x.is_huge_angle::<I>() { any(x) } else { near(x) };
    let cases: Vec<(&str, f64, Box<Function>, Exact)> = vec![
        ("exp", 1.5, Box::new(Float::exp::<I>), f64::exp),
        ("exp2", 1.5, Box::new(Float::exp2::<I>), f64::exp2),
        ("expm1", 2.0, Box::new(Float::expm1::<I>), f64::exp_m1),
        ("log", 1.5, Box::new(Float::log::<I>), f64::ln),
        ("log2", 1.5, Box::new(Float::log2::<I>), f64::log2),
        ("log10", 1.5, Box::new(Float::log10::<I>), f64::log10),
        ("log1p", 1.0, Box::new(Float::log1p::<I>), f64::ln_1p),
        ("sin", 1.5, Box::new(move |x| large(x, Float::sin::<I>, Float::sin_any)), f64::sin),
        ("cos", 1.5, Box::new(move |x| large(x, Float::cos::<I>, Float::cos_any)), f64::cos),
        ("tan", 2.5, Box::new(move |x| large(x, Float::tan::<I>, Float::tan_any)), f64::tan),
        ("asin", 2.0, Box::new(Float::asin::<I>), f64::asin),
        ("acos", 2.0, Box::new(Float::acos::<I>), f64::acos),
        ("atan", 2.0, Box::new(Float::atan::<I>), f64::atan),
        ("sinh", 2.5, Box::new(Float::sinh::<I>), f64::sinh),
        ("cosh", 1.5, Box::new(Float::cosh::<I>), f64::cosh),
        ("tanh", 2.5, Box::new(Float::tanh::<I>), f64::tanh),
        ("asinh", 1.0, Box::new(Float::asinh::<I>), libm::asinh),
        ("acosh", 1.0, Box::new(Float::acosh::<I>), |x| if x >= 1.0 { libm::acosh(x) } else { f64::NAN }),
        ("atanh", 2.0, Box::new(Float::atanh::<I>), libm::atanh),
        ("erf", 2.0, Box::new(Float::erf::<I>), libm::erf),
        ("erfc", 3.0, Box::new(Float::erfc::<I>), libm::erfc),
        ("lgamma", 1.0, Box::new(Float::lgamma::<I>), |x| if x == f64::NEG_INFINITY { f64::INFINITY } else { libm::lgamma(x) }),
        ("erfinv", 4.0, Box::new(Float::erfinv::<I>), |x| Float::erfinv::<Avx2>(x)),
    ];
    let mut failures = Vec::new();
    for (name, bound, function, exact) in cases {
        let (error, at) = worst(function, exact);
        if error > bound {
            failures.push(format!("{name}({at:e}) is off by {error} units in the last place"));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn float32_functions_are_accurate_with_fused_products() {
    // Without the instruction, `mul_add` is a library call with the same result.
    check::<Avx2>();
}

#[test]
fn float32_functions_are_accurate_without_fused_products() {
    check::<Baseline>();
}

#[test]
fn powers_of_float32_are_accurate() {
    let mut worst = 0.0f64;
    for x in samples().step_by(97) {
        for y in samples().step_by(2003) {
            worst = worst.max(ulps(x.pow::<Avx2>(y), (x as f64).powf(y as f64)));
        }
    }
    assert!(worst <= 1.0, "{worst}");
    for (x, y) in [
        (-2.0f32, 3.0f32),
        (-2.0, 0.5),
        (0.0, 0.0),
        (-0.0, -3.0),
        (f32::NEG_INFINITY, 3.0),
        (-1.0, f32::INFINITY),
        (f32::NAN, 0.0),
        (1.0, f32::NAN),
    ] {
        let (ours, exact) = (x.pow::<Avx2>(y), x.powf(y));
        assert!(ours == exact || (ours.is_nan() && exact.is_nan()), "{x} ** {y} is {ours}, not {exact}");
    }
}

#[test]
fn the_normal_distribution_is_accurate_next_to_one() {
    for x in (-9000..9000).map(|i| i as f32 * 1e-3).chain([f32::INFINITY, f32::NEG_INFINITY, f32::MAX, -0.0]) {
        let exact = 0.5 * libm::erfc(-(x as f64) * std::f64::consts::FRAC_1_SQRT_2);
        for ours in [x.normal_cdf::<Avx2>(), x.normal_cdf::<Baseline>()] {
            assert!((ours as f64 - exact).abs() <= 1.2e-7, "{ours} instead of {exact} at {x}");
        }
    }
    assert!(f32::NAN.normal_cdf::<Avx2>().is_nan());
}

#[test]
fn float64_functions_agree_with_libm() {
    let relative =
        |a: f64, b: f64| if a == b || (a.is_nan() && b.is_nan()) { 0.0 } else { (a - b).abs() / b.abs().max(f64::MIN_POSITIVE) };
    let cases: [(&str, f64, Exact, Exact); 20] = [
        ("exp", 3e-16, Float::exp::<Avx2>, libm::exp),
        ("expm1", 6e-16, Float::expm1::<Avx2>, libm::expm1),
        ("exp2", 3e-16, Float::exp2::<Avx2>, libm::exp2),
        ("log", 3e-16, Float::log::<Avx2>, libm::log),
        ("log2", 5e-16, Float::log2::<Avx2>, libm::log2),
        ("log10", 5e-16, Float::log10::<Avx2>, libm::log10),
        ("log1p", 5e-16, Float::log1p::<Avx2>, libm::log1p),
        ("tanh", 1e-15, Float::tanh::<Avx2>, libm::tanh),
        ("erf", 4e-16, Float::erf::<Avx2>, libm::erf),
        ("erfc", 1e-15, Float::erfc::<Avx2>, libm::erfc),
        ("sin", 4e-16, Float::sin::<Avx2>, libm::sin),
        ("cos", 4e-16, Float::cos::<Avx2>, libm::cos),
        ("sinh", 6e-16, Float::sinh::<Avx2>, libm::sinh),
        ("cosh", 6e-16, Float::cosh::<Avx2>, libm::cosh),
        ("asinh", 6e-16, Float::asinh::<Avx2>, libm::asinh),
        ("acosh", 8e-16, Float::acosh::<Avx2>, |x| if x >= 1.0 { libm::acosh(x) } else { f64::NAN }),
        ("atanh", 8e-16, Float::atanh::<Avx2>, libm::atanh),
        ("asin", 6e-16, Float::asin::<Avx2>, libm::asin),
        ("acos", 6e-16, Float::acos::<Avx2>, libm::acos),
        ("atan", 6e-16, Float::atan::<Avx2>, libm::atan),
    ];
    for (name, bound, ours, exact) in cases {
        for x in (-40_000..40_000).map(|i| i as f64 * 6.626_070_15e-4).chain([
            0.0,
            -0.0,
            1e-300,
            1e-10,
            -1e-10,
            5e-324,
            1.0 - 1e-12,
            1.0 + 1e-12,
            710.47,
            -710.3,
            1e99,
            1e200,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ]) {
            let is_rare = matches!(name, "sin" | "cos") && x.is_huge_angle::<Avx2>();
            let error = if is_rare { 0.0 } else { relative(ours(x), exact(x)) };
            assert!(error <= bound, "{name}({x:e}): {:e} instead of {:e}", ours(x), exact(x));
        }
    }
}

/// Numbers of every size and sign, and the special ones.
fn doubles() -> Vec<f64> {
    let special = [0.0, -0.0, 1.0, -1.0, 2.5, -3.0, 5e-324, 1e-310, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    (0..700u64).map(|i| f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15))).chain(special).collect()
}

#[test]
fn float64_functions_of_two_numbers_agree_with_the_standard_library() {
    let close = |name: &str, x: f64, y: f64, ours: f64, exact: f64| {
        let is_same = ours == exact || ours.is_nan() && exact.is_nan();
        let error = (ours - exact).abs() / exact.abs().max(f64::MIN_POSITIVE);
        assert!(is_same || error <= 5e-16, "{name}({x:e}, {y:e}) is {ours:e}, not {exact:e}");
    };
    let near = |i: usize| ((i * 7919) % 2003) as f64 / 97.0 - 10.0;
    let pairs = doubles().into_iter().flat_map(|x| doubles().into_iter().map(move |y| (x, y)));
    for (x, y) in pairs.chain((0..20_000).map(|i| (near(i).abs() * near(i + 3).exp(), near(3 * i + 1)))) {
        close("pow", x, y, Float::pow::<Avx2>(x, y), x.powf(y));
        close("hypot", x, y, Float::hypot::<Avx2>(x, y), x.hypot(y));
        close("atan2", x, y, Float::atan2::<Avx2>(x, y), x.atan2(y));
    }
}

#[test]
fn remainders_are_exact() {
    fn check<T: Float + std::fmt::Debug>(a: T, b: T) {
        if !is_far::<Avx2, T>(a, b) {
            let (ours, exact) = (rest::<Avx2, T>(a, b), a % b);
            let is_same = ours == exact && ours.is_sign_negative() == exact.is_sign_negative();
            assert!(is_same || ours.is_nan() && exact.is_nan(), "{a:?} % {b:?} is {ours:?}, not {exact:?}");
        }
    }
    for x in doubles() {
        for y in doubles() {
            check(x, y);
            check(x as f32, y as f32);
        }
    }
    // Quotients that are integers, or next to them.
    for i in 1..20_000i32 {
        let (n, b) = ((i * 37 % 4001) as f32, i as f32 * 0.013);
        for a in [n * b, (n * b).next_down(), (n * b).next_up()] {
            check(a, b);
            check(-a as f64, b as f64);
        }
    }
    assert!(is_far::<Avx2, f32>(1e30, 3.0) && is_far::<Avx2, f64>(1.0, 0.0) && is_far::<Baseline, f32>(3.0, 2.0));
}

#[test]
fn the_inverse_error_function_is_undone() {
    for x in (1..2000).map(|i| i as f64 / 2000.0).chain([1e-300, 1e-9, 1.0 - 1e-9, 1.0 - 1e-14]) {
        for y in [x.erfinv::<Avx2>(), x.erfinv::<Baseline>()] {
            let error = if x < 0.75 { libm::erf(y) - x } else { (1.0 - x) - libm::erfc(y) };
            let slope = std::f64::consts::FRAC_2_SQRT_PI * (-y * y).exp();
            assert!((error / slope / y).abs() <= 1e-15, "{y} at {x}");
        }
    }
    assert_eq!((1f64.erfinv::<Avx2>(), (-1f64).erfinv::<Avx2>()), (f64::INFINITY, f64::NEG_INFINITY));
    assert!(1.5f64.erfinv::<Avx2>().is_nan() && 1.5f32.erfinv::<Avx2>().is_nan());
}

#[test]
fn special_functions_have_their_tabulated_values() {
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 4e-15 * b.abs(), "{a} instead of {b}");
    close(1.0f64.digamma(), -0.577_215_664_901_532_9);
    close(0.5f64.digamma(), -1.963_510_026_021_423_5);
    close((-1.5f64).digamma(), 0.703_156_640_645_243_2);
    close(1.0f64.polygamma(1), 1.644_934_066_848_226_4);
    close(0.25f64.polygamma(1), 17.197_329_154_507_11);
    close(1.0f64.polygamma(2), -2.404_113_806_319_188_6);
    close(2.0f64.polygamma(3), 0.493_939_402_266_829_15);
    close(0.5f64.erfinv::<Avx2>(), 0.476_936_276_204_469_87);
    close((-0.999_f64).erfinv::<Avx2>(), -2.326_753_765_513_524_7);
    close(0.5f64.lgamma::<Avx2>(), 0.572_364_942_924_700_1);
    close(100.5f64.lgamma::<Avx2>(), 361.435_540_467_777_6);
}

#[test]
fn exponentials_without_subnormal_numbers() {
    for x in [-87.3f32, -86.9, -41.7, -1.5, -0.3, 0.0, 0.5, 80.0] {
        let (found, wanted) = (x.exp_or_zero::<Baseline>(), (x as f64).exp());
        assert!((found as f64 / wanted - 1.0).abs() < 1.5e-7, "{x}: {found} and {wanted}");
    }
    for x in [-87.34f32, -88.0, -103.0, -1e30, f32::NEG_INFINITY] {
        assert_eq!(x.exp_or_zero::<Baseline>(), 0.0, "{x}");
    }
    for x in [-708.3f64, -300.1, -0.2, 0.0] {
        assert!((x.exp_or_zero::<Baseline>() / x.exp() - 1.0).abs() < 3e-16, "{x}");
    }
    assert_eq!((-708.4f64).exp_or_zero::<Baseline>(), 0.0);
    assert!(Float::is_nan(f32::NAN.exp_or_zero::<Baseline>()));
}
