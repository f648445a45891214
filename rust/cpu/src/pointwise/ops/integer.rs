//! Ops on integers. Arithmetic wraps; division by zero is reported by the driver and gives 0 here.

use num_traits::{NumCast, PrimInt, WrappingAdd, WrappingMul, WrappingNeg, WrappingShl, WrappingShr, WrappingSub};

use super::{compare, is_true, ops, truth};
use crate::lane::Lane;
use crate::pointwise::table::Table;

/// An integer lane.
pub(in crate::pointwise) trait Integer:
    Lane<Real = Self> + PrimInt + WrappingAdd + WrappingSub + WrappingMul + WrappingNeg + WrappingShl + WrappingShr
{
}
impl<T: Lane<Real = T> + PrimInt + WrappingAdd + WrappingSub + WrappingMul + WrappingNeg + WrappingShl + WrappingShr> Integer
    for T
{
}

/// The ops on integers.
pub(in crate::pointwise) fn integer<T: Integer>(table: &mut Table<T>) {
    arithmetic(table);
    bitwise(table);
    compare::ordered(table);
    compare::exact_predicates(table);
}

/// The ops on uint64, the one of the barebones integers that is computed in itself.
pub(in crate::pointwise) fn unsigned(table: &mut Table<u64>) {
    without_sign(table);
    compare::equality(table);
    compare::exact_predicates(table);
}

ops! {
    fn without_sign<T: Integer, I> up to Avx2 {
        same "mul" (a, b) = a.wrapping_mul(&b);
        same "conj_physical" (a) = a;
        same "maximum" (a, b) = a.max(b);
        same "minimum" (a, b) = a.min(b);
        same "fmax" (a, b) = a.max(b);
        same "fmin" (a, b) = a.min(b);
        same "clamp" (a; low, high) = a.max(low).min(high);
        same "floor" (a) = a;
        same "ceil" (a) = a;
        same "trunc" (a) = a;
        same "round" (a) = a;
        same "relu" (a) = a;
        same "where" (a, b, c) = if is_true(a) { b } else { c };
        same "nan_to_num" (a; _nan, _high, _low) = a;
        same "bitwise_and" (a, b) = a & b;
        same "bitwise_or" (a, b) = a | b;
        same "bitwise_xor" (a, b) = a ^ b;
        truth "signbit" (_a) = truth(false);
    }
}

ops! {
    fn arithmetic<T: Integer, I> up to Avx2 {
        same "add" (a, b; alpha) = a.wrapping_add(&alpha.wrapping_mul(&b));
        same "sub" (a, b; alpha) = a.wrapping_sub(&alpha.wrapping_mul(&b));
        same "mul" (a, b) = a.wrapping_mul(&b);
        same "div_floor" (a, b) = {
            let quotient = divide(a, b);
            let rest = a.wrapping_sub(&quotient.wrapping_mul(&b));
            if rest != T::zero() && (rest < T::zero()) != (b < T::zero()) { quotient - T::one() } else { quotient }
        };
        same "div_trunc" (a, b) = divide(a, b);
        same "remainder" (a, b) = {
            let rest = rest(a, b);
            if rest != T::zero() && (rest < T::zero()) != (b < T::zero()) { rest + b } else { rest }
        };
        same "fmod" (a, b) = rest(a, b);
        same "pow" (a, b) = power(a, b);
        same "neg" (a) = a.wrapping_neg();
        real "abs" (a) = if a < T::zero() { a.wrapping_neg() } else { a };
        same "sign" (a) = sign(a);
        same "sgn" (a) = sign(a);
        same "conj_physical" (a) = a;
        same "square" (a) = a.wrapping_mul(&a);
        same "maximum" (a, b) = a.max(b);
        same "minimum" (a, b) = a.min(b);
        same "fmax" (a, b) = a.max(b);
        same "fmin" (a, b) = a.min(b);
        same "addcmul" (a, b, c; value) = a.wrapping_add(&value.wrapping_mul(&b).wrapping_mul(&c));
        same "clamp" (a; low, high) = a.max(low).min(high);
        same "hardtanh" (a; low, high) = a.max(low).min(high);
        same "gcd" (a, b) = gcd(a, b);
        same "lcm" (a, b) = multiple(a, b);
        same "heaviside" (a, b) = if a == T::zero() { b } else if a > T::zero() { T::one() } else { T::zero() };
        same "floor" (a) = a;
        same "ceil" (a) = a;
        same "trunc" (a) = a;
        same "round" (a) = a;
        same "relu" (a) = a.max(T::zero());
        same "threshold" (a; threshold, value) = if a <= threshold { value } else { a };
        same "threshold_backward" (a, b; threshold) = if b <= threshold { T::zero() } else { a };
        same "where" (a, b, c) = if is_true(a) { b } else { c };
        same "nan_to_num" (a; _nan, _high, _low) = a;
        truth "signbit" (a) = truth(a < T::zero());
    }
}

