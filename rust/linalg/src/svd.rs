//! Singular values and vectors: reduction to a real bidiagonal matrix ([`crate::bidiagonalize`]), of the triangular factor of a QR
//! factorisation where a matrix is much taller than wide; then those of that ([`crate::bidiagonal`], [`crate::bidivide`]).

use num_traits::Float;

use crate::bidiagonal;
use crate::bidiagonalize::Bidiagonal;
use crate::bidivide::{self, Bases};
use crate::block::{Block, Multiply, Workspace, adjoint_of};
use crate::divide::LEAF;
use crate::householder::{self, Reflectors, largest, scale_for};
use crate::number::{Number, Real};

/// Memory for matrices of numbers and of real numbers.
#[derive(Debug)]
pub struct Memory<T: Number> {
    tall: Workspace<T>,
    triangle: Workspace<T>,
    numbers: Workspace<T>,
    reflectors: Workspace<T>,
    reals: Workspace<T::Real>,
    halves: Workspace<T::Real>,
}

impl<T: Number> Default for Memory<T> {
    fn default() -> Self {
        Memory {
            tall: Workspace::default(),
            triangle: Workspace::default(),
            numbers: Workspace::default(),
            reflectors: Workspace::default(),
            reals: Workspace::default(),
            halves: Workspace::default(),
        }
    }
}

/// Why there are no singular values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The matrix holds infinities or NaN.
    NotFinite,
    /// So many were not found.
    NotConverged(usize),
}

/// Singular vectors: `u`, an `m x m` matrix or its first `min(m, n)` columns, and `vh`, an `n x n` matrix or its first rows.
#[derive(Debug)]
pub struct Vectors<'a, T> {
    /// Left ones, by columns.
    pub u: &'a mut [T],
    /// Right ones, by rows and conjugated.
    pub vh: &'a mut [T],
}

/// Singular values of an `m x n` matrix in falling order, and the vectors if there is room for them.
pub fn decompose<T: Number, P: Multiply<T> + Multiply<T::Real>>(
    a: &[T],
    [m, n]: [usize; 2],
    values: &mut [T::Real],
    vectors: Option<Vectors<T>>,
    memory: &mut Memory<T>,
    products: &P,
) -> Result<(), Failure> {
    let size = largest(a);
    if size.is_nan() {
        return Err(Failure::NotFinite);
    }
    let (rows, k) = (m.max(n), m.min(n));
    if k == 0 {
        identity(vectors, m, n);
        return Ok(());
    }
    let tall = memory.tall.zeros(m * n);
    if m < n {
        adjoint_of(Block::whole(a, n), tall)
    } else {
        tall.copy_from_slice(a)
    }
    let scale = scale_for(size);
    if let Some(scale) = scale {
        tall.iter_mut().for_each(|x| *x = x.times(scale));
    }
    let first = (rows >= k + k / 2 && k > LEAF).then(|| {
        let mut tau = vec![T::zero(); k];
        householder::factor(tall, [rows, k], &mut tau, &mut memory.reflectors, products);
        tau
    });
    let height = if first.is_some() { k } else { rows };
    let square = if first.is_some() { upper_triangle(tall, k, memory.triangle.zeros(k * k)) } else { &mut *tall };
    let others = if vectors.is_some() { rows } else { 0 };
    let mut parts = Bidiagonal::new(memory.numbers.zeros(Bidiagonal::<T>::room([height, k], others)), [height, k]);
    let room = if vectors.is_some() { k * k + (k + 1) * (k + 1) } else { 0 };
    let (above, bases) = memory.reals.zeros(k + room).split_at_mut(k);
    parts.reduce(square, [&mut *values, &mut *above], products);
    let basis = Basis::of(values, above, bases, &mut memory.halves, products);
    if let Some(scale) = scale {
        values.iter_mut().for_each(|x| *x /= scale);
    }
    if let Some(vectors) = vectors {
        let first = first.as_ref().map(|tau| Reflectors { a: tall, size: [rows, k], tau });
        let mut whole = Whole { parts, first, k, workspace: &mut memory.reflectors, products };
        whole.write([m, n], &basis, vectors);
    }
    if basis.missing == 0 { Ok(()) } else { Err(Failure::NotConverged(basis.missing)) }
}

/// Vectors of a matrix without elements.
fn identity<T: Number>(vectors: Option<Vectors<T>>, m: usize, n: usize) {
    if let Some(Vectors { u, vh }) = vectors {
        u.fill(T::zero());
        vh.fill(T::zero());
        u.iter_mut().step_by(m + 1).for_each(|x| *x = T::one());
        vh.iter_mut().step_by(n + 1).for_each(|x| *x = T::one());
    }
}

