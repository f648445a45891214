//! Eigenvalues and eigenvectors of matrices of any kind: reduction to Hessenberg form by reflectors, QR iterations to Schur form,
//! vectors by back substitution.
//!
//! Real matrices are iterated in real arithmetic with double shifts ([`real`], EISPACK's `hqr2`), so that complex eigenvalues are
//! conjugate pairs exactly; complex ones with single shifts ([`complex`], LAPACK's `lahqr`).

mod complex;
mod real;

use num_complex::Complex;
use num_traits::{Float, One, Zero};

use crate::block::{Multiply, Workspace};
use crate::householder::{largest, reflector, scale_for};
use crate::loops::{Reflect, ReflectRows};
use crate::number::{Number, Real};

/// Iterations for an eigenvalue after which it counts as not found; three are usual.
const MOST_ITERATIONS: usize = 300;

/// Memory for matrices.
#[derive(Debug)]
pub struct Memory<T: Number> {
    basis: Workspace<T>,
    vector: Workspace<T>,
    solution: Workspace<Complex<T::Real>>,
}

impl<T: Number> Default for Memory<T>
where
    Complex<T::Real>: Number,
{
    fn default() -> Self {
        Memory { basis: Workspace::default(), vector: Workspace::default(), solution: Workspace::default() }
    }
}

/// A number whose matrices have Schur forms.
pub trait Spectral: Number {
    /// Makes a Hessenberg matrix `h` upper triangular, of real numbers but for 2 x 2 blocks on the diagonal with a conjugate pair each;
    /// `z` is multiplied by the transformation. Returns how many eigenvalues were not found.
    fn schur(h: &mut [Self], n: usize, z: &mut [Self], values: &mut [Complex<Self::Real>]) -> usize;
}

impl Spectral for f32 {
    fn schur(h: &mut [Self], n: usize, z: &mut [Self], values: &mut [Complex<f32>]) -> usize {
        real::schur(h, n, z, values)
    }
}

impl Spectral for f64 {
    fn schur(h: &mut [Self], n: usize, z: &mut [Self], values: &mut [Complex<f64>]) -> usize {
        real::schur(h, n, z, values)
    }
}

impl Spectral for Complex<f32> {
    fn schur(h: &mut [Self], n: usize, z: &mut [Self], values: &mut [Complex<f32>]) -> usize {
        complex::schur(h, n, z, values)
    }
}

impl Spectral for Complex<f64> {
    fn schur(h: &mut [Self], n: usize, z: &mut [Self], values: &mut [Complex<f64>]) -> usize {
        complex::schur(h, n, z, values)
    }
}

/// Eigenvalues of an `n x n` matrix, which is overwritten, and where there is room for them the eigenvectors as columns, each of
/// norm 1 and with a largest component that is real. Returns how many eigenvalues were not found.
pub fn decompose<T: Spectral>(
    a: &mut [T],
    n: usize,
    values: &mut [Complex<T::Real>],
    vectors: Option<&mut [Complex<T::Real>]>,
    memory: &mut Memory<T>,
    products: &impl Multiply<T>,
) -> usize
where
    Complex<T::Real>: Number<Real = T::Real>,
{
    if n == 0 {
        return 0;
    }
    let scale = scale_for(largest(a));
    if let Some(scale) = scale {
        a.iter_mut().for_each(|x| *x = x.times(scale));
    }
    let z = memory.basis.zeros(n * n);
    z.iter_mut().step_by(n + 1).for_each(|x| *x = T::one());
    hessenberg(a, n, z, memory.vector.zeros(3 * n), products);
    let missing = T::schur(a, n, z, values);
    if let Some(vectors) = vectors.filter(|_| missing == 0) {
        let x = memory.solution.zeros(2 * n);
        eigenvectors(a, n, z, values, vectors, x);
    }
    if let Some(scale) = scale {
        values.iter_mut().for_each(|x| *x = Number::times(*x, T::Real::one() / scale));
    }
    missing
}

/// `A = Z H Z^H` with zeros below what is next to the diagonal of H.
fn hessenberg<T: Number>(a: &mut [T], n: usize, z: &mut [T], memory: &mut [T], products: &impl Multiply<T>) {
    let (v, sums) = memory.split_at_mut(n);
    for k in 0..n.saturating_sub(2) {
        let v = &mut v[..n - k - 1];
        v.iter_mut().zip(a[(k + 1) * n + k..].iter().step_by(n)).for_each(|(v, &x)| *v = x);
        let tau = reflector(v);
        let below = a[(k + 1) * n + k..].iter_mut().step_by(n);
        below.enumerate().for_each(|(i, x)| *x = if i == 0 { v[0] } else { T::zero() });
        let (first, sums) = (k + 1, &mut sums[..n - k - 1]);
        products.vectorized(Reflect { tau: tau.conj(), v, c: &mut a[(k + 1) * n..], stride: n, first, sums });
        products.vectorized(ReflectRows { tau, v, rows: &mut *a, stride: n, first });
        products.vectorized(ReflectRows { tau, v, rows: &mut *z, stride: n, first });
    }
}

