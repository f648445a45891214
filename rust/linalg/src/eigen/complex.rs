//! Schur forms of complex matrices by QR steps with single shifts.

use std::ops::Range;

use num_complex::Complex;
use num_traits::{Float, Zero};

use super::MOST_ITERATIONS;
use crate::loops::Loop;
use crate::number::{Number, Real};
use crate::poll::stops;

/// [`super::Spectral::schur`]
pub(super) struct Schur<'a, R> {
    pub h: &'a mut [Complex<R>],
    pub n: usize,
    pub basis: &'a mut [Complex<R>],
    pub values: &'a mut [Complex<R>],
}

impl<R: Real> Loop for Schur<'_, R>
where
    Complex<R>: Number<Real = R>,
{
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Schur { h, n, basis, values } = self;
        let (mut end, mut iterations) = (n, 0);
        while end > 1 && !stops(n) {
            let last = end - 1;
            let start = active(h, n, last);
            if start == last {
                (end, iterations) = (last, 0);
                continue;
            }
            iterations += 1;
            if iterations > MOST_ITERATIONS {
                return end;
            }
            let shift = if iterations % 10 == 0 { exceptional(h, n, last) } else { wilkinson(h, n, last) };
            step(h, n, basis, start, last, shift);
        }
        values.iter_mut().zip(h.iter().step_by(n + 1)).for_each(|(value, &x)| *value = x);
        0
    }
}

/// The first row of the block that ends with row `last`; what is left of it is negligible.
fn active<R: Real>(h: &mut [Complex<R>], n: usize, last: usize) -> usize
where
    Complex<R>: Number<Real = R>,
{
    for l in (1..=last).rev() {
        let beside = h[(l - 1) * n + l - 1].size() + h[l * n + l].size();
        if h[l * n + l - 1].size() <= R::epsilon() * beside + R::min_positive_value() {
            h[l * n + l - 1] = Complex::zero();
            return l;
        }
    }
    0
}

/// The eigenvalue of the trailing 2 x 2 matrix that is nearer to its corner.
fn wilkinson<R: Real>(h: &[Complex<R>], n: usize, last: usize) -> Complex<R>
where
    Complex<R>: Number<Real = R>,
{
    let at = |i: usize, j: usize| h[i * n + j];
    let corner = at(last, last);
    let product = at(last - 1, last) * at(last, last - 1);
    if product.is_zero() {
        return corner;
    }
    let half = Number::times(at(last - 1, last - 1) - corner, R::of(0.5));
    let root = (half * half + product).sqrt();
    let root = if half.re * root.re + half.im * root.im < R::zero() { -root } else { root };
    corner - product / (half + root)
}

/// A shift that breaks a cycle.
fn exceptional<R: Real>(h: &[Complex<R>], n: usize, last: usize) -> Complex<R>
where
    Complex<R>: Number<Real = R>,
{
    h[last * n + last] + Complex::of_real(R::of(0.75) * h[last * n + last - 1].size())
}

/// A rotation `[c s; -conj(s) c]` that takes `(x, y)` to `(r, 0)`.
fn rotation<R: Real>(x: Complex<R>, y: Complex<R>) -> (R, Complex<R>)
where
    Complex<R>: Number<Real = R>,
{
    let (size, other) = (x.modulus(), y.modulus());
    let length = Float::hypot(size, other);
    if length.is_zero() {
        return (R::one(), Complex::zero());
    }
    if size.is_zero() {
        return (R::zero(), Number::times(y.conj(), R::one() / other));
    }
    (size / length, Number::times(x, R::one() / size) * Number::times(y.conj(), R::one() / length))
}

/// A QR step on rows `start..=last`: the first rotation is that of the shifted matrix, the others restore the Hessenberg form. Only
/// the block of these rows and columns is kept up to date.
#[inline(always)]
fn step<R: Real>(h: &mut [Complex<R>], n: usize, basis: &mut [Complex<R>], start: usize, last: usize, shift: Complex<R>)
where
    Complex<R>: Number<Real = R>,
{
    let (mut x, mut y) = (h[start * n + start] - shift, h[(start + 1) * n + start]);
    for k in start..last {
        let (c, s) = rotation(x, y);
        let first = if k > start { k - 1 } else { k };
        rotate_rows(h, [n, k], first..last + 1, c, s);
        if k > start {
            h[(k + 1) * n + k - 1] = Complex::zero();
        }
        for row in h[start * n..(last.min(k + 2) + 1) * n].chunks_exact_mut(n) {
            let (a, b) = (row[k], row[k + 1]);
            (row[k], row[k + 1]) = (Number::times(a, c) + s.conj() * b, Number::times(b, c) - s * a);
        }
        if !basis.is_empty() {
            rotate_rows(basis, [n, k], 0..n, c, s);
        }
        if k + 1 < last {
            (x, y) = (h[(k + 1) * n + k], h[(k + 2) * n + k]);
        }
    }
}

/// Rotates some columns of row `k` and the one after it.
#[inline(always)]
fn rotate_rows<R: Real>(rows: &mut [Complex<R>], [n, k]: [usize; 2], columns: Range<usize>, c: R, s: Complex<R>)
where
    Complex<R>: Number<Real = R>,
{
    let (above, below) = crate::vector::two_rows(rows, n, k, k + 1);
    for (a, b) in above[columns.clone()].iter_mut().zip(&mut below[columns]) {
        (*a, *b) = (Number::times(*a, c) + s * *b, Number::times(*b, c) - s.conj() * *a);
    }
}
