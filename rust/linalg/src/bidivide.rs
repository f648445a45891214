//! Singular values and vectors of real bidiagonal matrices by divide and conquer (Gu and Eisenstat, 1995; LAPACK's `bdsdc`): two halves
//! and the row between them come to a diagonal matrix with a full first row ([`crate::secular`]).
//!
//! A part of `n` rows has `n + 1` columns, so that all parts are alike; its last right vector is that whose image is zero.

use num_traits::Float;

use crate::bidiagonal;
use crate::block::{Multiply, Workspace};
use crate::divide::LEAF;
use crate::halves::{Kind, Part, Selection, rising};
use crate::number::Real;
use crate::secular::{Roots, VectorRows};

/// Left vectors as rows of `u`, right ones as rows of `v`, which has a row and a column more.
pub(crate) struct Bases<'a, R> {
    pub u: &'a mut [R],
    pub v: &'a mut [R],
}

impl<R> Bases<'_, R> {
    fn borrow(&mut self) -> Bases<'_, R> {
        Bases { u: self.u, v: self.v }
    }

    /// The rows before and from a number on.
    fn split_at(self, row: usize, stride: usize) -> [Self; 2] {
        let (u1, u2) = self.u.split_at_mut(row * stride);
        let (v1, v2) = self.v.split_at_mut(row * (stride + 1));
        [Bases { u: u1, v: v1 }, Bases { u: u2, v: v2 }]
    }
}

/// Singular values of the upper bidiagonal matrix with diagonal `d` and the elements `e` beside it, in rising order, in place of the
/// diagonal; the last of `e` stands in a column of its own. Both bases are zero. Returns how many were not found.
pub(crate) fn decompose<R: Real>(
    d: &mut [R],
    e: &mut [R],
    bases: Bases<R>,
    memory: &mut Workspace<R>,
    products: &impl Multiply<R>,
) -> usize {
    let stride = d.len();
    conquer(d, e, bases, [stride, 0], memory, products)
}

/// [`decompose`] of a part, whose vectors lie in columns of rows of the bases.
fn conquer<R: Real>(
    d: &mut [R],
    e: &mut [R],
    mut bases: Bases<R>,
    [stride, first]: [usize; 2],
    memory: &mut Workspace<R>,
    products: &impl Multiply<R>,
) -> usize {
    let n = d.len();
    if n <= LEAF {
        return iterate(d, e, bases, [stride, first], memory);
    }
    let half = n / 2;
    let row = [d[half], e[half]];
    let [upper, lower] = bases.borrow().split_at(half + 1, stride);
    let missing = conquer(&mut d[..half], &mut e[..half], upper, [stride, first], memory, products)
        + conquer(&mut d[half + 1..], &mut e[half + 1..], lower, [stride, first + half + 1], memory, products);
    let u = Part { z: bases.u, stride, first, half: half + 1, cols: n };
    let v = Part { z: bases.v, stride: stride + 1, first, half: half + 1, cols: n + 1 };
    Merge { d, u, v, z: Vec::new(), middle: half }.run(row, memory, products);
    missing
}

/// A part that is small: a square matrix with a last row of zeros.
fn iterate<R: Real>(d: &mut [R], e: &mut [R], bases: Bases<R>, [stride, first]: [usize; 2], memory: &mut Workspace<R>) -> usize {
    let n = d.len();
    let (vectors, numbers) = memory.zeros(2 * (n + 1) * (n + 1) + 2 * (n + 1)).split_at_mut(2 * (n + 1) * (n + 1));
    let (u, v) = vectors.split_at_mut((n + 1) * (n + 1));
    let (values, beside) = numbers.split_at_mut(n + 1);
    values[..n].copy_from_slice(d);
    beside[..n].copy_from_slice(e);
    u.iter_mut().step_by(n + 2).for_each(|x| *x = R::one());
    v.copy_from_slice(u);
    let missing = bidiagonal::iterate(values, beside, u, v);
    d.copy_from_slice(&values[..n]);
    for (row, vector) in bases.u.chunks_exact_mut(stride).zip(u.chunks_exact(n + 1)).take(n) {
        row[first..first + n].copy_from_slice(&vector[..n]);
    }
    for (row, vector) in bases.v.chunks_exact_mut(stride + 1).zip(v.chunks_exact(n + 1)) {
        row[first..=first + n].copy_from_slice(vector);
    }
    missing
}

/// The diagonal matrix with a full first row that two halves come to.
struct Merge<'a, R> {
    d: &'a mut [R],
    u: Part<'a, R>,
    v: Part<'a, R>,
    /// The first row.
    z: Vec<R>,
    /// The row between the halves, which becomes the first; its diagonal element is 0.
    middle: usize,
}

