//! `A = Q B P^H` with a real upper bidiagonal matrix B, by reflectors from both sides, in blocks whose effect on the rest is a product
//! (Dongarra, Hammarling and Sorensen, 1989; LAPACK's `labrd`).

use crate::block::{Block, BlockMut, Multiply};
use crate::compact::{Rows, WIDTH};
use crate::householder::reflector;
use crate::loops::{AdjointTimesVector, SubtractCombination, SubtractProjections, TimesVector};
use crate::number::Number;
use crate::poll::stops;

/// The reflectors of a tall matrix: that of column `k` from number `k` on in row `k` of `q`, that of row `k` from number `k + 1` on in
/// row `k` of `p`.
pub(crate) struct Bidiagonal<'a, T> {
    pub q: &'a mut [T],
    pub p: &'a mut [T],
    pub tau_q: &'a mut [T],
    pub tau_p: &'a mut [T],
    pub rows: usize,
    pub cols: usize,
    /// What is needed meanwhile, and for applying the reflectors.
    pub rest: &'a mut [T],
}

impl<'a, T: Number> Bidiagonal<'a, T> {
    /// The numbers that a matrix needs whose reflectors are applied to `others` columns or rows.
    pub(crate) fn room([rows, cols]: [usize; 2], others: usize) -> usize {
        let panel = cols.min(2 * WIDTH) * (rows + cols) + rows + 2 * cols.min(WIDTH) * (rows + cols);
        cols * rows + cols * cols + 2 * cols + panel.max(Rows::<T>::room(rows, cols, others))
    }

    pub(crate) fn new(memory: &'a mut [T], [rows, cols]: [usize; 2]) -> Self {
        let (q, rest) = memory.split_at_mut(cols * rows);
        let (p, rest) = rest.split_at_mut(cols * cols);
        let (tau_q, rest) = rest.split_at_mut(cols);
        let (tau_p, rest) = rest.split_at_mut(cols);
        Bidiagonal { q, p, tau_q, tau_p, rows, cols, rest }
    }

    /// Finds the diagonal and what is above it.
    pub(crate) fn reduce(&mut self, a: &mut [T], [diagonal, above]: [&mut [T::Real]; 2], products: &impl Multiply<T>) {
        let (m, n) = (self.rows, self.cols);
        let width = n.min(2 * WIDTH);
        let (x, rest) = self.rest.split_at_mut(width * m);
        let (y, rest) = rest.split_at_mut(width * n);
        let mut start = 0;
        while start < n {
            // The last columns are not worth a product.
            let end = if n - start <= 2 * WIDTH { n } else { start + WIDTH };
            x.fill(T::zero());
            y.fill(T::zero());
            let (q, p, taus) = (&mut *self.q, &mut *self.p, [&mut *self.tau_q, &mut *self.tau_p]);
            let mut panel = Panel { m, n, start, q, p, x: &mut *x, y: &mut *y, taus };
            for k in start..end {
                if stops(m) {
                    return;
                }
                diagonal[k] = panel.column(a, k, &mut rest[..m - k], products);
                if k + 1 < n {
                    above[k] = panel.row(a, k, &mut rest[..n - k - 1], products);
                }
            }
            if end < n {
                panel.update(a, end, rest, products);
            }
            start = end;
        }
    }

    /// The reflectors from the left, and memory to apply them.
    pub(crate) fn left(&mut self) -> (Rows<'_, T>, &mut [T]) {
        (Rows { v: self.q, len: self.rows, shift: 0, tau: self.tau_q }, self.rest)
    }

    /// The reflectors from the right, and memory to apply them.
    pub(crate) fn right(&mut self) -> (Rows<'_, T>, &mut [T]) {
        (Rows { v: self.p, len: self.cols, shift: 1, tau: &self.tau_p[..self.cols - 1] }, self.rest)
    }
}

/// Columns and rows that were reduced while the rest of the matrix waits: it is `A - V Y^H - X U^H` with the reflectors V of columns and
/// U of rows. Columns of these are rows here, V and U those from `start` on of `q` and `p`.
struct Panel<'a, T> {
    m: usize,
    n: usize,
    start: usize,
    q: &'a mut [T],
    p: &'a mut [T],
    x: &'a mut [T],
    y: &'a mut [T],
    taus: [&'a mut [T]; 2],
}

