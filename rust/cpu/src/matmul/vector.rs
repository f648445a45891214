//! Products with a vector, which are bound by memory: every element of the matrix is used once.

use std::ops::Range;

use super::matrix::Matrix;
use super::number::Number;
use super::pack::Source;

/// Independent sums of a dot product: as many as keep the widest registers busy.
const LANES: usize = 64;
/// Rows that are added at once.
const ROWS: usize = 8;
/// Columns whose sums stay in the first-level cache.
const COLUMNS: usize = 2048;

crate::simd::dispatch!(dot_each_row<'a; S: Source<T>, T: Number>(m: Matrix<'a, S>, x: &'a [T], out: &'a mut [T]) => dot_each_row_loop);
crate::simd::dispatch!(sums<'a; S: Source<T>, T: Number>(m: Matrix<'a, S>, x: &'a [T], out: &'a mut [T]) => sums_loop);

/// `out[i] = m[i] . x` for a matrix whose rows are contiguous.
#[inline(always)]
fn dot_each_row_loop<S: Source<T>, T: Number>(m: Matrix<S>, x: &[T], out: &mut [T]) {
    for (i, o) in out.iter_mut().enumerate() {
        if let Some(row) = m.row_slice(i) {
            *o = dot(row, x);
        }
    }
}

#[inline(always)]
fn dot<S: Source<T>, T: Number>(row: &[S], x: &[T]) -> T {
    let mut sums = [T::zeroed(); LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    let (x_blocks, x_rest) = x[..row.len()].as_chunks::<LANES>();
    for (a, b) in blocks.iter().zip(x_blocks) {
        for i in 0..LANES {
            sums[i] = a[i].widen().mul_add(b[i], sums[i]);
        }
    }
    for (i, (&a, &b)) in rest.iter().zip(x_rest).enumerate() {
        sums[i] = a.widen().mul_add(b, sums[i]);
    }
    let mut n = LANES;
    while n > 1 {
        n /= 2;
        for i in 0..n {
            sums[i] = sums[i].plus(sums[i + n]);
        }
    }
    sums[0]
}

/// `out = x @ m` for a matrix whose rows are contiguous.
#[inline(always)]
fn sums_loop<S: Source<T>, T: Number>(m: Matrix<S>, x: &[T], out: &mut [T]) {
    out.fill(T::zeroed());
    for columns in (0..m.cols).step_by(COLUMNS).map(|start| start..m.cols.min(start + COLUMNS)) {
        sums_of_columns(m, x, columns.clone(), &mut out[columns]);
    }
}

#[inline(always)]
fn sums_of_columns<S: Source<T>, T: Number>(m: Matrix<S>, x: &[T], columns: Range<usize>, out: &mut [T]) {
    let m = m.block(0..m.rows, columns);
    let whole = m.rows - m.rows % ROWS;
    for first in (0..whole).step_by(ROWS) {
        let rows: [&[S]; ROWS] = std::array::from_fn(|i| &m.row_slice(first + i).unwrap_or_default()[..out.len()]);
        let factors: [T; ROWS] = std::array::from_fn(|i| x[first + i]);
        for (j, o) in out.iter_mut().enumerate() {
            *o = (0..ROWS).fold(*o, |sum, i| rows[i][j].widen().mul_add(factors[i], sum));
        }
    }
    for i in whole..m.rows {
        if let Some(row) = m.row_slice(i) {
            out.iter_mut().zip(row).for_each(|(o, &a)| *o = a.widen().mul_add(x[i], *o));
        }
    }
}
