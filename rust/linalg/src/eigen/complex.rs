//! Schur forms of complex matrices by QR steps with single shifts.

use num_complex::Complex;
use num_traits::{Float, Zero};

use super::MOST_ITERATIONS;
use crate::number::{Number, Real};
use crate::poll::stops;

/// See [`super::Spectral::schur`].
pub(super) fn schur<R: Real>(h: &mut [Complex<R>], n: usize, z: &mut [Complex<R>], values: &mut [Complex<R>]) -> usize
where
    Complex<R>: Number<Real = R>,
{
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
        step(h, n, z, start, last, shift);
    }
    values.iter_mut().zip(h.iter().step_by(n + 1)).for_each(|(value, &x)| *value = x);
    0
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

/// A QR step on rows `start..=last`: the first rotation is that of the shifted matrix, the others restore the Hessenberg form.
fn step<R: Real>(h: &mut [Complex<R>], n: usize, z: &mut [Complex<R>], start: usize, last: usize, shift: Complex<R>)
where
    Complex<R>: Number<Real = R>,
{
    let (mut x, mut y) = (h[start * n + start] - shift, h[(start + 1) * n + start]);
    for k in start..last {
        let (c, s) = rotation(x, y);
        let (above, below) = crate::vector::two_rows(h, n, k, k + 1);
        let first = if k > start { k - 1 } else { k };
        for (a, b) in above[first..].iter_mut().zip(&mut below[first..]) {
            (*a, *b) = (Number::times(*a, c) + s * *b, Number::times(*b, c) - s.conj() * *a);
        }
        if k > start {
            below[k - 1] = Complex::zero();
        }
        let rows = last.min(k + 2) + 1;
        for row in h[..rows * n].chunks_exact_mut(n).chain(z.chunks_exact_mut(n)) {
            let (a, b) = (row[k], row[k + 1]);
            (row[k], row[k + 1]) = (Number::times(a, c) + s.conj() * b, Number::times(b, c) - s * a);
        }
        if k + 1 < last {
            (x, y) = (h[(k + 1) * n + k], h[(k + 2) * n + k]);
        }
    }
}
