//! Vector norms.

use ferrotorch_kernel::dtype::{Element, c32, c64};
use ferrotorch_kernel::{Array, DType, Error, Result};

use super::driver::reduce_with;
use super::fold::Fold;
use super::into_dtype;
use crate::isa::Isa;
use crate::math::Float;

/// Elements that have a size.
pub(crate) trait Magnitude: Element {
    /// Type of the size.
    type Real: Float;
    /// `|x|`
    fn magnitude(self) -> Self::Real;
    /// `|x|^2`
    fn squared(self) -> Self::Real;
}

macro_rules! magnitudes {
    ($($t:ty => $real:ty: $x:ident => $abs:expr, $square:expr;)*) => { $(impl Magnitude for $t {
        type Real = $real;
        #[inline(always)]
        fn magnitude(self) -> $real { let $x = self; $abs }
        #[inline(always)]
        fn squared(self) -> $real { let $x = self; $square }
    })* };
}

magnitudes! {
    f32 => f32: x => x.abs(), x * x;
    f64 => f64: x => x.abs(), x * x;
    c32 => f32: z => z.norm(), z.norm_sqr();
    c64 => f64: z => z.norm(), z.norm_sqr();
}

/// Which norm: a constant of the fold's type, so that its loops do not choose at every element.
mod order {
    pub(super) const COUNT: u8 = 0;
    pub(super) const ONE: u8 = 1;
    pub(super) const TWO: u8 = 2;
    pub(super) const LARGEST: u8 = 3;
    pub(super) const SMALLEST: u8 = 4;
    pub(super) const OTHER: u8 = 5;
}

struct Norm<T, const ORDER: u8> {
    p: f64,
    element: std::marker::PhantomData<T>,
}

/// `out0 = sum(|in0|^p)^(1/p)`
pub(super) fn norm(p: f64, input: &Array, out: &Array) -> Result<()> {
    let compute = input.dtype.accumulate();
    into_dtype(compute.real(), out, |out| match compute {
        DType::Float32 => typed::<f32>(p, input, out),
        DType::Float64 => typed::<f64>(p, input, out),
        DType::Complex64 => typed::<c32>(p, input, out),
        DType::Complex128 => typed::<c64>(p, input, out),
        other => Err(Error::dtype("norm", other, "convert to a float dtype first")),
    })
}

fn typed<T: Magnitude>(p: f64, input: &Array, out: &Array) -> Result<()> {
    match p {
        0.0 => ordered::<T, { order::COUNT }>(p, input, out),
        1.0 => ordered::<T, { order::ONE }>(p, input, out),
        2.0 => ordered::<T, { order::TWO }>(p, input, out),
        f64::INFINITY => ordered::<T, { order::LARGEST }>(p, input, out),
        f64::NEG_INFINITY => ordered::<T, { order::SMALLEST }>(p, input, out),
        _ => ordered::<T, { order::OTHER }>(p, input, out),
    }
}

fn ordered<T: Magnitude, const ORDER: u8>(p: f64, input: &Array, out: &Array) -> Result<()> {
    reduce_with(&Norm::<T, ORDER> { p, element: std::marker::PhantomData }, input, T::DTYPE, out)
}

impl<T: Magnitude, const ORDER: u8> Fold for Norm<T, ORDER> {
    type In = T;
    type Context = T;
    type Acc = T::Real;
    type Out = T::Real;

    fn start(&self) -> T::Real {
        if ORDER == order::SMALLEST { T::Real::INFINITY } else { T::Real::ZERO }
    }

    #[inline(always)]
    fn step<I: Isa>(&self, acc: T::Real, x: T, _: T) -> T::Real {
        match ORDER {
            order::TWO => acc + x.squared(),
            order::ONE => acc + x.magnitude(),
            order::COUNT => acc + if x == T::zeroed() { T::Real::ZERO } else { T::Real::ONE },
            order::LARGEST => larger(acc, x.magnitude()),
            order::SMALLEST => smaller(acc, x.magnitude()),
            _ => acc + T::Real::of(x.magnitude().wide().powf(self.p)),
        }
    }

    #[inline(always)]
    fn merge(&self, a: T::Real, b: T::Real) -> T::Real {
        match ORDER {
            order::LARGEST => larger(a, b),
            order::SMALLEST => smaller(a, b),
            _ => a + b,
        }
    }

    fn finish(&self, acc: T::Real, _: T) -> T::Real {
        match ORDER {
            order::TWO => acc.sqrt(),
            order::OTHER => T::Real::of(acc.wide().powf(1.0 / self.p)),
            _ => acc,
        }
    }
}

#[inline(always)]
fn larger<T: Float>(a: T, b: T) -> T {
    if b > a || b.is_nan() { b } else { a }
}

#[inline(always)]
fn smaller<T: Float>(a: T, b: T) -> T {
    if b < a || b.is_nan() { b } else { a }
}
