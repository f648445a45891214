//! The gradient of the kernel: dot products over images and positions, or tiles of packed factors where these are few.
//!
//! `dw[o, (c, tap)] = sum over (n, p) of dy[n, o, p] * x[n, c, p * stride + offset(tap)]`. The sum is cut into a number of
//! pieces that depends on the shapes alone; each is one task's, and the pieces are added in order.

use std::ops::Range;

use ferrotorch_kernel::Result;
use ferrotorch_kernel::dtype::Element;

use super::geometry::Sizes;
use super::source::{Reader, copy};
use super::unfold::{Unfolding, unfold};
use crate::matmul::{Matrix, MatrixMut, Number, Scratch, Source, dots, product};
use crate::parallel::Cost;
use crate::view::{Tiles, try_for_each_part};

/// Positions that are summed at a time.
const DEPTH: usize = 512;
/// Pieces that the images are cut into, at most.
const PIECES: usize = 8;
/// Elements of all pieces, at most.
const PARTIAL: usize = 1 << 21;
/// Tasks that a call is cut into, where it has so many.
const TASKS: usize = 16;

/// Computes `dw` from `dy` and `x`, all row-major.
pub(super) fn run<S: Source<T>, T: Number>(s: &Sizes, dy: &[S], x: &[S], dw: &mut [T]) -> Result<()> {
    let columns = s.c * s.kernel_len();
    let size = s.groups * s.o * columns;
    if size == 0 {
        return Ok(());
    }
    let pieces = s.batch.clamp(1, (PARTIAL / size.max(1)).clamp(1, PIECES));
    let width = columns.div_ceil((TASKS / pieces).clamp(1, columns.max(1))).next_multiple_of(4);
    let strips = columns.div_ceil(width.max(1));
    let mut partial = Scratch::new::<T>(if pieces > 1 { pieces * size } else { 0 })?;
    partial.with(|partial: &mut [T]| {
        let target = if pieces > 1 { &mut *partial } else { &mut *dw };
        let target = MatrixMut::from_slice_mut(target, pieces * s.groups * s.o, columns);
        let work = s.o * width * s.batch.div_ceil(pieces) * s.output_len();
        try_for_each_part(Tiles::of(target, [s.o, width]), Cost::multiply_adds(work), |task, (_, [_, columns], out)| {
            let (piece, group) = (task / strips / s.groups, task / strips % s.groups);
            let images = piece * s.batch / pieces..(piece + 1) * s.batch / pieces;
            compute(s, group, images, columns, dy, x, out)
        })?;
        if pieces > 1 {
            let (first, others) = partial.split_at(size);
            dw.copy_from_slice(first);
            for other in others.chunks_exact(size.max(1)) {
                dw.iter_mut().zip(other).for_each(|(sum, &x)| *sum = sum.plus(x));
            }
        }
        Ok(())
    })?
}

