//! Conversion between any two dtypes, one number at a time and over strided runs.
//!
//! Floats become integers as PyTorch's x86 builds do it: truncated toward zero; what a signed integer of 32 bits (64
//! for `int64` and `uint8`) cannot hold becomes its smallest value, of which narrower types keep the low bits. The upper halves
//! of `uint32` and `uint64` are reached by subtracting the lower ones.

use std::any::TypeId;
use std::hint::select_unpredictable;

use bytemuck::Pod;
use ferrotorch_kernel::dtype::{
    Bool, DType, Element, F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU, bf16, c16, c32, c64, f16,
};
use ferrotorch_kernel::match_dtype;
use ferrotorch_kernel::{Error, Result};

use crate::float16;
use crate::isa::{Isa, Level};
use crate::simd::{self, SimdLoop};
use crate::truncate::Truncate;
use crate::view::{Read, Stretches, Write};

/// Conversion of one number.
pub(crate) trait Cast<D>: Copy {
    /// Converts.
    fn cast(self) -> D;
}

/// Reads a line of elements of one dtype.
pub(crate) type Loader<T> = fn(from: Stretches<Read>, out: &mut [T]);
/// Writes a line of elements of one dtype.
pub(crate) type Storer<T> = fn(values: &[T], to: Stretches<Write>);

/// Fills `out` with the elements of a line, which are as many, or with the one that it repeats.
pub(crate) fn load<S: Element + Cast<T>, T: Pod>(from: Stretches<Read>, out: &mut [T]) {
    let from = from.typed::<S>();
    assert_eq!(from.len(), out.len(), "as many elements as there is room for");
    match from.as_slice() {
        Some(slice) => convert(slice, out),
        None if from.step() == [0] => out.fill(from.get(0).cast()),
        None => out.iter_mut().zip(from.iter()).for_each(|(o, x)| *o = x.cast()),
    }
}

/// A [`Loader`] that does not say what it writes: it fills the beginning of a buffer.
pub(crate) type RawLoader = fn(from: Stretches<Read>, n: usize, out: &mut [u64]);

/// Reads `n` elements of dtype `from` as elements of dtype `to`, one behind the other; an error for a barebones one, in which
/// nothing is computed.
pub(crate) fn raw_loader(from: DType, to: DType) -> Result<RawLoader> {
    fn typed<S: Element + Cast<T>, T: Pod>(from: Stretches<Read>, n: usize, out: &mut [u64]) {
        load::<S, T>(from, &mut bytemuck::cast_slice_mut(out)[..n]);
    }
    match_dtype!(from, S => match_dtype!(to, T in [usual] => Ok(typed::<S, T>), else => Err(Error::dtype("reduce_cpu", to, ""))))
}

/// Writes `values` to a line of as many elements.
pub(crate) fn store<T: Pod + Cast<D>, D: Element>(values: &[T], to: Stretches<Write>) {
    let mut to = to.typed::<D>();
    assert_eq!(to.len(), values.len(), "as many elements as there is room for");
    match to.as_mut_slice() {
        Some(slice) => convert(values, slice),
        None => to.write_all(values.iter().map(|x| x.cast())),
    }
}

/// Converts element by element; half types with the machine's instructions for it.
pub(crate) fn convert<S: Pod + Cast<D>, D: Pod>(src: &[S], dst: &mut [D]) {
    if let (Some(halves), Some(floats)) = (same::<S, f16>(src), same_mut::<D, f32>(dst)) {
        float16::widen(halves, floats);
    } else if let (Some(floats), Some(halves)) = (same::<S, f32>(src), same_mut::<D, f16>(dst)) {
        float16::narrow(floats, halves);
    } else if let (Some(halves), Some(floats)) = (same::<S, bf16>(src), same_mut::<D, f32>(dst)) {
        simd::run(Casting { src: halves, dst: floats });
    } else if let (Some(floats), Some(halves)) = (same::<S, f32>(src), same_mut::<D, bf16>(dst)) {
        simd::run(Casting { src: floats, dst: halves });
    } else if truncates::<S, D, f32, i32>(src, dst)
        || truncates::<S, D, f32, i64>(src, dst)
        || truncates::<S, D, f64, i64>(src, dst)
    {
    } else if is_common::<S>() && is_common::<D>() {
        simd::run(Casting { src, dst });
    } else {
        src.iter().zip(dst).for_each(|(s, d)| *d = s.cast());
    }
}

/// Truncates, if the types are these and the processor has an instruction for them.
fn truncates<S: Pod, D: Pod, F: Truncate<I> + Pod, I: Pod>(src: &[S], dst: &mut [D]) -> bool {
    match (same::<S, F>(src), same_mut::<D, I>(dst)) {
        (Some(src), Some(dst)) => F::truncate(src, dst),
        _ => false,
    }
}

