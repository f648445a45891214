//! Types that stand for dtypes where kernels only move elements, and arithmetic that kernels of rows share.

use std::ops::{Add, Mul};

use ferrotorch_kernel::dtype::{Bool, Element, bf16, c32, c64, f16};

/// Run an expression with a type name bound to a type of a dtype's size and alignment: moving elements needs no more.
macro_rules! match_size {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype.size() {
            8 if $dtype.is_complex() => {
                type $t = ferrotorch_kernel::dtype::c32;
                $body
            }
            1 => {
                type $t = u8;
                $body
            }
            2 => {
                type $t = i16;
                $body
            }
            4 => {
                type $t = i32;
                $body
            }
            8 => {
                type $t = i64;
                $body
            }
            _ => {
                type $t = ferrotorch_kernel::dtype::c64;
                $body
            }
        }
    };
}
pub(crate) use match_size;

/// Elements that have an order, in which NaN is largest.
pub(crate) trait Ordered: Element {
    /// `self < other` in that order.
    fn precedes(self, other: Self) -> bool;
    /// `self < other` as numbers; false with NaN.
    fn below(self, other: Self) -> bool;
    /// Not a number?
    fn is_nan(self) -> bool;
}

/// What is not equal to itself is not a number; of integers that is nothing.
macro_rules! ordered {
    ($($t:ty),*) => { $(impl Ordered for $t {
        #[inline(always)]
        fn precedes(self, other: Self) -> bool { self < other || (other.is_nan() && !self.is_nan()) }
        #[inline(always)]
        fn below(self, other: Self) -> bool { self < other }
        #[inline(always)]
        #[allow(clippy::eq_op, reason = "true of NaN alone")]
        fn is_nan(self) -> bool { self != self }
    })* };
}

ordered! { u8, i8, i16, i32, i64, u16, u32, u64, f32, f64, f16, bf16 }

impl Ordered for Bool {
    #[inline(always)]
    fn precedes(self, other: Self) -> bool {
        !self.get() && other.get()
    }
    #[inline(always)]
    fn below(self, other: Self) -> bool {
        self.precedes(other)
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
}

/// Elements that can be added and multiplied; integers wrap, half types round once a step.
pub(crate) trait Ring: Element {
    /// 1; 0 is what all bits of are zero.
    const UNIT: Self;
    /// Sum.
    fn plus(self, other: Self) -> Self;
    /// Product.
    fn times(self, other: Self) -> Self;
}

macro_rules! rings {
    ($($t:ty: $one:expr, $plus:ident, $times:ident);* $(;)?) => { $(impl Ring for $t {
        const UNIT: Self = $one;
        #[inline(always)]
        fn plus(self, other: Self) -> Self { <$t>::$plus(self, other) }
        #[inline(always)]
        fn times(self, other: Self) -> Self { <$t>::$times(self, other) }
    })* };
}

rings! {
    u8: 1, wrapping_add, wrapping_mul; i8: 1, wrapping_add, wrapping_mul; i16: 1, wrapping_add, wrapping_mul;
    i32: 1, wrapping_add, wrapping_mul; i64: 1, wrapping_add, wrapping_mul;
    f32: 1.0, add, mul; f64: 1.0, add, mul; f16: f16::ONE, add, mul; bf16: bf16::ONE, add, mul;
    c32: c32::new(1.0, 0.0), add, mul; c64: c64::new(1.0, 0.0), add, mul;
}

/// Bool adds as "or" and multiplies as "and".
impl Ring for Bool {
    const UNIT: Self = Bool(1);
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Bool::new(self.get() | other.get())
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Bool::new(self.get() & other.get())
    }
}
