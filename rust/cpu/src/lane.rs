//! The types that kernels compute in: every usual dtype but the half types, which are computed in float32. So are floats of one
//! byte; unsigned integers of two and four bytes are computed in the next wider signed type, whose results end in the same low
//! bits, and complex32 in complex64.

use ferrotorch_kernel::dtype::{Bool, DType, Element, c32, c64};
use ferrotorch_kernel::match_dtype;
use ferrotorch_kernel::scalar::{FromScalar, Scalar};

use crate::convert::{Loader, Storer, load, store};

/// A type that pointwise kernels compute in.
pub(crate) trait Lane: Element + FromScalar {
    /// The type of the absolute value.
    type Real: Lane;
    /// A parameter of an op. As [`FromScalar`], but floats beyond the range of an integer become its ends, so that
    /// an infinite bound bounds nothing.
    fn param(x: Scalar) -> Self;
    /// How elements of a dtype become lanes.
    fn loader(dtype: DType) -> Loader<Self>;
    /// How lanes become elements of a dtype.
    fn storer(dtype: DType) -> Storer<Self>;
}

macro_rules! lanes {
    ($($lane:ty: $real:ty, $x:ident => $param:expr;)*) => { $(
        impl Lane for $lane {
            type Real = $real;
            #[inline]
            fn param($x: Scalar) -> Self {
                $param
            }
            fn loader(dtype: DType) -> Loader<Self> {
                match_dtype!(dtype, S => load::<S, $lane>)
            }
            fn storer(dtype: DType) -> Storer<Self> {
                match_dtype!(dtype, D => store::<$lane, D>)
            }
        }
    )* };
}

lanes! {
    Bool: Bool, x => Self::from_scalar(x);
    f32: f32, x => Self::from_scalar(x);
    f64: f64, x => Self::from_scalar(x);
    c32: f32, x => Self::from_scalar(x);
    c64: f64, x => Self::from_scalar(x);
    u8: u8, x => saturated(x, |x| x as u8);
    i8: i8, x => saturated(x, |x| x as i8);
    i16: i16, x => saturated(x, |x| x as i16);
    i32: i32, x => saturated(x, |x| x as i32);
    i64: i64, x => saturated(x, |x| x as i64);
    u64: u64, x => saturated(x, |x| x as u64);
}

/// A parameter of an integer type: Rust's conversion of floats ends where the integers do.
#[inline]
fn saturated<T: FromScalar>(x: Scalar, of_float: impl Fn(f64) -> T) -> T {
    match x {
        Scalar::Float(x) => of_float(x),
        other => T::from_scalar(other),
    }
}

/// Run an expression with a type name bound to the lane of a dtype: `match_lane!(dtype, T => run::<T>(x))`.
macro_rules! match_lane {
    ($dtype:expr, $t:ident => $body:expr) => {
        $crate::lane::match_lane!(@ $dtype, $t, $body, [
            Bool ferrotorch_kernel::dtype::Bool, UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64, Float16 f32, BFloat16 f32,
            Float32 f32, Float64 f64, Complex64 ferrotorch_kernel::dtype::c32, Complex128 ferrotorch_kernel::dtype::c64, UInt16 i32, UInt32 i64, UInt64 u64,
            Float8E4M3FN f32, Float8E4M3FNUZ f32, Float8E5M2 f32, Float8E5M2FNUZ f32, Float8E8M0FNU f32,
            Complex32 ferrotorch_kernel::dtype::c32])
    };
    (@ $dtype:expr, $t:ident, $body:expr, [$($variant:ident $lane:ty),*]) => {
        match $dtype { $(ferrotorch_kernel::DType::$variant => { type $t = $lane; $body })* }
    };
}
pub(crate) use match_lane;