/// Is it one of the types that data comes in, and is computed in?
fn is_common<T: Pod>() -> bool {
    [TypeId::of::<u8>(), TypeId::of::<i32>(), TypeId::of::<i64>(), TypeId::of::<f32>(), TypeId::of::<f64>()]
        .contains(&TypeId::of::<T>())
}

/// A conversion that wider registers speed up.
struct Casting<'a, S, D> {
    src: &'a [S],
    dst: &'a mut [D],
}

impl<S: Cast<D>, D> SimdLoop for Casting<'_, S, D> {
    type Output = ();
    // Between floats and integers of 64 bits there are instructions in AVX-512 alone.
    const WIDEST: Level = Level::Avx512;

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.src.iter().zip(self.dst).for_each(|(s, d)| *d = s.cast());
    }
}

/// The slice under the name of another type, if that is the same type.
fn same<S: Pod, T: Pod>(slice: &[S]) -> Option<&[T]> {
    (TypeId::of::<S>() == TypeId::of::<T>()).then(|| bytemuck::cast_slice(slice))
}

/// [`same`] for writing.
fn same_mut<S: Pod, T: Pod>(slice: &mut [S]) -> Option<&mut [T]> {
    if TypeId::of::<S>() == TypeId::of::<T>() { Some(bytemuck::cast_slice_mut(slice)) } else { None }
}

/// `impl Cast<$d> for $s` for every pair; the body reads `$x`. What is too small for an integer becomes its smallest value by Rust's
/// own conversion; what is too large, and what is not a number, is chosen to.
macro_rules! casts {
    ($([$($s:ty),*] => $d:tt : |$x:ident, $t:ident| $body:expr;)*) => { $(casts!(@ [$($s),*] $d |$x, $t| $body);)* };
    (@ [$($s:ty),*] $d:tt |$x:ident, $t:ident| $body:expr) => { $(casts!(@@ $s, $d, $x, $t, $body);)* };
    (@@ $s:ty, [$($d:ty),*], $x:ident, $t:ident, $body:expr) => { $(
        impl Cast<$d> for $s {
            #[inline(always)]
            fn cast(self) -> $d {
                type $t = $d;
                let $x = self;
                $body
            }
        }
    )* };
}

casts! {
    [u8, i8, i16, i32, i64, u16, u32, u64] => [u8, i8, i16, i32, i64, u16, u32, u64, f32, f64]: |x, D| x as D;
    [f32, f64] => [f32, f64]: |x, D| x as D;
    [f32] => [i64, i32]: |x, D| select_unpredictable(x < -(D::MIN as f32), x as D, D::MIN);
    [f64] => [i64, i32]: |x, D| select_unpredictable(x < -(D::MIN as f64), x as D, D::MIN);
    [f32, f64] => [i16, i8, u16]: |x, D| Cast::<i32>::cast(x) as D;
    [f32, f64] => [u8]: |x, D| Cast::<i64>::cast(x) as D;
    [f32, f64] => [u32]: |x, D| to_u32(Cast::<f64>::cast(x)) as D;
    [f32, f64] => [u64]: |x, D| to_u64(Cast::<f64>::cast(x)) as D;

    [u8, i8, i16, i32, i64, u16, u32, u64] => [Bool]: |x, D| D::new(x != 0);
    [f32, f64] => [Bool]: |x, D| D::new(x != 0.0);
    [Bool] => [u8, i8, i16, i32, i64, u16, u32, u64]: |x, D| x.get() as D;
    [Bool] => [f32, f64]: |x, D| x.get() as u8 as D;
    [Bool] => [Bool]: |x, D| D::new(x.get());

    [c32, c64] => [u8, i8, i16, i32, i64, u16, u32, u64, f32, f64, f16, bf16]: |z, D| Cast::<D>::cast(z.re);
    [c32, c64] => [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU]: |z, D| Cast::<D>::cast(z.re);
    [c32, c64] => [Bool]: |z, D| D::new(z.re != 0.0 || z.im != 0.0);
    [c32, c64] => [c16, c32, c64]: |z, D| D::new(z.re.cast(), z.im.cast());
    [Bool, u8, i8, i16, i32, i64, u16, u32, u64, f32, f64] => [c32, c64]: |x, D| D::new(x.cast(), 0.0);
    [Bool, u8, i8, i16, i32, i64, u64, f32, f64] => [c16]: |x, D| D::new(x.cast(), f16::ZERO);

    [f16] => [Bool, u8, i8, i16, i32, i64, u64, f64, bf16, c32, c64]: |x, D| Cast::<D>::cast(x.to_f32());
    [bf16] => [Bool, u8, i8, i16, i32, i64, u64, f64, f16, c32, c64]: |x, D| Cast::<D>::cast(Cast::<f32>::cast(x));
    [f16] => [f32]: |x, D| D::from(x);
    [bf16] => [f32]: |x, _D| bf16_to_f32(x);
    [f16] => [f16]: |x, D| D::from_bits(x.to_bits());
    [bf16] => [bf16]: |x, D| D::from_bits(x.to_bits());
    [f32] => [f16]: |x, D| D::from_f32(x);
    [f32] => [bf16]: |x, D| D::from_bits(round_to_bf16(x));
    [Bool, u8, i8, i16, i32, i64, u16, u32, u64, f64] => [f16, bf16]: |x, D| Cast::<D>::cast(Cast::<f32>::cast(x));

    [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU] => [f32]: |x, D| x.to_f32() as D;
    [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU] => [Bool, u8, i8, i16, i32, i64, u64, f64, f16, bf16, c32, c64]:
        |x, D| Cast::<D>::cast(x.to_f32());
    [f32] => [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU]: |x, D| D::from_f32(x);
    [Bool, u8, i8, i16, i32, i64, u64, f64] => [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU]:
        |x, D| D::from_f32(Cast::<f32>::cast(x));
    [c16] => [u8, i8, i16, i32, i64, u64, f32, f64, bf16]: |z, D| Cast::<D>::cast(z.re);
    [c16] => [f16]: |z, D| D::from_bits(z.re.to_bits());
    [c16] => [Bool]: |z, D| D::new(z.re != f16::ZERO || z.im != f16::ZERO);
    [c16] => [c32, c64]: |z, D| D::new(z.re.cast(), z.im.cast());
}

