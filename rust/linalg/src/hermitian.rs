//! Eigenvalues and eigenvectors of Hermitian matrices: reduction to a real tridiagonal matrix by reflectors, in blocks whose effect on
//! the rest is a product (Dongarra, Hammarling and Sorensen, 1989; LAPACK's `latrd`), then the eigenvalues of that
//! ([`crate::tridiagonal`], [`crate::divide`]).

use num_traits::{Float, One};

use crate::block::{Block, BlockMut, Multiply, Workspace};
use crate::compact::{Rows, WIDTH};
use crate::householder::{largest, reflector, scale_for};
use crate::loops::{HermitianTimesVector, SubtractCombination, SubtractProjections};
use crate::number::{Number, Real};
use crate::poll::stops;
use crate::vector::{add_scaled, dot_conj};
use crate::{divide, tridiagonal};

/// Memory for matrices of numbers and of real numbers.
#[derive(Debug)]
pub struct Memory<T: Number> {
    numbers: Workspace<T>,
    reals: Workspace<T::Real>,
    halves: Workspace<T::Real>,
}

impl<T: Number> Default for Memory<T> {
    fn default() -> Self {
        Memory { numbers: Workspace::default(), reals: Workspace::default(), halves: Workspace::default() }
    }
}

/// Eigenvalues of an `n x n` Hermitian matrix, in rising order, and where `vectors` the eigenvectors of norm 1, which replace the
/// matrix as its columns. The lower triangle is read. Returns how many eigenvalues were not found. A matrix that is not finite has
/// NaN for all of them.
pub fn decompose<T: Number, P: Multiply<T> + Multiply<T::Real>>(
    a: &mut [T],
    n: usize,
    values: &mut [T::Real],
    vectors: bool,
    memory: &mut Memory<T>,
    products: &P,
) -> usize {
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
    let numbers = memory.numbers.zeros(n * n + n + room::<T>(n));
    let (reflectors, rest) = numbers.split_at_mut(n * n);
    let (tau, numbers) = rest.split_at_mut(n);
    let reals = memory.reals.zeros(n + if vectors { n * n } else { 0 });
    let (off, z) = reals.split_at_mut(n);
    tridiagonalize(a, n, [&mut *values, &mut *off], [reflectors, tau], numbers, products);
    let missing = if !vectors {
        let missing = tridiagonal::eigenvalues(values, off);
        tridiagonal::sort(values, z);
        missing
    } else if n <= divide::LEAF {
        z.iter_mut().step_by(n + 1).for_each(|x| *x = T::Real::one());
        let missing = tridiagonal::iterate(values, off, z);
        tridiagonal::sort(values, z);
        missing
    } else {
        divide::decompose(values, off, z, &mut memory.halves, products)
    };
    if vectors {
        for (i, row) in a.chunks_exact_mut(n).enumerate() {
            row.iter_mut().zip(z[i..].iter().step_by(n)).for_each(|(x, &z)| *x = T::of_real(z));
        }
        Rows { v: reflectors, len: n, shift: 1, tau: &tau[..n - 1] }.apply(a, n, numbers, products);
    }
    if let Some(scale) = scale {
        values.iter_mut().for_each(|x| *x /= scale);
    }
    missing
}

/// What reductions and what follows them need beside the reflectors.
fn room<T: Number>(n: usize) -> usize {
    (n.min(2 * WIDTH) * n + 4 * WIDTH.min(n) * n).max(Rows::<T>::room(n, n, n))
}

/// `A = Q T Q^H`: diagonal and off-diagonal of T, which are real, and the reflectors of Q, that of column `k` in row `k` from column
/// `k + 1` on. Only the lower triangle is read.
fn tridiagonalize<T: Number>(
    a: &mut [T],
    n: usize,
    [diagonal, off]: [&mut [T::Real]; 2],
    [reflectors, tau]: [&mut [T]; 2],
    memory: &mut [T],
    products: &impl Multiply<T>,
) {
    let (dual, memory) = memory.split_at_mut(n.min(2 * WIDTH) * n);
    let mut start = 0;
    while start < n {
        // The last columns are not worth a product.
        let end = if n - start <= 2 * WIDTH { n } else { start + WIDTH };
        let mut panel = Panel { n, start, v: &mut *reflectors, w: &mut dual[..(end - start) * n], tau: &mut *tau };
        for k in start..end {
            if stops(n) {
                return;
            }
            let x = &mut memory[..n - k];
            (diagonal[k], off[k]) = panel.column(a, k, x, products);
        }
        if end < n {
            panel.update(a, end, memory, products);
        }
        start = end;
    }
}

