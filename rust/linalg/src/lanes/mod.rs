//! Small real matrices, many at a time.
//!
//! An entry of `L` matrices lies in one array, a lane for each matrix, so that every step of an algorithm is one of whole arrays:
//! there is no loop too short for vectors of the processor, and no branch that depends on a matrix. What one matrix needs and
//! another does not is done to all, and chosen afterwards. Algorithms say which lanes they cannot be trusted in: those whose numbers'
//! squares leave the range of the type, or that no convention of LAPACK's loops leaves a choice in.

mod cholesky;
mod eliminate;
mod exponential;
mod hermitian;
mod lu;
mod qr;
mod svd;
mod triangular;

pub use cholesky::cholesky;
pub use eliminate::{Eliminated, eliminate, substitute};
pub use exponential::{Exponential, exponential};
pub use hermitian::eigen;
pub use lu::lu;
pub use qr::qr;
pub use svd::singular;
pub use triangular::solve_triangular;

use num_traits::Float;

use crate::number::Real;

/// An entry of `L` matrices.
pub type Lanes<T, const L: usize> = [T; L];

/// A truth for each of `L` matrices.
pub type Mask<const L: usize> = [bool; L];

/// An entry lane by lane. By a loop, here and below: of the closure of `array::map` or `array::from_fn` in a long algorithm the compiler
/// makes calls, and no vectors.
#[inline(always)]
fn each<T: Real, const L: usize>(x: &Lanes<T, L>, f: impl Fn(T) -> T) -> Lanes<T, L> {
    let mut out = *x;
    for l in 0..L {
        out[l] = f(x[l]);
    }
    out
}

/// A truth of every lane.
#[inline(always)]
fn mask<const L: usize>(is: impl Fn(usize) -> bool) -> Mask<L> {
    let mut out = [false; L];
    for l in 0..L {
        out[l] = is(l);
    }
    out
}

/// Combines two entries lane by lane.
#[inline(always)]
fn zip<T: Real, const L: usize>(x: &Lanes<T, L>, y: &Lanes<T, L>, f: impl Fn(T, T) -> T) -> Lanes<T, L> {
    let mut out = *x;
    for l in 0..L {
        out[l] = f(x[l], y[l]);
    }
    out
}

#[inline(always)]
fn product<T: Real, const L: usize>(x: &Lanes<T, L>, y: &Lanes<T, L>) -> Lanes<T, L> {
    zip(x, y, |x, y| x * y)
}

/// `to += x * y`
#[inline(always)]
fn add_product<T: Real, const L: usize>(to: &mut Lanes<T, L>, x: &Lanes<T, L>, y: &Lanes<T, L>) {
    for l in 0..L {
        to[l] += x[l] * y[l];
    }
}

/// `to -= x * y`
#[inline(always)]
fn subtract_product<T: Real, const L: usize>(to: &mut Lanes<T, L>, x: &Lanes<T, L>, y: &Lanes<T, L>) {
    for l in 0..L {
        to[l] -= x[l] * y[l];
    }
}

/// Subtracts `count` entries from one place on, times a factor, from those of another.
#[inline(always)]
fn subtract<T: Real, const L: usize>(rows: &mut [Lanes<T, L>], [from, to]: [usize; 2], count: usize, factor: &Lanes<T, L>) {
    for c in 0..count {
        let x = rows[from + c];
        subtract_product(&mut rows[to + c], factor, &x);
    }
}

/// Exchanges `count` entries from two places on, in the lanes whose number is not zero. That is a number, for vectors of the processor
/// compare these as they lie.
#[inline(always)]
fn exchange<T: Real, const L: usize>(rows: &mut [Lanes<T, L>], [first, second]: [usize; 2], count: usize, chosen: &Lanes<T, L>) {
    let (above, below) = rows.split_at_mut(second);
    for (x, y) in above[first..first + count].iter_mut().zip(&mut below[..count]) {
        let (old_x, old_y) = (*x, *y);
        for l in 0..L {
            x[l] = if chosen[l] != T::zero() { old_y[l] } else { old_x[l] };
        }
        for l in 0..L {
            y[l] = if chosen[l] != T::zero() { old_x[l] } else { old_y[l] };
        }
    }
}

/// `(x, y) = (c x - s y, s x + c y)`
#[inline(always)]
fn rotate<T: Real, const L: usize>(c: &Lanes<T, L>, s: &Lanes<T, L>, x: &mut Lanes<T, L>, y: &mut Lanes<T, L>) {
    for l in 0..L {
        (x[l], y[l]) = (c[l] * x[l] - s[l] * y[l], s[l] * x[l] + c[l] * y[l]);
    }
}

/// Two entries, `i < j`.
#[inline(always)]
fn two<T>(entries: &mut [T], i: usize, j: usize) -> (&mut T, &mut T) {
    let (before, after) = entries.split_at_mut(j);
    (&mut before[i], &mut after[0])
}

/// The tangent of the angle by which a rotation makes `off` between two diagonal elements vanish, half of whose difference is `half`:
/// the smaller one (Golub and Van Loan, Matrix Computations, section 8.5).
#[inline(always)]
fn tangent<T: Real>(half: T, off: T) -> T {
    let ratio = half / off;
    let t = T::one() / (Float::abs(ratio) + Float::sqrt(T::one() + ratio * ratio));
    if off == T::zero() { T::zero() } else { Float::copysign(t, ratio) }
}

/// Euclidean norms of vectors.
#[inline(always)]
pub fn norms<T: Real, const L: usize>(entries: &[Lanes<T, L>]) -> Lanes<T, L> {
    let mut squares = [T::zero(); L];
    entries.iter().for_each(|x| add_product(&mut squares, x, x));
    each(&squares, |x| Float::sqrt(x))
}

/// Is a matrix of entries as large as this best treated alone? Their squares are not to overflow nor to vanish, and what is not finite
/// has conventions of its own.
#[inline(always)]
pub fn is_extreme<T: Real, const L: usize>(entries: &[Lanes<T, L>]) -> Mask<L> {
    let mut largest = [T::zero(); L];
    let mut is_finite = [true; L];
    for x in entries {
        for l in 0..L {
            largest[l] = if Float::abs(x[l]) > largest[l] { Float::abs(x[l]) } else { largest[l] };
            is_finite[l] &= x[l] * T::zero() == T::zero();
        }
    }
    let small = Float::sqrt(Float::sqrt(T::min_positive_value()));
    mask(|l| !is_finite[l] || (largest[l] != T::zero() && (largest[l] < small || largest[l] > T::one() / small)))
}
