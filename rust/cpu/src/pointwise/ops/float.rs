//! Arithmetic, rounding and choice on float32 and float64.

use super::{is_true, ops};
use crate::convert::{Cast, bf16_to_f32};
use crate::isa::{Baseline, Isa};
use crate::math::division::{is_far, rest};
use crate::math::{Float, fma};
use half::{bf16, f16};

ops! {
    /// Arithmetic, rounding, choosing.
    fn arithmetic<T: Float, I> up to Avx2 {
        same "add" (a, b; alpha) = fma::<I, T>(alpha, b, a);
        same "sub" (a, b; alpha) = fma::<I, T>(-alpha, b, a);
        same "mul" (a, b), commutes = a * b;
        same "div" (a, b) = a / b;
        same "div_trunc" (a, b) = (a / b).trunc::<I>();
        same "div_trunc_float16" (a, b) = in_half::<T, f16>(a / b).trunc::<I>();
        same "div_trunc_bfloat16" (a, b) = in_bfloat16(a / b).trunc::<I>();
        same "pow_3" (a) = a * a * a;
        same "pow_minus_2" (a) = T::ONE / (a * a);
        same "neg" (a) [bits (a) a ^ SIGN] = -a;
        real "abs" (a) [bits (a) a & !SIGN] = a.abs();
        same "sign" (a) = sign(a);
        same "sgn" (a) = sign(a);
        same "conj_physical" (a) [bits (a) a] = a;
        same "reciprocal" (a) = T::ONE / a;
        same "square" (a) = a * a;
        same "sqrt" (a) = a.sqrt();
        same "rsqrt" (a) = T::ONE / a.sqrt();
        same "maximum" (a, b) = if a > b || a.is_nan() { a } else { b };
        same "minimum" (a, b) = if a < b || a.is_nan() { a } else { b };
        same "fmax" (a, b) = if a >= b || b.is_nan() { a } else { b };
        same "fmin" (a, b) = if a <= b || b.is_nan() { a } else { b };
        same "copysign" (a, b) [bits (a, b) a & !SIGN | b & SIGN] = a.copysign(b);
        same "nextafter" (a, b) = a.nextafter(b);
        same "nextafter_float16" (a, b) = T::of(next_half(f16::of(a.wide()), f16::of(b.wide())).value());
        same "nextafter_bfloat16" (a, b) = T::of(next_half(bf16::of(a.wide()), bf16::of(b.wide())).value());
        same "lerp" (a, b, weight) = {
            let near_a = weight.abs() < T::HALF;
            let (base, share) = if near_a { (a, weight) } else { (b, weight - T::ONE) };
            fma::<I, T>(share, b - a, base)
        };
        same "addcmul" (a, b, c; value) = fma::<I, T>(value * b, c, a);
        same "addcdiv" (a, b, c; value) = a + value * b / c;
        same "clamp" (a; low, high) = {
            let raised = if a < low { low } else { a };
            if raised > high { high } else { raised }
        };
        same "heaviside" (a, b) = {
            let step = if a > T::ZERO { T::ONE } else { T::ZERO };
            if a == T::ZERO { b } else { step }
        };
        same "floor" (a) = a.floor::<I>();
        same "ceil" (a) = a.ceil::<I>();
        same "trunc" (a) = a.trunc::<I>();
        same "round" (a) = a.round_even::<I>();
        same "round_decimals" (a; decimals) = round_decimals::<T, I>(a, decimals);
        same "frac" (a) = a - a.trunc::<I>();
        same "where" (a, b, c) = if is_true(a) { b } else { c };
        same "nan_to_num" (a; nan, high, low) = {
            let finite = if a == T::INFINITY { high } else if a == -T::INFINITY { low } else { a };
            if a.is_nan() { nan } else { finite }
        };
    }
}

ops! {
    /// Divisions with remainder.
    fn division<T: Float, I> up to Avx512 {
        same "fmod" (a, b) [rare (a, b) is_far::<I, T>(a, b) => a % b] = rest::<I, T>(a, b);
        same "remainder" (a, b) [rare (a, b) is_far::<I, T>(a, b) => floor_rest(a % b, b)] = floor_rest(rest::<I, T>(a, b), b);
        same "div_floor" (a, b) [rare (a, b) is_far::<I, T>(a, b) => floor_divide::<T, Baseline>(a, b, a % b)] =
            floor_divide::<T, I>(a, b, rest::<I, T>(a, b));
        same "div_floor_bfloat16" (a, b) [rare (a, b) is_far::<I, T>(a, b) => floor_divide_bfloat16::<T, Baseline>(a, b, a % b)] =
            floor_divide_bfloat16::<T, I>(a, b, rest::<I, T>(a, b));
    }
}

ops! {
    /// Activations without a transcendental function, and gradients from results.
    fn gradients<T: Float, I> up to Avx2 {
        same "relu" (a) = if a < T::ZERO { T::ZERO } else { a };
        same "threshold" (a; threshold, value) = if a <= threshold { value } else { a };
        same "threshold_backward" (a, b; threshold) = if b <= threshold { T::ZERO } else { a };
        same "leaky_relu" (a; slope) = if a > T::ZERO { a } else { a * slope };
        same "leaky_relu_backward" (a, b; slope) = if b > T::ZERO { a } else { a * slope };
        same "prelu" (a, b) = if a > T::ZERO { a } else { a * b };
        same "squared_difference" (a, b) = (a - b) * (a - b);
        same "smooth_l1" (a, b; beta) = {
            let d = (a - b).abs();
            if d < beta { T::of(0.5) * d * d / beta } else { d - T::of(0.5) * beta }
        };
        same "huber" (a, b; delta) = {
            let d = (a - b).abs();
            if d <= delta { T::of(0.5) * d * d } else { delta * (d - T::of(0.5) * delta) }
        };
        same "hardtanh" (a; low, high) = {
            let raised = if a < low { low } else { a };
            if raised > high { high } else { raised }
        };
        same "hardsigmoid" (a) = six::<T>(a) / T::of(6.0);
        same "hardswish" (a) = a * six::<T>(a) / T::of(6.0);
        same "softshrink" (a; lambda) = {
            let shrunk = if a > lambda { a - lambda } else { a + lambda };
            // NaN times zero stays NaN.
            if a >= -lambda && a <= lambda { T::ZERO } else if a.is_nan() { a } else { shrunk }
        };
        same "hardshrink" (a; lambda) = if a >= -lambda && a <= lambda { T::ZERO } else { a };
        same "tanh_backward" (a, b) = a * (T::ONE - b * b);
        same "sigmoid_backward" (a, b) = a * (T::ONE - b) * b;
    }
}

