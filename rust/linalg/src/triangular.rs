//! Systems of equations with triangular matrices.
//!
//! A few right-hand sides are solved as rows, which a matrix of any size is read once for. Many are solved in blocks: some rows of them
//! by the block of the triangle on its diagonal, in tiles of columns that stay in registers, and what these rows are to the others
//! by a product.

use std::ops::Range;

use crate::block::{Block, BlockMut, Multiply, adjoint_of, copy_of};
use crate::loops::Loop;
use crate::number::Number;
use crate::poll::stops;
use crate::vector::{add_scaled, dot};

/// Rows of a block of large matrices.
const BLOCK: usize = 64;
/// Up to so many right-hand sides are solved as rows: more of a transposed triangle, of which blocks would have to be transposed.
const FEW: [usize; 2] = [4, 16];
/// Columns of a tile.
const TILE: usize = 32;

/// A triangle of an `n x n` matrix.
#[derive(Clone, Copy, Debug)]
pub struct Triangle<'a, T> {
    /// The matrix, of which one triangle is read.
    pub a: &'a [T],
    /// Its rows.
    pub n: usize,
    /// Is it the upper triangle, as the rows lie?
    pub upper: bool,
    /// Its diagonal counts as 1.
    pub unit: bool,
    /// What is meant is the transposed matrix.
    pub transposed: bool,
}

impl<T: Number> Triangle<'_, T> {
    /// Are the unknowns found from the last one on?
    fn backwards(&self) -> bool {
        self.upper != self.transposed
    }

    /// Solves `A X = B` in place for a matrix B of `cols` columns.
    pub fn solve(self, b: &mut [T], cols: usize, products: &impl Multiply<T>) {
        if self.n * cols == 0 {
            return;
        }
        if cols == 1 {
            products.vectorized(SolveRows { triangle: self, x: b });
        } else if cols <= FEW[usize::from(self.transposed)] {
            let mut x = vec![T::zero(); self.n * cols];
            transpose(b, cols, &mut x);
            products.vectorized(SolveRows { triangle: self, x: &mut x });
            transpose(&x, self.n, b);
        } else {
            self.solve_blocks(b, cols, products);
        }
    }

    fn solve_blocks(self, b: &mut [T], cols: usize, products: &impl Multiply<T>) {
        let n = self.n;
        let mut memory = vec![T::zero(); BLOCK.min(n) * BLOCK.max(n)];
        let starts = (0..n).step_by(BLOCK);
        let mut solve_block = |start: usize| {
            if stops(n) {
                return;
            }
            let block = start..n.min(start + BLOCK);
            self.copy(block.clone(), block.clone(), &mut memory);
            let (above, rest) = b.split_at_mut(block.start * cols);
            let (own, below) = rest.split_at_mut(block.len() * cols);
            let (upper, unit) = (self.backwards(), self.unit);
            solve_columns(Diagonal { a: &memory, n: block.len(), upper, unit }, own, cols, 0..cols, products);
            let (others, rows) = if upper { (above, 0..block.start) } else { (below, block.end..n) };
            if rows.is_empty() {
                return;
            }
            let left = if self.transposed {
                self.copy(rows, block.clone(), &mut memory);
                Block::whole(&memory[..others.len() / cols * block.len()], block.len())
            } else {
                Block::columns(&self.a[rows.start * n..rows.end * n], n, block)
            };
            products.multiply_add(-T::one(), left, Block::whole(own, cols), BlockMut::whole(others, cols));
        };
        if self.backwards() { starts.rev().for_each(&mut solve_block) } else { starts.for_each(&mut solve_block) }
    }

    /// Copies a part of the matrix that is meant.
    fn copy(&self, rows: Range<usize>, columns: Range<usize>, to: &mut [T]) {
        let (n, to) = (self.n, &mut to[..rows.len() * columns.len()]);
        if self.transposed {
            adjoint_of(Block::columns(&self.a[columns.start * n..columns.end * n], n, rows), to);
            to.iter_mut().for_each(|x| *x = x.conj());
        } else {
            copy_of(Block::columns(&self.a[rows.start * n..rows.end * n], n, columns), to);
        }
    }
}

/// Writes the columns of rows of `cols` elements as rows.
fn transpose<T: Copy>(from: &[T], cols: usize, to: &mut [T]) {
    let cols = cols.max(1);
    let rows = from.len() / cols;
    for (i, row) in from.chunks_exact(cols).enumerate() {
        row.iter().enumerate().for_each(|(j, &x)| to[j * rows + i] = x);
    }
}

