//! Loops that are worth the widest vectors of the processor: whoever calls this crate compiles them ([`Vectorize`]).

use crate::block::Block;
use crate::householder::{apply_left, apply_to_row, reflector};
use crate::number::Number;
use crate::vector::{add_scaled, dot, dot_conj};

/// A loop that can be compiled for any set of instructions: its `run` is always inlined.
pub trait Loop {
    /// What it yields.
    type Output;
    /// The loop.
    fn run(self) -> Self::Output;
}

/// Whoever has loops compiled for the processor that they run on.
pub trait Vectorize: Sync {
    /// Runs a loop.
    fn vectorized<L: Loop>(&self, work: L) -> L::Output;
}

/// `C = (I - tau v v^H) C` for the columns from `first` on that `sums` has entries for; `v[0]` counts as 1.
pub(crate) struct Reflect<'a, T> {
    pub tau: T,
    pub v: &'a [T],
    pub c: &'a mut [T],
    pub stride: usize,
    pub first: usize,
    pub sums: &'a mut [T],
}

impl<T: Number> Loop for Reflect<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        apply_left(self.tau, self.v, self.c, self.stride, self.first, self.sums);
    }
}

/// `x = x (I - tau v v^H)` for every row from its column `first` on; `v[0]` counts as 1.
pub(crate) struct ReflectRows<'a, T> {
    pub tau: T,
    pub v: &'a [T],
    pub rows: &'a mut [T],
    pub stride: usize,
    pub first: usize,
}

impl<T: Number> Loop for ReflectRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for row in self.rows.chunks_exact_mut(self.stride) {
            apply_to_row(self.tau, self.v, &mut row[self.first..]);
        }
    }
}

/// A QR factorisation of a matrix that lies column by column: R and reflectors take its place.
pub(crate) struct FactorColumns<'a, T> {
    pub columns: &'a mut [T],
    pub rows: usize,
    pub tau: &'a mut [T],
}

impl<T: Number> Loop for FactorColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (k, tau) in self.tau.iter_mut().enumerate() {
            let (left, right) = self.columns.split_at_mut((k + 1) * self.rows);
            let v = &mut left[k * self.rows + k..];
            *tau = reflector(v);
            for column in right.chunks_exact_mut(self.rows) {
                let x = &mut column[k..];
                let sum = tau.conj() * (x[0] + dot_conj(&v[1..], &x[1..]));
                x[0] -= sum;
                add_scaled(-sum, &v[1..], &mut x[1..]);
            }
        }
    }
}

/// `y += A x`
pub(crate) struct TimesVector<'a, T> {
    pub a: Block<'a, T>,
    pub x: &'a [T],
    pub y: &'a mut [T],
}

impl<T: Number> Loop for TimesVector<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (y, row) in self.y.iter_mut().zip(self.a.iter()) {
            *y += dot(row, self.x);
        }
    }
}

/// `y += A^H x`
pub(crate) struct AdjointTimesVector<'a, T> {
    pub a: Block<'a, T>,
    pub x: &'a [T],
    pub y: &'a mut [T],
}

impl<T: Number> Loop for AdjointTimesVector<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (a, stride) = (self.a, self.a.stride);
        let (fours, rest) = self.x.as_chunks::<4>();
        for (x, rows) in fours.iter().zip(a.rows.chunks_exact(4 * stride)) {
            let [r0, r1, r2, r3] = std::array::from_fn(|i| &rows[i * stride + a.first..i * stride + a.first + a.cols]);
            let y = &mut self.y[..a.cols];
            for j in 0..a.cols {
                y[j] += (r0[j].conj() * x[0] + r1[j].conj() * x[1]) + (r2[j].conj() * x[2] + r3[j].conj() * x[3]);
            }
        }
        for (&x, row) in rest.iter().zip(a.iter().skip(4 * fours.len())) {
            self.y.iter_mut().zip(row).for_each(|(y, a)| *y += a.conj() * x);
        }
    }
}

/// `y = A x` for a Hermitian matrix, the block of so many last rows and columns of `a`, of which the lower triangle is read.
pub(crate) struct HermitianTimesVector<'a, T> {
    pub a: Block<'a, T>,
    pub x: &'a [T],
    pub y: &'a mut [T],
}

impl<T: Number> Loop for HermitianTimesVector<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (i, row) in self.a.iter().enumerate() {
            let factor = self.x[i];
            let row = &row[..i];
            let (x, y) = (&self.x[..i], &mut self.y[..i]);
            let sum = dot(row, x);
            y.iter_mut().zip(row).for_each(|(y, a)| *y += a.conj() * factor);
            self.y[i] = sum + factor.times(self.a.at(i, i).re());
        }
    }
}

/// `y -= sum over rows i of b_i (a_i^H x)`
pub(crate) struct SubtractProjections<'a, T> {
    pub a: Block<'a, T>,
    pub b: Block<'a, T>,
    pub x: &'a [T],
    pub y: &'a mut [T],
}

impl<T: Number> Loop for SubtractProjections<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (a, b) in self.a.iter().zip(self.b.iter()) {
            add_scaled(-dot_conj(a, self.x), b, self.y);
        }
    }
}

/// `y -= sum over rows i of b_i conj(a_i)` for one column of A.
pub(crate) struct SubtractCombination<'a, T> {
    pub a: Block<'a, T>,
    pub b: Block<'a, T>,
    pub y: &'a mut [T],
}

impl<T: Number> Loop for SubtractCombination<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (a, b) in self.a.iter().zip(self.b.iter()) {
            add_scaled(-a[0].conj(), b, self.y);
        }
    }
}
