//! Registers of x86-64: AVX-512 and AVX2 with fused multiply-adds, and the matrix registers (AMX).

use std::arch::asm;
use std::arch::x86_64::*;
use std::mem::MaybeUninit;
#[cfg(target_os = "linux")]
use std::sync::OnceLock;

use bytemuck::Zeroable;
use ferrotorch_kernel::dtype::{c32, c64};
use num_complex::Complex;

use super::kernel::{Kernel, LONGEST, Lanes, Setup, Turn, any_dots, any_height, portable, write_part};
use super::number::Number;
use super::shuffle::{total_pd, total_ps, transpose_ps, turn_eight_ps, turn_four_pd, turn_pd, turn_ps};
use super::tile::{DotTile, Tile};
use crate::element::Ring;
#[cfg(target_os = "linux")]
use crate::isa::has_matrix_registers;
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

/// The best kernel here of two registers, whose rows are packed four together by the first function, or so many by the second.
///
/// # Safety
/// A processor that has the instructions of a register has those of its function.
unsafe fn best<W: Lanes<Isa = Avx512>, V: Lanes<Isa = Avx2, T = W::T>>(
    turn: Turn<W::T>,
    (turned, turn_avx2): (usize, Turn<W::T>),
) -> Kernel<W::T> {
    match level() {
        // SAFETY: the processor was found to have the features.
        Level::Avx512 => unsafe { Kernel::new::<W>([4, 8, 12], tile_avx512::<W>, dots_avx512::<W>).with_turn(4, turn) },
        // SAFETY: as above. Panels that deep stay in a first-level cache of 32 KiB; processors with AVX-512 have 48.
        Level::Avx2 => unsafe {
            Kernel::new::<V>([2, 4, 6], tile_avx2::<V>, dots_avx2::<V>).with_turn(turned, turn_avx2).with_depth(256)
        },
        Level::Baseline => portable(),
    }
}

/// [`transpose_ps`], part of kernels from AVX2 on only.
fn transpose(rows: &[[f32; 8]; 8], out: &mut [f32], step: usize) {
    // SAFETY: the processor has the features of the kernel.
    unsafe { transpose_ps(rows, out, step) }
}

pub(super) fn kernel_f32() -> Kernel<f32> {
    // SAFETY: the functions are compiled for AVX-512 and AVX2.
    unsafe { best::<__m512, __m256>(turn_ps, (8, turn_eight_ps)) }
}

pub(super) fn kernel_f64() -> Kernel<f64> {
    // SAFETY: as above.
    unsafe { best::<__m512d, __m256d>(turn_pd, (4, turn_four_pd)) }
}

/// The kernel for factors in bfloat16, whose words are pairs, if the processor has instructions for these.
pub(super) fn kernel_bf16() -> Option<Kernel<f32>> {
    let here = level() == Level::Avx512 && is_x86_feature_detected!("avx512bf16");
    // SAFETY: the processor was found to have the features; AVX-512 includes AVX2.
    let vectors =
        here.then(|| unsafe { Kernel::new::<Pairs>([4, 8, 12], tile_bf16, dots_bf16).of_pairs().with_turn(4, turn_ps) })?;
    let setup = Setup { begin: begin_matrices, end: end_matrices };
    // SAFETY: as above; `matrix_tile` takes such panels.
    Some(if has_matrices() { unsafe { vectors.with_matrices(setup, matrix_tile, transpose) } } else { vectors })
}

/// May matrix registers be used? The processor must have them with products of bfloat16, the environment allow them, and the
/// system agree to keep what is in them: this is asked for once, and holds for all threads, also later ones.
#[cfg(target_os = "linux")]
fn has_matrices() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| has_matrix_registers() && is_permitted())
}

/// Other systems have ways of their own to ask, or none.
#[cfg(not(target_os = "linux"))]
fn has_matrices() -> bool {
    false
}

/// Asks the system to keep the matrix registers of this process's threads. It refuses where it does not know them, or where the
/// stack of a signal handler has no room for them.
#[cfg(target_os = "linux")]
fn is_permitted() -> bool {
    /// `ARCH_REQ_XCOMP_PERM`
    const REQUEST: libc::c_long = 0x1023;
    /// `XFEATURE_XTILEDATA`
    const MATRICES: libc::c_long = 18;
    // SAFETY: the call reads its two numbers and touches no memory.
    unsafe { libc::syscall(libc::SYS_arch_prctl, REQUEST, MATRICES) == 0 }
}

