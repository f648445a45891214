//! Conversion between any two dtypes, one number at a time and over strided runs.
//!
//! Floats become integers as PyTorch's x86 builds do it: truncated toward zero; what a signed integer of 32 bits (64
//! for `int64` and `uint8`) cannot hold becomes its smallest value, of which narrower types keep the low bits. The upper halves
//! of `uint32` and `uint64` are reached by subtracting the lower ones.

pub(crate) mod truncate;

#[cfg(test)]
mod tests;

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
use crate::view::{Read, Stretches, Write};

/// Conversion of one number.
pub(crate) trait Cast<D>: Copy {
    /// Converts.
    fn cast(self) -> D;

    /// Converts all elements of a slice into those of one that is as long.
    fn cast_all(src: &[Self], dst: &mut [D]);
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

/// Converts element by element.
pub(crate) fn convert<S: Cast<D>, D>(src: &[S], dst: &mut [D]) {
    S::cast_all(src, dst);
}

/// A conversion in a loop of its own.
struct Casting<'a, S, D> {
    src: &'a [S],
    dst: &'a mut [D],
}

impl<S: Cast<D>, D> SimdLoop for Casting<'_, S, D> {
    type Output = ();
    // Between floats and integers of 64 bits there are instructions in AVX-512 alone; others wait for memory.
    const WIDEST: Level = if size_of::<S>() + size_of::<D>() >= 12 { Level::Avx512 } else { Level::Avx2 };

    #[inline(always)]
    fn run<I: Isa>(self) {
        self.src.iter().zip(self.dst).for_each(|(s, d)| *d = s.cast());
    }
}

/// Elements that are converted twice while they are in the first-level cache, and so few that they are not.
const BLOCK: usize = 256;
const FEW: usize = 8;

/// Converts by way of another type. So there are loops for few pairs of types.
fn through<S: Cast<M> + Cast<D>, M: Pod + Cast<D>, D>(src: &[S], dst: &mut [D]) {
    if src.len() <= FEW {
        return src.iter().zip(dst).for_each(|(s, d)| *d = s.cast());
    }
    let mut block = [M::zeroed(); BLOCK];
    for (src, dst) in src.chunks(BLOCK).zip(dst.chunks_mut(BLOCK)) {
        let block = &mut block[..src.len()];
        S::cast_all(src, block);
        M::cast_all(block, dst);
    }
}

/// `impl Cast<$d> for $s` for every pair. Slices are converted in a loop over the body, which reads `$x`, or as `in` says; `by` a
/// third type; or `like` one whose bits are the same.
macro_rules! casts {
    ($([$($s:ty),*] => $d:tt $($how:ident $way:path)? $(: |$x:ident, $t:ident| $body:expr)?;)*) => { $(
        casts!(@ [$($s),*] $d [$($how $way)?] [$(|$x, $t| $body)?]);
    )* };
    (@ [$($s:ty),*] $d:tt $how:tt $body:tt) => { $(casts!(@@ $s, $d, $how, $body);)* };
    (@@ $s:ty, [$($d:ty),*], $how:tt, $body:tt) => { $(casts!(@@@ $s, $d, $how, $body);)* };
    (@@@ $s:ty, $d:ty, [], [|$x:ident, $t:ident| $body:expr]) => {
        casts!(impl $s, $d, |$x, $t| $body, |src, dst| simd::run(Casting { src, dst }));
    };
    (@@@ $s:ty, $d:ty, [in $way:path], [|$x:ident, $t:ident| $body:expr]) => {
        casts!(impl $s, $d, |$x, $t| $body, |src, dst| $way(src, dst));
    };
    (@@@ $s:ty, $d:ty, [by $way:path], []) => {
        casts!(impl $s, $d, |x, D| Cast::<D>::cast(Cast::<$way>::cast(x)), |src, dst| through::<$s, $way, $d>(src, dst));
    };
    (@@@ $s:ty, $d:ty, [like $way:path], []) => {
        casts!(impl $s, $d, |x, D| Cast::<$way>::cast(x) as D, |src, dst| Cast::<$way>::cast_all(src, bytemuck::cast_slice_mut(dst)));
    };
    (impl $s:ty, $d:ty, |$x:ident, $t:ident| $body:expr, |$src:ident, $dst:ident| $all:expr) => {
        impl Cast<$d> for $s {
            #[inline(always)]
            fn cast(self) -> $d {
                #[allow(unused, reason = "a body need not name the type")]
                type $t = $d;
                let $x = self;
                $body
            }
            fn cast_all($src: &[$s], $dst: &mut [$d]) {
                $all
            }
        }
    };
}