/// The lower half of uint32 by way of int32, whose smallest value stands for what neither half can hold.
#[inline(always)]
fn to_u32(x: f64) -> u32 {
    const HALF: f64 = (1u32 << 31) as f64;
    if x >= HALF { Cast::<i32>::cast(x - HALF) as u32 ^ (1 << 31) } else { Cast::<i32>::cast(x) as u32 }
}

/// [`to_u32`] for uint64 and int64.
#[inline(always)]
fn to_u64(x: f64) -> u64 {
    const HALF: f64 = (1u64 << 63) as f64;
    if x >= HALF { Cast::<i64>::cast(x - HALF) as u64 ^ (1 << 63) } else { Cast::<i64>::cast(x) as u64 }
}

/// The float32 whose upper half is given.
#[inline(always)]
pub(crate) fn bf16_to_f32(x: bf16) -> f32 {
    f32::from_bits(u32::from(x.to_bits()) << 16)
}

/// Conversion by arithmetic that the vectoriser takes for any number of lanes, for loops that widen in registers. The exponent
/// is biased by 15 instead of 127; infinity and NaN keep their largest exponent.
#[inline(always)]
pub(crate) fn f16_to_f32(x: f16) -> f32 {
    const SCALE: f32 = f32::from_bits((127 + 127 - 15) << 23);
    let (sign, magnitude) = (u32::from(x.to_bits() & 0x8000) << 16, u32::from(x.to_bits() & 0x7fff) << 13);
    let special = if magnitude >= 0x7c00 << 13 { f32::INFINITY.to_bits() } else { 0 };
    f32::from_bits((f32::from_bits(magnitude) * SCALE).to_bits() | special | sign)
}

/// The upper half of a float32, rounded to nearest, ties to even; without branches, for the vectoriser.
#[inline(always)]
fn round_to_bf16(x: f32) -> u16 {
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1)) >> 16;
    if x.is_nan() { 0x7fc0 } else { rounded as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let special =
            [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 2147483648.0, -2147483648.0, -2147483904.0, 9.3e18, -9.3e18, 1e30];
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
        assert_eq!(
            (to::<_, u32>(3e9f64), to::<_, u64>(1e19f64), to::<_, u64>(f64::NAN)),
            (3_000_000_000, 10u64.pow(19), 1 << 63)
        );
        assert_eq!(
            (to::<u64, f32>(u64::MAX), to::<i64, u16>(-1), to::<u64, f16>(70000)),
            (2f32.powi(64), u16::MAX, f16::INFINITY)
        );
    }

    #[test]
    fn small_floats_are_reached_by_way_of_float32() {
        assert_eq!(to::<f64, F8E4M3FN>(1.0625 + 1e-12).to_f32(), 1.0);
        assert_eq!(
            (to::<i64, F8E5M2>(70000).to_f32(), to::<c32, F8E4M3FN>(c32::new(500.0, 1.0)).to_f32()),
            (f32::INFINITY, 448.0)
        );
        assert_eq!(to::<c64, c16>(c64::new(1.5, 1e9)), c16::new(f16::from_f32(1.5), f16::INFINITY));
    }
}
