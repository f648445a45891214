//! Loops along rows.

use num_traits::{Float, Zero};

use crate::number::{Number, Real};

/// `sum of x[i] * y[i]`, in several sums that a processor forms side by side.
#[inline(always)]
pub(crate) fn dot<T: Number>(x: &[T], y: &[T]) -> T {
    sum_of(x, y, |x, y| x * y)
}

/// `sum of conj(x[i]) * y[i]`
#[inline(always)]
pub(crate) fn dot_conj<T: Number>(x: &[T], y: &[T]) -> T {
    sum_of(x, y, |x, y| x.conj() * y)
}

#[inline(always)]
fn sum_of<T: Number>(x: &[T], y: &[T], product: impl Fn(T, T) -> T) -> T {
    let len = x.len().min(y.len());
    let (x, y) = (&x[..len], &y[..len]);
    // Short lines have more of the work in the end, where sums are added up.
    if len < 96 { in_sums::<T, 8>(x, y, product) } else { in_sums::<T, 32>(x, y, product) }
}

#[inline(always)]
fn in_sums<T: Number, const SUMS: usize>(x: &[T], y: &[T], product: impl Fn(T, T) -> T) -> T {
    let mut sums = [T::zero(); SUMS];
    let (xs, x_rest) = x.as_chunks::<SUMS>();
    let (ys, y_rest) = y.as_chunks::<SUMS>();
    // A loop: `sum` would be called.
    let mut rest = T::zero();
    for (&x, &y) in x_rest.iter().zip(y_rest) {
        rest += product(x, y);
    }
    for (x, y) in xs.iter().zip(ys) {
        for i in 0..SUMS {
            sums[i] += product(x[i], y[i]);
        }
    }
    let mut count = SUMS;
    while count > 1 {
        count /= 2;
        for i in 0..count {
            let other = sums[i + count];
            sums[i] += other;
        }
    }
    sums[0] + rest
}

/// `y[i] += alpha * x[i]`
#[inline(always)]
pub(crate) fn add_scaled<T: Number>(alpha: T, x: &[T], y: &mut [T]) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y += alpha * x;
    }
}

/// `(x, y) = (c x + s y, c y - s x)`
#[inline(always)]
pub(crate) fn rotate<T: Number>(c: T::Real, s: T::Real, x: &mut [T], y: &mut [T]) {
    for (x, y) in x.iter_mut().zip(y) {
        (*x, *y) = (x.times(c) + y.times(s), y.times(c) - x.times(s));
    }
}

/// Two rows of a matrix, `i < j`.
#[inline(always)]
pub(crate) fn two_rows<T>(a: &mut [T], n: usize, i: usize, j: usize) -> (&mut [T], &mut [T]) {
    let (before, after) = a.split_at_mut(j * n);
    (&mut before[i * n..(i + 1) * n], &mut after[..n])
}

/// Euclidean norm, scaled where squares would overflow or vanish.
#[inline(always)]
pub(crate) fn norm<T: Number>(x: &[T]) -> T::Real {
    let plain = dot_conj(x, x).re();
    let small = T::Real::min_positive_value() / T::Real::epsilon();
    if plain.is_finite() && plain > small { Float::sqrt(plain) } else { scaled_norm(x, plain) }
}

#[cold]
fn scaled_norm<T: Number>(x: &[T], plain: T::Real) -> T::Real {
    let largest = x.iter().map(|x| Float::max(x.re().abs(), x.im().abs())).fold(T::Real::zero(), Float::max);
    if largest.is_zero() || !largest.is_finite() {
        return if plain.is_nan() { plain } else { largest };
    }
    largest * Float::sqrt(x.iter().map(|x| T::of_parts(x.re() / largest, x.im() / largest).squared()).sum::<T::Real>())
}

/// Length of `(x, y)`, by `hypot` alone where squares would overflow or vanish.
#[inline(always)]
pub(crate) fn length<R: Real>(x: R, y: R) -> R {
    let squared = x * x + y * y;
    let small = R::min_positive_value() / R::epsilon();
    if squared.is_finite() && squared > small { Float::sqrt(squared) } else { Float::hypot(x, y) }
}
