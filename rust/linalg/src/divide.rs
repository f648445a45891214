//! Eigenvalues and eigenvectors of real symmetric tridiagonal matrices by divide and conquer (Cuppen, 1981; Gu and Eisenstat, 1995;
//! LAPACK's `stedc`): two halves without the element between them are one of rank 1 away from the whole ([`crate::secular`]).

use num_traits::Float;

use crate::block::{Multiply, Workspace};
use crate::halves::{Part, Selection};
use crate::number::Real;
use crate::secular::{Roots, VectorRows};
use crate::tridiagonal;

/// Matrices of at most so many rows are iterated.
pub(crate) const LEAF: usize = 32;

/// Eigenvalues of the matrix with diagonal `d` and off-diagonal `e` in rising order, in place of the diagonal, and eigenvectors as
/// rows of `z`, which is zero. Returns how many were not found.
pub(crate) fn decompose<R: Real>(
    d: &mut [R],
    e: &mut [R],
    z: &mut [R],
    memory: &mut Workspace<R>,
    products: &impl Multiply<R>,
) -> usize {
    let stride = d.len();
    conquer(d, e, z, [stride, 0], memory, products)
}

/// [`decompose`] of a part, whose vectors lie in columns of rows of `z`.
fn conquer<R: Real>(
    d: &mut [R],
    e: &mut [R],
    z: &mut [R],
    [stride, first]: [usize; 2],
    memory: &mut Workspace<R>,
    products: &impl Multiply<R>,
) -> usize {
    let n = d.len();
    if n <= LEAF {
        return iterate(d, e, z, [stride, first], memory);
    }
    let half = n / 2;
    let between = e[half - 1];
    let size = Float::abs(between);
    d[half - 1] -= size;
    d[half] -= size;
    let (upper, lower) = z.split_at_mut(half * stride);
    let (d1, d2) = d.split_at_mut(half);
    let (e1, e2) = e.split_at_mut(half);
    let missing = conquer(d1, e1, upper, [stride, first], memory, products)
        + conquer(d2, e2, lower, [stride, first + half], memory, products);
    let part = Part { z, stride, first, half, cols: n };
    Merge::new(d, part, between).run(memory, products);
    missing
}

/// A part that is small.
fn iterate<R: Real>(d: &mut [R], e: &mut [R], z: &mut [R], [stride, first]: [usize; 2], memory: &mut Workspace<R>) -> usize {
    let n = d.len();
    let vectors = memory.zeros(n * n);
    vectors.iter_mut().step_by(n + 1).for_each(|x| *x = R::one());
    let missing = tridiagonal::iterate(d, e, vectors);
    tridiagonal::sort(d, vectors);
    for (row, vector) in z.chunks_exact_mut(stride).zip(vectors.chunks_exact(n)) {
        row[first..first + n].copy_from_slice(vector);
    }
    missing
}

/// The diagonal matrix plus one of rank 1 that two halves come to.
struct Merge<'a, R> {
    d: &'a mut [R],
    part: Part<'a, R>,
    /// The vector of the matrix of rank 1, of norm 1.
    z: Vec<R>,
    rho: R,
}

impl<'a, R: Real> Merge<'a, R> {
    fn new(d: &'a mut [R], part: Part<'a, R>, between: R) -> Self {
        let (n, half) = (d.len(), part.half);
        let root = Float::sqrt(R::of(0.5));
        let sign = Float::copysign(root, between);
        let z = (0..n).map(|i| if i < half { part.at(i, half - 1) * root } else { part.at(i, half) * sign }).collect();
        Merge { d, part, z, rho: Float::abs(between) * R::of(2.0) }
    }

    fn run(mut self, memory: &mut Workspace<R>, products: &impl Multiply<R>) {
        let selection = self.deflate();
        let (n, k) = (self.d.len(), selection.kept.len());
        let memory = memory.zeros(k * k + 4 * k + n * n + k * n);
        let (factors, memory) = memory.split_at_mut(k * k);
        let (numbers, memory) = memory.split_at_mut(4 * k);
        let (vectors, old) = memory.split_at_mut(k * n);
        let (roots, numbers) = numbers.split_at_mut(k);
        if k > 0 {
            self.solve(&selection, roots, factors, numbers, products);
        }
        selection.multiply(&self.part, factors, vectors, old, products);
        let order = selection.order(self.d, roots);
        selection.place(&mut self.part, &order, vectors, old);
        selection.values(self.d, &order, roots);
    }

    /// Finds the vectors that the matrix of rank 1 leaves as they are, and makes some by rotating two with nearly the same value.
    fn deflate(&mut self) -> Selection {
        let largest = |values: &[R]| values.iter().map(|&x| Float::abs(x)).fold(R::zero(), Float::max);
        let tolerance = R::of(8.0) * R::epsilon() * Float::max(largest(self.d), self.rho * largest(&self.z));
        let mut selection = Selection::new(self.d.len(), self.part.half);
        let mut before = None;
        for i in crate::halves::rising(self.d, 0..self.d.len()) {
            if self.rho * Float::abs(self.z[i]) <= tolerance {
                selection.done.push(i);
                continue;
            }
            if let Some(p) = before {
                if self.rotate(p, i, tolerance, &mut selection) { selection.done.push(p) } else { selection.kept.push(p) }
            }
            before = Some(i);
        }
        selection.kept.extend(before);
        selection
    }

    /// Rotates two vectors so that the first leaves the matrix of rank 1, if that changes the diagonal matrix by rounding only.
    fn rotate(&mut self, p: usize, i: usize, tolerance: R, selection: &mut Selection) -> bool {
        let length = Float::hypot(self.z[i], self.z[p]);
        let (c, s) = (self.z[i] / length, -self.z[p] / length);
        if Float::abs((self.d[i] - self.d[p]) * c * s) > tolerance {
            return false;
        }
        (self.z[i], self.z[p]) = (length, R::zero());
        selection.mix(p, i);
        self.part.rotate(p, i, c, s);
        (self.d[p], self.d[i]) = (self.d[p] * c * c + self.d[i] * s * s, self.d[p] * s * s + self.d[i] * c * c);
        true
    }

    /// The eigenvalues, and the eigenvectors in terms of the old ones, those sorted by their kinds.
    fn solve(&self, selection: &Selection, roots: &mut [R], factors: &mut [R], numbers: &mut [R], products: &impl Multiply<R>) {
        let (d, rest) = numbers.split_at_mut(roots.len());
        let (z, squares) = rest.split_at_mut(roots.len());
        for (j, &i) in selection.kept.iter().enumerate() {
            (d[j], z[j], squares[j]) = (self.d[i], self.z[i], self.z[i] * self.z[i]);
        }
        products.vectorized(Roots::<R, false> { d, squares, rho: self.rho, roots, differences: factors });
        let left = &mut [];
        products.vectorized(VectorRows::<R, false> { d, z, components: squares, differences: factors, left });
        selection.sort_columns(factors, squares);
    }
}
