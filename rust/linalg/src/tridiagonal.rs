//! Eigenvalues of real symmetric tridiagonal matrices by QL iterations with implicit shifts (Golub and Van Loan, Matrix
//! Computations, section 8.3; EISPACK's `tql2`), and without square roots where nobody asks for vectors (Pal, Walker and Kahan; LAPACK's
//! `sterf`).

use num_traits::Float;

use crate::number::{Number, Real};
use crate::poll::stops;
use crate::vector::{length, rotate, two_rows};

/// Iterations for an eigenvalue after which it counts as not found; three are usual.
const MOST_ITERATIONS: usize = 60;

/// Eigenvalues of the tridiagonal matrix with a diagonal and off-diagonal, in place of the diagonal. What is done from the right
/// is done to the rows of `z`, which is empty or has `n` of them.
pub(crate) fn iterate<R: Real>(d: &mut [R], e: &mut [R], z: &mut [R]) -> usize {
    let is_small =
        |d: &[R], e: &[R], m: usize| Number::modulus(e[m]) <= R::epsilon() * (Number::modulus(d[m]) + Number::modulus(d[m + 1]));
    one_after_the_other(d, e, is_small, |d, e, l, m| sweep(d, e, z, l, m))
}

/// Makes the off-diagonal small from its beginning on by steps on rows `l..=m` behind which it is; how many eigenvalues were not found.
fn one_after_the_other<R: Real>(
    d: &mut [R],
    e: &mut [R],
    is_small: impl Fn(&[R], &[R], usize) -> bool,
    mut step: impl FnMut(&mut [R], &mut [R], usize, usize),
) -> usize {
    let n = d.len();
    let mut missing = 0;
    for l in 0..n {
        if stops(n) {
            break;
        }
        let mut iterations = 0;
        loop {
            let m = (l..n - 1).find(|&m| is_small(d, e, m)).unwrap_or(n - 1);
            if m == l {
                break;
            }
            iterations += 1;
            if iterations > MOST_ITERATIONS {
                missing += 1;
                break;
            }
            step(d, e, l, m);
        }
    }
    missing
}

/// One QL step on rows `l..=m`, with the eigenvalue of the leading 2 x 2 matrix that is nearer to its corner as shift.
fn sweep<R: Real>(d: &mut [R], e: &mut [R], z: &mut [R], l: usize, m: usize) {
    let (n, two) = (d.len(), R::of(2.0));
    let ratio = (d[l + 1] - d[l]) / (two * e[l]);
    let root = length(ratio, R::one());
    let mut g = d[m] - d[l] + e[l] / (ratio + Float::copysign(root, ratio));
    let (mut s, mut c, mut p) = (R::one(), R::one(), R::zero());
    for i in (l..m).rev() {
        let (f, b) = (s * e[i], c * e[i]);
        let r = length(f, g);
        e[i + 1] = r;
        if r.is_zero() {
            d[i + 1] -= p;
            e[m] = R::zero();
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        let r = (d[i] - g) * s + two * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        if !z.is_empty() {
            let (x, y) = two_rows(z, n, i, i + 1);
            rotate(c, -s, x, y);
        }
    }
    d[l] -= p;
    e[l] = g;
    e[m] = R::zero();
}

/// The eigenvalues alone, not in order. The off-diagonal is overwritten with its squares and what becomes of them.
pub(crate) fn eigenvalues<R: Real>(d: &mut [R], e: &mut [R]) -> usize {
    e.iter_mut().for_each(|x| *x *= *x);
    let negligible = R::epsilon() * R::epsilon();
    let is_small = |d: &[R], e: &[R], m: usize| e[m] <= negligible * Number::modulus(d[m] * d[m + 1]) + R::min_positive_value();
    one_after_the_other(d, e, is_small, sweep_squares)
}

/// [`sweep`] with the squares of the off-diagonal.
fn sweep_squares<R: Real>(d: &mut [R], squares: &mut [R], l: usize, m: usize) {
    let beside = Float::sqrt(squares[l]);
    let ratio = (d[l + 1] - d[l]) / (R::of(2.0) * beside);
    let shift = d[l] - beside / (ratio + Float::copysign(length(ratio, R::one()), ratio));
    let (mut c, mut s) = (R::one(), R::zero());
    let mut gamma = d[m] - shift;
    let mut p = gamma * gamma;
    for i in (l..m).rev() {
        let square = squares[i];
        let r = p + square;
        if i + 1 < m {
            squares[i + 1] = s * r;
        }
        let (old_c, old_gamma) = (c, gamma);
        if r.is_zero() {
            (c, s) = (R::one(), R::zero());
        } else {
            (c, s) = (p / r, square / r);
        }
        gamma = c * (d[i] - shift) - s * old_gamma;
        d[i + 1] = old_gamma + (d[i] - gamma);
        p = if c.is_zero() { old_c * square } else { gamma * gamma / c };
    }
    squares[l] = s * p;
    d[l] = shift + gamma;
}

/// Sorts values in rising order, and the rows of `z` with them.
pub(crate) fn sort<R: Real>(values: &mut [R], z: &mut [R]) {
    let n = values.len();
    for i in 0..n {
        let smallest = (i..n).fold(i, |best, j| if values[j] < values[best] { j } else { best });
        if smallest != i {
            values.swap(i, smallest);
            if !z.is_empty() {
                let (x, y) = two_rows(z, n, i, smallest);
                x.swap_with_slice(y);
            }
        }
    }
}
