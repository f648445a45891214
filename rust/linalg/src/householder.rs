//! QR factorisations by reflectors `H = I - tau v v^H` with `v[0] = 1`; `Q = H(0) H(1) ...`.
//!
//! Conventions are those of LAPACK's `geqrf`: R stands on and above the diagonal, which is real, each `v` below it without its 1.

use num_traits::{Float, Zero};

use crate::block::{BlockMut, Multiply, Workspace};
use crate::compact::{Compact, SMALL, WIDTH, blocks};
use crate::loops::FactorColumns;
use crate::number::{Number, Real};
use crate::vector::{add_scaled, norm};

/// Makes of a vector `x` the reflector with `H^H x = (beta, 0, ..)`: `x` becomes `beta` and the rest of `v`. Returns `tau`.
#[inline(always)]
pub(crate) fn reflector<T: Number>(x: &mut [T]) -> T {
    let Some((alpha, rest)) = x.split_first_mut() else { return T::zero() };
    let below = norm(rest);
    if below.is_zero() && alpha.im().is_zero() {
        return T::zero();
    }
    let length = norm(&[*alpha, T::of_real(below)]);
    let beta = if alpha.re() < T::Real::zero() { length } else { -length };
    let tau = T::of_parts((beta - alpha.re()) / beta, -alpha.im() / beta);
    let scale = T::one() / (*alpha - T::of_real(beta));
    rest.iter_mut().for_each(|x| *x *= scale);
    *alpha = T::of_real(beta);
    tau
}

/// `C = (I - tau v v^H) C` for some columns of rows of length `stride`. `v[0]` counts as 1; `sums` has one entry a column.
#[inline(always)]
pub(crate) fn apply_left<T: Number>(tau: T, v: &[T], c: &mut [T], stride: usize, first: usize, sums: &mut [T]) {
    if tau.is_zero() {
        return;
    }
    let last = first + sums.len();
    sums.copy_from_slice(&c[first..last]);
    for (&v, row) in v[1..].iter().zip(c[stride..].chunks_exact(stride)) {
        add_scaled(v.conj(), &row[first..last], sums);
    }
    add_scaled(-tau, sums, &mut c[first..last]);
    for (&v, row) in v[1..].iter().zip(c[stride..].chunks_exact_mut(stride)) {
        add_scaled(-tau * v, sums, &mut row[first..last]);
    }
}

/// `x = x (I - tau v v^H)` for a row `x`; `v[0]` counts as 1.
#[inline(always)]
pub(crate) fn apply_to_row<T: Number>(tau: T, v: &[T], x: &mut [T]) {
    let sum = tau * (x[0] + crate::vector::dot(&v[1..], &x[1..]));
    x[0] -= sum;
    x[1..].iter_mut().zip(&v[1..]).for_each(|(x, v)| *x -= sum * v.conj());
}

/// Column `k` of a matrix of `n` columns from row `k` on.
fn column<T: Number>(a: &[T], n: usize, k: usize, v: &mut [T]) {
    v.iter_mut().zip(a[k * n + k..].iter().step_by(n)).for_each(|(v, &x)| *v = x);
}

/// Factors an `m x n` matrix in place.
pub fn factor<T: Number>(
    a: &mut [T],
    [m, n]: [usize; 2],
    tau: &mut [T],
    workspace: &mut Workspace<T>,
    products: &impl Multiply<T>,
) {
    if m.min(n) > SMALL {
        return factor_blocks(a, [m, n], tau, workspace, products);
    }
    let (v, sums) = workspace.zeros(m + n).split_at_mut(m);
    for k in 0..m.min(n) {
        let v = &mut v[..m - k];
        column(a, n, k, v);
        tau[k] = reflector(v);
        a[k * n + k..].iter_mut().step_by(n).zip(&*v).for_each(|(x, &v)| *x = v);
        apply_left(tau[k].conj(), v, &mut a[k * n..], n, k + 1, &mut sums[..n - k - 1]);
    }
}

/// [`factor`] of a large matrix: some columns apart, then the columns to the right of them by products.
fn factor_blocks<T: Number>(
    a: &mut [T],
    [m, n]: [usize; 2],
    tau: &mut [T],
    workspace: &mut Workspace<T>,
    products: &impl Multiply<T>,
) {
    let memory = workspace.zeros(m * WIDTH + Compact::<T>::room(m, WIDTH, n));
    let (columns, memory) = memory.split_at_mut(m * WIDTH);
    for [start, end] in blocks(tau.len(), false) {
        let (rows, width) = (m - start, end - start);
        let columns = &mut columns[..rows * width];
        for (i, row) in a[start * n..].chunks_exact(n).enumerate() {
            row[start..end].iter().enumerate().for_each(|(j, &x)| columns[j * rows + i] = x);
        }
        products.vectorized(FactorColumns { columns, rows, tau: &mut tau[start..end] });
        for (i, row) in a[start * n..].chunks_exact_mut(n).enumerate() {
            row[start..end].iter_mut().enumerate().for_each(|(j, x)| *x = columns[j * rows + i]);
        }
        if end < n {
            let write = |j: usize, v: &mut [T]| v.copy_from_slice(&columns[j * rows + j..(j + 1) * rows]);
            let mut compact = Compact::new(memory, rows, &tau[start..end], write, products);
            compact.apply(true, BlockMut::columns(&mut a[start * n..], n, end..n), products);
        }
    }
}