/// What the processor reads of the shapes of its matrix registers.
#[repr(C, align(64))]
struct Shapes {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    bytes: [u16; 16],
    rows: [u8; 16],
}

/// All eight of sixteen rows of sixteen words.
static SHAPES: Shapes = {
    let (mut bytes, mut rows) = ([0; 16], [0; 16]);
    let mut register = 0;
    while register < 8 {
        (bytes[register], rows[register]) = (64, 16);
        register += 1;
    }
    Shapes { palette: 1, start: 0, reserved: [0; 14], bytes, rows }
};

/// Gives the matrix registers their shapes.
///
/// # Safety
/// [`has_matrices`].
unsafe fn begin_matrices() {
    // SAFETY: the instruction reads the 64 bytes; nothing else here uses the registers that it clears.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const SHAPES, options(nostack, preserves_flags, readonly)) }
}

/// Frees the matrix registers: the system has less to keep when the thread is interrupted.
///
/// # Safety
/// [`has_matrices`].
unsafe fn end_matrices() {
    // SAFETY: the instruction clears registers that nothing else here uses.
    unsafe { asm!("tilerelease", options(nostack, preserves_flags, nomem)) }
}

/// Matrix register `N`, whose shape is that of [`SHAPES`]. The compiler uses none of these, so they keep their contents from one
/// of the instructions to the next.
struct Matrix<const N: usize>;

impl<const N: usize> Matrix<N> {
    /// # Safety
    /// The shapes are set.
    #[inline(always)]
    unsafe fn clear() {
        // SAFETY: see the type.
        unsafe { asm!("tilezero tmm{n}", n = const N, options(nostack, preserves_flags, nomem)) }
    }
    /// # Safety
    /// The shapes are set, and sixteen words can be read at each of sixteen rows.
    #[inline(always)]
    unsafe fn load(first: *const f32, row_bytes: isize) {
        // SAFETY: see the type, and the caller's promise.
        unsafe {
            asm!("tileloadd tmm{n}, [{first} + {step}]", n = const N, first = in(reg) first, step = in(reg) row_bytes,
                options(nostack, preserves_flags, readonly));
        }
    }
    /// Stores where told so, or loads.
    ///
    /// # Safety
    /// The shapes are set, and sixteen words can be read and written at each of sixteen rows.
    #[inline(always)]
    unsafe fn transfer<const STORE: bool>(first: *mut f32, row_bytes: isize) {
        // SAFETY: see the type, and the caller's promise.
        unsafe {
            if !STORE {
                return Self::load(first, row_bytes);
            }
            asm!("tilestored [{first} + {step}], tmm{n}", n = const N, first = in(reg) first, step = in(reg) row_bytes,
                options(nostack, preserves_flags));
        }
    }
    /// Adds the products of two matrices of pairs.
    ///
    /// # Safety
    /// The shapes are set.
    #[inline(always)]
    unsafe fn add_products<const A: usize, const B: usize>() {
        // SAFETY: see the type.
        unsafe {
            asm!("tdpbf16ps tmm{n}, tmm{a}, tmm{b}", n = const N, a = const A, b = const B,
                options(nostack, preserves_flags, nomem));
        }
    }
}

/// A tile of up to two by two matrices of sums, in registers 0 to 3. Sums go on from what is there, in tiles of every size, so that a
/// result does not depend on its place in a tile.
#[target_feature(enable = "avx512f")]
fn matrix_tile(t: &Tile<f32>) {
    match (t.rows > 16, t.cols > 16) {
        (true, true) => matrices::<2, 2>(t),
        (true, false) => matrices::<2, 1>(t),
        (false, true) => matrices::<1, 2>(t),
        (false, false) => matrices::<1, 1>(t),
    }
}

