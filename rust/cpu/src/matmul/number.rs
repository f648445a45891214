//! What an element type must offer to be multiplied: sums of products, and its kernel.

use ferrotorch_kernel::dtype::{c32, c64};
use ferrotorch_kernel::scalar::FromScalar;

use super::kernel::{self, Kernel};
use crate::element::Ring;
use crate::isa::Isa;

/// An element type that products are computed in; sums and products of integers wrap.
pub(crate) trait Number: Ring + FromScalar {
    /// `self * b + c`
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        self.times(b).plus(c)
    }
    /// `self * alpha + c`, where a complex factor without an imaginary part leaves infinities what they are.
    #[inline(always)]
    fn times_plus(self, alpha: Self, c: Self) -> Self {
        self.mul_add(alpha, c)
    }
    /// [`Number::mul_add`] in a loop compiled for an instruction set, rounded once where that has an instruction for it.
    #[inline(always)]
    fn fused<I: Isa>(self, b: Self, c: Self) -> Self {
        self.mul_add(b, c)
    }
    /// The best kernel on this processor.
    fn kernel() -> Kernel<Self> {
        kernel::portable()
    }
}

impl Number for i32 {
    fn kernel() -> Kernel<Self> {
        kernel::of_integers()
    }
}
impl Number for i64 {}

macro_rules! floats {
    ($($t:ty => $kernel:ident),*) => { $(
        impl Number for $t {
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // Without the instruction, a fused multiply-add is a slow function of the C library.
                if cfg!(any(target_arch = "aarch64", target_feature = "fma")) { <$t>::mul_add(self, b, c) } else { self * b + c }
            }
            #[inline(always)]
            fn fused<I: Isa>(self, b: Self, c: Self) -> Self {
                if I::FMA { <$t>::mul_add(self, b, c) } else { self * b + c }
            }
            #[cfg(target_arch = "x86_64")]
            fn kernel() -> Kernel<Self> {
                super::x86::$kernel()
            }
        }
    )* };
}
floats!(f32 => kernel_f32, f64 => kernel_f64);

impl Number for c32 {
    #[inline(always)]
    fn times_plus(self, alpha: Self, c: Self) -> Self {
        if alpha.im == 0.0 { self * alpha.re + c } else { self * alpha + c }
    }
    #[cfg(target_arch = "x86_64")]
    fn kernel() -> Kernel<Self> {
        super::x86::kernel_c32()
    }
}

impl Number for c64 {
    #[inline(always)]
    fn times_plus(self, alpha: Self, c: Self) -> Self {
        if alpha.im == 0.0 { self * alpha.re + c } else { self * alpha + c }
    }
    #[cfg(target_arch = "x86_64")]
    fn kernel() -> Kernel<Self> {
        super::x86::kernel_c64()
    }
}
