//! Floats to integers, with vectors that the compiler does not make of Rust's own conversion. The processor's instructions do with
//! what does not fit what [`crate::convert`] promises.

use super::Cast;
use crate::isa::{Isa, Level};
use crate::simd::{self, SimdLoop};

/// Each `dst[i]` is `src[i]` truncated.
pub(super) fn f32_to_i32(src: &[f32], dst: &mut [i32]) {
    if !simd::f32_to_i32(src, dst) {
        one_by_one(src, dst);
    }
}

/// As [`f32_to_i32`].
pub(super) fn f64_to_i32(src: &[f64], dst: &mut [i32]) {
    if !simd::f64_to_i32(src, dst) {
        one_by_one(src, dst);
    }
}

/// As [`f32_to_i32`].
pub(super) fn f32_to_i64(src: &[f32], dst: &mut [i64]) {
    if !simd::f32_to_i64(src, dst) {
        whole(src, dst);
    }
}

/// As [`f32_to_i32`].
pub(super) fn f64_to_i64(src: &[f64], dst: &mut [i64]) {
    if !simd::f64_to_i64(src, dst) {
        whole(src, dst);
    }
}

fn one_by_one<S: Cast<D>, D>(src: &[S], dst: &mut [D]) {
    src.iter().zip(dst).for_each(|(x, out)| *out = x.cast());
}

/// An integer of which all values between two bounds have the low bits of the same integer of 64 bits.
pub(super) trait Whole {
    const ABOVE: f64 = -SMALL;
    const BELOW: f64 = SMALL;
    fn of_low_bits(x: i64) -> Self;
}

impl Whole for i64 {
    #[inline(always)]
    fn of_low_bits(x: i64) -> i64 {
        x
    }
}

impl Whole for u64 {
    #[inline(always)]
    fn of_low_bits(x: i64) -> u64 {
        x as u64
    }
}

impl Whole for u32 {
    const ABOVE: f64 = i32::MIN as f64;
    const BELOW: f64 = (1u64 << 32) as f64;
    #[inline(always)]
    fn of_low_bits(x: i64) -> u32 {
        x as u32
    }
}

/// Below it a float64 that [`SHIFT`] is added to has its whole part in the low bits.
const SMALL: f64 = (1u64 << 51) as f64;
const SHIFT: f64 = 1.5 * (1u64 << 52) as f64;

/// Converts blocks of small elements together, all others one by one.
pub(super) fn whole<S: Cast<f64> + Cast<D>, D: Whole>(src: &[S], dst: &mut [D]) {
    simd::run(WholeParts { src, dst });
}

struct WholeParts<'a, S, D> {
    src: &'a [S],
    dst: &'a mut [D],
}

/// Elements that are looked at together.
const BLOCK: usize = 16;

impl<S: Cast<f64> + Cast<D>, D: Whole> SimdLoop for WholeParts<'_, S, D> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let ((blocks, rest), (out, last)) = (self.src.as_chunks::<BLOCK>(), self.dst.as_chunks_mut::<BLOCK>());
        for (x, out) in blocks.iter().zip(out) {
            let (mut wide, mut are_small) = ([0.0f64; BLOCK], true);
            for i in 0..BLOCK {
                wide[i] = x[i].cast();
                are_small &= wide[i] > D::ABOVE && wide[i] < D::BELOW;
            }
            // At the baseline rounding is a call.
            if const { I::IN_FULL } && are_small {
                for i in 0..BLOCK {
                    out[i] = D::of_low_bits((wide[i].trunc() + SHIFT).to_bits() as i64 - SHIFT.to_bits() as i64);
                }
            } else {
                one_by_one(x, out);
            }
        }
        one_by_one(rest, last);
    }
}

/// The loops.
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86 {
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx2")]
    pub(crate) fn f32_to_i32(src: &[f32], dst: &mut [i32]) {
        let (blocks, rest) = src.as_chunks::<8>();
        let (out, last) = dst.as_chunks_mut::<8>();
        for (block, out) in blocks.iter().zip(out) {
            *out = bytemuck::cast(_mm256_cvttps_epi32(bytemuck::cast(*block)));
        }
        for (&x, out) in rest.iter().zip(last) {
            *out = _mm_cvttss_si32(_mm_set_ss(x));
        }
    }

    #[target_feature(enable = "avx2")]
    pub(crate) fn f64_to_i32(src: &[f64], dst: &mut [i32]) {
        let (blocks, rest) = src.as_chunks::<4>();
        let (out, last) = dst.as_chunks_mut::<4>();
        for (block, out) in blocks.iter().zip(out) {
            *out = bytemuck::cast(_mm256_cvttpd_epi32(bytemuck::cast(*block)));
        }
        for (&x, out) in rest.iter().zip(last) {
            *out = _mm_cvttsd_si32(_mm_set_sd(x));
        }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    pub(crate) fn f32_to_i64(src: &[f32], dst: &mut [i64]) {
        let (blocks, rest) = src.as_chunks::<4>();
        let (out, last) = dst.as_chunks_mut::<4>();
        for (block, out) in blocks.iter().zip(out) {
            *out = bytemuck::cast(_mm256_cvttps_epi64(bytemuck::cast(*block)));
        }
        for (&x, out) in rest.iter().zip(last) {
            *out = _mm_cvttss_si64(_mm_set_ss(x));
        }
    }

    #[target_feature(enable = "avx512f,avx512dq,avx512vl")]
    pub(crate) fn f64_to_i64(src: &[f64], dst: &mut [i64]) {
        let (blocks, rest) = src.as_chunks::<4>();
        let (out, last) = dst.as_chunks_mut::<4>();
        for (block, out) in blocks.iter().zip(out) {
            *out = bytemuck::cast(_mm256_cvttpd_epi64(bytemuck::cast(*block)));
        }
        for (&x, out) in rest.iter().zip(last) {
            *out = _mm_cvttsd_si64(_mm_set_sd(x));
        }
    }
}
