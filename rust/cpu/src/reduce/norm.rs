//! Vector norms.

use ferrotorch_core::dtype::{Element, c32, c64};
use ferrotorch_core::{Array, DType, Error, Result};

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

/// Which norm.
#[derive(Clone, Copy)]
enum Order {
    Count,
    One,
    Two,
    Largest,
    Smallest,
    Other(f64),
}

struct Norm<T> {
    order: Order,
    element: std::marker::PhantomData<T>,
}

/// `out0 = sum(|in0|^p)^(1/p)`
pub(super) fn norm(p: f64, input: &Array, out: &Array) -> Result<()> {
    let order = match p {
        0.0 => Order::Count,
        1.0 => Order::One,
        2.0 => Order::Two,
        f64::INFINITY => Order::Largest,
        f64::NEG_INFINITY => Order::Smallest,
        p => Order::Other(p),
    };
    let compute = input.dtype.accumulate();
    let input = &if input.dtype == compute { input.clone() } else { input.to_dtype(compute)? };
    into_dtype(compute.real(), out, |out| match compute {
        DType::Float32 => typed::<f32>(order, input, out),
        DType::Float64 => typed::<f64>(order, input, out),
        DType::Complex64 => typed::<c32>(order, input, out),
        DType::Complex128 => typed::<c64>(order, input, out),
        other => Err(Error::dtype("norm", other, "convert to a float dtype first")),
    })
}

fn typed<T: Magnitude>(order: Order, input: &Array, out: &Array) -> Result<()> {
    reduce_with(&Norm::<T> { order, element: std::marker::PhantomData }, input, None, out)
}

impl<T: Magnitude> Fold for Norm<T> {
    type In = T;
    type Acc = T::Real;
    type Out = T::Real;

    fn start(&self) -> T::Real {
        if let Order::Smallest = self.order { T::Real::INFINITY } else { T::Real::ZERO }
    }

    #[inline(always)]
    fn step<I: Isa>(&self, acc: T::Real, x: T, _: T) -> T::Real {
        match self.order {
            Order::Two => acc + x.squared(),
            Order::One => acc + x.magnitude(),
            Order::Count => acc + if x == T::zeroed() { T::Real::ZERO } else { T::Real::ONE },
            Order::Largest => larger(acc, x.magnitude()),
            Order::Smallest => smaller(acc, x.magnitude()),
            Order::Other(p) => acc + T::Real::of(x.magnitude().wide().powf(p)),
        }
    }

    fn merge(&self, a: T::Real, b: T::Real) -> T::Real {
        match self.order {
            Order::Largest => larger(a, b),
            Order::Smallest => smaller(a, b),
            _ => a + b,
        }
    }

    fn finish(&self, acc: T::Real, _: T) -> T::Real {
        match self.order {
            Order::Two => acc.sqrt(),
            Order::Other(p) => T::Real::of(acc.wide().powf(1.0 / p)),
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
