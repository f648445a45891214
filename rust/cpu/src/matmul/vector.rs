//! Products with a vector, which are bound by memory: every element of the matrix is used once.

use ferrotorch_kernel::dtype::Element;

use super::matrix::Matrix;
use super::number::Number;
use super::pack::Source;
use crate::isa::Isa;
use crate::simd::{self, SimdLoop};

/// Independent sums of a dot product: as many as keep the widest registers busy, and others.
const MANY: usize = 64;
const SOME: usize = 16;
/// Elements of a dot product, and rows, that are summed one after the other.
pub(super) const BLOCK: usize = 2048;
/// Rows that are added at once.
const ROWS: usize = 8;
/// Columns whose sums stay in the first-level cache.
const COLUMNS: usize = 2048;
/// Bytes of a cache line.
const LINE: usize = 64;
/// Bytes from an element to one that is asked for meanwhile: the rows of a large matrix come from memory that is far away, and the
/// processor itself looks ahead within a page only.
const AHEAD: usize = 4096;
/// Columns whose sums stay in registers.
const FEW: usize = 32;

/// `out[i] = m[i] . x` for a matrix whose rows are contiguous.
pub(super) fn dot_each_row<S: Source<T>, T: Number>(m: Matrix<S>, x: &[T], out: &mut [T]) {
    simd::run(DotEachRow { m, x, out });
}

struct DotEachRow<'a, S, T> {
    m: Matrix<'a, S>,
    x: &'a [T],
    out: &'a mut [T],
}

impl<S: Source<T>, T: Number> SimdLoop for DotEachRow<'_, S, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let row = |i: usize| self.m.row_slice(i).unwrap_or_default();
        let (pairs, last) = self.out.as_chunks_mut::<2>();
        // Two rows at a time: their sums are on their way together, and an element of `x` is read once for both.
        for (i, pair) in pairs.iter_mut().enumerate() {
            *pair = dots::<S, T, I, 2>([row(2 * i), row(2 * i + 1)], self.x);
        }
        if let [last] = last {
            [*last] = dots::<S, T, I, 1>([row(self.m.rows() - 1)], self.x);
        }
    }
}

/// The dot products of rows of one length. Blocks are summed pairwise, so that the error hardly grows with the length.
#[inline(always)]
fn dots<S: Source<T>, T: Number, I: Isa, const R: usize>(rows: [&[S]; R], x: &[T]) -> [T; R] {
    let plus = |a: [T; R], b: [T; R]| std::array::from_fn(|r| a[r].plus(b[r]));
    let length = rows[0].len();
    if length <= BLOCK {
        return dots_of_block::<S, T, I, R>(rows, x);
    }
    // Like the digits of a binary number: sum `i` is that of `2^i` blocks, or nothing.
    let mut sums = [[T::zeroed(); R]; usize::BITS as usize];
    let mut blocks = 0usize;
    for start in (0..length).step_by(BLOCK) {
        let end = length.min(start + BLOCK);
        let mut sum = dots_of_block::<S, T, I, R>(rows.map(|row| &row[start..end]), &x[start..end]);
        for earlier in &sums[..blocks.trailing_ones() as usize] {
            sum = plus(*earlier, sum);
        }
        sums[blocks.trailing_ones() as usize] = sum;
        blocks += 1;
    }
    (0..sums.len()).filter(|i| blocks >> i & 1 == 1).fold([T::zeroed(); R], |total, i| plus(sums[i], total))
}

#[inline(always)]
fn dots_of_block<S: Source<T>, T: Number, I: Isa, const R: usize>(rows: [&[S]; R], x: &[T]) -> [T; R] {
    // Sums that have no register wait for memory.
    if const { I::WIDE } { by_lanes::<S, T, I, R, MANY>(rows, x) } else { by_lanes::<S, T, I, R, SOME>(rows, x) }
}

