//! Floats to integers by the processor's instructions, which do with what does not fit what [`crate::convert`] promises. The compiler
//! has no vectors for Rust's own conversion.

use crate::simd;

/// Each `dst[i]` is `src[i]` truncated, if there is an instruction for that here: does so and is true.
pub(crate) trait Truncate<D>: Sized {
    fn truncate(src: &[Self], dst: &mut [D]) -> bool;
}

impl Truncate<i32> for f32 {
    fn truncate(src: &[f32], dst: &mut [i32]) -> bool {
        simd::f32_to_i32(src, dst)
    }
}

impl Truncate<i64> for f32 {
    fn truncate(src: &[f32], dst: &mut [i64]) -> bool {
        simd::f32_to_i64(src, dst)
    }
}

impl Truncate<i64> for f64 {
    fn truncate(src: &[f64], dst: &mut [i64]) -> bool {
        simd::f64_to_i64(src, dst)
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
