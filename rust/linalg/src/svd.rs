//! Singular values and vectors: reduction to a real bidiagonal matrix by reflectors, then QR iterations with implicit shifts
//! (Golub and Reinsch, 1970; Golub and Van Loan, Matrix Computations, section 8.6; LINPACK's `svdc`).

use num_traits::{Float, One};

use crate::block::{Block, Workspace, adjoint_of};
use crate::householder::{apply_left, apply_to_row, apply_to_vector, largest, reflector, scale_for};
use crate::number::{Number, Real};
use crate::poll::stops;
use crate::vector::{rotate, two_rows};

/// Iterations for a singular value after which it counts as not found; two are usual.
const MOST_ITERATIONS: usize = 90;

/// Memory for matrices of numbers and of real numbers.
#[derive(Debug)]
pub struct Memory<T: Number> {
    tall: Workspace<T>,
    numbers: Workspace<T>,
    reals: Workspace<T::Real>,
}

impl<T: Number> Default for Memory<T> {
    fn default() -> Self {
        Memory { tall: Workspace::default(), numbers: Workspace::default(), reals: Workspace::default() }
    }
}

/// Why there are no singular values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The matrix holds infinities or NaN.
    NotFinite,
    /// So many were not found.
    NotConverged(usize),
}

/// Singular vectors: `u`, an `m x m` matrix or its first `min(m, n)` columns, and `vh`, an `n x n` matrix or its first rows.
#[derive(Debug)]
pub struct Vectors<'a, T> {
    /// Left ones, by columns.
    pub u: &'a mut [T],
    /// Right ones, by rows and conjugated.
    pub vh: &'a mut [T],
}

/// Singular values of an `m x n` matrix in falling order, and the vectors if there is room for them.
pub fn decompose<T: Number>(
    a: &[T],
    [m, n]: [usize; 2],
    values: &mut [T::Real],
    vectors: Option<Vectors<T>>,
    memory: &mut Memory<T>,
) -> Result<(), Failure> {
    let size = largest(a);
    if size.is_nan() {
        return Err(Failure::NotFinite);
    }
    let wide = m < n;
    let (rows, k) = (m.max(n), m.min(n));
    if k == 0 {
        identity(vectors, m, n);
        return Ok(());
    }
    let tall = memory.tall.zeros(m * n);
    if wide {
        adjoint_of(Block::whole(a, n), tall)
    } else {
        tall.copy_from_slice(a)
    }
    let scale = scale_for(size);
    if let Some(scale) = scale {
        tall.iter_mut().for_each(|x| *x = x.times(scale));
    }
    let mut parts = Bidiagonal::new(memory.numbers.zeros(k * rows + k * k + 3 * k + rows), rows, k);
    let square = if vectors.is_some() { k * k } else { 0 };
    let (off, rest) = memory.reals.zeros(k + 2 * square).split_at_mut(k);
    let (u, v) = rest.split_at_mut(square);
    parts.reduce(tall, [&mut *values, &mut *off]);
    u.iter_mut().step_by(k + 1).for_each(|x| *x = T::Real::one());
    v.copy_from_slice(u);
    let missing = iterate(values, off, u, v);
    if let Some(Vectors { u: left, vh }) = vectors {
        if wide {
            parts.write_right(v, |i, row| write_column(left, i, row.iter().copied()));
            parts.write_left(u, vh.len() / n, |i, row| write_row(vh, i, row.iter().map(|x| x.conj())));
        } else {
            parts.write_left(u, left.len() / m, |i, row| write_column(left, i, row.iter().copied()));
            parts.write_right(v, |i, row| write_row(vh, i, row.iter().map(|x| x.conj())));
        }
    }
    if let Some(scale) = scale {
        values.iter_mut().for_each(|x| *x /= scale);
    }
    if missing == 0 { Ok(()) } else { Err(Failure::NotConverged(missing)) }
}

/// Vectors of a matrix without elements.
fn identity<T: Number>(vectors: Option<Vectors<T>>, m: usize, n: usize) {
    if let Some(Vectors { u, vh }) = vectors {
        u.fill(T::zero());
        vh.fill(T::zero());
        u.iter_mut().step_by(m + 1).for_each(|x| *x = T::one());
        vh.iter_mut().step_by(n + 1).for_each(|x| *x = T::one());
    }
}

/// Writes a column of a matrix that has as many rows as there are values.
fn write_column<T>(matrix: &mut [T], column: usize, values: impl ExactSizeIterator<Item = T>) {
    let cols = matrix.len() / values.len();
    matrix.iter_mut().skip(column).step_by(cols).zip(values).for_each(|(to, x)| *to = x);
}

fn write_row<T>(matrix: &mut [T], row: usize, values: impl ExactSizeIterator<Item = T>) {
    let start = row * values.len();
    matrix[start..].iter_mut().zip(values).for_each(|(to, x)| *to = x);
}

