//! Products of reflectors as matrices: `H(0) H(1) .. = I - V T V^H` (Schreiber and Van Loan, 1989), applied by products of matrices.

use crate::block::{Block, BlockMut, Multiply, adjoint_of};
use crate::householder::{apply_left, apply_to_row};
use crate::number::Number;

/// Reflectors of a block.
pub(crate) const WIDTH: usize = 32;
/// Fewer reflectors are applied one by one.
pub(crate) const SMALL: usize = 40;

/// A block of reflectors.
pub(crate) struct Compact<'a, T> {
    rows: usize,
    width: usize,
    v: &'a mut [T],
    vh: &'a mut [T],
    /// `T` and its adjoint.
    factors: [&'a mut [T]; 2],
    rest: &'a mut [T],
}

impl<'a, T: Number> Compact<'a, T> {
    /// The numbers that a block of reflectors needs which is applied to so many columns, or from the right to so many rows.
    pub(crate) fn room(rows: usize, width: usize, others: usize) -> usize {
        2 * rows * width + 3 * width * width + 2 * width * others
    }

    /// Reflectors of which `write(j, v)` writes the `j`-th from row `j` on; the first number counts as 1.
    pub(crate) fn new(
        memory: &'a mut [T],
        rows: usize,
        tau: &[T],
        mut write: impl FnMut(usize, &mut [T]),
        products: &impl Multiply<T>,
    ) -> Self {
        let width = tau.len();
        let (v, memory) = memory.split_at_mut(rows * width);
        let (vh, memory) = memory.split_at_mut(rows * width);
        let (t, memory) = memory.split_at_mut(width * width);
        let (adjoint, rest) = memory.split_at_mut(width * width);
        for (j, row) in vh.chunks_exact_mut(rows).enumerate() {
            row[..j].fill(T::zero());
            write(j, &mut row[j..]);
            row[j] = T::one();
            row[j..].iter_mut().for_each(|x| *x = x.conj());
        }
        adjoint_of(Block::whole(vh, rows), v);
        let gram = &mut rest[..width * width];
        gram.fill(T::zero());
        products.multiply_add(T::one(), Block::whole(vh, rows), Block::whole(v, width), BlockMut::whole(gram, width));
        triangle(t, gram, tau);
        adjoint_of(Block::whole(t, width), adjoint);
        Compact { rows, width, v, vh, factors: [t, adjoint], rest }
    }

    /// `C = H C`, or `H^H C` where `adjoint`, for some columns of as many rows as reflectors have.
    pub(crate) fn apply(&mut self, adjoint: bool, c: BlockMut<T>, products: &impl Multiply<T>) {
        let (rows, width, cols) = (self.rows, self.width, c.cols);
        let (first, second) = self.rest[..2 * width * cols].split_at_mut(width * cols);
        first.fill(T::zero());
        second.fill(T::zero());
        let of_c = Block { rows: &*c.rows, stride: c.stride, first: c.first, cols };
        products.multiply_add(T::one(), Block::whole(self.vh, rows), of_c, BlockMut::whole(first, cols));
        let factor = Block::whole(&*self.factors[usize::from(adjoint)], width);
        products.multiply_add(T::one(), factor, Block::whole(first, cols), BlockMut::whole(second, cols));
        products.multiply_add(-T::one(), Block::whole(self.v, width), Block::whole(second, cols), c);
    }

    /// `C = C H`, or `C H^H` where `adjoint`, for as many columns as reflectors have rows.
    pub(crate) fn apply_from_right(&mut self, adjoint: bool, c: BlockMut<T>, products: &impl Multiply<T>) {
        let (rows, width, count) = (self.rows, self.width, c.rows.len() / c.stride.max(1));
        let (first, second) = self.rest[..2 * width * count].split_at_mut(width * count);
        first.fill(T::zero());
        second.fill(T::zero());
        let of_c = Block { rows: &*c.rows, stride: c.stride, first: c.first, cols: c.cols };
        products.multiply_add(T::one(), of_c, Block::whole(self.v, width), BlockMut::whole(first, width));
        let factor = Block::whole(&*self.factors[usize::from(adjoint)], width);
        products.multiply_add(T::one(), Block::whole(first, width), factor, BlockMut::whole(second, width));
        products.multiply_add(-T::one(), Block::whole(second, width), Block::whole(self.vh, rows), c);
    }
}

