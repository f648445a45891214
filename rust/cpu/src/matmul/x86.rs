//! Registers of x86-64: AVX-512 and AVX2 with fused multiply-adds.

use std::arch::x86_64::*;

use super::kernel::{Kernel, Lanes, Tile, heights, portable, tile};

macro_rules! lanes {
    ($register:ty, $t:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $mul_add:ident) => {
        impl Lanes for $register {
            type T = $t;
            const N: usize = $n;
            #[inline(always)]
            unsafe fn splat(x: $t) -> Self {
                // SAFETY: the caller's processor has the instruction set.
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(p: *const $t) -> Self {
                // SAFETY: as above, and the elements can be read.
                unsafe { $load(p) }
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut $t) {
                // SAFETY: as above, and the elements can be written.
                unsafe { $store(p, self) }
            }
            #[inline(always)]
            unsafe fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: the caller's processor has the instruction set.
                unsafe { $mul_add(self, b, c) }
            }
        }
    };
}

lanes!(__m512, f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps);
lanes!(__m512d, f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd);
lanes!(__m256, f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps);
lanes!(__m256d, f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd);

heights!(f32_avx512, ["avx512f"], __m512, 4, 8, 12);
heights!(f64_avx512, ["avx512f"], __m512d, 4, 8, 12);
heights!(f32_avx2, ["avx2,fma"], __m256, 2, 4, 6);
heights!(f64_avx2, ["avx2,fma"], __m256d, 2, 4, 6);

fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// The best kernel for float32 here.
pub(super) fn kernel_f32() -> Kernel<f32> {
    if is_x86_feature_detected!("avx512f") {
        Kernel { mr: 12, step: 4, nr: 32, run: f32_avx512 }
    } else if has_avx2() {
        Kernel { mr: 6, step: 2, nr: 16, run: f32_avx2 }
    } else {
        portable()
    }
}

/// The best kernel for float64 here.
pub(super) fn kernel_f64() -> Kernel<f64> {
    if is_x86_feature_detected!("avx512f") {
        Kernel { mr: 12, step: 4, nr: 16, run: f64_avx512 }
    } else if has_avx2() {
        Kernel { mr: 6, step: 2, nr: 8, run: f64_avx2 }
    } else {
        portable()
    }
}
