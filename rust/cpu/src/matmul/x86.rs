//! Registers of x86-64: AVX-512 and AVX2 with fused multiply-adds.

use std::arch::x86_64::*;

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::{c32, c64};
use num_complex::Complex;

use super::kernel::{DotTile, Kernel, Lanes, Tile, Transpose, any_dots, any_height, portable};
use super::number::Number;
use crate::element::Ring;
use crate::isa::{Level, level};

/// The proof that the processor has AVX-512.
#[derive(Clone, Copy)]
pub(super) struct Avx512(());
/// The proof that the processor has AVX2 and fused multiply-adds.
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// A register whose elements are the parts of complex numbers, side by side.
trait Parts: Lanes {
    /// The real parts in the places of both, and the imaginary parts so.
    fn parts(self) -> [Self; 2];
    /// `self + i * other`
    fn plus_turned(self, other: Self) -> Self;
}

macro_rules! lanes {
    ($isa:ty, $register:ty, $t:ty, $n:literal, $splat:ident, $load:ident, $store:ident, $mul_add:ident, $total:ident,
     $real:expr, $imaginary:expr, $turn:expr) => {
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

        impl Parts for $register {
            #[inline(always)]
            fn parts(self) -> [Self; 2] {
                // SAFETY: the processor has the instruction set, for there is a register.
                unsafe { [$real(self), $imaginary(self)] }
            }
            #[inline(always)]
            fn plus_turned(self, other: Self) -> Self {
                // SAFETY: as above.
                unsafe { $turn(self, other) }
            }
        }
    };
}

lanes!(
    Avx512,
    __m512,
    f32,
    16,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_fmadd_ps,
    _mm512_reduce_add_ps,
    |x| _mm512_moveldup_ps(x),
    |x| _mm512_movehdup_ps(x),
    |x, y| _mm512_fmaddsub_ps(x, _mm512_set1_ps(1.0), _mm512_permute_ps::<0b10_11_00_01>(y))
);
lanes!(
    Avx512,
    __m512d,
    f64,
    8,
    _mm512_set1_pd,
    _mm512_loadu_pd,
    _mm512_storeu_pd,
    _mm512_fmadd_pd,
    _mm512_reduce_add_pd,
    |x| _mm512_movedup_pd(x),
    |x| _mm512_permute_pd::<0b1111_1111>(x),
    |x, y| _mm512_fmaddsub_pd(x, _mm512_set1_pd(1.0), _mm512_permute_pd::<0b0101_0101>(y))
);
lanes!(
    Avx2,
    __m256,
    f32,
    8,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_fmadd_ps,
    total_ps,
    |x| _mm256_moveldup_ps(x),
    |x| _mm256_movehdup_ps(x),
    |x, y| _mm256_addsub_ps(x, _mm256_permute_ps::<0b10_11_00_01>(y))
);
lanes!(
    Avx2,
    __m256d,
    f64,
    4,
    _mm256_set1_pd,
    _mm256_loadu_pd,
    _mm256_storeu_pd,
    _mm256_fmadd_pd,
    total_pd,
    |x| _mm256_movedup_pd(x),
    |x| _mm256_permute_pd::<0b1111>(x),
    |x, y| _mm256_addsub_pd(x, _mm256_permute_pd::<0b0101>(y))
);

/// Sums of complex products, four real ones each. The first register sums right factors, as they lie in memory, times the real
/// parts of left ones, the second the same times the imaginary parts. Nothing has to be moved within a register before the sum is
/// complete; then the second, times the imaginary unit, is added to the first.
///
/// Of left factors it holds the parts, of elements the elements and zeros.
#[derive(Clone, Copy)]
struct Complexes<V>([V; 2]);

impl<V: Parts> Lanes for Complexes<V>
where
    Complex<V::T>: Number,
{
    type T = Complex<V::T>;
    const N: usize = V::N / 2;
    type Isa = V::Isa;
    #[inline(always)]
    fn splat(isa: V::Isa, x: Self::T) -> Self {
        Complexes([V::splat(isa, x.re), V::splat(isa, x.im)])
    }
    #[inline(always)]
    unsafe fn load(isa: V::Isa, p: *const Self::T) -> Self {
        // SAFETY: the caller's promise; a complex number is its two parts.
        Complexes([unsafe { V::load(isa, p.cast()) }, V::splat(isa, V::T::zeroed())])
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut Self::T) {
        // SAFETY: as above.
        unsafe { self.0[0].store(p.cast()) }
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Complexes([self.0[0].mul_add(b.0[0], c.0[0]), self.0[1].mul_add(b.0[0], c.0[1])])
    }
    #[inline(always)]
    fn factors(self) -> Self {
        Complexes(self.0[0].parts())
    }
    #[inline(always)]
    fn finished(self) -> Self {
        let [by_real, by_imaginary] = self.0;
        Complexes([by_real.plus_turned(by_imaginary), by_imaginary])
    }
    #[inline(always)]
    fn scaled_plus(self, isa: V::Isa, alpha: Self::T, c: Self) -> Self {
        if alpha.im == V::T::zeroed() {
            // Infinities times nothing would not be numbers.
            let [elements, rest] = self.0;
            return Complexes([V::splat(isa, alpha.re).mul_add(elements, c.0[0]), rest]);
        }
        Self::splat(isa, alpha).mul_add(self, c).finished()
    }
    #[inline(always)]
    fn prefetch(p: *const Self::T) {
        V::prefetch(p.cast());
    }
    #[inline(always)]
    fn total(self) -> Self::T {
        let mut elements = [Self::T::zeroed(); 8];
        // SAFETY: no register holds more complex numbers.
        unsafe { self.finished().store(elements.as_mut_ptr()) };
        let mut n = Self::N;
        while n > 1 {
            n /= 2;
            for i in 0..n {
                elements[i] = elements[i].plus(elements[i + n]);
            }
        }
        elements[0]
    }
}

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

/// Tiles of complex numbers are half as high, for their sums are two registers.
#[target_feature(enable = "avx512f")]
fn complex_avx512<V: Lanes<Isa = Avx512>>(t: &Tile<V::T>) {
    any_height::<V, 2, 4, 6>(Avx512(()), t)
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

#[target_feature(enable = "avx2,fma")]
fn complex_avx2<V: Lanes<Isa = Avx2>>(t: &Tile<V::T>) {
    any_height::<V, 1, 2, 3>(Avx2(()), t)
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

/// The best kernel here of complex numbers whose parts lie in two registers.
fn best_complex<W, V, T: Number>() -> Kernel<T>
where
    Complexes<W>: Lanes<Isa = Avx512, T = T>,
    Complexes<V>: Lanes<Isa = Avx2, T = T>,
{
    match level() {
        // SAFETY: the processor was found to have the features.
        Level::Avx512 => unsafe {
            Kernel::new::<Complexes<W>>([2, 4, 6], complex_avx512::<Complexes<W>>, dots_avx512::<Complexes<W>>, None)
        },
        // SAFETY: as above.
        Level::Avx2 => unsafe {
            Kernel::new::<Complexes<V>>([1, 2, 3], complex_avx2::<Complexes<V>>, dots_avx2::<Complexes<V>>, None)
        },
        Level::Baseline => portable(),
    }
}

pub(super) fn kernel_c32() -> Kernel<c32> {
    best_complex::<__m512, __m256, c32>()
}

pub(super) fn kernel_c64() -> Kernel<c64> {
    best_complex::<__m512d, __m256d, c64>()
}
