//! Eigenvalues and eigenvectors of matrices of any kind: reduction to Hessenberg form by reflectors, QR iterations to Schur form,
//! vectors by back substitution.
//!
//! Real matrices are iterated in real arithmetic with double shifts ([`real`], EISPACK's `hqr`), so that complex eigenvalues are
//! conjugate pairs exactly; complex ones with single shifts ([`complex`], LAPACK's `lahqr`). Iterations change the block alone whose
//! eigenvalues they look for, and the basis; the whole Schur form, which eigenvectors need, is that of the matrix in the final basis: two
//! products.

mod complex;
mod real;
mod vectors;

use num_complex::Complex;
use num_traits::One;

use crate::block::{Block, BlockMut, Multiply, Workspace, adjoint_of};
use crate::householder::{largest, reflector, scale_for};
use crate::loops::{Reflect, ReflectRows, Vectorize};
use crate::number::Number;
use crate::poll::stops;
use crate::vector::add_scaled;
use vectors::{Schur, Solutions, eigenvectors};

/// Iterations for an eigenvalue after which it counts as not found; three are usual.
const MOST_ITERATIONS: usize = 300;

/// Products of matrices of so many rows are computed in plain loops.
const SMALL: usize = 16;

/// Memory for matrices.
#[derive(Debug)]
pub struct Memory<T: Number> {
    matrices: Workspace<T>,
    vector: Workspace<T>,
}

impl<T: Number> Default for Memory<T> {
    fn default() -> Self {
        Memory { matrices: Workspace::default(), vector: Workspace::default() }
    }
}

/// A number whose matrices have Schur forms.
pub trait Spectral: Number {
    /// The eigenvalues of a Hessenberg matrix `h`, which is overwritten: what is next below the diagonal stays where rows have a
    /// conjugate pair, and is zero elsewhere. The rows of `basis`, unless it is empty, are multiplied from the left by the adjoint of the
    /// transformation that makes the matrix upper triangular but for these blocks. Returns how many eigenvalues were not found.
    fn schur(h: &mut [Self], n: usize, basis: &mut [Self], values: &mut [Complex<Self::Real>], loops: &impl Vectorize) -> usize;
}

impl Spectral for f32 {
    fn schur(h: &mut [f32], n: usize, basis: &mut [f32], values: &mut [Complex<f32>], loops: &impl Vectorize) -> usize {
        loops.vectorized(real::Schur { h, n, basis, values })
    }
}

impl Spectral for f64 {
    fn schur(h: &mut [f64], n: usize, basis: &mut [f64], values: &mut [Complex<f64>], loops: &impl Vectorize) -> usize {
        loops.vectorized(real::Schur { h, n, basis, values })
    }
}

impl Spectral for Complex<f32> {
    fn schur(h: &mut [Self], n: usize, basis: &mut [Self], values: &mut [Self], loops: &impl Vectorize) -> usize {
        loops.vectorized(complex::Schur { h, n, basis, values })
    }
}

impl Spectral for Complex<f64> {
    fn schur(h: &mut [Self], n: usize, basis: &mut [Self], values: &mut [Self], loops: &impl Vectorize) -> usize {
        loops.vectorized(complex::Schur { h, n, basis, values })
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
    let vector = memory.vector.zeros(3 * n);
    let missing = match vectors {
        None => {
            hessenberg(a, n, &mut [], vector, products);
            T::schur(a, n, &mut [], values, products)
        }
        Some(vectors) => {
            let (original, rest) = memory.matrices.zeros(4 * n * n).split_at_mut(n * n);
            let (z, rest) = rest.split_at_mut(n * n);
            let (adjoint, product) = rest.split_at_mut(n * n);
            original.copy_from_slice(a);
            z.iter_mut().step_by(n + 1).for_each(|x| *x = T::one());
            hessenberg(a, n, z, vector, products);
            adjoint_of(Block::whole(z, n), adjoint);
            let missing = T::schur(a, n, adjoint, values, products);
            if missing == 0 {
                adjoint_of(Block::whole(adjoint, n), z);
                multiply(original, z, product, n, products);
                multiply(adjoint, product, original, n, products);
                triangle(a, original, n, values);
                let solutions = Solutions { x: original, imaginary: if T::IS_COMPLEX { &mut [] } else { z } };
                eigenvectors(Schur { form: a, adjoint, n, values }, solutions, product, vectors, products);
            }
            missing
        }
    };
    if let Some(scale) = scale {
        values.iter_mut().for_each(|x| *x = Number::times(*x, T::Real::one() / scale));
    }
    missing
}

/// `to = x y` for square matrices, of which the smallest are not worth the call.
fn multiply<T: Number>(x: &[T], y: &[T], to: &mut [T], n: usize, products: &impl Multiply<T>) {
    to.fill(T::zero());
    if n > SMALL {
        return products.multiply_add(T::one(), Block::whole(x, n), Block::whole(y, n), BlockMut::whole(to, n));
    }
    for (to, x) in to.chunks_exact_mut(n).zip(x.chunks_exact(n)) {
        x.iter().zip(y.chunks_exact(n)).for_each(|(&x, y)| add_scaled(x, y, to));
    }
}

/// Makes of a Hessenberg matrix whose eigenvalues were found, of which `schur` left the blocks of conjugate pairs, the Schur form, given
/// that but for rounding errors below its diagonal.
fn triangle<T: Number>(h: &mut [T], form: &[T], n: usize, values: &[Complex<T::Real>]) {
    let mut above = false;
    for i in 0..n {
        let below = i + 1 < n && !h[(i + 1) * n + i].is_zero();
        for j in 0..n {
            let is_kept = j >= i || (above && j + 1 == i);
            h[i * n + j] = if is_kept { form[i * n + j] } else { T::zero() };
        }
        if !above && !below {
            h[i * n + i] = T::of_parts(values[i].re, values[i].im);
        }
        above = below;
    }
}

/// `A = Z H Z^H` with zeros below what is next to the diagonal of H.
fn hessenberg<T: Number>(a: &mut [T], n: usize, z: &mut [T], memory: &mut [T], products: &impl Multiply<T>) {
    let (v, sums) = memory.split_at_mut(n);
    for k in 0..n.saturating_sub(2) {
        if stops(n) {
            return;
        }
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
