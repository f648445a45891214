//! Compiling one generic loop for every instruction set, and calling the best one.

use half::f16;
#[cfg(not(target_arch = "x86_64"))]
use half::slice::HalfFloatSliceExt;

#[cfg(target_arch = "x86_64")]
use crate::convert::truncate;
#[cfg(target_arch = "x86_64")]
use crate::float16::x86;
#[cfg(target_arch = "x86_64")]
use crate::isa::{Avx2, Avx512, level};
use crate::isa::{Baseline, Isa, Level};

/// A loop to be compiled for several instruction sets: a value whose `run` is inlined into a function with the set's
/// features enabled.
pub(crate) trait SimdLoop {
    /// What the loop yields.
    type Output;
    /// The best level that the loop is compiled for, where wider registers do not make up for another copy of it.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "other targets have one level"))]
    const WIDEST: Level = Level::Avx512;
    /// The loop; must be `#[inline(always)]`.
    fn run<I: Isa>(self) -> Self::Output;
}

/// Runs a loop with the best instruction set that [`level`] allows.
#[inline]
pub(crate) fn run<L: SimdLoop>(work: L) -> L::Output {
    match run_in_full(work) {
        Ok(output) => output,
        Err(work) => work.run::<Baseline>(),
    }
}

/// [`run`] of a loop that others stand in for at a baseline which is not compiled [in full](Isa::IN_FULL): there it is given back.
#[inline]
pub(crate) fn run_in_full<L: SimdLoop>(work: L) -> std::result::Result<L::Output, L> {
    // The condition on `WIDEST` is constant, so that loops that cannot be chosen are not compiled.
    #[cfg(target_arch = "x86_64")]
    if const { matches!(L::WIDEST, Level::Avx512) } && level() == Level::Avx512 {
        // SAFETY: `level` found the features on this machine.
        return Ok(unsafe { on_avx512(work) });
    }
    #[cfg(target_arch = "x86_64")]
    if const { !matches!(L::WIDEST, Level::Baseline) } && level() >= Level::Avx2 {
        // SAFETY: as above.
        return Ok(unsafe { on_avx2(work) });
    }
    if const { Baseline::IN_FULL } { Ok(work.run::<Baseline>()) } else { Err(work) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512cd,avx2,fma,f16c")]
fn on_avx512<L: SimdLoop>(work: L) -> L::Output {
    work.run::<Avx512>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
fn on_avx2<L: SimdLoop>(work: L) -> L::Output {
    work.run::<Avx2>()
}

/// Asks for the cache line at an address, which need not be one of an element.
#[inline(always)]
pub(crate) fn prefetch<T>(address: *const T) {
    // SAFETY: every x86-64 processor has the instruction; it reads nothing, wherever the address leads.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// The proof that the processor has instructions for float16, and that [`level`] allows them.
#[derive(Clone, Copy)]
pub(crate) struct Halves(());

#[cfg(target_arch = "x86_64")]
impl Halves {
    /// The proof, if there is one.
    pub(crate) fn here() -> Option<Halves> {
        (level() >= Level::Avx2).then_some(Halves(()))
    }

    /// Each `dst[i] = src[i]`.
    pub(crate) fn widen(&self, src: &[f16], dst: &mut [f32]) {
        // SAFETY: the levels from AVX2 on include F16C.
        unsafe { x86::widen(src, dst) }
    }

    /// Each `dst[i]` is the float16 nearest to `src[i]`.
    pub(crate) fn narrow(&self, src: &[f32], dst: &mut [f16]) {
        // SAFETY: as above.
        unsafe { x86::narrow(src, dst) }
    }

    /// [`Halves::widen`] in registers, in a loop compiled for a level that has the instructions.
    #[inline(always)]
    pub(crate) fn widen_few(self, x: &[f16; 16]) -> [f32; 16] {
        // SAFETY: as above.
        unsafe { x86::widen_16(x) }
    }

    /// [`Halves::narrow`] in registers.
    #[inline(always)]
    pub(crate) fn narrow_few(self, x: &[f32; 16]) -> [f16; 16] {
        // SAFETY: as above.
        unsafe { x86::narrow_16(x) }
    }
}

#[cfg(not(target_arch = "x86_64"))]
impl Halves {
    /// There are none that the standard library does not use.
    pub(crate) fn here() -> Option<Halves> {
        None
    }

    /// Each `dst[i] = src[i]`.
    pub(crate) fn widen(&self, src: &[f16], dst: &mut [f32]) {
        src.convert_to_f32_slice(dst);
    }

    /// Each `dst[i]` is the float16 nearest to `src[i]`.
    pub(crate) fn narrow(&self, src: &[f32], dst: &mut [f16]) {
        dst.convert_from_f32_slice(src);
    }

    /// Each element widened.
    pub(crate) fn widen_few(self, x: &[f16; 16]) -> [f32; 16] {
        x.map(f16::to_f32)
    }

    /// Each element rounded.
    pub(crate) fn narrow_few(self, x: &[f32; 16]) -> [f16; 16] {
        x.map(f16::from_f32)
    }
}

/// Converts by the processor's instructions, if it has those of a level: does so and is true.
#[cfg(target_arch = "x86_64")]
fn by_instructions<A, B>(least: Level, convert: unsafe fn(&[A], &mut [B]), src: &[A], dst: &mut [B]) -> bool {
    let is_here = level() >= least;
    if is_here {
        // SAFETY: `level` found the features that `convert` is compiled for on this machine.
        unsafe { convert(src, dst) }
    }
    is_here
}

/// Each element as an integer; false where there are no instructions for that.
pub(crate) fn f32_to_i32(src: &[f32], dst: &mut [i32]) -> bool {
    #[cfg(target_arch = "x86_64")]
    let done = by_instructions(Level::Avx2, truncate::x86::f32_to_i32, src, dst);
    #[cfg(not(target_arch = "x86_64"))]
    let done = src.is_empty() && dst.is_empty();
    done
}

/// [`f32_to_i32`] of float64.
pub(crate) fn f64_to_i32(src: &[f64], dst: &mut [i32]) -> bool {
    #[cfg(target_arch = "x86_64")]
    let done = by_instructions(Level::Avx2, truncate::x86::f64_to_i32, src, dst);
    #[cfg(not(target_arch = "x86_64"))]
    let done = src.is_empty() && dst.is_empty();
    done
}

/// [`f32_to_i32`] to integers of 64 bits.
pub(crate) fn f32_to_i64(src: &[f32], dst: &mut [i64]) -> bool {
    #[cfg(target_arch = "x86_64")]
    let done = by_instructions(Level::Avx512, truncate::x86::f32_to_i64, src, dst);
    #[cfg(not(target_arch = "x86_64"))]
    let done = src.is_empty() && dst.is_empty();
    done
}

/// [`f32_to_i64`] of float64.
pub(crate) fn f64_to_i64(src: &[f64], dst: &mut [i64]) -> bool {
    #[cfg(target_arch = "x86_64")]
    let done = by_instructions(Level::Avx512, truncate::x86::f64_to_i64, src, dst);
    #[cfg(not(target_arch = "x86_64"))]
    let done = src.is_empty() && dst.is_empty();
    done
}

/// `dispatch!(name<'a; T: Bound>(x: &'a [T]) => generic)` makes `fn name`, which runs the `#[inline(always)]` function `generic`
/// as a [`SimdLoop`]; for loops that have no use for the instruction set itself. References need lifetimes with names, for
/// the arguments become fields:
/// ```text
/// struct Arguments<'a, T: Bound> { x: &'a [T] }
/// impl<'a, T: Bound> SimdLoop for Arguments<'a, T> { fn run<I: Isa>(self) { generic(self.x) } .. }
/// fn name<'a, T: Bound>(x: &'a [T]) { simd::run(Arguments { x }) }
/// ```
macro_rules! dispatch {
    ($name:ident<$($life:lifetime),+; $($g:ident: $bound:path),+>($($arg:ident: $ty:ty),+ $(,)?) => $generic:ident) => {
        pub(super) fn $name<$($life,)+ $($g: $bound),+>($($arg: $ty),+) {
            struct Arguments<$($life,)+ $($g: $bound),+> {
                $($arg: $ty,)+
                types: std::marker::PhantomData<($($g,)+)>,
            }
            impl<$($life,)+ $($g: $bound),+> $crate::simd::SimdLoop for Arguments<$($life,)+ $($g),+> {
                type Output = ();
                #[inline(always)]
                fn run<I: $crate::isa::Isa>(self) {
                    $generic($(self.$arg),+)
                }
            }
            $crate::simd::run(Arguments { $($arg,)+ types: std::marker::PhantomData })
        }
    };
}
pub(crate) use dispatch;
