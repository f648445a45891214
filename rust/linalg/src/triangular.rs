//! Systems of equations with triangular matrices.

use std::ops::Range;

use crate::block::{Block, BlockMut, Multiply};
use crate::number::Number;
use crate::vector::add_scaled;

/// Rows of a block of large matrices.
const BLOCK: usize = 64;

/// Solves `A X = B` in place; only one triangle of the `n x n` matrix A is read. `unit`: its diagonal counts as 1.
pub fn solve<T: Number>(a: &[T], n: usize, b: &mut [T], cols: usize, upper: bool, unit: bool, products: &impl Multiply<T>) {
    if cols == 0 {
        return;
    }
    if n <= BLOCK || cols < 4 {
        return solve_rows(a, n, b, cols, 0..cols, upper, unit);
    }
    let starts = (0..n).step_by(BLOCK);
    let mut solve_block = |start: usize| {
        let end = n.min(start + BLOCK);
        let mut diagonal = [T::zero(); BLOCK * BLOCK];
        let width = end - start;
        let diagonal = &mut diagonal[..width * width];
        crate::block::copy_of(Block::columns(&a[start * n..end * n], n, start..end), diagonal);
        solve_rows(diagonal, width, &mut b[start * cols..end * cols], cols, 0..cols, upper, unit);
        let (known, unknown, rows) = if upper {
            let (unknown, known) = b.split_at_mut(start * cols);
            (&known[..width * cols], unknown, 0..start)
        } else {
            let (known, unknown) = b.split_at_mut(end * cols);
            (&known[start * cols..], unknown, end..n)
        };
        if !rows.is_empty() {
            let left = Block::columns(&a[rows.start * n..rows.end * n], n, start..end);
            products.multiply_add(-T::one(), left, Block::whole(known, cols), BlockMut::whole(unknown, cols));
        }
    };
    if upper { starts.rev().for_each(&mut solve_block) } else { starts.for_each(&mut solve_block) }
}

/// Solves for some columns of rows of length `stride`, row after row.
pub(crate) fn solve_rows<T: Number>(
    a: &[T],
    n: usize,
    b: &mut [T],
    stride: usize,
    columns: Range<usize>,
    upper: bool,
    unit: bool,
) {
    for step in 0..n {
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