/// Copies R of a QR factorisation.
fn upper_triangle<'a, T: Number>(qr: &[T], k: usize, to: &'a mut [T]) -> &'a mut [T] {
    for (i, (to, from)) in to.chunks_exact_mut(k).zip(qr.chunks_exact(k)).enumerate() {
        to[i..].copy_from_slice(&from[i..]);
    }
    to
}

/// Singular vectors of a bidiagonal matrix, as rows.
struct Basis<'a, R> {
    u: &'a [R],
    v: &'a [R],
    /// Length of a row of `v`.
    stride: usize,
    /// Are the values of the rows rising?
    is_rising: bool,
    missing: usize,
}

impl<'a, R: Real> Basis<'a, R> {
    /// Decomposes the bidiagonal matrix with a diagonal and what is above it, in falling order in place of the diagonal. Without memory
    /// for the vectors there are none.
    fn of(
        values: &mut [R],
        above: &mut [R],
        memory: &'a mut [R],
        halves: &mut Workspace<R>,
        products: &impl Multiply<R>,
    ) -> Self {
        let k = values.len();
        above[k - 1] = R::zero();
        let with_vectors = !memory.is_empty();
        let (u, v) = memory.split_at_mut(if with_vectors { k * k } else { 0 });
        if with_vectors && k > LEAF {
            let missing = bidivide::decompose(values, above, Bases { u: &mut *u, v: &mut *v }, halves, products);
            values.reverse();
            return Basis { u, v, stride: k + 1, is_rising: true, missing };
        }
        let v = if with_vectors { &mut v[..k * k] } else { v };
        u.iter_mut().step_by(k + 1).for_each(|x| *x = R::one());
        v.copy_from_slice(u);
        let missing = bidiagonal::iterate(values, above, u, v);
        Basis { u, v, stride: k, is_rising: false, missing }
    }

    /// The vectors that belong to a value.
    fn vectors(&self, k: usize, i: usize) -> [&'a [R]; 2] {
        let i = if self.is_rising { k - 1 - i } else { i };
        [&self.u[i * k..(i + 1) * k], &self.v[i * self.stride..i * self.stride + k]]
    }
}

/// The transformations that made a matrix bidiagonal.
struct Whole<'a, 'b, T, P> {
    parts: Bidiagonal<'a, T>,
    /// Those of the QR factorisation before.
    first: Option<Reflectors<'b, T>>,
    k: usize,
    workspace: &'a mut Workspace<T>,
    products: &'a P,
}

impl<T: Number, P: Multiply<T>> Whole<'_, '_, T, P> {
    /// Writes the vectors of an `m x n` matrix, of which the adjoint was made bidiagonal where it is wide.
    fn write(&mut self, [m, n]: [usize; 2], basis: &Basis<T::Real>, Vectors { u, vh }: Vectors<T>) {
        let (k, products) = (self.k, self.products);
        let (left, right) = (|i: usize| basis.vectors(k, i)[0], |i: usize| basis.vectors(k, i)[1]);
        let count = u.len() / m;
        if m < n {
            columns(u, count, k, right);
            let (reflectors, memory) = self.parts.right();
            reflectors.apply(u, count, memory, products);
            rows(vh, n, k, left);
            let (reflectors, memory) = self.parts.left();
            reflectors.apply_adjoint_from_right(vh, n, memory, products);
            if let Some(first) = self.first {
                first.apply_from_right(vh, true, self.workspace, products);
            }
        } else {
            columns(u, count, k, left);
            let (reflectors, memory) = self.parts.left();
            reflectors.apply(u, count, memory, products);
            if let Some(first) = self.first {
                first.apply(u, count, false, self.workspace, products);
            }
            rows(vh, n, k, right);
            let (reflectors, memory) = self.parts.right();
            reflectors.apply_adjoint_from_right(vh, n, memory, products);
        }
    }
}

/// Vectors as the first `k` columns of a matrix of `cols`, the others those of the identity.
fn columns<'a, T: Number>(matrix: &mut [T], cols: usize, k: usize, vector: impl Fn(usize) -> &'a [T::Real]) {
    matrix.fill(T::zero());
    matrix.iter_mut().step_by(cols + 1).take(cols).skip(k).for_each(|x| *x = T::one());
    for j in 0..k {
        matrix[j..].iter_mut().step_by(cols).zip(vector(j)).for_each(|(to, &x)| *to = T::of_real(x));
    }
}

/// Vectors as the first `k` rows of a matrix of `cols` columns, the others those of the identity.
fn rows<'a, T: Number>(matrix: &mut [T], cols: usize, k: usize, vector: impl Fn(usize) -> &'a [T::Real]) {
    matrix.fill(T::zero());
    matrix.iter_mut().step_by(cols + 1).skip(k).for_each(|x| *x = T::one());
    for (i, row) in matrix.chunks_exact_mut(cols).take(k).enumerate() {
        row.iter_mut().zip(vector(i)).for_each(|(to, &x)| *to = T::of_real(x));
    }
}