/// Reflectors as [`factor`] leaves them in an `m x n` matrix, with their factors.
#[derive(Clone, Copy, Debug)]
pub struct Reflectors<'a, T> {
    /// The matrix.
    pub a: &'a [T],
    /// Its rows and columns.
    pub size: [usize; 2],
    /// A factor for each reflector.
    pub tau: &'a [T],
}

impl<T: Number> Reflectors<'_, T> {
    /// The reflectors `start..end` as a block.
    fn compact<'a>(&self, [start, end]: [usize; 2], memory: &'a mut [T], products: &impl Multiply<T>) -> Compact<'a, T> {
        let write = |j: usize, v: &mut [T]| column(self.a, self.size[1], start + j, v);
        Compact::new(memory, self.size[0] - start, &self.tau[start..end], write, products)
    }

    /// The first `cols` columns of Q.
    pub fn form_q(&self, q: &mut [T], cols: usize, workspace: &mut Workspace<T>, products: &impl Multiply<T>) {
        let [m, n] = self.size;
        q.fill(T::zero());
        q.iter_mut().step_by(cols + 1).take(m.min(cols)).for_each(|x| *x = T::one());
        let count = self.tau.len().min(cols);
        if count > SMALL {
            let memory = workspace.zeros(Compact::<T>::room(m, WIDTH, cols));
            for block @ [start, _] in blocks(count, true) {
                let below = BlockMut::columns(&mut q[start * cols..], cols, start..cols);
                self.compact(block, memory, products).apply(false, below, products);
            }
            return;
        }
        let (v, sums) = workspace.zeros(m + cols).split_at_mut(m);
        for k in (0..count).rev() {
            let v = &mut v[..m - k];
            column(self.a, n, k, v);
            apply_left(self.tau[k], v, &mut q[k * cols..], cols, k, &mut sums[..cols - k]);
        }
    }

    /// `C = Q C` or `Q^H C` for a matrix of `cols` columns.
    pub fn apply(&self, c: &mut [T], cols: usize, adjoint: bool, workspace: &mut Workspace<T>, products: &impl Multiply<T>) {
        let ([m, n], count) = (self.size, self.tau.len());
        if count > SMALL && cols > 4 {
            let memory = workspace.zeros(Compact::<T>::room(m, WIDTH, cols));
            for block @ [start, _] in blocks(count, !adjoint) {
                let below = BlockMut::whole(&mut c[start * cols..], cols);
                self.compact(block, memory, products).apply(adjoint, below, products);
            }
            return;
        }
        let (v, sums) = workspace.zeros(m + cols).split_at_mut(m);
        for step in 0..count {
            let k = if adjoint { step } else { count - 1 - step };
            let v = &mut v[..m - k];
            column(self.a, n, k, v);
            let tau = if adjoint { self.tau[k].conj() } else { self.tau[k] };
            apply_left(tau, v, &mut c[k * cols..], cols, 0, sums);
        }
    }

    /// `C = C Q` or `C Q^H` for a matrix with as many columns as reflectors have rows.
    pub fn apply_from_right(&self, c: &mut [T], adjoint: bool, workspace: &mut Workspace<T>, products: &impl Multiply<T>) {
        let ([m, n], count) = (self.size, self.tau.len());
        let rows = c.len() / m.max(1);
        if count > SMALL && rows > 4 {
            let memory = workspace.zeros(Compact::<T>::room(m, WIDTH, rows));
            for block @ [start, _] in blocks(count, adjoint) {
                let right = BlockMut::columns(c, m, start..m);
                self.compact(block, memory, products).apply_from_right(adjoint, right, products);
            }
            return;
        }
        let v = workspace.zeros(m);
        for step in 0..count {
            let k = if adjoint { count - 1 - step } else { step };
            let v = &mut v[..m - k];
            column(self.a, n, k, v);
            let tau = if adjoint { self.tau[k].conj() } else { self.tau[k] };
            c.chunks_exact_mut(m).for_each(|row| apply_to_row(tau, v, &mut row[k..]));
        }
    }
}

/// The largest modulus of a part; infinite or NaN where an element is.
pub(crate) fn largest<T: Number>(a: &[T]) -> T::Real {
    let mut largest = T::Real::zero();
    for x in a {
        let size = x.size();
        if !size.has_finite_parts() {
            return T::Real::not_a_number();
        }
        largest = Float::max(largest, size);
    }
    largest
}

/// A power of two by which numbers as large as `largest` are brought near 1, where their squares could overflow or vanish.
pub(crate) fn scale_for<R: Real>(largest: R) -> Option<R> {
    let bound = Float::sqrt(Float::sqrt(R::min_positive_value()));
    let outside = !largest.is_zero() && (largest < bound || largest > R::one() / bound);
    outside.then(|| R::of(2.0).powi(-(largest.wide().log2().round() as i32)))
}
