//! Eigenvalues and eigenvectors of Hermitian matrices: reduction to a real tridiagonal matrix by reflectors, then QL iterations
//! with implicit shifts (Golub and Van Loan, Matrix Computations, section 8.3; EISPACK's `tql2`).

use num_traits::{Float, One};

use crate::block::Workspace;
use crate::householder::{apply_to_vector, largest, reflector, scale_for};
use crate::number::{Number, Real};
use crate::vector::{add_scaled, dot, dot_conj, rotate, two_rows};

/// Iterations for an eigenvalue after which it counts as not found; three are usual.
const MOST_ITERATIONS: usize = 60;

/// Memory for matrices of numbers and of real numbers.
#[derive(Debug)]
pub struct Memory<T: Number> {
    numbers: Workspace<T>,
    reals: Workspace<T::Real>,
}

impl<T: Number> Default for Memory<T> {
    fn default() -> Self {
        Memory { numbers: Workspace::default(), reals: Workspace::default() }
    }
}

/// Eigenvalues of an `n x n` Hermitian matrix, in rising order, and where `vectors` the eigenvectors of norm 1, which replace the
/// matrix as its columns. Both triangles are read. Returns how many eigenvalues were not found. A matrix that is not finite has NaN
/// for all of them.
pub fn decompose<T: Number>(a: &mut [T], n: usize, values: &mut [T::Real], vectors: bool, memory: &mut Memory<T>) -> usize {
    if n == 0 {
        return 0;
    }
    let size = largest(a);
    if size.is_nan() {
        a.fill(T::not_a_number());
        values.fill(size);
        return 0;
    }
    let scale = scale_for(size);
    if let Some(scale) = scale {
        a.iter_mut().for_each(|x| *x = x.times(scale));
    }
    let numbers = memory.numbers.zeros(n * n + 2 * n);
    let (reflectors, rest) = numbers.split_at_mut(n * n);
    let (tau, product) = rest.split_at_mut(n);
    let reals = memory.reals.zeros(n + if vectors { n * n } else { 0 });
    let (off, z) = reals.split_at_mut(n);
    tridiagonalize(a, n, [&mut *values, &mut *off], reflectors, tau, product);
    z.iter_mut().step_by(n + 1).for_each(|x| *x = T::Real::one());
    let missing = iterate(values, off, z);
    sort(values, z);
    if vectors {
        let row = product;
        for (i, z) in z.chunks_exact(n).enumerate() {
            row.iter_mut().zip(z).for_each(|(x, &z)| *x = T::of_real(z));
            for k in (0..n.saturating_sub(1)).rev() {
                apply_to_vector(tau[k], &reflectors[k * n..k * n + n - k - 1], &mut row[k + 1..]);
            }
            a.iter_mut().skip(i).step_by(n).zip(&*row).for_each(|(to, &x)| *to = x);
        }
    }
    if let Some(scale) = scale {
        values.iter_mut().for_each(|x| *x /= scale);
    }
    missing
}

/// `A = Q T Q^H`: diagonal and off-diagonal of T, which are real, and the reflectors of Q, that of column `k` in row `k`.
fn tridiagonalize<T: Number>(
    a: &mut [T],
    n: usize,
    [diagonal, off]: [&mut [T::Real]; 2],
    reflectors: &mut [T],
    tau: &mut [T],
    product: &mut [T],
) {
    for k in 0..n.saturating_sub(1) {
        diagonal[k] = a[k * n + k].re();
        let len = n - k - 1;
        let v = &mut reflectors[k * n..k * n + len];
        v.iter_mut().zip(a[(k + 1) * n + k..].iter().step_by(n)).for_each(|(v, &x)| *v = x);
        tau[k] = reflector(v);
        off[k] = v[0].re();
        v[0] = T::one();
        if tau[k].is_zero() {
            continue;
        }
        let w = &mut product[..len];
        for (w, row) in w.iter_mut().zip(a[(k + 1) * n..].chunks_exact(n)) {
            *w = tau[k] * dot(&row[k + 1..], v);
        }
        let half = (tau[k] * dot_conj(w, v)).times(T::Real::of(-0.5));
        add_scaled(half, v, w);
        for (i, row) in a[(k + 1) * n..].chunks_exact_mut(n).enumerate() {
            let (vi, wi) = (v[i], w[i]);
            for ((x, &v), &w) in row[k + 1..].iter_mut().zip(&*v).zip(&*w) {
                *x -= vi * w.conj() + wi * v.conj();
            }
        }
    }
    if n > 0 {
        diagonal[n - 1] = a[n * n - 1].re();
    }
}

/// Eigenvalues of the tridiagonal matrix with a diagonal and off-diagonal, in place of the diagonal. What is done from the right
/// is done to the rows of `z`, which is empty or has `n` of them.
fn iterate<R: Real>(d: &mut [R], e: &mut [R], z: &mut [R]) -> usize {
    let n = d.len();
    let mut missing = 0;
    for l in 0..n {
        let mut iterations = 0;
        loop {
            let small =
                |m: &usize| Number::modulus(e[*m]) <= R::epsilon() * (Number::modulus(d[*m]) + Number::modulus(d[*m + 1]));
            let m = (l..n - 1).find(small).unwrap_or(n - 1);
            if m == l {
                break;
            }
            iterations += 1;
            if iterations > MOST_ITERATIONS {
                missing += 1;
                break;
            }
            sweep(d, e, z, l, m);
        }
    }
    missing
}

/// One QL step on rows `l..=m`, with the eigenvalue of the leading 2 x 2 matrix that is nearer to its corner as shift.
fn sweep<R: Real>(d: &mut [R], e: &mut [R], z: &mut [R], l: usize, m: usize) {
    let (n, two) = (d.len(), R::of(2.0));
    let ratio = (d[l + 1] - d[l]) / (two * e[l]);
    let root = Float::hypot(ratio, R::one());
    let mut g = d[m] - d[l] + e[l] / (ratio + Float::copysign(root, ratio));
    let (mut s, mut c, mut p) = (R::one(), R::one(), R::zero());
    for i in (l..m).rev() {
        let (f, b) = (s * e[i], c * e[i]);
        let r = Float::hypot(f, g);
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

/// Sorts values in rising order, and the rows of `z` with them.
fn sort<R: Real>(values: &mut [R], z: &mut [R]) {
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
