//! Products with a vector, which are bound by memory: every element of the matrix is used once.

use super::matrix::Matrix;
use super::number::Number;
use super::pack::Source;

/// Independent sums of a dot product: as many as keep the widest registers busy.
const LANES: usize = 64;
/// Elements of a dot product, and rows, that are summed one after the other.
const BLOCK: usize = 2048;
/// Rows that are added at once.
const ROWS: usize = 8;
/// Columns whose sums stay in the first-level cache.
const COLUMNS: usize = 2048;
/// Columns whose sums stay in registers.
const FEW: usize = 32;

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

/// Blocks are summed pairwise, so that the error hardly grows with the length.
#[inline(always)]
fn dot<S: Source<T>, T: Number>(row: &[S], x: &[T]) -> T {
    if row.len() <= BLOCK {
        return dot_of_block(row, x);
    }
    // Like the digits of a binary number: sum `i` is that of `2^i` blocks, or nothing.
    let mut sums = [T::zeroed(); usize::BITS as usize];
    let mut blocks = 0usize;
    for (row, x) in row.chunks(BLOCK).zip(x.chunks(BLOCK)) {
        let mut sum = dot_of_block(row, x);
        for earlier in &sums[..blocks.trailing_ones() as usize] {
            sum = earlier.plus(sum);
        }
        sums[blocks.trailing_ones() as usize] = sum;
        blocks += 1;
    }
    (0..sums.len()).filter(|i| blocks >> i & 1 == 1).fold(T::zeroed(), |total, i| sums[i].plus(total))
}

#[inline(always)]
fn dot_of_block<S: Source<T>, T: Number>(row: &[S], x: &[T]) -> T {
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
    for columns in (0..m.cols()).step_by(COLUMNS).map(|start| start..m.cols().min(start + COLUMNS)) {
        let out = &mut out[columns.clone()];
        out.fill(T::zeroed());
        // Level `i` holds the sums of `2^i` blocks of rows, or nothing.
        let mut levels: Vec<Vec<T>> = Vec::new();
        for (number, first) in (0..m.rows()).step_by(BLOCK).enumerate() {
            let rows = first..m.rows().min(first + BLOCK);
            if number > 0 {
                carry(&mut levels, number - 1, out);
            }
            sums_of_columns(m.block([rows.clone(), columns.clone()]), &x[rows], out);
        }
        let held = m.rows().div_ceil(BLOCK).saturating_sub(1);
        levels.iter().enumerate().filter(|(i, _)| held >> i & 1 == 1).for_each(|(_, level)| add(out, level));
    }
}

/// Moves the sums of block `number` to the levels, whose sums join them as far as levels are held.
#[inline(always)]
fn carry<T: Number>(levels: &mut Vec<Vec<T>>, number: usize, sums: &mut [T]) {
    let level = number.trailing_ones() as usize;
    levels[..level].iter().for_each(|earlier| add(sums, earlier));
    if level == levels.len() {
        levels.push(sums.to_vec());
    } else {
        levels[level].copy_from_slice(sums);
    }
    sums.fill(T::zeroed());
}

#[inline(always)]
fn add<T: Number>(sums: &mut [T], others: &[T]) {
    sums.iter_mut().zip(others).for_each(|(sum, &other)| *sum = sum.plus(other));
}

#[inline(always)]
fn sums_of_columns<S: Source<T>, T: Number>(m: Matrix<S>, x: &[T], out: &mut [T]) {
    let whole = m.rows() - m.rows() % ROWS;
    for first in (0..whole).step_by(ROWS) {
        let rows: [&[S]; ROWS] = std::array::from_fn(|i| &m.row_slice(first + i).unwrap_or_default()[..out.len()]);
        let factors: [T; ROWS] = std::array::from_fn(|i| x[first + i]);
        let blocks = rows.map(|row| row.as_chunks::<FEW>());
        let (out_blocks, out_rest) = out.as_chunks_mut::<FEW>();
        for (number, sums) in out_blocks.iter_mut().enumerate() {
            for i in 0..ROWS {
                let row = &blocks[i].0[number];
                for j in 0..FEW {
                    sums[j] = row[j].widen().mul_add(factors[i], sums[j]);
                }
            }
        }
        for (j, o) in out_rest.iter_mut().enumerate() {
            *o = (0..ROWS).fold(*o, |sum, i| blocks[i].1[j].widen().mul_add(factors[i], sum));
        }
    }
    for i in whole..m.rows() {
        if let Some(row) = m.row_slice(i) {
            out.iter_mut().zip(row).for_each(|(o, &a)| *o = a.widen().mul_add(x[i], *o));
        }
    }
}
