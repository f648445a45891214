//! Ops on complex numbers.

use num_complex::Complex;
use num_traits::{FloatConst, real::Real};

use super::{compare, is_true, ops, truth};
use crate::lane::Lane;
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
    table.mark_heavy();
    arithmetic(table);
    compare::equality(table);
}

ops! {
    fn arithmetic<T: ComplexLane, I> up to Baseline {
        same "add" (a, b; alpha) = T::of(a.z() + scale(alpha.z(), b.z()));
        same "sub" (a, b; alpha) = T::of(a.z() - scale(alpha.z(), b.z()));
        same "mul" (a, b) = T::of(a.z() * b.z());
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
        same "sqrt" (a) = T::of(a.z().sqrt());
        same "rsqrt" (a) = T::of(divide(one(), a.z().sqrt()));
        same "exp" (a) = T::of(a.z().exp());
        same "exp2" (a) = T::of((a.z() * T::Part::LN_2()).exp());
        same "expm1" (a) = T::of(expm1(a.z()));
        same "log" (a) = T::of(a.z().ln());
        same "log2" (a) = T::of(a.z().ln() / T::Part::LN_2());
        same "log10" (a) = T::of(a.z().ln() / T::Part::LN_10());
        same "log1p" (a) = T::of(log1p(a.z()));
        same "logaddexp" (a, b) = T::of(log_add(a.z(), b.z()));
        same "sigmoid" (a) = T::of(sigmoid(a.z()));
        same "sin" (a) = T::of(a.z().sin());
        same "cos" (a) = T::of(a.z().cos());
        same "tan" (a) = T::of(a.z().tan());
        same "asin" (a) = T::of(a.z().asin());
        same "acos" (a) = T::of(a.z().acos());
        same "atan" (a) = T::of(a.z().atan());
        same "sinh" (a) = T::of(a.z().sinh());
        same "cosh" (a) = T::of(a.z().cosh());
        same "tanh" (a) = T::of(a.z().tanh());
        same "asinh" (a) = T::of(a.z().asinh());
        same "acosh" (a) = T::of(a.z().acosh());
        same "atanh" (a) = T::of(a.z().atanh());
        same "sinc" (a) = {
            let x = a.z() * T::Part::PI();
            if is_true(a) { T::of(divide(x.sin(), x)) } else { T::of(one()) }
        };
        same "silu" (a) = T::of(divide(a.z(), one::<T::Part>() + (-a.z()).exp()));
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

/// A product whose first factor is usually 1, which must not turn infinities of the other into NaN.
#[inline(always)]
fn scale<F: Part>(alpha: Complex<F>, z: Complex<F>) -> Complex<F> {
    if alpha.im == F::zero() { z * alpha.re } else { alpha * z }
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

#[inline(always)]
fn sigmoid<F: Part>(z: Complex<F>) -> Complex<F> {
    divide(one(), one::<F>() + (-z).exp())
}

/// `log(e^a + e^b)`, shifted by the one of larger real part. Where both of these are infinite the shift has no meaning: the
/// logarithm of zero is as good as either, and infinities are added up.
#[inline(always)]
pub(crate) fn log_add<F: Part>(a: Complex<F>, b: Complex<F>) -> Complex<F> {
    let (low, high) = if a.re < b.re { (a, b) } else { (b, a) };
    if low.re == high.re && num_traits::Float::is_infinite(high.re) {
        return if high.re < F::zero() { high } else { (low.exp() + high.exp()).ln() };
    }
    high + log1p((low - high).exp())
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
        a.sqrt()
    } else if is(-1.0) {
        divide(one(), a)
    } else if a.re == F::zero() && a.im == F::zero() {
        if b.re > F::zero() { Complex::new(F::zero(), F::zero()) } else { Complex::new(F::nan(), F::nan()) }
    } else {
        (a.ln() * b).exp()
    }
}

/// `e^z - 1` without cancellation: `expm1(x) cos(y) - 2 sin^2(y / 2) + i e^x sin(y)`.
#[inline(always)]
fn expm1<F: Part>(z: Complex<F>) -> Complex<F> {
    let half_sin = Real::sin(z.im / (F::one() + F::one()));
    let re = Real::exp_m1(z.re) * Real::cos(z.im) - (F::one() + F::one()) * half_sin * half_sin;
    Complex::new(re, Real::exp(z.re) * Real::sin(z.im))
}

/// `log(1 + z)` without cancellation near 0: the size of `1 + z` is `sqrt(1 + x (2 + x) + y^2)`.
#[inline(always)]
fn log1p<F: Part>(z: Complex<F>) -> Complex<F> {
    let two = F::one() + F::one();
    let sum = one::<F>() + z;
    let is_small = Real::abs(z.re) < F::one() / two && Real::abs(z.im) < F::one() / two;
    let re = if is_small { Real::ln_1p(z.re * (two + z.re) + z.im * z.im) / two } else { Real::ln(sum.norm()) };
    Complex::new(re, sum.arg())
}
