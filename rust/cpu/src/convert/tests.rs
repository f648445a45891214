//! Conversions of numbers, and of slices of them.

use super::*;
use crate::lane::match_lane;

fn to<S: Cast<D>, D>(x: S) -> D {
    x.cast()
}

#[test]
fn floats_beyond_an_integer_become_its_smallest_value() {
    for x in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e30] {
        assert_eq!(to::<_, i32>(x), i32::MIN);
        assert_eq!(to::<_, i64>(x), i64::MIN);
        assert_eq!(to::<_, i64>(x as f32), i64::MIN);
        assert_eq!((to::<_, i16>(x), to::<_, i8>(x), to::<_, u8>(x)), (0, 0, 0));
    }
    assert_eq!((to::<_, u8>(-1.0f32), to::<_, u8>(300.7f64), to::<_, i8>(300.7f32)), (255, 44, 44));
    assert_eq!((to::<_, i32>(-2147483648.9f64), to::<_, i32>(2147483647.9f64)), (i32::MIN, i32::MAX));
}

#[test]
fn halves_round_to_even() {
    assert_eq!(to::<f32, bf16>(1.00390625).to_f32(), 1.0);
    assert_eq!(to::<f32, bf16>(1.01171875).to_f32(), 1.015625);
    assert_eq!(to::<f32, bf16>(f32::MAX), bf16::INFINITY);
    assert_eq!(to::<f64, bf16>(f64::NAN).to_bits(), 0x7fc0);
    assert_eq!(to::<f64, f16>(65520.0), f16::INFINITY);
    for bits in 0..=u16::MAX {
        let (a, b) = (f16::from_bits(bits), bf16::from_bits(bits));
        let (c, d) = (f16_to_f32(a), bf16_to_f32(b));
        assert!(c.to_bits() == a.to_f32().to_bits() || (a.is_nan() && c.is_nan()), "{bits:x}");
        assert!(d.to_bits() == b.to_f32().to_bits() || (b.is_nan() && d.is_nan()), "{bits:x}");
        assert!(a.is_nan() || to::<f32, f16>(to::<f16, f32>(a)).to_bits() == bits);
        assert!(b.is_nan() || to::<f32, bf16>(to::<bf16, f32>(b)).to_bits() == bits);
    }
}

#[test]
fn slices_convert_as_numbers_do() {
    let floats: Vec<f32> = (0..70_001u32).map(|i| f32::from_bits(i.wrapping_mul(61_357))).collect();
    let (mut halves, mut brains) = (vec![f16::ZERO; floats.len()], vec![bf16::ZERO; floats.len()]);
    convert(&floats, &mut halves);
    convert(&floats, &mut brains);
    let (mut from_halves, mut from_brains) = (vec![0.0f32; floats.len()], vec![0.0f32; floats.len()]);
    convert(&halves, &mut from_halves);
    convert(&brains, &mut from_brains);
    for (i, &x) in floats.iter().enumerate() {
        let (half, brain) = (to::<f32, f16>(x), to::<f32, bf16>(x));
        assert!(half == halves[i] || (half.is_nan() && halves[i].is_nan()), "{x:e}");
        assert!(brain == brains[i] || (brain.is_nan() && brains[i].is_nan()), "{x:e}");
        assert!(from_halves[i] == half.to_f32() || half.is_nan(), "{x:e}");
        assert!(from_brains[i] == brain.to_f32() || brain.is_nan(), "{x:e}");
    }
}

#[test]
fn slices_are_truncated_as_numbers_are() {
    let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 2147483648.0, -2147483648.0, -2147483904.0, 9.3e18, -9.3e18, 1e30];
    let floats: Vec<f32> = special.into_iter().chain((0..1003).map(|i| (i as f32 - 500.0) * 1.37)).collect();
    let doubles: Vec<f64> = floats.iter().map(|&x| f64::from(x)).chain([2147483647.9, -2147483648.9]).collect();
    let (mut short, mut long) = (vec![0i32; floats.len()], vec![0i64; floats.len()]);
    convert(&floats, &mut short);
    convert(&floats, &mut long);
    for (i, &x) in floats.iter().enumerate() {
        assert_eq!((short[i], long[i]), (to(x), to(x)), "{x:e}");
    }
    let (mut short, mut long) = (vec![0i32; doubles.len()], vec![0i64; doubles.len()]);
    convert(&doubles, &mut short);
    convert(&doubles, &mut long);
    for (i, &x) in doubles.iter().enumerate() {
        assert_eq!((short[i], long[i]), (to(x), to(x)), "{x:e}");
    }
}