#[inline(always)]
fn by_lanes<S: Source<T>, T: Number, I: Isa, const R: usize, const LANES: usize>(rows: [&[S]; R], x: &[T]) -> [T; R] {
    let mut sums = [[T::zeroed(); LANES]; R];
    let (x_blocks, x_rest) = x.as_chunks::<LANES>();
    let parts = rows.map(|row| row[..x.len()].as_chunks::<LANES>());
    for (number, x) in x_blocks.iter().enumerate() {
        for r in 0..R {
            let row = &parts[r].0[number];
            for line in 0..(LANES * size_of::<S>()).div_ceil(LINE) {
                simd::prefetch(row.as_ptr().wrapping_byte_add(AHEAD + line * LINE));
            }
            add_products::<S, T, I, LANES>(&mut sums[r], row, x);
        }
    }
    // The rest as a block that ends in zeros: with lanes that are chosen while the loop runs, the sums would lie in memory.
    if !x_rest.is_empty() {
        let x = filled(x_rest);
        for r in 0..R {
            add_products::<S, T, I, LANES>(&mut sums[r], &filled(parts[r].1), &x);
        }
    }
    sums.map(sum_of_lanes)
}

#[inline(always)]
fn add_products<S: Source<T>, T: Number, I: Isa, const LANES: usize>(sums: &mut [T; LANES], row: &[S; LANES], x: &[T; LANES]) {
    let mut wide = [T::zeroed(); LANES];
    for i in 0..LANES {
        wide[i] = row[i].widen();
    }
    for i in 0..LANES {
        sums[i] = wide[i].fused::<I>(x[i], sums[i]);
    }
}

/// Some elements, and zeros behind them.
#[inline(always)]
fn filled<T: Element, const LANES: usize>(elements: &[T]) -> [T; LANES] {
    let mut block = [T::zeroed(); LANES];
    block[..elements.len()].copy_from_slice(elements);
    block
}

#[inline(always)]
fn sum_of_lanes<T: Number, const LANES: usize>(mut sums: [T; LANES]) -> T {
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
pub(super) fn sums<S: Source<T>, T: Number>(m: Matrix<S>, x: &[T], out: &mut [T]) {
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
            simd::run(SumsOfColumns { m: m.block([rows.clone(), columns.clone()]), x: &x[rows], out });
        }
        let held = m.rows().div_ceil(BLOCK).saturating_sub(1);
        levels.iter().enumerate().filter(|(i, _)| held >> i & 1 == 1).for_each(|(_, level)| add(out, level));
    }
}

/// Moves the sums of block `number` to the levels, whose sums join them as far as levels are held.
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

fn add<T: Number>(sums: &mut [T], others: &[T]) {
    sums.iter_mut().zip(others).for_each(|(sum, &other)| *sum = sum.plus(other));
}

/// `out += x @ m`.
struct SumsOfColumns<'a, 'b, S, T> {
    m: Matrix<'a, S>,
    x: &'a [T],
    out: &'b mut [T],
}

impl<S: Source<T>, T: Number> SimdLoop for SumsOfColumns<'_, '_, S, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: Isa>(self) {
        let SumsOfColumns { m, x, out } = self;
        let whole = m.rows() - m.rows() % ROWS;
        for first in (0..whole).step_by(ROWS) {
            let rows: [&[S]; ROWS] = std::array::from_fn(|i| &m.row_slice(first + i).unwrap_or_default()[..out.len()]);
            add_rows::<S, T, I>(rows, std::array::from_fn(|i| x[first + i]), out);
        }
        for i in whole..m.rows() {
            if let Some(row) = m.row_slice(i) {
                out.iter_mut().zip(row).for_each(|(o, &a)| *o = a.widen().fused::<I>(x[i], *o));
            }
        }
    }
}

#[inline(always)]
fn add_rows<S: Source<T>, T: Number, I: Isa>(rows: [&[S]; ROWS], factors: [T; ROWS], out: &mut [T]) {
    let blocks = rows.map(|row| row.as_chunks::<FEW>());
    let (out_blocks, out_rest) = out.as_chunks_mut::<FEW>();
    for (number, out) in out_blocks.iter_mut().enumerate() {
        // A copy of their own keeps the sums in registers.
        let mut sums = *out;
        for i in 0..ROWS {
            let row = &blocks[i].0[number];
            for j in 0..FEW {
                sums[j] = row[j].widen().fused::<I>(factors[i], sums[j]);
            }
        }
        *out = sums;
    }
    for (j, o) in out_rest.iter_mut().enumerate() {
        *o = (0..ROWS).fold(*o, |sum, i| blocks[i].1[j].widen().fused::<I>(factors[i], sum));
    }
}