/// The reflectors of `A = Q B P^H` of a tall matrix: that of column `k` in row `k` of `q`, and so of `p`.
struct Bidiagonal<'a, T> {
    q: &'a mut [T],
    p: &'a mut [T],
    tau_q: &'a mut [T],
    tau_p: &'a mut [T],
    /// One number a column.
    sums: &'a mut [T],
    /// One number a row.
    vector: &'a mut [T],
    rows: usize,
    cols: usize,
}

impl<'a, T: Number> Bidiagonal<'a, T> {
    fn new(memory: &'a mut [T], rows: usize, cols: usize) -> Self {
        let (q, rest) = memory.split_at_mut(cols * rows);
        let (p, rest) = rest.split_at_mut(cols * cols);
        let (tau_q, rest) = rest.split_at_mut(cols);
        let (tau_p, rest) = rest.split_at_mut(cols);
        let (sums, vector) = rest.split_at_mut(cols);
        Bidiagonal { q, p, tau_q, tau_p, sums, vector, rows, cols }
    }

    /// Finds the diagonal and what is above it, which are real.
    fn reduce(&mut self, a: &mut [T], [diagonal, off]: [&mut [T::Real]; 2]) {
        let (m, n) = (self.rows, self.cols);
        for k in 0..n {
            if stops(m) {
                return;
            }
            let v = &mut self.q[k * m..k * m + m - k];
            v.iter_mut().zip(a[k * n + k..].iter().step_by(n)).for_each(|(v, &x)| *v = x);
            self.tau_q[k] = reflector(v);
            diagonal[k] = v[0].re();
            apply_left(self.tau_q[k].conj(), v, &mut a[k * n..], n, k + 1, &mut self.sums[..n - k - 1]);
            if k + 1 == n {
                break;
            }
            let u = &mut self.p[k * n..k * n + n - k - 1];
            u.iter_mut().zip(&a[k * n + k + 1..]).for_each(|(u, x)| *u = x.conj());
            self.tau_p[k] = reflector(u);
            off[k] = u[0].re();
            for row in a[(k + 1) * n..].chunks_exact_mut(n) {
                apply_to_row(self.tau_p[k], u, &mut row[k + 1..]);
            }
        }
    }

    /// `Q` times the left vectors of B, which are rows of `u`, and its further columns up to `count`.
    fn write_left(&mut self, u: &[T::Real], count: usize, mut write: impl FnMut(usize, &[T])) {
        let (m, n) = (self.rows, self.cols);
        for i in 0..count {
            if stops(m) {
                return;
            }
            let x = &mut self.vector[..m];
            x.fill(T::zero());
            if i < n {
                x.iter_mut().zip(&u[i * n..(i + 1) * n]).for_each(|(x, &u)| *x = T::of_real(u));
            } else {
                x[i] = T::one();
            }
            for k in (0..n).rev() {
                apply_to_vector(self.tau_q[k], &self.q[k * m..k * m + m - k], &mut x[k..]);
            }
            write(i, x);
        }
    }

    /// `P` times the right vectors of B, which are rows of `v`.
    fn write_right(&mut self, v: &[T::Real], mut write: impl FnMut(usize, &[T])) {
        let n = self.cols;
        for (i, v) in v.chunks_exact(n).enumerate() {
            if stops(n) {
                return;
            }
            let x = &mut self.vector[..n];
            x.iter_mut().zip(v).for_each(|(x, &v)| *x = T::of_real(v));
            for k in (0..n - 1).rev() {
                apply_to_vector(self.tau_p[k], &self.p[k * n..k * n + n - k - 1], &mut x[k + 1..]);
            }
            write(i, x);
        }
    }
}

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
fn iterate<R: Real>(s: &mut [R], e: &mut [R], u: &mut [R], v: &mut [R]) -> usize {
    let (n, mut missing) = (s.len(), 0);
    e[n - 1] = R::zero();
    let (mut p, mut iterations) = (n, 0);
    while p > 0 && !stops(n) {
        match look(s, e, p) {
            Case::Converged => {
                settle(s, u, v, p - 1);
                (p, iterations) = (p - 1, 0);
            }
            Case::LastIsZero(k) => chase_up(s, e, v, k, p),
            Case::Splits(k) => chase_down(s, e, u, k, p),
            Case::Step(k) => step(s, e, u, v, k, p),
        }
        iterations += 1;
        if iterations > MOST_ITERATIONS {
            missing += 1;
            (p, iterations) = (p - 1, 0);
        }
    }
    missing
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
    let length = Float::hypot(f, g);
    if length.is_zero() { (length, R::one(), R::zero()) } else { (length, f / length, g / length) }
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