#[test]
fn truth_is_what_is_not_zero() {
    assert!(to::<_, Bool>(c32::new(0.0, 2.0)).get() && to::<_, Bool>(f32::NAN).get() && !to::<_, Bool>(-0.0f64).get());
    assert_eq!((to::<Bool, i16>(Bool(7)), to::<Bool, f16>(Bool(7)).to_f32(), to::<Bool, Bool>(Bool(7))), (1, 1.0, Bool(1)));
    assert_eq!(to::<_, i8>(c64::new(-3.5, 9.0)), -3);
}

#[test]
fn wide_unsigned_integers_wrap_below_zero_and_vanish_above_their_range() {
    for x in [1e20, f64::INFINITY] {
        assert_eq!((to::<_, u16>(x), to::<_, u32>(x), to::<_, u64>(x)), (0, 0, 0));
    }
    assert_eq!((to::<_, u16>(-1.5f32), to::<_, u32>(-1.5f32), to::<_, u64>(-1.5f32)), (u16::MAX, u32::MAX, u64::MAX));
    assert_eq!((to::<_, u32>(3e9f64), to::<_, u64>(1e19f64), to::<_, u64>(f64::NAN)), (3_000_000_000, 10u64.pow(19), 1 << 63));
    assert_eq!((to::<u64, f32>(u64::MAX), to::<i64, u16>(-1), to::<u64, f16>(70000)), (2f32.powi(64), u16::MAX, f16::INFINITY));
}

#[test]
fn small_floats_are_reached_by_way_of_float32() {
    assert_eq!(to::<f64, F8E4M3FN>(1.0625 + 1e-12).to_f32(), 1.0);
    assert_eq!((to::<i64, F8E5M2>(70000).to_f32(), to::<c32, F8E4M3FN>(c32::new(500.0, 1.0)).to_f32()), (f32::INFINITY, 448.0));
    assert_eq!(to::<c64, c16>(c64::new(1.5, 1e9)), c16::new(f16::from_f32(1.5), f16::INFINITY));
}

/// Numbers of every size, with all that no integer holds.
fn samples() -> Vec<f64> {
    let special = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.5, -0.5, 1e300, -1e300];
    let edges = [7, 8, 15, 16, 31, 32, 51, 52, 53, 63, 64].map(|bits| 2f64.powi(bits));
    let around = edges.into_iter().flat_map(|edge| [edge - 1.0, edge, edge + 1.0, -edge - 1.0, -edge, 1.0 - edge, edge - 0.5]);
    special.into_iter().chain(around).chain((0..400).map(|i| (i as f64 - 200.0) * 1.37)).collect()
}

fn samples_as<S>() -> Vec<S>
where
    f64: Cast<S>,
{
    samples().into_iter().map(Cast::cast).collect()
}

/// False for a NaN and itself.
fn equal<T: PartialEq>(a: &T, b: &T) -> bool {
    a == b
}

/// Slices of every length become what their elements do, by whatever way.
fn check<S: Element + Cast<D>, D: Element>(source: &[S]) {
    for n in [0, 1, 7, 9, 33, 255, 256, 257, source.len()] {
        let mut found = vec![D::zeroed(); n];
        convert(&source[..n], &mut found);
        for (x, &y) in source.iter().zip(&found) {
            let wanted: D = x.cast();
            let is_same = bytemuck::bytes_of(&wanted) == bytemuck::bytes_of(&y);
            // NaNs of half types may differ in what else their bits say.
            assert!(is_same || !equal(&y, &y) && !equal(&wanted, &wanted), "{:?} as {:?}: {y:?}, not {wanted:?}", x, D::DTYPE);
        }
    }
}

#[test]
fn every_pair_of_types() {
    for from in DType::ALL {
        for to in DType::ALL {
            match_dtype!(from, S => match_dtype!(to, T in [usual] => check::<S, T>(&samples_as::<S>()), else => ()));
            match_lane!(from, S => match_dtype!(to, T => check::<S, T>(&samples_as::<S>())));
        }
    }
}
