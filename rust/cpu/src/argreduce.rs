//! Largest or smallest along a dimension, and where.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::kernel::Extremum;
use ferrotorch_kernel::{Array, Error, Operand, Result, match_dtype};

use crate::chunks;
use crate::element::Ordered;
use crate::isa::{Isa, Level};
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::parallel::{Cost, stops_at_row};
use crate::planes::{self, Block, Plane, Planes, PlanesMut, for_each_block_pair};
use crate::simd::{self, SimdLoop};

/// `out0` values, `out1` indices; NaN wins, of equals the first.
pub(crate) fn arg_reduce(op: Extremum, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let input = inputs[0].array()?;
    match_dtype!(input.dtype, T in [real] => typed::<T>(op, dim, input, outputs),
        else => Err(Error::dtype("max", input.dtype, "complex numbers have no order")))
}

fn typed<T: Ordered>(op: Extremum, dim: usize, input: &Array, outputs: &[Array]) -> Result<()> {
    if let Some(([input, values, indices], dim)) = planes::side_by_side([input, &outputs[0], &outputs[1]], dim)
        && input.shape()[dim] <= u32::MAX as usize
    {
        return side_by_side::<T>(op, dim, &input, &values, &indices);
    }
    let lines = Lines::<T>::new(input, dim)?;
    let (values, indices) = (LinesMut::<T>::new(&outputs[0], dim)?, LinesMut::<i64>::new(&outputs[1], dim)?);
    try_for_each_line((values, indices), Cost::single(lines.length()), |line, (mut value, mut index)| {
        let mut buffer = Vec::new();
        let x = lines.read(line, &mut buffer)?;
        let i = simd::run(Line { op, x });
        value.set(0, x[i]);
        index.set(0, i as i64);
        Ok(())
    })
}

/// Does `x` beat the largest so far?
#[inline(always)]
fn above<T: Ordered>(x: T, best: T) -> bool {
    best.precedes(x)
}

/// Does `x` beat the smallest so far?
#[inline(always)]
fn below<T: Ordered>(x: T, best: T) -> bool {
    !best.is_nan() & (x.precedes(best) | x.is_nan())
}

/// Elements that a line is searched by.
const IN_CACHE: usize = 2048;

/// Finds the first of the best elements of a line: what the best is, and then where.
struct Line<'a, T> {
    op: Extremum,
    x: &'a [T],
}

impl<T: Ordered> SimdLoop for Line<'_, T> {
    type Output = usize;
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) -> usize {
        match self.op {
            Extremum::Max => self.search(|x, best| best.below(x)),
            Extremum::Min => self.search(|x, best| x.below(best)),
        }
    }
}

impl<T: Ordered> Line<'_, T> {
    /// `beats` is a single comparison, in which NaN beats nothing: whether there is one is asked apart.
    #[inline(always)]
    fn search(self, beats: impl Fn(T, T) -> bool) -> usize {
        let better = |best: T, x: T| if beats(x, best) { x } else { best };
        let unordered = |found: T, x: T| if x.is_nan() { x } else { found };
        let (mut best, mut start) = (self.x[0], 0);
        // Both questions of a block while it is in the cache.
        for (number, block) in self.x.chunks(IN_CACHE).enumerate() {
            if chunks::fold(block, block[0], unordered, unordered).is_nan() {
                return self.first_from(number * IN_CACHE, T::is_nan);
            }
            let here = chunks::fold(block, block[0], better, better);
            (best, start) = if beats(here, best) { (here, number * IN_CACHE) } else { (best, start) };
        }
        // Nothing beats the best; what it does not beat is as good.
        self.first_from(start, |x| !beats(best, x))
    }

    /// The first element that fits, of those from `start` on.
    #[inline(always)]
    fn first_from(self, start: usize, fits: impl Fn(T) -> bool) -> usize {
        const BLOCK: usize = 64;
        let block = self.x[start..].chunks(BLOCK).position(|block| block.iter().fold(false, |found, &x| found | fits(x)));
        let start = start + block.map_or(0, |block| block * BLOCK);
        start + self.x[start..].iter().position(|&x| fits(x)).unwrap_or(0)
    }
}

/// Many lines together, row by row.
fn side_by_side<T: Ordered>(op: Extremum, dim: usize, input: &Array, values: &Array, indices: &Array) -> Result<()> {
    let input = Planes::<T>::new(input, dim)?;
    let (values, indices) = (PlanesMut::<T>::new(values, dim)?, PlanesMut::<i64>::new(indices, dim)?);
    for_each_block_pair(values, indices, Cost::streamed(4 * input.rows()), |plane, values, indices| {
        simd::run(Columns { op, x: input.plane(plane), values, indices });
    })
}

struct Columns<'a, T> {
    op: Extremum,
    x: Plane<'a, T>,
    values: Block<'a, T>,
    indices: Block<'a, i64>,
}

impl<T: Ordered> SimdLoop for Columns<'_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        match self.op {
            Extremum::Max => self.search(above),
            Extremum::Min => self.search(below),
        }
    }
}

impl<T: Ordered> Columns<'_, T> {
    #[inline(always)]
    fn search(mut self, beats: impl Fn(T, T) -> bool) {
        let columns = self.values.columns();
        let mut buffer = Vec::new();
        let mut best = self.x.read_row(0, columns.clone(), &mut buffer).to_vec();
        let mut at = vec![0u32; best.len()];
        for row in 1..self.x.rows() {
            if stops_at_row(row, columns.len()) {
                return;
            }
            let x = self.x.read_row(row, columns.clone(), &mut buffer);
            for ((best, at), &x) in best.iter_mut().zip(&mut at).zip(x) {
                let wins = beats(x, *best);
                *best = if wins { x } else { *best };
                *at = if wins { row as u32 } else { *at };
            }
        }
        self.values.write_row(0, &best);
        self.indices.write_row(0, &at.into_iter().map(i64::from).collect::<Vec<_>>());
    }
}
