//! The types that kernels compute in: every dtype but the half types, which are computed in float32.

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

macro_rules! inexact_lanes {
    ($($lane:ty: $real:ty),*) => { $(
        impl Lane for $lane {
            type Real = $real;
            #[inline]
            fn param(x: Scalar) -> Self {
                Self::from_scalar(x)
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

macro_rules! integer_lanes {
    ($($lane:ty),*) => { $(
        impl Lane for $lane {
            type Real = $lane;
            #[inline]
            fn param(x: Scalar) -> Self {
                match x {
                    Scalar::Float(x) => x as $lane,
                    other => Self::from_scalar(other),
                }
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

inexact_lanes! { Bool: Bool, f32: f32, f64: f64, c32: f32, c64: f64 }
integer_lanes! { u8, i8, i16, i32, i64 }

/// Run an expression with a type name bound to the lane of a dtype: `match_lane!(dtype, T => run::<T>(x))`.
macro_rules! match_lane {
    ($dtype:expr, $t:ident => $body:expr) => {
        $crate::lane::match_lane!(@ $dtype, $t, $body, [
            Bool ferrotorch_kernel::dtype::Bool, UInt8 u8, Int8 i8, Int16 i16, Int32 i32, Int64 i64, Float16 f32, BFloat16 f32,
            Float32 f32, Float64 f64, Complex64 ferrotorch_kernel::dtype::c32, Complex128 ferrotorch_kernel::dtype::c64])
    };
    (@ $dtype:expr, $t:ident, $body:expr, [$($variant:ident $lane:ty),*]) => {
        match $dtype { $(ferrotorch_kernel::DType::$variant => { type $t = $lane; $body })* }
    };
}
pub(crate) use match_lane;
