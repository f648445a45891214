//! Registers of x86-64: AVX-512 and AVX2 with fused multiply-adds.

use std::arch::x86_64::*;

use super::kernel::{DotTile, Kernel, Lanes, Tile, Transpose, any_dots, any_height, portable};
use crate::isa::{Level, level};

/// The proof that the processor has AVX-512.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());
/// The proof that the processor has AVX2 and fused multiply-adds.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

macro_rules! lanes {
    ($isa:ty, $register:ty, $t:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $mul_add:ident, $total:ident) => {
        impl Lanes for $register {
            type T = $t;
            const N: usize = $n;
            type Isa = $isa;
            #[inline(always)]
            fn splat(_: $isa, x: $t) -> Self {
                // SAFETY: the processor has the instruction set.
                unsafe { $splat(x) }
            }
            #[inline(always)]
            unsafe fn load(_: $isa, p: *const $t) -> Self {
                // SAFETY: as above, and the elements can be read.
                unsafe { $load(p) }
            }
            #[inline(always)]
            unsafe fn store(self, p: *mut $t) {
                // SAFETY: as above, and the elements can be written.
                unsafe { $store(p, self) }
            }
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: the processor has the instruction set, for there is a register.
                unsafe { $mul_add(self, b, c) }
            }
            #[inline(always)]
            fn prefetch(p: *const $t) {
                // SAFETY: every x86-64 processor has the instruction; it reads nothing.
                unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
            }
            #[inline(always)]
            fn total(self) -> $t {
                // SAFETY: the processor has the instruction set, for there is a register.
                unsafe { $total(self) }
            }
        }
    };
}

lanes!(Avx512, __m512, f32, 16, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_fmadd_ps, _mm512_reduce_add_ps);
lanes!(Avx512, __m512d, f64, 8, _mm512_set1_pd, _mm512_loadu_pd, _mm512_storeu_pd, _mm512_fmadd_pd, _mm512_reduce_add_pd);
lanes!(Avx2, __m256, f32, 8, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_fmadd_ps, total_ps);
lanes!(Avx2, __m256d, f64, 4, _mm256_set1_pd, _mm256_loadu_pd, _mm256_storeu_pd, _mm256_fmadd_pd, total_pd);

/// Sixteen words of two bfloat16 as a factor, or sixteen sums in float32. Numbers below the normal ones count as zero, as the
/// instruction has it.
#[derive(Clone, Copy)]
struct Pairs(__m512);
/// The proof that the processor has AVX-512 with products of bfloat16.
#[derive(Clone, Copy)]
struct Avx512Bf16(Avx512);

impl Lanes for Pairs {
    type T = f32;
    const N: usize = 16;
    type Isa = Avx512Bf16;
    #[inline(always)]
    fn splat(isa: Avx512Bf16, x: f32) -> Self {
        Pairs(Lanes::splat(isa.0, x))
    }
    #[inline(always)]
    unsafe fn load(isa: Avx512Bf16, p: *const f32) -> Self {
        // SAFETY: the caller's promise.
        Pairs(unsafe { Lanes::load(isa.0, p) })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: the caller's promise.
        unsafe { self.0.store(p) }
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Pairs(self.0.mul_add(b.0, c.0))
    }
    #[inline(always)]
    fn add_products(self, b: Self, c: Self) -> Self {
        // SAFETY: the processor has the instructions, for there is a register; both types are names of the same bits.
        unsafe {
            Pairs(_mm512_dpbf16_ps(
                c.0,
                std::mem::transmute::<__m512, __m512bh>(self.0),
                std::mem::transmute::<__m512, __m512bh>(b.0),
            ))
        }
    }
    #[inline(always)]
    fn prefetch(p: *const f32) {
        __m512::prefetch(p);
    }
    #[inline(always)]
    fn total(self) -> f32 {
        self.0.total()
    }
}

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

/// [`Kernel::transpose`], on a processor that has AVX2.
#[target_feature(enable = "avx2")]
fn transpose_ps(rows: &[[f32; 8]; 8], out: &mut [f32], step: usize) {
    let r: [__m256; 8] = rows.map(bytemuck::cast);
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
    for k in 0..8 {
        let (upper, lower) = (upper[k % 4], lower[k % 4]);
        let column =
            if k < 4 { _mm256_permute2f128_ps::<0x20>(upper, lower) } else { _mm256_permute2f128_ps::<0x31>(upper, lower) };
        let column: [f32; 8] = bytemuck::cast(column);
        out[k * step..][..8].copy_from_slice(&column);
    }
}

#[target_feature(enable = "avx512f")]
fn tile_avx512<V: Lanes<Isa = Avx512>>(t: &Tile<V::T>) {
    any_height::<V, 4, 8, 12>(Avx512(()), t)
}

#[target_feature(enable = "avx512f")]
fn dots_avx512<V: Lanes<Isa = Avx512>>(t: &DotTile<V::T>) {
    any_dots::<V>(Avx512(()), t)
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn tile_bf16(t: &Tile<f32>) {
    any_height::<Pairs, 4, 8, 12>(Avx512Bf16(Avx512(())), t)
}

#[target_feature(enable = "avx512f,avx512bf16")]
fn dots_bf16(t: &DotTile<f32>) {
    any_dots::<Pairs>(Avx512Bf16(Avx512(())), t)
}

#[target_feature(enable = "avx2,fma")]
fn tile_avx2<V: Lanes<Isa = Avx2>>(t: &Tile<V::T>) {
    any_height::<V, 2, 4, 6>(Avx2(()), t)
}

#[target_feature(enable = "avx2,fma")]
fn dots_avx2<V: Lanes<Isa = Avx2>>(t: &DotTile<V::T>) {
    any_dots::<V>(Avx2(()), t)
}

/// The best kernel here of two registers; with AVX2 there may be a function that transposes blocks, which with AVX-512 takes longer
/// than storing the elements one by one.
fn best<W: Lanes<Isa = Avx512>, V: Lanes<Isa = Avx2, T = W::T>>(transpose: Option<Transpose<W::T>>) -> Kernel<W::T> {
    match level() {
        // SAFETY: the processor was found to have the features.
        Level::Avx512 => unsafe { Kernel::new::<W>([4, 8, 12], tile_avx512::<W>, dots_avx512::<W>, None) },
        // SAFETY: as above.
        Level::Avx2 => unsafe { Kernel::new::<V>([2, 4, 6], tile_avx2::<V>, dots_avx2::<V>, transpose) },
        Level::Baseline => portable(),
    }
}

/// [`transpose_ps`], part of kernels from AVX2 on only.
fn transpose(rows: &[[f32; 8]; 8], out: &mut [f32], step: usize) {
    // SAFETY: the processor has the features of the kernel that this is part of.
    unsafe { transpose_ps(rows, out, step) }
}

pub(super) fn kernel_f32() -> Kernel<f32> {
    best::<__m512, __m256>(Some(transpose))
}

pub(super) fn kernel_f64() -> Kernel<f64> {
    best::<__m512d, __m256d>(None)
}

/// The kernel for factors in bfloat16, whose words are pairs, if the processor has instructions for these.
pub(super) fn kernel_bf16() -> Option<Kernel<f32>> {
    let here = level() == Level::Avx512 && is_x86_feature_detected!("avx512bf16");
    // SAFETY: the processor was found to have the features; AVX-512 includes AVX2.
    here.then(|| unsafe { Kernel::new::<Pairs>([4, 8, 12], tile_bf16, dots_bf16, Some(transpose)).of_pairs() })
}
