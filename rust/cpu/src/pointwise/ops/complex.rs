//! Ops on complex numbers.

use ferrotorch_kernel::dtype::c64;
use num_complex::Complex;
use num_traits::{FloatConst, real::Real};

use super::parts::{Product, Sum};
use super::{compare, is_true, ops, truth};
use crate::lane::Lane;
use crate::math::complex as wide;
use crate::pointwise::table::Table;

/// The real type of a complex lane.
pub(crate) trait Part: Lane + num_traits::Float + FloatConst {
    /// One half.
    fn half() -> Self {
        Self::one() / (Self::one() + Self::one())
    }
}
impl<F: Lane + num_traits::Float + FloatConst> Part for F {}

/// A complex lane and its parts.
pub(in crate::pointwise) trait ComplexLane: Lane<Real = Self::Part> {
    type Part: Part;
    /// As a number.
    fn z(self) -> Complex<Self::Part>;
    /// From a number.
    fn of(z: Complex<Self::Part>) -> Self;
}

impl<F: Part> ComplexLane for Complex<F>
where
    Complex<F>: Lane<Real = F>,
{
    type Part = F;
    #[inline(always)]
    fn z(self) -> Complex<F> {
        self
    }
    #[inline(always)]
    fn of(z: Complex<F>) -> Self {
        z
    }
}

/// The ops on complex numbers.
pub(in crate::pointwise) fn complex<T: ComplexLane>(table: &mut Table<T>) {
    functions(table);
    arithmetic(table);
    compare::equality(table);
}

ops! {
    fn arithmetic<T: ComplexLane, I> up to Avx2 {
        same "add" (a, b; alpha) [parts (alpha) Sum(alpha.z())] = T::of(a.z() + alpha.z() * b.z());
        same "sub" (a, b; alpha) [parts (alpha) Sum(-alpha.z())] = T::of(a.z() - alpha.z() * b.z());
        same "mul" (a, b) [parts () Product] = T::of(a.z() * b.z());
        same "div" (a, b) = T::of(divide(a.z(), b.z()));
        same "neg" (a) = T::of(-a.z());
        real "abs" (a) = a.z().norm();
        same "sgn" (a) = {
            let size = a.z().norm();
            if size == num_traits::zero() { T::zeroed() } else { T::of(a.z() / size) }
        };
        same "conj_physical" (a) = T::of(a.z().conj());
        same "reciprocal" (a) = T::of(divide(one(), a.z()));
        same "square" (a) = T::of(a.z() * a.z());
        same "lerp" (a, b, weight) = {
            let (a, b, weight) = (a.z(), b.z(), weight.z());
            T::of(if weight.norm() < T::Part::half() { a + weight * (b - a) } else { b - (b - a) * (one::<T::Part>() - weight) })
        };
        same "addcmul" (a, b, c; value) = T::of(a.z() + value.z() * b.z() * c.z());
        same "addcdiv" (a, b, c; value) = T::of(a.z() + divide(value.z() * b.z(), c.z()));
        same "tanh_backward" (a, b) = T::of(a.z() * (one::<T::Part>() - b.z() * b.z()));
        same "sigmoid_backward" (a, b) = T::of(a.z() * ((one::<T::Part>() - b.z()) * b.z()));
        same "where" (a, b, c) = if is_true(a) { b } else { c };
        truth "isnan" (a) = truth(any(a.z(), num_traits::Float::is_nan));
        truth "isinf" (a) = truth(any(a.z(), num_traits::Float::is_infinite));
        truth "isfinite" (a) = truth(!any(a.z(), |x| !num_traits::Float::is_finite(x)));
    }
}

ops! {
    fn functions<T: ComplexLane, I> up to Baseline {
        same "pow" (a, b) = T::of(power(a.z(), b.z()));
        same "sqrt" (a) = T::of(in_double(wide::sqrt, a.z()));
        same "rsqrt" (a) = T::of(in_double(rsqrt, a.z()));
        same "exp" (a) = T::of(exp(a.z()));
        same "exp2" (a) = T::of(exp(a.z() * T::Part::LN_2()));
        same "expm1" (a) = T::of(in_double(wide::expm1, a.z()));
        same "log" (a) = T::of(a.z().ln());
        same "log2" (a) = T::of(a.z().ln() / T::Part::LN_2());
        same "log10" (a) = T::of(a.z().ln() / T::Part::LN_10());
        same "log1p" (a) = T::of(in_double(wide::log1p, a.z()));
        same "logaddexp" (a, b) = T::of(log_add(a.z(), b.z()));
        same "sigmoid" (a) = T::of(sigmoid(a.z()));
        same "sin" (a) = T::of(in_double(wide::sin, a.z()));
        same "cos" (a) = T::of(in_double(wide::cos, a.z()));
        same "tan" (a) = T::of(in_double(wide::tan, a.z()));
        same "asin" (a) = T::of(in_double(wide::asin, a.z()));
        same "acos" (a) = T::of(in_double(wide::acos, a.z()));
        same "atan" (a) = T::of(in_double(wide::atan, a.z()));
        same "sinh" (a) = T::of(in_double(wide::sinh, a.z()));
        same "cosh" (a) = T::of(in_double(wide::cosh, a.z()));
        same "tanh" (a) = T::of(in_double(wide::tanh, a.z()));
        same "asinh" (a) = T::of(in_double(wide::asinh, a.z()));
        same "acosh" (a) = T::of(in_double(wide::acosh, a.z()));
        same "atanh" (a) = T::of(in_double(wide::atanh, a.z()));
        same "sinc" (a) = {
            let x = a.z() * T::Part::PI();
            if is_true(a) { T::of(divide(in_double(wide::sin, x), x)) } else { T::of(one()) }
        };
        same "silu" (a) = T::of(divide(a.z(), one::<T::Part>() + exp(-a.z())));
        same "silu_backward" (a, b) = {
            let s = sigmoid(b.z());
            T::of(a.z() * (s * (one::<T::Part>() + b.z() * (one::<T::Part>() - s))))
        };
    }
}

