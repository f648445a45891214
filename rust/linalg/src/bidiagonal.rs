//! Singular values of real bidiagonal matrices by QR iterations with implicit shifts (Golub and Reinsch, 1970; Golub and Van Loan,
//! Matrix Computations, section 8.6; LINPACK's `svdc`).

use num_traits::Float;

use crate::number::{Number, Real};
use crate::poll::stops;
use crate::vector::{length, rotate, two_rows};

/// Rotations, for each pair of rows, after which the values that are left count as not found; one or two are usual. One value alone
/// may take long while others, of a cluster or of a matrix whose rows grow smaller, are found before it.
const MOST_ROTATIONS: usize = 30;

/// What a part of a bidiagonal matrix that ends before `p` allows.
enum Case {
    /// The last value is found.
    Converged,
    /// The last diagonal element is negligible.
    LastIsZero(usize),
    /// The diagonal element before this one is.
    Splits(usize),
    /// From here on a step of the iteration.
    Step(usize),
}

/// Singular values of the bidiagonal matrix with a diagonal `s` and what is above it, in place of the diagonal. What is done from
/// the left and the right is done to the rows of `u` and `v`, which may be empty.
pub(crate) fn iterate<R: Real>(s: &mut [R], e: &mut [R], u: &mut [R], v: &mut [R]) -> usize {
    let n = s.len();
    e[n - 1] = R::zero();
    let (mut p, mut rotations) = (n, 0);
    while p > 0 && !stops(n) {
        if rotations > MOST_ROTATIONS.saturating_mul(n * n).max(1000) {
            return p;
        }
        rotations += match look(s, e, p) {
            Case::Converged => {
                settle(s, u, v, p - 1);
                p -= 1;
                0
            }
            Case::LastIsZero(k) => {
                chase_up(s, e, v, k, p);
                p - k
            }
            Case::Splits(k) => {
                chase_down(s, e, u, k, p);
                p - k
            }
            Case::Step(k) => {
                step(s, e, u, v, k, p);
                p - k
            }
        };
    }
    0
}

fn look<R: Real>(s: &[R], e: &mut [R], p: usize) -> Case {
    let tiny = R::min_positive_value();
    let size = |x: R| Number::modulus(x);
    let mut start = 0;
    for k in (0..p - 1).rev() {
        if size(e[k]) <= tiny + R::epsilon() * (size(s[k]) + size(s[k + 1])) {
            e[k] = R::zero();
            start = k + 1;
            break;
        }
    }
    if start == p - 1 {
        return Case::Converged;
    }
    for k in (start..p).rev() {
        let right = if k + 1 < p { size(e[k]) } else { R::zero() };
        let left = if k > start { size(e[k - 1]) } else { R::zero() };
        if size(s[k]) <= tiny + R::epsilon() * (right + left) {
            return if k == p - 1 { Case::LastIsZero(start) } else { Case::Splits(k + 1) };
        }
    }
    Case::Step(start)
}

/// Rotates rows `i` and `j` of a matrix of `n` columns, if there are any: `(x, y) = (c x + s y, c y - s x)`.
fn rotate_rows<R: Real>(matrix: &mut [R], n: usize, i: usize, j: usize, c: R, s: R) {
    if matrix.is_empty() {
        return;
    }
    if i < j {
        let (x, y) = two_rows(matrix, n, i, j);
        rotate(c, s, x, y);
    } else {
        let (y, x) = two_rows(matrix, n, j, i);
        rotate(c, s, x, y);
    }
}

/// The rotation that makes `(f, g)` lie along the first axis: length, cosine and sine.
fn rotation<R: Real>(f: R, g: R) -> (R, R, R) {
    let r = length(f, g);
    if r.is_zero() { (r, R::one(), R::zero()) } else { (r, f / r, g / r) }
}

/// With a last diagonal element of 0 what stands above it is rotated away.
fn chase_up<R: Real>(s: &mut [R], e: &mut [R], v: &mut [R], k: usize, p: usize) {
    let n = s.len();
    s[p - 1] = R::zero();
    let mut f = std::mem::replace(&mut e[p - 2], R::zero());
    for j in (k..p - 1).rev() {
        let (length, c, sine) = rotation(s[j], f);
        s[j] = length;
        if j != k {
            f = -sine * e[j - 1];
            e[j - 1] *= c;
        }
        rotate_rows(v, n, j, p - 1, c, sine);
    }
}

/// With a diagonal element of 0 before `k` what stands beside it is rotated away.
fn chase_down<R: Real>(s: &mut [R], e: &mut [R], u: &mut [R], k: usize, p: usize) {
    let n = s.len();
    s[k - 1] = R::zero();
    let mut f = std::mem::replace(&mut e[k - 1], R::zero());
    for j in k..p {
        let (length, c, sine) = rotation(s[j], f);
        s[j] = length;
        f = -sine * e[j];
        e[j] *= c;
        rotate_rows(u, n, j, k - 1, c, sine);
    }
}

/// The shift of a step: what makes the trailing 2 x 2 matrix singular.
fn shift<R: Real>(s: &[R], e: &[R], k: usize, p: usize) -> (R, R) {
    let parts = [s[p - 1], s[p - 2], e[p - 2], s[k], e[k]];
    let scale = parts.into_iter().map(Number::modulus).fold(R::zero(), Float::max);
    let [last, before, above, first, beside] = parts.map(|x| x / scale);
    let b = ((before + last) * (before - last) + above * above) / R::of(2.0);
    let c = (last * above) * (last * above);
    let shift = if b.is_zero() && c.is_zero() {
        R::zero()
    } else {
        let root = Float::sqrt(b * b + c);
        c / (b + if b < R::zero() { -root } else { root })
    };
    ((first + last) * (first - last) + shift, first * beside)
}

/// A QR step on rows `k..p`.
fn step<R: Real>(s: &mut [R], e: &mut [R], u: &mut [R], v: &mut [R], k: usize, p: usize) {
    let n = s.len();
    let (mut f, mut g) = shift(s, e, k, p);
    for j in k..p - 1 {
        let (length, c, sine) = rotation(f, g);
        if j != k {
            e[j - 1] = length;
        }
        f = c * s[j] + sine * e[j];
        e[j] = c * e[j] - sine * s[j];
        g = sine * s[j + 1];
        s[j + 1] *= c;
        rotate_rows(v, n, j, j + 1, c, sine);
        let (length, c, sine) = rotation(f, g);
        s[j] = length;
        f = c * e[j] + sine * s[j + 1];
        s[j + 1] = c * s[j + 1] - sine * e[j];
        g = sine * e[j + 1];
        e[j + 1] *= c;
        rotate_rows(u, n, j, j + 1, c, sine);
    }
    e[p - 2] = f;
}

/// Makes a value that was found positive, and puts it in its place among those behind it.
fn settle<R: Real>(s: &mut [R], u: &mut [R], v: &mut [R], mut k: usize) {
    let n = s.len();
    if s[k] <= R::zero() {
        s[k] = if s[k] < R::zero() { -s[k] } else { R::zero() };
        if !v.is_empty() {
            v[k * n..(k + 1) * n].iter_mut().for_each(|x| *x = -*x);
        }
    }
    while k + 1 < n && s[k] < s[k + 1] {
        s.swap(k, k + 1);
        for matrix in [&mut *u, &mut *v] {
            if !matrix.is_empty() {
                let (x, y) = two_rows(matrix, n, k, k + 1);
                x.swap_with_slice(y);
            }
        }
        k += 1;
    }
}