ops! {
    fn bitwise<T: Integer, I> up to Avx2 {
        same "bitwise_not" (a) = !a;
        same "bitwise_and" (a, b) = a & b;
        same "bitwise_or" (a, b) = a | b;
        same "bitwise_xor" (a, b) = a ^ b;
        same "bitwise_left_shift" (a, b) = if fits(b) { a.wrapping_shl(amount(b)) } else { T::zero() };
        same "bitwise_right_shift" (a, b) = if fits(b) { a.wrapping_shr(amount(b)) } else { beyond(a) };
    }
}

/// Is a shift not negative and below the width?
#[inline(always)]
fn fits<T: Integer>(shift: T) -> bool {
    shift >= T::zero() && <u32 as NumCast>::from(shift).is_some_and(|shift| shift < T::zero().count_zeros())
}

#[inline(always)]
fn amount<T: Integer>(shift: T) -> u32 {
    <u32 as NumCast>::from(shift).unwrap_or(0)
}

/// What is left after all bits have been shifted out to the right.
#[inline(always)]
fn beyond<T: Integer>(a: T) -> T {
    if a < T::zero() { !T::zero() } else { T::zero() }
}

#[inline(always)]
fn sign<T: Integer>(a: T) -> T {
    if a > T::zero() {
        T::one()
    } else if a < T::zero() {
        !T::zero()
    } else {
        T::zero()
    }
}

/// The quotient, truncated; 0 for division by zero, and the wrapped negative for division by -1.
#[inline(always)]
fn divide<T: Integer>(a: T, b: T) -> T {
    if b == T::zero() {
        T::zero()
    } else if T::zero() > b && b == !T::zero() {
        a.wrapping_neg()
    } else {
        a / b
    }
}

#[inline(always)]
fn rest<T: Integer>(a: T, b: T) -> T {
    a.wrapping_sub(&divide(a, b).wrapping_mul(&b))
}

/// The power by squaring, wrapped; of negative exponents only those of 1 and -1 are not 0.
#[inline(always)]
fn power<T: Integer>(base: T, exponent: T) -> T {
    let is_odd = |x: T| x & T::one() == T::one();
    if exponent < T::zero() {
        let is_minus_one = base < T::zero() && base == !T::zero();
        return if base == T::one() || (is_minus_one && !is_odd(exponent)) {
            T::one()
        } else if is_minus_one {
            base
        } else {
            T::zero()
        };
    }
    let (mut result, mut square, mut left) = (T::one(), base, exponent);
    while left > T::zero() {
        if is_odd(left) {
            result = result.wrapping_mul(&square);
        }
        left = left >> 1;
        square = square.wrapping_mul(&square);
    }
    result
}

/// Euclid's algorithm, of absolute values. That of the smallest number is itself, and so are its remainders negative, as in
/// PyTorch.
#[inline(always)]
fn gcd<T: Integer>(a: T, b: T) -> T {
    let (mut a, mut b) = (size(a), size(b));
    while a != T::zero() {
        (a, b) = (rest(b, a), a);
    }
    b
}

/// The absolute value; of the smallest number, which has no opposite, the number itself.
#[inline(always)]
fn size<T: Integer>(x: T) -> T {
    if x < T::zero() { x.wrapping_neg() } else { x }
}

/// The least common multiple, wrapped. As in PyTorch, the wrapped product of the wide types is made positive again, that
/// of the narrow ones (which C computes in 32 bits) is not.
#[inline(always)]
fn multiple<T: Integer>(a: T, b: T) -> T {
    let product = size(divide(a, size(gcd(a, b)))).wrapping_mul(&size(b));
    if size_of::<T>() < 4 { product } else { size(product) }
}