fn widen<T: Number>(x: T) -> Complex<T::Real> {
    Complex::new(x.re(), x.im())
}

/// The vectors of a matrix with a Schur form `t` in the basis `z`.
fn eigenvectors<T: Number>(
    t: &[T],
    n: usize,
    z: &[T],
    values: &[Complex<T::Real>],
    vectors: &mut [Complex<T::Real>],
    memory: &mut [Complex<T::Real>],
) where
    Complex<T::Real>: Number<Real = T::Real>,
{
    let (x, v) = memory.split_at_mut(n);
    let smallest = T::Real::epsilon() * t.iter().map(|x| x.size()).fold(T::Real::min_positive_value(), Float::max);
    let mut k = 0;
    while k < n {
        let paired = k + 1 < n && !t[(k + 1) * n + k].is_zero();
        let last = if paired { k + 1 } else { k };
        back_substitute(t, n, values[k], k, last, x, smallest);
        for (v, row) in v.iter_mut().zip(z.chunks_exact(n)) {
            *v = row[..=last].iter().zip(&x[..=last]).map(|(&z, &x)| widen(z) * x).sum();
        }
        normalize(v, values[k].im.is_zero());
        vectors.iter_mut().skip(k).step_by(n).zip(&*v).for_each(|(to, &v)| *to = v);
        if paired {
            vectors.iter_mut().skip(k + 1).step_by(n).zip(&*v).for_each(|(to, &v)| *to = v.conj());
        }
        k = last + 1;
    }
}

/// Solves `(T - value) x = 0` for an eigenvalue of rows `k..=last`, which are one or two.
fn back_substitute<T: Number>(
    t: &[T],
    n: usize,
    value: Complex<T::Real>,
    k: usize,
    last: usize,
    x: &mut [Complex<T::Real>],
    smallest: T::Real,
) where
    Complex<T::Real>: Number<Real = T::Real>,
{
    let at = |i: usize, j: usize| widen(t[i * n + j]);
    let one = Complex::one();
    if last == k {
        x[k] = one;
    } else if at(k, last).size() >= at(last, k).size() {
        (x[k], x[last]) = (one, (value - at(k, k)) / at(k, last));
    } else {
        (x[k], x[last]) = ((value - at(last, last)) / at(last, k), one);
    }
    let sum = |x: &[Complex<T::Real>], row: usize, from: usize| -> Complex<T::Real> {
        t[row * n + from..=row * n + last].iter().zip(&x[from..=last]).map(|(&t, &x)| widen(t) * x).sum()
    };
    let divisor = |d: Complex<T::Real>| if d.size() < smallest { Complex::of_real(smallest) } else { d };
    let mut j = k;
    while j > 0 {
        j -= 1;
        if j > 0 && !t[j * n + j - 1].is_zero() {
            let i = j - 1;
            let (r, s) = (-sum(x, i, j + 1), -sum(x, j, j + 1));
            let (a, d) = (at(i, i) - value, at(j, j) - value);
            let determinant = divisor(a * d - at(i, j) * at(j, i));
            (x[i], x[j]) = ((r * d - s * at(i, j)) / determinant, (s * a - r * at(j, i)) / determinant);
            j = i;
        } else {
            x[j] = -sum(x, j, j + 1) / divisor(at(j, j) - value);
        }
        keep_small(&mut x[j..=last]);
    }
}

/// Scales a vector down before its norm can overflow.
fn keep_small<C: Number>(x: &mut [C]) {
    let largest = x.first().map_or(C::Real::zero(), |x| x.size());
    if largest > Float::sqrt(Float::sqrt(C::Real::max_value())) {
        x.iter_mut().for_each(|x| *x = x.times(C::Real::one() / largest));
    }
}

/// Norm 1, and unless the vector is real anyway a largest component that is real.
fn normalize<R: Real>(v: &mut [Complex<R>], is_real: bool)
where
    Complex<R>: Number<Real = R>,
{
    let norm = crate::vector::norm(v);
    let mut factor = Complex::of_real(R::one() / norm);
    let at = (0..v.len()).fold(0, |best, i| if v[i].squared() > v[best].squared() { i } else { best });
    if !is_real {
        factor = Number::times(v[at].conj(), R::one() / (norm * v[at].modulus()));
    }
    v.iter_mut().for_each(|x| *x *= factor);
    if !is_real {
        v[at].im = R::zero();
    }
}