/// [`matrix_tile`] of `R` by `C` matrices. Rows and words that are read come in whole matrices: see [`Kernel::with_matrices`].
#[target_feature(enable = "avx512f")]
#[inline]
fn matrices<const R: usize, const C: usize>(t: &Tile<f32>) {
    let (a_row, a_step) = if t.packed { (16, 256 * R as isize) } else { (t.a_row, 16) };
    let (mut a, mut b, lower) = (t.a, t.b, 16 * a_row);
    let (a_row, b_row) = (4 * a_row, 4 * t.b_k);
    let is_whole = t.rows == 16 * R && t.cols == 16 * C && t.c_col == 1 && t.alpha == 1.0;
    let mut room = MaybeUninit::<[[[f32; LONGEST]; C]; 32]>::uninit();
    let (sums, row) = (room.as_mut_ptr().cast::<f32>(), 16 * C as isize);
    // SAFETY: the shapes are set (see `Running`), and steps stay inside of the panels' rows and columns (see `Tile`).
    unsafe {
        start_matrices::<R, C>(t, is_whole, sums);
        for group in 0..t.k / 16 {
            b = t.b_rows.map_or(b, |starts| t.b.wrapping_add(starts[group]));
            Matrix::<4>::load(a, a_row);
            Matrix::<6>::load(b, b_row);
            Matrix::<0>::add_products::<4, 6>();
            if C == 2 {
                Matrix::<7>::load(b.wrapping_add(16), b_row);
                Matrix::<1>::add_products::<4, 7>();
            }
            if R == 2 {
                Matrix::<5>::load(a.wrapping_offset(lower), a_row);
                Matrix::<2>::add_products::<5, 6>();
            }
            if R == 2 && C == 2 {
                Matrix::<3>::add_products::<5, 7>();
            }
            (a, b) = (a.wrapping_offset(a_step), b.wrapping_offset(16 * t.b_k));
        }
        if is_whole {
            move_matrices::<R, C, true>(t.c, t.c_row);
        } else {
            move_matrices::<R, C, true>(sums, row);
            let is_sum = t.accumulate && t.alpha != 1.0;
            write_part::<__m512, C>(Avx512(()), &Tile { accumulate: is_sum, ..*t }, sums.cast());
        }
    }
}

/// Sets the sums of [`matrices`] to what products are added to, which goes by way of `room` where it is no whole tile. Where
/// products are scaled before they are added, they begin with zeros.
///
/// # Safety
/// The shapes are set, and `room` has as many elements as the matrices.
#[inline(always)]
unsafe fn start_matrices<const R: usize, const C: usize>(t: &Tile<f32>, is_whole: bool, room: *mut f32) {
    // SAFETY: the caller's promise, and C has the valid rows and columns: see `Tile`.
    unsafe {
        if !t.accumulate || t.alpha != 1.0 {
            Matrix::<0>::clear();
            Matrix::<1>::clear();
            Matrix::<2>::clear();
            Matrix::<3>::clear();
            return;
        }
        if is_whole {
            return move_matrices::<R, C, false>(t.c, t.c_row);
        }
        room.write_bytes(0, 256 * R * C);
        for (i, j) in (0..t.rows).flat_map(|i| (0..t.cols).map(move |j| (i, j))) {
            *room.add(16 * C * i + j) = *t.c.offset(i as isize * t.c_row + j as isize * t.c_col);
        }
        move_matrices::<R, C, false>(room, 16 * C as isize);
    }
}

/// Loads the sums of [`matrices`], or stores them.
///
/// # Safety
/// The shapes are set, and all sums can be read and written.
#[inline(always)]
unsafe fn move_matrices<const R: usize, const C: usize, const STORE: bool>(at: *mut f32, row: isize) {
    let (right, below, row) = (at.wrapping_add(16), at.wrapping_offset(16 * row), 4 * row);
    // SAFETY: the caller's promise.
    unsafe {
        Matrix::<0>::transfer::<STORE>(at, row);
        if C == 2 {
            Matrix::<1>::transfer::<STORE>(right, row);
        }
        if R == 2 {
            Matrix::<2>::transfer::<STORE>(below, row);
        }
        if R == 2 && C == 2 {
            Matrix::<3>::transfer::<STORE>(below.wrapping_add(16), row);
        }
    }
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
            Kernel::new::<Complexes<W>>([2, 4, 6], complex_avx512::<Complexes<W>>, dots_avx512::<Complexes<W>>)
        },
        // SAFETY: as above.
        Level::Avx2 => unsafe { Kernel::new::<Complexes<V>>([1, 2, 3], complex_avx2::<Complexes<V>>, dots_avx2::<Complexes<V>>) },
        Level::Baseline => portable(),
    }
}

pub(super) fn kernel_c32() -> Kernel<c32> {
    best_complex::<__m512, __m256, c32>()
}

pub(super) fn kernel_c64() -> Kernel<c64> {
    best_complex::<__m512d, __m256d, c64>()
}
