//! Schur forms of real matrices by Francis's QR steps with double shifts, after EISPACK's `hqr`.

use std::ops::Range;

use num_complex::Complex;
use num_traits::Float;

use super::MOST_ITERATIONS;
use crate::loops::Loop;
use crate::number::Real;
use crate::poll::stops;
use crate::vector::two_rows;

/// A Hessenberg matrix on its way, and what its transformations are collected in. Of the matrix only the block that is iterated is kept
/// up to date: what is above it and to the right is not read.
struct Iteration<'a, R> {
    h: &'a mut [R],
    n: usize,
    /// The transposed basis, by rows, unless it is empty.
    basis: &'a mut [R],
    /// What was subtracted from the diagonal of the part that is still iterated.
    moved: R,
}

/// What a double shift is made of: the diagonal of a 2 x 2 matrix, and the product of its other elements.
#[derive(Clone, Copy)]
struct Shift<R> {
    x: R,
    y: R,
    w: R,
}

/// [`super::Spectral::schur`]
pub(super) struct Schur<'a, R> {
    pub h: &'a mut [R],
    pub n: usize,
    pub basis: &'a mut [R],
    pub values: &'a mut [Complex<R>],
}

impl<R: Real> Loop for Schur<'_, R> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Schur { h, n, basis, values } = self;
        let norm = h.iter().map(|x| x.size()).sum::<R>();
        let mut it = Iteration { h, n, basis, moved: R::zero() };
        let (mut end, mut iterations) = (n, 0);
        while end > 0 && !stops(n) {
            let last = end - 1;
            let start = it.active(last, norm);
            if start + 1 >= last {
                if start == last {
                    it.one(last, values)
                } else {
                    it.two(last, values)
                }
                (end, iterations) = (start, 0);
                continue;
            }
            iterations += 1;
            if iterations > MOST_ITERATIONS {
                return end;
            }
            let shift = it.shift(last, iterations);
            it.step(start, last, shift);
        }
        0
    }
}

