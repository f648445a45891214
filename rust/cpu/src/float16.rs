//! float16 from and to float32, eight at a time where the machine can do that. Results are the same everywhere.

use half::f16;
use half::slice::HalfFloatSliceExt;

use crate::simd::Halves;

/// Each `dst[i] = src[i]`.
pub(crate) fn widen(src: &[f16], dst: &mut [f32]) {
    match Halves::here() {
        Some(halves) => halves.widen(src, dst),
        None => src.convert_to_f32_slice(dst),
    }
}

/// Each `dst[i]` is the float16 nearest to `src[i]`, ties to even.
pub(crate) fn narrow(src: &[f32], dst: &mut [f16]) {
    match Halves::here() {
        Some(halves) => halves.narrow(src, dst),
        None => dst.convert_from_f32_slice(src),
    }
}

/// The loops for processors with F16C.
#[cfg(target_arch = "x86_64")]
pub(crate) mod x86 {
    use std::arch::x86_64::*;

    use half::f16;

    #[target_feature(enable = "avx2,f16c")]
    pub(crate) fn widen(src: &[f16], dst: &mut [f32]) {
        let (blocks, rest) = src.as_chunks::<8>();
        let (out_blocks, out_rest) = dst.as_chunks_mut::<8>();
        blocks.iter().zip(out_blocks).for_each(|(block, out)| *out = widen_8(block));
        let mut last = [f16::ZERO; 8];
        last[..rest.len()].copy_from_slice(rest);
        out_rest.copy_from_slice(&widen_8(&last)[..rest.len()]);
    }

    #[target_feature(enable = "avx2,f16c")]
    pub(crate) fn narrow(src: &[f32], dst: &mut [f16]) {
        let (blocks, rest) = src.as_chunks::<8>();
        let (out_blocks, out_rest) = dst.as_chunks_mut::<8>();
        blocks.iter().zip(out_blocks).for_each(|(block, out)| *out = narrow_8(block));
        let mut last = [0.0; 8];
        last[..rest.len()].copy_from_slice(rest);
        out_rest.copy_from_slice(&narrow_8(&last)[..rest.len()]);
    }

    /// Widens in registers.
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    pub(crate) fn widen_16(x: &[f16; 16]) -> [f32; 16] {
        let (halves, _) = x.as_chunks::<8>();
        bytemuck::cast([widen_8(&halves[0]), widen_8(&halves[1])])
    }

    /// Rounds in registers.
    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    pub(crate) fn narrow_16(x: &[f32; 16]) -> [f16; 16] {
        let (halves, _) = x.as_chunks::<8>();
        bytemuck::cast([narrow_8(&halves[0]), narrow_8(&halves[1])])
    }

    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    fn widen_8(block: &[f16; 8]) -> [f32; 8] {
        bytemuck::cast(_mm256_cvtph_ps(bytemuck::cast(*block)))
    }

    #[inline]
    #[target_feature(enable = "avx2,f16c")]
    fn narrow_8(block: &[f32; 8]) -> [f16; 8] {
        bytemuck::cast(_mm256_cvtps_ph::<_MM_FROUND_TO_NEAREST_INT>(bytemuck::cast(*block)))
    }
}