/// Sums over some images for some columns (channel by channel, tap by tap).
fn compute<S: Source<T>, T: Number>(
    s: &Sizes,
    group: usize,
    images: Range<usize>,
    columns: Range<usize>,
    dy: &[S],
    x: &[S],
    mut out: MatrixMut<T>,
) -> Result<()> {
    let kernel = S::kernel();
    let [depth, height, width] = s.output;
    let step = width.div_ceil(width.div_ceil(DEPTH).max(1)).max(1);
    let count = (DEPTH / step).max(1);
    let most = (count * step).next_multiple_of(kernel.lanes);
    let (mut dy_lines, mut x_lines) = (Scratch::new::<S>(s.o * most)?, Scratch::new::<S>(columns.len() * most)?);
    dy_lines.with(|dy_lines: &mut [S]| {
        x_lines.with(|x_lines: &mut [S]| -> Result<()> {
            let mut accumulate = false;
            for start in (0..width).step_by(step) {
                let part = start..width.min(start + step);
                let readers = (0..s.kernel[2]).map(|k| reader(s, k, &part)).collect();
                let (taps, channel, line) = (s.kernel_len(), s.input_len(), s.input[2]);
                let mut unfolding = Unfolding { starts: Vec::new(), readers, taps, part: part.len(), channel, line };
                let lines = images.start * depth * height..images.end * depth * height;
                for first in lines.clone().step_by(count) {
                    let places: Vec<Place> =
                        (first..lines.end.min(first + count)).map(|line| Place::new(s, group, line)).collect();
                    let len = (places.len() * part.len()).next_multiple_of(kernel.lanes);
                    copy_dy(s, dy, &places, &part, &mut dy_lines[..s.o * len], len);
                    unfolding.starts = line_starts(s, &places);
                    unfold(&unfolding, x, columns.clone(), &mut x_lines[..columns.len() * len], len);
                    let (a, b) = (Matrix::from_slice(dy_lines, s.o, len), Matrix::from_slice(x_lines, columns.len(), len));
                    match (a.same_type::<T>(), b.same_type::<T>()) {
                        (Ok(a), Ok(b)) if is_for_dots(s.o, columns.len(), len) => {
                            dots(&kernel, a, b, out.reborrow(), accumulate);
                        }
                        _ => product(T::UNIT, a, b.t(), out.reborrow(), accumulate)?,
                    }
                    accumulate = true;
                }
            }
            if !accumulate {
                out.for_each_row(|_, row| row.fill(T::zeroed()));
            }
            Ok(())
        })?
    })?
}

/// Is a product of so many rows and columns, with sums of so many terms, better computed as dot products than in tiles of packed
/// factors? The former add up a vector for each result, the latter move each element of either factor once more.
fn is_for_dots(rows: usize, columns: usize, terms: usize) -> bool {
    // In cycles, about: what adding up a vector takes, and moving an element.
    const SUM: usize = 8;
    const MOVE: usize = 1;
    let elements = (rows + columns) * terms;
    SUM * rows * columns < MOVE * elements
}

/// A line of output positions.
struct Place {
    /// Image and group.
    plane: usize,
    d: usize,
    h: usize,
}

impl Place {
    fn new(s: &Sizes, group: usize, line: usize) -> Place {
        let [depth, height, _] = s.output;
        Place { plane: line / height / depth * s.groups + group, d: line / height % depth, h: line % height }
    }
}

/// Reads for kernel element `k` of the last dimension what a part of a line of positions reads.
fn reader(s: &Sizes, k: usize, part: &Range<usize>) -> Reader {
    Reader::new(part.len(), s.stride[2], (part.start * s.stride[2]) as isize + s.offset(2, k), s.input[2])
}

/// Copies a part of some lines of `dy`, one behind the other for each channel, and zeros up to `len`.
fn copy_dy<T: Element>(s: &Sizes, dy: &[T], places: &[Place], part: &Range<usize>, out: &mut [T], len: usize) {
    for (o, out) in out.chunks_exact_mut(len).enumerate() {
        let mut parts = out.chunks_exact_mut(part.len());
        for (place, out) in places.iter().zip(&mut parts) {
            let line = (((place.plane * s.o + o) * s.output[0] + place.d) * s.output[1] + place.h) * s.output[2];
            copy(&dy[line + part.start..line + part.end], out);
        }
        out[places.len() * part.len()..].fill(T::zeroed());
    }
}

/// Where the lines start that the taps of the first two dimensions read at some places, counted from the first channel of
/// the first image; `None` in the padding.
fn line_starts(s: &Sizes, places: &[Place]) -> Vec<Option<usize>> {
    let start = |kd: usize, kh: usize, place: &Place| {
        let d = (place.d * s.stride[0]).checked_add_signed(s.offset(0, kd)).filter(|&d| d < s.input[0])?;
        let h = (place.h * s.stride[1]).checked_add_signed(s.offset(1, kh)).filter(|&h| h < s.input[1])?;
        Some(((place.plane * s.c * s.input[0] + d) * s.input[1] + h) * s.input[2])
    };
    let taps = (0..s.kernel[0]).flat_map(|kd| (0..s.kernel[1]).map(move |kh| (kd, kh)));
    taps.flat_map(|(kd, kh)| places.iter().map(move |place| start(kd, kh, place))).collect()
}