impl<R: Real> Iteration<'_, R> {
    #[inline(always)]
    fn at(&self, i: usize, j: usize) -> R {
        self.h[i * self.n + j]
    }

    #[inline(always)]
    fn size(&self, i: usize, j: usize) -> R {
        self.at(i, j).size()
    }

    #[inline(always)]
    fn put(&mut self, i: usize, j: usize, x: R) {
        self.h[i * self.n + j] = x;
    }

    /// The first row of the block that ends with row `last`; what is left of it is negligible.
    fn active(&mut self, last: usize, norm: R) -> usize {
        for l in (1..=last).rev() {
            let beside = self.size(l - 1, l - 1) + self.size(l, l);
            let beside = if beside.is_zero() { norm } else { beside };
            if self.size(l, l - 1) <= R::epsilon() * beside {
                self.put(l, l - 1, R::zero());
                return l;
            }
        }
        0
    }

    /// An eigenvalue was found.
    fn one(&mut self, k: usize, values: &mut [Complex<R>]) {
        let x = self.at(k, k) + self.moved;
        self.put(k, k, x);
        values[k] = Complex::new(x, R::zero());
    }

    /// Two eigenvalues were found; a real pair is separated.
    fn two(&mut self, last: usize, values: &mut [Complex<R>]) {
        let (k, n) = (last - 1, self.n);
        let w = self.at(last, k) * self.at(k, last);
        let p = (self.at(k, k) - self.at(last, last)) * R::of(0.5);
        let q = p * p + w;
        let root = Float::sqrt(q.size());
        let x = self.at(last, last) + self.moved;
        if q < R::zero() {
            values[k] = Complex::new(x + p, root);
            values[last] = values[k].conj();
            return;
        }
        let z = if p >= R::zero() { p + root } else { p - root };
        let first = x + z;
        let second = if z.is_zero() { first } else { x - w / z };
        (values[k], values[last]) = (Complex::new(first, R::zero()), Complex::new(second, R::zero()));
        let below = self.at(last, k);
        let length = Float::hypot(below, z);
        if !self.basis.is_empty() {
            let (above, row) = two_rows(self.basis, n, k, last);
            crate::vector::rotate(z / length, below / length, above, row);
        }
        self.put(last, k, R::zero());
    }

    /// The shift of a step; every tenth is another, to break cycles.
    fn shift(&mut self, last: usize, iterations: usize) -> Shift<R> {
        let (x, y) = (self.at(last, last), self.at(last - 1, last - 1));
        let w = self.at(last, last - 1) * self.at(last - 1, last);
        if !iterations.is_multiple_of(10) {
            return Shift { x, y, w };
        }
        self.moved += x;
        for i in 0..=last {
            self.h[i * self.n + i] -= x;
        }
        let s = self.size(last, last - 1) + self.size(last - 1, last - 2);
        Shift { x: R::of(0.75) * s, y: R::of(0.75) * s, w: R::of(-0.4375) * s * s }
    }

    /// The first column of the shifted product, which begins at row `m`: the lowest where what is left of it may be neglected.
    fn begin(&self, start: usize, last: usize, Shift { x, y, w }: Shift<R>) -> (usize, [R; 3]) {
        let mut m = last - 2;
        loop {
            let z = self.at(m, m);
            let (r, s) = (x - z, y - z);
            let p = (r * s - w) / self.at(m + 1, m) + self.at(m, m + 1);
            let column = [p, self.at(m + 1, m + 1) - z - r - s, self.at(m + 2, m + 1)];
            let total: R = column.iter().map(|x| x.size()).sum();
            let [p, q, r] = column.map(|x| x / total);
            if m == start {
                return (m, [p, q, r]);
            }
            let left = self.size(m, m - 1) * (q.size() + r.size());
            let beside = p.size() * (self.size(m - 1, m - 1) + z.size() + self.size(m + 1, m + 1));
            if left <= R::epsilon() * beside {
                return (m, [p, q, r]);
            }
            m -= 1;
        }
    }

    /// A double step on rows `start..=last`.
    #[inline(always)]
    fn step(&mut self, start: usize, last: usize, shift: Shift<R>) {
        let (m, mut column) = self.begin(start, last, shift);
        for i in m + 2..=last {
            self.put(i, i - 2, R::zero());
            if i > m + 2 {
                self.put(i, i - 3, R::zero());
            }
        }
        for k in m..last {
            let three = k + 1 != last;
            let mut scale = R::one();
            if k > m {
                column = [self.at(k, k - 1), self.at(k + 1, k - 1), if three { self.at(k + 2, k - 1) } else { R::zero() }];
                scale = column.iter().map(|x| x.size()).sum();
                if scale.is_zero() {
                    continue;
                }
                column = column.map(|x| x / scale);
            }
            let [p, q, r] = column;
            let length = Float::sqrt(p * p + q * q + r * r);
            let s = if p < R::zero() { -length } else { length };
            if s.is_zero() {
                continue;
            }
            if k > m {
                self.put(k, k - 1, -s * scale);
            } else if start != m {
                let x = -self.at(k, k - 1);
                self.put(k, k - 1, x);
            }
            let p = p + s;
            self.reflect([start, k, last], three, [p / s, q / s, r / s], [q / p, r / p]);
        }
    }

    /// Applies a reflector of two or three rows from `k` on from both sides, and to the basis.
    #[inline(always)]
    fn reflect(&mut self, [start, k, last]: [usize; 3], three: bool, [x, y, z]: [R; 3], [q, r]: [R; 2]) {
        let n = self.n;
        reflect_rows(self.h, [n, k], k..last + 1, three, [R::one(), q, r], [x, y, z]);
        for row in self.h[start * n..(last.min(k + 3) + 1) * n].chunks_exact_mut(n) {
            let row = &mut row[k..k + if three { 3 } else { 2 }];
            let mut p = x * row[0] + y * row[1];
            if three {
                p += z * row[2];
                row[2] -= p * r;
            }
            row[0] -= p;
            row[1] -= p * q;
        }
        if !self.basis.is_empty() {
            reflect_rows(self.basis, [n, k], 0..n, three, [x, y, z], [R::one(), q, r]);
        }
    }
}

/// Subtracts from two or three rows from `k` on, of length `n`, their sum times some factors, times others.
#[inline(always)]
fn reflect_rows<R: Real>(
    rows: &mut [R],
    [n, k]: [usize; 2],
    columns: Range<usize>,
    three: bool,
    [x, y, z]: [R; 3],
    [f, g, h]: [R; 3],
) {
    let (head, tail) = rows.split_at_mut((k + 2) * n);
    let (first, second) = two_rows(head, n, k, k + 1);
    let (first, second) = (&mut first[columns.clone()], &mut second[columns.clone()]);
    if three {
        for ((a, b), c) in first.iter_mut().zip(second).zip(&mut tail[columns]) {
            let p = x * *a + y * *b + z * *c;
            (*a, *b, *c) = (*a - p * f, *b - p * g, *c - p * h);
        }
    } else {
        for (a, b) in first.iter_mut().zip(second) {
            let p = x * *a + y * *b;
            (*a, *b) = (*a - p * f, *b - p * g);
        }
    }
}