impl<T: Number> Panel<'_, T> {
    /// Reduces column `k`, finds its diagonal element, and what its reflector does to the rest.
    fn column(&mut self, a: &[T], k: usize, v: &mut [T], products: &impl Multiply<T>) -> T::Real {
        let (m, n, start) = (self.m, self.n, self.start);
        v.iter_mut().zip(a[k * n + k..].iter().step_by(n)).for_each(|(v, &a)| *v = a);
        let (known, own) = self.q.split_at_mut(k * m);
        let (others, y) = self.y.split_at_mut((k - start) * n);
        let known = &known[start * m..];
        let (q, x) = (Block::columns(known, m, k..m), Block::columns(&self.x[..(k - start) * m], m, k..m));
        let p = &self.p[start * n..k * n];
        products.vectorized(SubtractCombination { a: Block::columns(others, n, k..n), b: q, y: v });
        products.vectorized(SubtractCombination { a: Block::columns(p, n, k..n), b: x, y: v });
        let tau = reflector(v);
        let diagonal = v[0].re();
        v[0] = T::one();
        own[k..m].copy_from_slice(v);
        self.taus[0][k] = tau;
        if k + 1 < n {
            let (columns, y) = (k + 1..n, &mut y[k + 1..n]);
            let rest = Block::columns(&a[k * n..], n, columns.clone());
            products.vectorized(AdjointTimesVector { a: rest, x: v, y });
            let others = Block::columns(others, n, columns.clone());
            products.vectorized(SubtractProjections { a: q, b: others, x: v, y });
            products.vectorized(SubtractProjections { a: x, b: Block::columns(p, n, columns), x: v, y });
            y.iter_mut().for_each(|y| *y *= tau);
        }
        diagonal
    }

    /// Reduces row `k`, whose column is reduced: the element beside the diagonal.
    fn row(&mut self, a: &[T], k: usize, u: &mut [T], products: &impl Multiply<T>) -> T::Real {
        let (m, n, start) = (self.m, self.n, self.start);
        let (rows, columns) = (k + 1..m, k + 1..n);
        u.iter_mut().zip(&a[k * n + k + 1..]).for_each(|(u, a)| *u = a.conj());
        let (known, own) = self.p.split_at_mut(k * n);
        let (others, x) = self.x.split_at_mut((k - start) * m);
        let p = Block::columns(&known[start * n..], n, columns.clone());
        let (q, y) = (&self.q[start * m..(k + 1) * m], Block::columns(&self.y[..(k + 1 - start) * n], n, columns.clone()));
        products.vectorized(SubtractCombination { a: Block::columns(q, m, k..m), b: y, y: u });
        products.vectorized(SubtractCombination { a: Block::columns(others, m, k..m), b: p, y: u });
        let tau = reflector(u);
        let above = u[0].re();
        u[0] = T::one();
        own[columns.clone()].copy_from_slice(u);
        self.taus[1][k] = tau;
        let x = &mut x[rows.clone()];
        products.vectorized(TimesVector { a: Block::columns(&a[(k + 1) * n..], n, columns), x: u, y: x });
        products.vectorized(SubtractProjections { a: y, b: Block::columns(q, m, rows.clone()), x: u, y: x });
        products.vectorized(SubtractProjections { a: p, b: Block::columns(others, m, rows), x: u, y: x });
        x.iter_mut().for_each(|x| *x *= tau);
        above
    }

    /// Does to the rows and columns from `end` on what waits.
    fn update(&self, a: &mut [T], end: usize, memory: &mut [T], products: &impl Multiply<T>) {
        let (m, n, width) = (self.m, self.n, end - self.start);
        let (rows, cols) = (m - end, n - end);
        let (left, right) = memory.split_at_mut(2 * width * rows);
        let right = &mut right[..2 * width * cols];
        let panel = self.start..end;
        let vectors = self.q[panel.start * m..panel.end * m].chunks_exact(m).chain(self.x.chunks_exact(m).take(width));
        for (i, vector) in vectors.enumerate() {
            left.iter_mut().skip(i).step_by(2 * width).zip(&vector[end..]).for_each(|(to, &x)| *to = x);
        }
        let vectors = self.y.chunks_exact(n).take(width).chain(self.p[panel.start * n..panel.end * n].chunks_exact(n));
        for (to, vector) in right.chunks_exact_mut(cols).zip(vectors) {
            to.iter_mut().zip(&vector[end..]).for_each(|(to, x)| *to = x.conj());
        }
        let below = BlockMut::columns(&mut a[end * n..], n, end..n);
        products.multiply_add(-T::one(), Block::whole(left, 2 * width), Block::whole(right, cols), below);
    }
}
