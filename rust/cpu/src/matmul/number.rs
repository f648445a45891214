//! What an element type must offer to be multiplied: sums of products, and its kernel.

use ferrotorch_kernel::dtype::{Element, c32, c64};
use ferrotorch_kernel::scalar::FromScalar;

use super::kernel::{self, Kernel};

/// An element type that products are computed in.
pub(crate) trait Number: Element + FromScalar {
    /// `self * b + c`; integers wrap.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// `self + b`; integers wrap.
    fn plus(self, b: Self) -> Self;
    /// The best kernel on this processor.
    fn kernel() -> Kernel<Self>;
}

macro_rules! integers {
    ($($t:ty),*) => { $(
        impl Number for $t {
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                self.wrapping_mul(b).wrapping_add(c)
            }
            #[inline(always)]
            fn plus(self, b: Self) -> Self {
                self.wrapping_add(b)
            }
            fn kernel() -> Kernel<Self> {
                kernel::portable()
            }
        }
    )* };
}
integers!(u8, i8, i16, i32, i64);

macro_rules! complexes {
    ($($t:ty),*) => { $(
        impl Number for $t {
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                self * b + c
            }
            #[inline(always)]
            fn plus(self, b: Self) -> Self {
                self + b
            }
            fn kernel() -> Kernel<Self> {
                kernel::portable()
            }
        }
    )* };
}
complexes!(c32, c64);

macro_rules! floats {
    ($($t:ty => $kernel:ident),*) => { $(
        impl Number for $t {
            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // Without the instruction, a fused multiply-add is a slow function of the C library.
                if cfg!(any(target_arch = "aarch64", target_feature = "fma")) { <$t>::mul_add(self, b, c) } else { self * b + c }
            }
            #[inline(always)]
            fn plus(self, b: Self) -> Self {
                self + b
            }
            #[cfg(target_arch = "x86_64")]
            fn kernel() -> Kernel<Self> {
                super::x86::$kernel()
            }
            #[cfg(not(target_arch = "x86_64"))]
            fn kernel() -> Kernel<Self> {
                kernel::portable()
            }
        }
    )* };
}
floats!(f32 => kernel_f32, f64 => kernel_f64);
