//! float16 from and to float32, eight at a time where the machine can do that. Results are the same everywhere.

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::isa::{Level, level};

/// Each `dst[i] = src[i]`.
pub(crate) fn widen(src: &[f16], dst: &mut [f32]) {
    #[cfg(target_arch = "x86_64")]
    if level() >= Level::Avx2 {
        // SAFETY: that level includes F16C.
        return unsafe { x86::widen(src, dst) };
    }
    src.convert_to_f32_slice(dst);
}

/// Each `dst[i]` is the float16 nearest to `src[i]`, ties to even.
pub(crate) fn narrow(src: &[f32], dst: &mut [f16]) {
    #[cfg(target_arch = "x86_64")]
    if level() >= Level::Avx2 {
        // SAFETY: that level includes F16C.
        return unsafe { x86::narrow(src, dst) };
    }
    dst.convert_from_f32_slice(src);
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use half::f16;

    #[target_feature(enable = "avx2,f16c")]
    pub(super) fn widen(src: &[f16], dst: &mut [f32]) {
        let (blocks, rest) = src.as_chunks::<8>();
        let (out_blocks, out_rest) = dst.as_chunks_mut::<8>();
        blocks.iter().zip(out_blocks).for_each(|(block, out)| *out = widen_8(block));
        let mut last = [f16::ZERO; 8];
        last[..rest.len()].copy_from_slice(rest);
        out_rest.copy_from_slice(&widen_8(&last)[..rest.len()]);
    }

    #[target_feature(enable = "avx2,f16c")]
    pub(super) fn narrow(src: &[f32], dst: &mut [f16]) {
        let (blocks, rest) = src.as_chunks::<8>();
        let (out_blocks, out_rest) = dst.as_chunks_mut::<8>();
        blocks.iter().zip(out_blocks).for_each(|(block, out)| *out = narrow_8(block));
        let mut last = [0.0; 8];
        last[..rest.len()].copy_from_slice(rest);
        out_rest.copy_from_slice(&narrow_8(&last)[..rest.len()]);
    }

    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    fn widen_8(block: &[f16; 8]) -> [f32; 8] {
        let mut out = [0.0; 8];
        // SAFETY: eight elements are read and eight are written, neither need be aligned.
        unsafe { _mm256_storeu_ps(out.as_mut_ptr(), _mm256_cvtph_ps(_mm_loadu_si128(block.as_ptr().cast()))) };
        out
    }

    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    fn narrow_8(block: &[f32; 8]) -> [f16; 8] {
        let mut out = [f16::ZERO; 8];
        // SAFETY: eight elements are read and eight are written, neither need be aligned.
        unsafe {
            let halves = _mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(_mm256_loadu_ps(block.as_ptr()));
            _mm_storeu_si128(out.as_mut_ptr().cast(), halves);
        }
        out
    }
}