casts! {
    [u8, i8, i16, i32, i64, u16, u32, u64] => [i8, i16, i32, i64, f32, f64]: |x, D| x as D;
    [u8, i8, i16, i32, i64, u16, u32, u64] => [u8] like i8;
    [u8, i8, i16, i32, i64, u16, u32, u64] => [u16] like i16;
    [u8, i8, i16, i32, i64, u16, u32, u64] => [u32] like i32;
    [u8, i8, i16, i32, i64, u16, u32, u64] => [u64] like i64;
    [u8, i8, i16, i32, i64, u16, u32, u64] => [Bool]: |x, D| D::new(x != 0);
    [f32, f64] => [f32, f64]: |x, D| x as D;
    [f32, f64] => [Bool]: |x, D| D::new(x != 0.0);
    [Bool] => [u8]: |x, D| x.get() as D;
    [Bool] => [Bool]: |x, D| D::new(x.get());
    [Bool] => [i8, i16, i32, i64, u16, u32, u64, f32, f64] by u8;

    [f32] => [i32] in truncate::f32_to_i32: |x, D| select_unpredictable(x < -(D::MIN as f32), x as D, D::MIN);
    [f64] => [i32] in truncate::f64_to_i32: |x, D| select_unpredictable(x < -(D::MIN as f64), x as D, D::MIN);
    [f32] => [i64] in truncate::f32_to_i64: |x, D| select_unpredictable(x < -(D::MIN as f32), x as D, D::MIN);
    [f64] => [i64] in truncate::f64_to_i64: |x, D| select_unpredictable(x < -(D::MIN as f64), x as D, D::MIN);
    [f32, f64] => [u32] in truncate::whole: |x, _D| to_u32(Cast::<f64>::cast(x));
    [f32, f64] => [u64] in truncate::whole: |x, _D| to_u64(Cast::<f64>::cast(x));
    // Of float32 beyond its range the low bits that a byte keeps are zeros.
    [f32] => [i16, i8, u16, u8] by i32;
    [f64] => [i16, i8, u16] by i32;
    [f64] => [u8] by i64;

    [c32] => [f32]: |z, _D| z.re;
    [c64] => [f64]: |z, _D| z.re;
    [c32] => [u8, i8, i16, i32, i64, u16, u32, u64, f64, f16, bf16] by f32;
    [c64] => [u8, i8, i16, i32, i64, u16, u32, u64, f32, f16, bf16] by f64;
    [c32, c64] => [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU]: |z, D| Cast::<D>::cast(z.re);
    [c32, c64] => [Bool]: |z, D| D::new(z.re != 0.0 || z.im != 0.0);
    [c32, c64] => [c16, c32, c64]: |z, D| D::new(z.re.cast(), z.im.cast());
    [f32] => [c32]: |x, D| D::new(x, 0.0);
    [f64] => [c64]: |x, D| D::new(x, 0.0);
    [Bool, u8, i8, i16, i32, i64, u16, u32, u64, f64] => [c32] by f32;
    [Bool, u8, i8, i16, i32, i64, u16, u32, u64, f32] => [c64] by f64;
    [Bool, u8, i8, i16, i32, i64, u64, f32, f64] => [c16]: |x, D| D::new(x.cast(), f16::ZERO);

    [f16] => [f32] in float16::widen: |x, D| D::from(x);
    [f16] => [f16]: |x, D| D::from_bits(x.to_bits());
    [f16] => [Bool, u8, i8, i16, i32, i64, u64, f64, bf16, c32, c64] by f32;
    [bf16] => [f32]: |x, _D| bf16_to_f32(x);
    [bf16] => [bf16]: |x, D| D::from_bits(x.to_bits());
    [bf16] => [Bool, u8, i8, i16, i32, i64, u64, f64, f16, c32, c64] by f32;
    [f32] => [f16] in float16::narrow: |x, D| D::from_f32(x);
    [f32] => [bf16]: |x, D| D::from_bits(round_to_bf16(x));
    [Bool, u8, i8, i16, i32, i64, u16, u32, u64, f64] => [f16, bf16] by f32;

    [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU] => [f32]: |x, D| x.to_f32() as D;
    [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU] => [Bool, u8, i8, i16, i32, i64, u64, f64, f16, bf16, c32, c64] by f32;
    [f32] => [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU]: |x, D| D::from_f32(x);
    [Bool, u8, i8, i16, i32, i64, u64, f64] => [F8E4M3FN, F8E4M3FNUZ, F8E5M2, F8E5M2FNUZ, F8E8M0FNU] by f32;
    [c16] => [f16]: |z, D| D::from_bits(z.re.to_bits());
    [c16] => [u8, i8, i16, i32, i64, u64, f32, f64, bf16] by f16;
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