/// Has a part a property?
#[inline(always)]
fn any<F: Part>(z: Complex<F>, is: impl Fn(F) -> bool) -> bool {
    is(z.re) | is(z.im)
}

#[inline(always)]
fn one<F: Part>() -> Complex<F> {
    Complex::new(F::one(), F::zero())
}

/// The quotient by Smith's algorithm (Comm. ACM 5, 1962), which does not overflow where the result does not.
#[inline(always)]
fn divide<F: Part>(a: Complex<F>, b: Complex<F>) -> Complex<F> {
    let (re, im) = (Real::abs(b.re), Real::abs(b.im));
    if re >= im {
        if re == F::zero() {
            return Complex::new(a.re / re, a.im / re);
        }
        let ratio = b.im / b.re;
        let scale = F::one() / (b.re + b.im * ratio);
        Complex::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
    } else {
        let ratio = b.re / b.im;
        let scale = F::one() / (b.re * ratio + b.im);
        Complex::new((a.re * ratio + a.im) * scale, (a.im * ratio - a.re) * scale)
    }
}

/// A function of numbers in double precision.
#[inline(always)]
fn in_double<F: Part>(f: impl Fn(c64) -> c64, z: Complex<F>) -> Complex<F> {
    let widen = |x: F| x.to_f64().unwrap_or(f64::NAN);
    let narrow = |x: f64| F::from(x).unwrap_or_else(F::nan);
    let w = f(c64::new(widen(z.re), widen(z.im)));
    Complex::new(narrow(w.re), narrow(w.im))
}

#[inline(always)]
fn exp<F: Part>(z: Complex<F>) -> Complex<F> {
    in_double(wide::exp, z)
}

/// `1 / sqrt(z)`, 0 where that is infinite in either part.
#[inline(always)]
fn rsqrt(z: c64) -> c64 {
    let root = wide::sqrt(z);
    if any(root, f64::is_infinite) { c64::new(0.0, 0f64.copysign(-root.im)) } else { divide(one(), root) }
}

#[inline(always)]
fn sigmoid<F: Part>(z: Complex<F>) -> Complex<F> {
    divide(one(), one::<F>() + exp(-z))
}

/// `log(e^a + e^b)`, shifted by the one of larger real part. Where both of these are infinite the shift has no meaning: the
/// logarithm of zero is as good as either, and infinities are added up. NaN in either part is NaN in both.
#[inline(always)]
pub(crate) fn log_add<F: Part>(a: Complex<F>, b: Complex<F>) -> Complex<F> {
    if any(a, num_traits::Float::is_nan) || any(b, num_traits::Float::is_nan) {
        return Complex::new(F::nan(), F::nan());
    }
    let (low, high) = if a.re < b.re { (a, b) } else { (b, a) };
    if low.re == high.re && num_traits::Float::is_infinite(high.re) {
        return if high.re < F::zero() { high } else { (exp(low) + exp(high)).ln() };
    }
    high + in_double(wide::log1p, exp(low - high))
}

/// Exact powers for the usual exponents, `e^(b log a)` otherwise.
#[inline(always)]
fn power<F: Part>(a: Complex<F>, b: Complex<F>) -> Complex<F> {
    let is = |x: f64| b.im == F::zero() && F::from(x).is_some_and(|x| b.re == x);
    if is(0.0) {
        one()
    } else if is(1.0) {
        a
    } else if is(2.0) {
        a * a
    } else if is(3.0) {
        a * a * a
    } else if is(0.5) {
        in_double(wide::sqrt, a)
    } else if is(-1.0) {
        divide(one(), a)
    } else if a.re == F::zero() && a.im == F::zero() {
        if b.re > F::zero() { Complex::new(F::zero(), F::zero()) } else { Complex::new(F::nan(), F::nan()) }
    } else {
        exp(a.ln() * b)
    }
}
