//! Copies: byte for byte where only the layout changes, by tiles where it is transposed, converting otherwise.

use std::ops::Range;

use bytemuck::Pod;
use ferrotorch_kernel::dtype::{DType, c32, c64};
use ferrotorch_kernel::{Array, Operand, Result, ensure};

use crate::fill;
use crate::host::{self, Shared};
use crate::parallel::{Cost, for_each_chunk};
use crate::plan::Plan;
use crate::pointwise;

/// Side of a tile: 32 elements of 8 bytes are four cache lines.
const TILE: usize = 32;
/// Smaller arrays fit into the L1 cache and need no tiles.
const MIN_TILED: usize = 1 << 11;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Copy`].
pub(crate) fn copy(input: &Operand, out: &Array) -> Result<()> {
    let array = match input {
        Operand::Scalar(x) => return fill::fill(*x, out),
        other => other.array()?,
    };
    ensure!(array.shape() == out.shape(), Runtime, "copy: the input has shape {:?}, the output {:?}", array.shape(), out.shape());
    if array.dtype != out.dtype {
        return pointwise::convert(input, out);
    }
    match out.dtype.size() {
        1 => copy_elements::<u8>(array, out),
        2 => copy_elements::<u16>(array, out),
        4 => copy_elements::<u32>(array, out),
        8 if out.dtype == DType::Complex64 => copy_elements::<c32>(array, out),
        8 => copy_elements::<u64>(array, out),
        _ => copy_elements::<c64>(array, out),
    }
}

/// Source and destination of a copy of elements of one size. Threads read the source, and write elements of the
/// destination that are theirs alone: chunks of the walk are disjoint, and a checked output has no element twice.
struct Pair<'a, T> {
    plan: &'a Plan,
    from: Shared<T>,
    to: Shared<T>,
}

fn copy_elements<T: Pod + Send + Sync>(input: &Array, out: &Array) -> Result<()> {
    host::check_output(out)?;
    let (from, to) = (Shared::<T>::new(input)?, Shared::<T>::new(out)?);
    if out.layout.numel() == 0 || (std::ptr::eq(from.at(0), to.at(0)) && input.layout == out.layout) {
        return Ok(());
    }
    let plan = Plan::new(out.shape(), &[out.layout.strides(), input.layout.strides()]);
    let pair = Pair { plan: &plan, from, to };
    match transposed_dim(&plan) {
        Some(dim) => for_each_chunk(tiles(&plan, dim), Cost::streamed(3 * TILE * TILE), |range| pair.copy_tiles(dim, range)),
        None => for_each_chunk(plan.numel(), Cost::streamed(1), |range| pair.copy_runs(range)),
    }
    Ok(())
}

/// The dimension along which the input is contiguous, where that is not the innermost and tiles pay.
fn transposed_dim(plan: &Plan) -> Option<usize> {
    if plan.numel() < MIN_TILED || plan.inner_stride(1).unsigned_abs() <= 1 || plan.inner_stride(0) != 1 {
        return None;
    }
    (1..plan.ndim()).find(|&d| plan.stride(d, 1) == 1).filter(|&d| plan.size(d).min(plan.inner()) >= 4)
}

/// Tiles of `TILE` by `TILE` elements over the innermost dimension and `dim`, for every index of the other dimensions.
fn tiles(plan: &Plan, dim: usize) -> usize {
    plan.inner().div_ceil(TILE) * plan.size(dim).div_ceil(TILE) * (plan.numel() / plan.inner() / plan.size(dim))
}

impl<T: Pod> Pair<'_, T> {
    /// Copies a range of the walk, run by run.
    fn copy_runs(&self, range: Range<usize>) {
        let (from_stride, to_stride) = (self.plan.inner_stride(1), self.plan.inner_stride(0));
        self.plan.for_each_run(range.start, range.len(), |at, run| self.copy_run(at[1], from_stride, at[0], to_stride, run));
    }

    fn copy_run(&self, from: isize, from_stride: isize, to: isize, to_stride: isize, run: usize) {
        if from_stride == 1 && to_stride == 1 {
            // SAFETY: the plan visits elements of both checked layouts; input and output do not overlap (core copies first
            // where they would).
            unsafe { std::ptr::copy_nonoverlapping(self.from.at(from), self.to.at(to), run) };
            return;
        }
        for i in 0..run as isize {
            // SAFETY: as above.
            unsafe { *self.to.at(to + i * to_stride) = *self.from.at(from + i * from_stride) };
        }
    }

    /// Copies tiles by number; the innermost dimension of the tiles is the output's.
    fn copy_tiles(&self, dim: usize, range: Range<usize>) {
        let (across, down) = (self.plan.inner().div_ceil(TILE), self.plan.size(dim).div_ceil(TILE));
        for number in range {
            let (i, j) = (number % across * TILE, number / across % down * TILE);
            let (from, to) = self.outer_offsets(dim, number / across / down);
            let rows = TILE.min(self.plan.size(dim) - j);
            let columns = TILE.min(self.plan.inner() - i);
            let (from_stride, to_stride) = (self.plan.inner_stride(1), self.plan.stride(dim, 0));
            let from = from + i as isize * from_stride + j as isize;
            let to = to + i as isize + j as isize * to_stride;
            self.copy_tile(from, from_stride, to, to_stride, rows, columns);
        }
    }

    /// Where the index `number` of the dimensions but the innermost and `dim` lies in both arrays.
    fn outer_offsets(&self, dim: usize, number: usize) -> (isize, isize) {
        let (mut rest, mut from, mut to) = (number, 0, 0);
        for d in (1..self.plan.ndim()).filter(|&d| d != dim) {
            let i = (rest % self.plan.size(d)) as isize;
            rest /= self.plan.size(d);
            from += i * self.plan.stride(d, 1);
            to += i * self.plan.stride(d, 0);
        }
        (from, to)
    }

    /// Transposes a tile by way of a buffer, so that both arrays are touched line by line.
    fn copy_tile(&self, from: isize, from_stride: isize, to: isize, to_stride: isize, rows: usize, columns: usize) {
        let mut buffer = [[T::zeroed(); TILE]; TILE];
        for (i, line) in buffer.iter_mut().enumerate().take(columns) {
            // SAFETY: the tile lies within both checked layouts; along `dim` the input is contiguous.
            let source = unsafe { std::slice::from_raw_parts(self.from.at(from + i as isize * from_stride), rows) };
            line[..rows].copy_from_slice(source);
        }
        for j in 0..rows {
            // SAFETY: as above; the output is contiguous along the innermost dimension, and the tile is this thread's.
            let target = unsafe { std::slice::from_raw_parts_mut(self.to.at(to + j as isize * to_stride), columns) };
            target.iter_mut().zip(&buffer).for_each(|(x, line)| *x = line[j]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ferrotorch_kernel::Scalar;

    #[test]
    fn scalars_fill() {
        let out = Array::from_slice(&[2], &[0i8, 0]).unwrap();
        copy(&Operand::Scalar(Scalar::Int(-3)), &out).unwrap();
        assert_eq!(out.to_vec::<i8>().unwrap(), [-3, -3]);
    }
}
