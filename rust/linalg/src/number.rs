//! The numbers that matrices are made of.

use std::fmt::Debug;
use std::iter::Sum;
use std::ops::Neg;

use num_complex::Complex;
use num_traits::{Float, NumAssign};

/// A real or complex number.
pub trait Number: Copy + Debug + Send + Sync + NumAssign + Neg<Output = Self> + Sum + 'static {
    /// The type of its parts and of its modulus.
    type Real: Real;
    /// Has it an imaginary part?
    const IS_COMPLEX: bool;

    /// From the real and the imaginary part; a real number takes the first alone.
    fn of_parts(re: Self::Real, im: Self::Real) -> Self;
    /// Real part.
    fn re(self) -> Self::Real;
    /// Imaginary part.
    fn im(self) -> Self::Real;
    /// Complex conjugate.
    fn conj(self) -> Self;
    /// `sqrt(re^2 + im^2)`
    fn modulus(self) -> Self::Real;
    /// Times a real number.
    fn times(self, factor: Self::Real) -> Self;

    /// From a real number.
    #[inline(always)]
    fn of_real(re: Self::Real) -> Self {
        Self::of_parts(re, <Self::Real as num_traits::Zero>::zero())
    }

    /// `|re| + |im|`, by which LAPACK chooses pivots.
    #[inline(always)]
    fn size(self) -> Self::Real {
        if Self::IS_COMPLEX { self.re().abs() + self.im().abs() } else { self.re().abs() }
    }

    /// `re^2 + im^2`
    #[inline(always)]
    fn squared(self) -> Self::Real {
        if Self::IS_COMPLEX { self.re() * self.re() + self.im() * self.im() } else { self.re() * self.re() }
    }

    /// Neither infinite nor NaN?
    #[inline(always)]
    fn has_finite_parts(self) -> bool {
        self.re().is_finite() && self.im().is_finite()
    }

    /// Not a number, in either part.
    fn not_a_number() -> Self {
        Self::of_parts(Self::Real::nan(), Self::Real::nan())
    }
}

/// A real number.
pub trait Real: Number<Real = Self> + Float {
    /// A constant.
    fn of(x: f64) -> Self;
    /// In double precision.
    fn wide(self) -> f64;
}

macro_rules! reals {
    ($($t:ty),*) => { $(
        impl Number for $t {
            type Real = $t;
            const IS_COMPLEX: bool = false;
            #[inline(always)]
            fn of_parts(re: $t, _: $t) -> $t { re }
            #[inline(always)]
            fn re(self) -> $t { self }
            #[inline(always)]
            fn im(self) -> $t { 0.0 }
            #[inline(always)]
            fn conj(self) -> $t { self }
            #[inline(always)]
            fn modulus(self) -> $t { <$t>::abs(self) }
            #[inline(always)]
            fn times(self, factor: $t) -> $t { self * factor }
        }

        impl Real for $t {
            #[inline(always)]
            fn of(x: f64) -> $t { x as $t }
            #[inline(always)]
            fn wide(self) -> f64 { self as f64 }
        }

        impl Number for Complex<$t> {
            type Real = $t;
            const IS_COMPLEX: bool = true;
            #[inline(always)]
            fn of_parts(re: $t, im: $t) -> Self { Complex::new(re, im) }
            #[inline(always)]
            fn re(self) -> $t { self.re }
            #[inline(always)]
            fn im(self) -> $t { self.im }
            #[inline(always)]
            fn conj(self) -> Self { Complex::new(self.re, -self.im) }
            #[inline(always)]
            fn modulus(self) -> $t { self.re.hypot(self.im) }
            #[inline(always)]
            fn times(self, factor: $t) -> Self { Complex::new(self.re * factor, self.im * factor) }
        }
    )* };
}

reals! { f32, f64 }
