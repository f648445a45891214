//! Types that stand for dtypes where kernels only move elements, and arithmetic that kernels of rows share.

use ferrotorch_kernel::dtype::{Bool, Element, bf16, c32, c64, f16};

/// Run an expression with a type name bound to a type of a dtype's size: moving elements needs no more.
macro_rules! match_size {
    ($dtype:expr, $t:ident => $body:expr) => {
        match $dtype.size() {
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
    /// Not a number?
    fn is_nan(self) -> bool;
}

macro_rules! ordered_integers {
    ($($t:ty),*) => { $(impl Ordered for $t {
        #[inline(always)]
        fn precedes(self, other: Self) -> bool { self < other }
        #[inline(always)]
        fn is_nan(self) -> bool { false }
    })* };
}

macro_rules! ordered_floats {
    ($($t:ty),*) => { $(impl Ordered for $t {
        #[inline(always)]
        fn precedes(self, other: Self) -> bool { self < other || (other.is_nan() && !self.is_nan()) }
        #[inline(always)]
        fn is_nan(self) -> bool { <$t>::is_nan(self) }
    })* };
}

ordered_integers! { u8, i8, i16, i32, i64 }
ordered_floats! { f32, f64, f16, bf16 }

impl Ordered for Bool {
    #[inline(always)]
    fn precedes(self, other: Self) -> bool {
        !self.get() && other.get()
    }
    #[inline(always)]
    fn is_nan(self) -> bool {
        false
    }
}

/// Elements that can be added and multiplied; integers wrap, half types round once a step.
pub(crate) trait Ring: Element {
    /// 0
    const ZERO: Self;
    /// 1
    const ONE: Self;
    /// Sum.
    fn plus(self, other: Self) -> Self;
    /// Product.
    fn times(self, other: Self) -> Self;
}

macro_rules! ring_integers {
    ($($t:ty),*) => { $(impl Ring for $t {
        const ZERO: Self = 0;
        const ONE: Self = 1;
        #[inline(always)]
        fn plus(self, other: Self) -> Self { self.wrapping_add(other) }
        #[inline(always)]
        fn times(self, other: Self) -> Self { self.wrapping_mul(other) }
    })* };
}

macro_rules! ring_floats {
    ($($t:ty: $zero:expr, $one:expr);* $(;)?) => { $(impl Ring for $t {
        const ZERO: Self = $zero;
        const ONE: Self = $one;
        #[inline(always)]
        fn plus(self, other: Self) -> Self { self + other }
        #[inline(always)]
        fn times(self, other: Self) -> Self { self * other }
    })* };
}

ring_integers! { u8, i8, i16, i32, i64 }
ring_floats! {
    f32: 0.0, 1.0; f64: 0.0, 1.0; f16: f16::ZERO, f16::ONE; bf16: bf16::ZERO, bf16::ONE;
    c32: c32::new(0.0, 0.0), c32::new(1.0, 0.0); c64: c64::new(0.0, 0.0), c64::new(1.0, 0.0);
}

/// Bool adds as "or" and multiplies as "and".
impl Ring for Bool {
    const ZERO: Self = Bool(0);
    const ONE: Self = Bool(1);
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Bool::new(self.get() | other.get())
    }
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Bool::new(self.get() & other.get())
    }
}