/// The bit of the sign in a half type.
const SIGN: u16 = 1 << 15;

/// -1, 0 or 1; 0 for NaN.
#[inline(always)]
fn sign<T: Float>(a: T) -> T {
    if a > T::ZERO {
        T::ONE
    } else if a < T::ZERO {
        -T::ONE
    } else {
        T::ZERO
    }
}

/// `min(max(a + 3, 0), 6)`; NaN stays.
#[inline(always)]
fn six<T: Float>(a: T) -> T {
    let x = a + T::of(3.0);
    let x = if x < T::ZERO { T::ZERO } else { x };
    if x > T::of(6.0) { T::of(6.0) } else { x }
}

/// Python's `%`, from the remainder of a division that rounds toward zero.
#[inline(always)]
fn floor_rest<T: Float>(rest: T, b: T) -> T {
    if rest != T::ZERO && (b < T::ZERO) != (rest < T::ZERO) { rest + b } else { rest }
}

/// Python's `//`: exact, by way of the remainder `rest` of a division that rounds toward zero. The quotient of a division by zero is
/// that of `/`.
#[inline(always)]
fn floor_divide<T: Float, I: Isa>(a: T, b: T, rest: T) -> T {
    let mut quotient = (a - rest) / b;
    if rest != T::ZERO && (b < T::ZERO) != (rest < T::ZERO) {
        quotient = quotient - T::ONE;
    }
    let floor = quotient.floor::<I>();
    let nearest = if quotient - floor > T::HALF { floor + T::ONE } else { floor };
    let signed = if quotient == T::ZERO { T::ZERO.copysign(a / b) } else { nearest };
    if b == T::ZERO { a / b } else { signed }
}

/// Scaled up by `10^decimals`, or down where `decimals` is negative; multiplication and division by the power with a
/// positive exponent, which is exact.
#[inline(always)]
fn round_decimals<T: Float, I: Isa>(a: T, decimals: T) -> T {
    let power = T::of(10f64.powi(decimals.wide().abs() as i32));
    if decimals < T::ZERO { (a / power).round_even::<I>() * power } else { (a * power).round_even::<I>() / power }
}

/// A half type by its bits.
trait Half: Copy + PartialOrd {
    fn bits(self) -> u16;
    fn of_bits(bits: u16) -> Self;
    /// The nearest to a number.
    fn of(x: f64) -> Self;
    fn value(self) -> f64;
}

macro_rules! halves {
    ($($t:ident),*) => { $(impl Half for $t {
        fn bits(self) -> u16 { self.to_bits() }
        fn of_bits(bits: u16) -> Self { $t::from_bits(bits) }
        #[inline(always)]
        fn of(x: f64) -> Self { $t::from_f64(x) }
        #[inline(always)]
        fn value(self) -> f64 { self.to_f64() }
    })* };
}

halves! { f16, bf16 }

/// Rounded to a half type.
#[inline(always)]
fn in_half<T: Float, H: Half>(x: T) -> T {
    T::of(H::of(x.wide()).value())
}

/// [`in_half`] of bfloat16 without branches: by way of float32, which results of these types fit into.
#[inline(always)]
fn in_bfloat16<T: Float>(x: T) -> T {
    T::of(bf16_to_f32((x.wide() as f32).cast()).into())
}

/// [`floor_divide`] of two tensors of bfloat16, every step of which PyTorch rounds.
#[inline(always)]
fn floor_divide_bfloat16<T: Float, I: Isa>(a: T, b: T, rest: T) -> T {
    let round = in_bfloat16::<T>;
    let whole = round(round(a - rest) / b);
    let below = rest != T::ZERO && (b < T::ZERO) != (rest < T::ZERO);
    let quotient = if below { round(whole - T::ONE) } else { whole };
    let floor = quotient.floor::<I>();
    let nearest = if round(quotient - floor) > T::HALF { round(floor + T::ONE) } else { floor };
    let signed = if quotient == T::ZERO { T::ZERO.copysign(a / b) } else { nearest };
    if b == T::ZERO { a / b } else { signed }
}

/// The float next to `a` in the direction of `b`: the bits of floats of one sign count up with their size.
fn next_half<H: Half>(a: H, b: H) -> H {
    match a.partial_cmp(&b) {
        None => H::of_bits(if a.bits() & !SIGN > b.bits() & !SIGN { a.bits() } else { b.bits() }),
        Some(std::cmp::Ordering::Equal) => b,
        Some(_) if a.bits() & !SIGN == 0 => H::of_bits((b.bits() & SIGN) | 1),
        Some(order) => {
            let outwards = (order == std::cmp::Ordering::Less) == (a.bits() & SIGN == 0);
            H::of_bits(if outwards { a.bits() + 1 } else { a.bits() - 1 })
        }
    }
}
