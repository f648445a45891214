//! Registers of x86-64: AVX-512 and AVX2 with fused multiply-adds.

use std::arch::x86_64::*;

use super::dots;
use super::kernel::{Kernel, Lanes, Tile, high, kernel, portable, tall, wide};
use crate::isa::{Level, level};

macro_rules! lanes {
    ($register:ty, $t:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $mul_add:ident, $total:ident) => {
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
            #[inline(always)]
            fn prefetch(p: *const $t) {
                // SAFETY: every x86-64 processor has the instruction; it reads nothing.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
            }
            #[inline(always)]
            unsafe fn total(self) -> $t {
                // SAFETY: the caller's processor has the instruction set.
                unsafe { $total(self) }
            }
        }
    };
}

lanes!(__m512, f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_reduce_add_ps);
lanes!(__m512d, f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_reduce_add_pd);
lanes!(__m256, f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, total_ps);
lanes!(__m256d, f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, total_pd);

#[target_feature(enable = "avx2")]
#[inline]
fn total_ps(x: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}

#[target_feature(enable = "avx2")]
#[inline]
fn total_pd(x: __m256d) -> f64 {
    let two = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd::<1>(x));
    _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two)))
}

/// # Safety
/// As [`Kernel::transpose`], on a processor that has AVX2.
#[target_feature(enable = "avx2")]
unsafe fn transpose_ps(rows: [*const f32; 8], out: *mut f32, step: usize) {
    // SAFETY: by the caller's promise.
    let r = rows.map(|row| unsafe { _mm256_loadu_ps(row) });
    let pair = |i: usize| (_mm256_unpacklo_ps(r[i], r[i + 1]), _mm256_unpackhi_ps(r[i], r[i + 1]));
    // Elements 0 and 4, 1 and 5, .. of four rows.
    let four = |i: usize| {
        let ((a, b), (c, d)) = (pair(i), pair(i + 2));
        [
            _mm256_shuffle_ps::<0x44>(a, c),
            _mm256_shuffle_ps::<0xEE>(a, c),
            _mm256_shuffle_ps::<0x44>(b, d),
            _mm256_shuffle_ps::<0xEE>(b, d),
        ]
    };
    let (upper, lower) = (four(0), four(4));
    for k in 0..4 {
        // SAFETY: by the caller's promise.
        unsafe { _mm256_storeu_ps(out.add(k * step), _mm256_permute2f128_ps::<0x20>(upper[k], lower[k])) };
    }
    for k in 0..4 {
        // SAFETY: as above.
        unsafe { _mm256_storeu_ps(out.add((k + 4) * step), _mm256_permute2f128_ps::<0x31>(upper[k], lower[k])) };
    }
}

kernel!(f32_avx512, ["avx512f"], __m512, 4, 8, 12, None);
kernel!(f64_avx512, ["avx512f"], __m512d, 4, 8, 12, None);
kernel!(f32_avx2, ["avx2,fma"], __m256, 2, 4, 6, Some(transpose_ps));
kernel!(f64_avx2, ["avx2,fma"], __m256d, 2, 4, 6, None);

macro_rules! best {
    ($name:ident, $t:ty, $avx512:ident, $avx2:ident) => {
        /// The best kernel here.
        pub(super) fn $name() -> Kernel<$t> {
            match level() {
                // SAFETY: the processor was found to have the features.
                Level::Avx512 => unsafe { $avx512() },
                // SAFETY: as above.
                Level::Avx2 => unsafe { $avx2() },
                Level::Baseline => portable(),
            }
        }
    };
}
best!(kernel_f32, f32, f32_avx512, f32_avx2);
best!(kernel_f64, f64, f64_avx512, f64_avx2);