impl<R: Real> Merge<'_, R> {
    fn run(mut self, row: [R; 2], memory: &mut Workspace<R>, products: &impl Multiply<R>) {
        self.first_row(row);
        let largest = self.d.iter().copied().fold(Float::max(Float::abs(row[0]), Float::abs(row[1])), Float::max);
        let tolerance = R::of(8.0) * R::epsilon() * largest;
        if tolerance.is_zero() {
            return;
        }
        let selection = self.deflate(tolerance);
        let (n, k) = (self.d.len(), selection.kept.len());
        let memory = memory.zeros(2 * k * k + 4 * k + (n + 1) * (n + 1) + k * (n + 1));
        let (right, memory) = memory.split_at_mut(k * k);
        let (left, memory) = memory.split_at_mut(k * k);
        let (numbers, memory) = memory.split_at_mut(4 * k);
        let (vectors, old) = memory.split_at_mut(k * (n + 1));
        let (roots, numbers) = numbers.split_at_mut(k);
        self.solve(&selection, tolerance, roots, [&mut *left, &mut *right], numbers, products);
        let order = selection.order(self.d, roots);
        for (part, factors) in [(&mut self.u, &*left), (&mut self.v, &*right)] {
            let vectors = &mut vectors[..k * part.cols];
            vectors.fill(R::zero());
            selection.multiply(part, factors, vectors, old, products);
            selection.place(part, &order, vectors, old);
        }
        selection.values(self.d, &order, roots);
    }

    /// The row in terms of the right vectors of the halves. Of the two vectors whose images were zero one takes part, the other, last
    /// one still has none.
    fn first_row(&mut self, [diagonal, beside]: [R; 2]) {
        let (n, middle) = (self.d.len(), self.middle);
        let entry = |i: usize| {
            if i <= middle { diagonal * self.v.at(i, middle) } else { beside * self.v.at(i, middle + 1) }
        };
        let mut z: Vec<R> = (0..n).map(entry).collect();
        let other = entry(n);
        let length = Float::hypot(z[middle], other);
        if !length.is_zero() {
            self.v.rotate(middle, n, z[middle] / length, other / length);
        }
        z[middle] = length;
        self.z = z;
        self.d[middle] = R::zero();
        let u = &mut self.u;
        u.z[middle * u.stride + u.first + middle] = R::one();
    }

    /// Finds the vectors that the row leaves as they are, and makes some by rotating two with nearly the same value.
    fn deflate(&mut self, tolerance: R) -> Selection {
        let (n, middle) = (self.d.len(), self.middle);
        let mut selection = Selection::new(n, middle);
        selection.kinds[middle] = Kind::Both;
        selection.kept.push(middle);
        self.z[middle] = Float::max(self.z[middle], tolerance);
        let mut before: Option<usize> = None;
        for i in rising(self.d, 0..n) {
            if i == middle {
                continue;
            }
            if Float::abs(self.z[i]) <= tolerance {
                selection.done.push(i);
                continue;
            }
            if let Some(p) = before {
                if self.d[i] - self.d[p] <= tolerance {
                    self.rotate(p, i, &mut selection);
                    selection.done.push(p);
                } else {
                    selection.kept.push(p);
                }
            }
            before = Some(i);
        }
        selection.kept.extend(before);
        selection
    }

    /// Rotates two vectors on either side so that the row has nothing at the first.
    fn rotate(&mut self, p: usize, i: usize, selection: &mut Selection) {
        let length = Float::hypot(self.z[i], self.z[p]);
        let (c, s) = (self.z[i] / length, -self.z[p] / length);
        (self.z[i], self.z[p]) = (length, R::zero());
        selection.mix(p, i);
        self.u.rotate(p, i, c, s);
        self.v.rotate(p, i, c, s);
        self.d[p] = self.d[i];
    }

    /// The singular values, and the vectors on either side in terms of the old ones, those sorted by their kinds.
    fn solve(
        &self,
        selection: &Selection,
        tolerance: R,
        roots: &mut [R],
        [left, right]: [&mut [R]; 2],
        numbers: &mut [R],
        products: &impl Multiply<R>,
    ) {
        let (d, rest) = numbers.split_at_mut(roots.len());
        let (z, squares) = rest.split_at_mut(roots.len());
        for (j, &i) in selection.kept.iter().enumerate() {
            (d[j], z[j], squares[j]) = (self.d[i], self.z[i], self.z[i] * self.z[i]);
        }
        // The first pole is 0; another one as near to it as rounding is moved away.
        if let Some(second) = d.get_mut(1) {
            *second = Float::max(*second, tolerance / R::of(2.0));
        }
        products.vectorized(Roots::<R, true> { d, squares, rho: R::one(), roots, differences: &mut *right });
        let vectors = VectorRows::<R, true> { d, z, components: squares, differences: &mut *right, left: &mut *left };
        products.vectorized(vectors);
        selection.sort_columns(left, squares);
        selection.sort_columns(right, squares);
    }
}