/// The triangle T that belongs to `V^H V` and the factors of reflectors (LAPACK's `larft`).
fn triangle<T: Number>(t: &mut [T], gram: &[T], tau: &[T]) {
    let width = tau.len();
    t.fill(T::zero());
    for (i, &tau) in tau.iter().enumerate() {
        for r in 0..i {
            let sum: T = (r..i).map(|p| t[r * width + p] * gram[p * width + i]).sum();
            t[r * width + i] = -tau * sum;
        }
        t[i * width + i] = tau;
    }
}

/// Blocks of `count` reflectors: the first and the last of each, or from the last one on.
pub(crate) fn blocks(count: usize, backwards: bool) -> impl Iterator<Item = [usize; 2]> {
    let blocks = count.div_ceil(WIDTH);
    (0..blocks).map(move |i| if backwards { blocks - 1 - i } else { i } * WIDTH).map(move |i| [i, count.min(i + WIDTH)])
}

/// Reflectors as rows: that of number `j` from column `j + shift` on, where its first number counts as 1. `Q = H(0) H(1) ..`.
pub(crate) struct Rows<'a, T> {
    pub v: &'a [T],
    /// Length of a row, which is how many rows Q has.
    pub len: usize,
    pub shift: usize,
    pub tau: &'a [T],
}

impl<T: Number> Rows<'_, T> {
    /// What applying them to so many columns, or from the right to so many rows, needs.
    pub(crate) fn room(len: usize, count: usize, others: usize) -> usize {
        if count <= SMALL { others } else { Compact::<T>::room(len, WIDTH, others) }
    }

    fn vector(&self, j: usize) -> &[T] {
        &self.v[j * self.len + j + self.shift..(j + 1) * self.len]
    }

    fn compact<'a>(&self, [start, end]: [usize; 2], memory: &'a mut [T], products: &impl Multiply<T>) -> Compact<'a, T> {
        let write = |j: usize, v: &mut [T]| v.copy_from_slice(self.vector(start + j));
        Compact::new(memory, self.len - start - self.shift, &self.tau[start..end], write, products)
    }

    /// `C = Q C` for the first rows of a matrix of `cols` columns.
    pub(crate) fn apply(&self, c: &mut [T], cols: usize, memory: &mut [T], products: &impl Multiply<T>) {
        let (count, c) = (self.tau.len(), &mut c[..self.len * cols]);
        if count <= SMALL {
            for k in (0..count).rev() {
                apply_left(self.tau[k], self.vector(k), &mut c[(k + self.shift) * cols..], cols, 0, &mut memory[..cols]);
            }
            return;
        }
        for block @ [start, _] in blocks(count, true) {
            let below = BlockMut::whole(&mut c[(start + self.shift) * cols..], cols);
            self.compact(block, memory, products).apply(false, below, products);
        }
    }

    /// `C = C Q^H` for the first columns of rows of length `stride`.
    pub(crate) fn apply_adjoint_from_right(&self, c: &mut [T], stride: usize, memory: &mut [T], products: &impl Multiply<T>) {
        let count = self.tau.len();
        if count <= SMALL {
            for row in c.chunks_exact_mut(stride) {
                for k in (0..count).rev() {
                    apply_to_row(self.tau[k].conj(), self.vector(k), &mut row[k + self.shift..self.len]);
                }
            }
            return;
        }
        for block @ [start, _] in blocks(count, true) {
            let right = BlockMut::columns(c, stride, start + self.shift..self.len);
            self.compact(block, memory, products).apply_from_right(true, right, products);
        }
    }
}