/// Solves for right-hand sides that are rows, by dot products with the rows of the triangle, or by sums of those of a transposed one.
struct SolveRows<'a, T> {
    triangle: Triangle<'a, T>,
    x: &'a mut [T],
}

impl<T: Number> Loop for SolveRows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Triangle { a, n, upper, unit, transposed } = self.triangle;
        for step in 0..n {
            let i = if upper != transposed { n - 1 - step } else { step };
            let (row, beside) = (&a[i * n..(i + 1) * n], if upper { i + 1..n } else { 0..i });
            for x in self.x.chunks_exact_mut(n) {
                if !transposed {
                    x[i] -= dot(&row[beside.clone()], &x[beside.clone()]);
                }
                if !unit {
                    x[i] /= row[i];
                }
                if transposed {
                    add_scaled(-x[i], &row[beside.clone()], &mut x[beside.clone()]);
                }
            }
        }
    }
}

/// A block on the diagonal: the triangle of an `n x n` matrix without gaps.
#[derive(Clone, Copy)]
pub(crate) struct Diagonal<'a, T> {
    pub a: &'a [T],
    pub n: usize,
    pub upper: bool,
    pub unit: bool,
}

/// Solves for some columns of rows of length `stride`.
pub(crate) fn solve_columns<T: Number>(
    diagonal: Diagonal<T>,
    b: &mut [T],
    stride: usize,
    columns: Range<usize>,
    products: &impl Multiply<T>,
) {
    let mut tile = vec![[T::zero(); TILE]; if columns.len() >= TILE { diagonal.n } else { 0 }];
    products.vectorized(SolveColumns { diagonal, b, stride, columns, tile: &mut tile });
}

/// [`solve_columns`], with memory for a tile.
struct SolveColumns<'a, T> {
    diagonal: Diagonal<'a, T>,
    b: &'a mut [T],
    stride: usize,
    columns: Range<usize>,
    tile: &'a mut [[T; TILE]],
}

impl<T: Number> Loop for SolveColumns<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let SolveColumns { diagonal, b, stride, columns, tile } = self;
        let mut first = columns.start;
        // Whole tiles are copied: rows that lie a power of two apart would drive each other from the cache.
        while columns.end - first >= TILE {
            for (to, row) in tile.iter_mut().zip(b.chunks_exact(stride)) {
                to.copy_from_slice(&row[first..first + TILE]);
            }
            solve_tile(diagonal, tile);
            for (from, row) in tile.iter().zip(b.chunks_exact_mut(stride)) {
                row[first..first + TILE].copy_from_slice(from);
            }
            first += TILE;
        }
        solve_in_place(diagonal, b, stride, first..columns.end);
    }
}

/// Solves for a tile, whose rows are kept in registers while others are subtracted from them.
#[inline(always)]
fn solve_tile<T: Number>(Diagonal { a, n, upper, unit }: Diagonal<T>, tile: &mut [[T; TILE]]) {
    for step in 0..n {
        let i = if upper { n - 1 - step } else { step };
        let known = if upper { i + 1..n } else { 0..i };
        let mut row = tile[i];
        for (&factor, other) in a[i * n..][known.clone()].iter().zip(&tile[known]) {
            row.iter_mut().zip(other).for_each(|(x, &other)| *x -= factor * other);
        }
        if !unit {
            row.iter_mut().for_each(|x| *x /= a[i * n + i]);
        }
        tile[i] = row;
    }
}

/// Solves for a few columns where they are.
#[inline(always)]
fn solve_in_place<T: Number>(Diagonal { a, n, upper, unit }: Diagonal<T>, b: &mut [T], stride: usize, columns: Range<usize>) {
    for step in 0..if columns.is_empty() { 0 } else { n } {
        let i = if upper { n - 1 - step } else { step };
        let (before, rest) = b.split_at_mut(i * stride);
        let (row, after) = rest.split_at_mut(stride);
        let row = &mut row[columns.clone()];
        let (known, factors) = if upper { (&*after, &a[i * n + i + 1..(i + 1) * n]) } else { (&*before, &a[i * n..i * n + i]) };
        for (&factor, known) in factors.iter().zip(known.chunks_exact(stride)) {
            add_scaled(-factor, &known[columns.clone()], row);
        }
        if !unit {
            let pivot = a[i * n + i];
            row.iter_mut().for_each(|x| *x /= pivot);
        }
    }
}
