//! The gradient of the kernel: a matrix product over images and positions.
//!
//! `dw[o, (c, tap)] = sum over (n, p) of dy[n, o, p] * x[n, c, p * stride + offset(tap)]`. The sum is cut into a number of
//! pieces that depends on the shapes alone; each is one task's, and the pieces are added in order.

use std::ops::Range;

use ferrotorch_core::Result;
use parking_lot::Mutex;

use super::geometry::{Sizes, reach};
use crate::matmul::{Matrix, Number, Output, Panels, Scratch, pack, tiles};
use crate::parallel;

/// Positions that are summed at a time.
const DEPTH: usize = 256;
/// Pieces that the images are cut into, at most.
const PIECES: usize = 8;
/// Tasks that a call is cut into, where it has so many.
const TASKS: usize = 16;
/// Multiplications that are worth waking another thread for.
const GRAIN: usize = 1 << 18;

/// Computes `dw` from `dy` and `x`, all row-major.
pub(super) fn run<T: Number>(s: &Sizes, dy: &[T], x: &[T], dw: &mut [T]) -> Result<()> {
    let columns = s.c * s.kernel_len();
    let size = s.groups * s.o * columns;
    let pieces = s.batch.clamp(1, PIECES);
    let nr = T::kernel().nr;
    let panels = columns.div_ceil(nr);
    let width = panels.div_ceil((TASKS / pieces).clamp(1, panels.max(1))) * nr;
    let strips = columns.div_ceil(width.max(1));
    let partial = Scratch::new::<T>(if pieces > 1 { pieces * size } else { 0 })?;
    partial.with(|partial: &mut [T]| {
        let target = Output::from_slice(if pieces > 1 { &mut *partial } else { &mut *dw }, pieces * s.groups * s.o, columns);
        let failure = Mutex::new(None);
        let work = s.o * width * s.batch.div_ceil(pieces) * s.output_len();
        parallel::for_each_chunk(pieces * s.groups * strips, GRAIN.div_ceil(work.max(1)), |range| {
            for task in range {
                let (piece, group, strip) = (task / strips / s.groups, task / strips % s.groups, task % strips);
                let images = piece * s.batch / pieces..(piece + 1) * s.batch / pieces;
                let columns = strip * width..columns.min((strip + 1) * width);
                let first = (piece * s.groups + group) * s.o;
                let out = target.block(first..first + s.o, columns.clone());
                // SAFETY: each piece, group and strip is one task's.
                if let Err(error) = unsafe { compute(s, group, images, columns, dy, x, out) } {
                    *failure.lock() = Some(error);
                }
            }
        });
        if pieces > 1 {
            let (first, others) = partial.split_at(size);
            dw.copy_from_slice(first);
            for other in others.chunks_exact(size.max(1)) {
                dw.iter_mut().zip(other).for_each(|(sum, &x)| *sum = sum.plus(x));
            }
        }
        failure.into_inner().map_or(Ok(()), Err)
    })?
}

/// Sums over some images for some columns (channel by channel, tap by tap).
///
/// # Safety
/// Nothing else reaches `out` meanwhile.
unsafe fn compute<T: Number>(
    s: &Sizes,
    group: usize,
    images: Range<usize>,
    columns: Range<usize>,
    dy: &[T],
    x: &[T],
    out: Output<T>,
) -> Result<()> {
    let kernel = T::kernel();
    let positions = s.output_len();
    let packed_dy = Scratch::new::<T>(s.o.next_multiple_of(kernel.step) * DEPTH.min(positions))?;
    let packed_x = Scratch::new::<T>(columns.len().next_multiple_of(kernel.nr) * DEPTH.min(positions))?;
    packed_dy.with(|packed_dy: &mut [T]| {
        packed_x.with(|packed_x: &mut [T]| {
            let mut accumulate = false;
            for image in images {
                let plane = image * s.groups + group;
                let dy = Matrix::from_slice(&dy[plane * s.o * positions..(plane + 1) * s.o * positions], s.o, positions);
                let x = &x[plane * s.c * s.input_len()..(plane + 1) * s.c * s.input_len()];
                for start in (0..positions).step_by(DEPTH) {
                    let range = start..positions.min(start + DEPTH);
                    pack(dy.block(0..s.o, range.clone()), kernel.mr, |rows| kernel.padded_rows(rows), packed_dy);
                    gather(s, x, range.clone(), columns.clone(), kernel.nr, packed_x);
                    // SAFETY: by the caller's promise.
                    unsafe {
                        tiles(
                            &kernel,
                            range.len(),
                            T::from_scalar(1i64.into()),
                            Panels::Packed(packed_dy),
                            Panels::Packed(packed_x),
                            out,
                            accumulate,
                        )
                    };
                    accumulate = true;
                }
            }
            if !accumulate {
                for row in 0..out.rows {
                    // SAFETY: by the caller's promise.
                    if let Some(row) = unsafe { out.row_slice(row) } {
                        row.fill(T::zeroed());
                    }
                }
            }
        })
    })?
}

/// Packs what the columns read at some positions.
fn gather<T: Number>(s: &Sizes, x: &[T], positions: Range<usize>, columns: Range<usize>, nr: usize, panels: &mut [T]) {
    let [kernel_d, kernel_h, kernel_w] = s.kernel;
    let depth = positions.len();
    if !columns.len().is_multiple_of(nr) {
        let last = columns.len() / nr * nr * depth;
        panels[last..last + nr * depth].fill(T::zeroed());
    }
    for (j, column) in columns.enumerate() {
        let (channel, tap) = (column / (kernel_d * kernel_h * kernel_w), column % (kernel_d * kernel_h * kernel_w));
        let offsets =
            [s.offset(0, tap / (kernel_h * kernel_w)), s.offset(1, tap / kernel_w % kernel_h), s.offset(2, tap % kernel_w)];
        let x = &x[channel * s.input_len()..(channel + 1) * s.input_len()];
        let panel = &mut panels[j / nr * nr * depth..][..nr * depth];
        gather_column(s, x, offsets, positions.clone(), &mut panel[j % nr..], nr);
    }
}

/// `out[i * nr]` is what position `i` of the range reads at the offsets.
fn gather_column<T: Number>(s: &Sizes, x: &[T], offsets: [isize; 3], positions: Range<usize>, out: &mut [T], nr: usize) {
    let [_, height, width] = s.output;
    let mut p = positions.start;
    while p < positions.end {
        let w = p % width;
        let len = (width - w).min(positions.end - p);
        let out = &mut out[(p - positions.start) * nr..];
        let d = (p / width / height * s.stride[0]) as isize + offsets[0];
        let h = (p / width % height * s.stride[1]) as isize + offsets[1];
        let offset = (w * s.stride[2]) as isize + offsets[2];
        let outside = d < 0 || h < 0 || d >= s.input[0] as isize || h >= s.input[1] as isize;
        let inside = if outside { 0..0 } else { reach(len, s.stride[2], offset, s.input[2]) };
        let mut cells = out.iter_mut().step_by(nr).take(len);
        cells.by_ref().take(inside.start).for_each(|o| *o = T::zeroed());
        if !inside.is_empty() {
            let line = (d as usize * s.input[1] + h as usize) * s.input[2];
            let first = (line + inside.start * s.stride[2]).wrapping_add_signed(offset);
            let values = x[first..].iter().step_by(s.stride[2]);
            cells.by_ref().take(inside.len()).zip(values).for_each(|(o, &x)| *o = x);
        }
        cells.for_each(|o| *o = T::zeroed());
        p += len;
    }
}