/// Columns that were reduced while the rest of the matrix waits: it is `A - V W^H - W V^H`, with the columns of V and W as rows here.
struct Panel<'a, T> {
    n: usize,
    start: usize,
    /// All reflectors.
    v: &'a mut [T],
    /// Those of this panel.
    w: &'a mut [T],
    tau: &'a mut [T],
}

impl<T: Number> Panel<'_, T> {
    /// Reduces column `k`: its diagonal element and what is below it.
    fn column(&mut self, a: &[T], k: usize, x: &mut [T], products: &impl Multiply<T>) -> (T::Real, T::Real) {
        let (n, start) = (self.n, self.start);
        x.iter_mut().zip(a[k * n + k..].iter().step_by(n)).for_each(|(x, &a)| *x = a);
        let (known, own) = self.v.split_at_mut(k * n);
        let (others, w) = self.w.split_at_mut((k - start) * n);
        let v = Block::columns(&known[start * n..], n, k..n);
        let duals = Block::columns(others, n, k..n);
        products.vectorized(SubtractCombination { a: duals, b: v, y: x });
        products.vectorized(SubtractCombination { a: v, b: duals, y: x });
        let diagonal = x[0].re();
        let Some(x) = x.get_mut(1..).filter(|x| !x.is_empty()) else { return (diagonal, T::Real::of(0.0)) };
        self.tau[k] = reflector(x);
        let off = x[0].re();
        x[0] = T::one();
        own[k + 1..n].copy_from_slice(x);
        let w = &mut w[k + 1..n];
        if self.tau[k].is_zero() {
            w.fill(T::zero());
            return (diagonal, off);
        }
        let rest = Block::columns(&a[(k + 1) * n..], n, k + 1..n);
        products.vectorized(HermitianTimesVector { a: rest, x, y: w });
        let (v, duals) = (Block::columns(&known[start * n..], n, k + 1..n), Block::columns(others, n, k + 1..n));
        products.vectorized(SubtractProjections { a: duals, b: v, x, y: w });
        products.vectorized(SubtractProjections { a: v, b: duals, x, y: w });
        let tau = self.tau[k];
        w.iter_mut().for_each(|w| *w *= tau);
        let half = (tau * dot_conj(w, x)).times(T::Real::of(-0.5));
        add_scaled(half, x, w);
        (diagonal, off)
    }

    /// Does to the rows and columns from `end` on what waits, in strips that end at the diagonal.
    fn update(&self, a: &mut [T], end: usize, memory: &mut [T], products: &impl Multiply<T>) {
        let (n, width) = (self.n, end - self.start);
        let rows = n - end;
        let (left, right) = memory[..4 * width * rows].split_at_mut(2 * width * rows);
        let vectors = self.v[self.start * n..end * n].chunks_exact(n).chain(self.w.chunks_exact(n));
        for (p, vector) in vectors.enumerate() {
            let dual = (p + width) % (2 * width);
            for (i, &x) in vector[end..].iter().enumerate() {
                left[i * 2 * width + p] = x;
                right[dual * rows + i] = x.conj();
            }
        }
        for (i, strip) in a[end * n..].chunks_mut(2 * WIDTH * n).enumerate() {
            let (first, count) = (i * 2 * WIDTH, strip.len() / n);
            let left = Block::whole(&left[first * 2 * width..(first + count) * 2 * width], 2 * width);
            let right = Block::columns(right, rows, 0..first + count);
            products.multiply_add(-T::one(), left, right, BlockMut::columns(strip, n, end..end + first + count));
        }
    }
}
