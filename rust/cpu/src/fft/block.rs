//! Lines along a dimension in blocks, and their way into a buffer and back.

use std::ops::Range;

use ferrotorch_kernel::Array;
use num_complex::Complex;

use super::plan::Real;
use crate::view::{Read, View, Write};

/// So many elements of a block fit the L1 cache beside what a transform needs.
const ELEMENTS: usize = 2048;

/// How two arrays are cut into blocks of lines.
pub(super) struct Blocks {
    /// The arrays.
    pub(super) arrays: [Array; 2],
    /// The dimensions that a block lies in, in rising order.
    pub(super) dims: [usize; 2],
    /// Is the first of them that of the lines?
    turned: bool,
    /// Lines of a block.
    pub(super) lines: usize,
}

impl Blocks {
    /// Blocks of lines along `dim` of arrays that have the same shape but for it. `size` is that of an element in bytes.
    pub(super) fn new(arrays: [&Array; 2], dim: usize, size: usize) -> Blocks {
        let n = arrays[1].shape()[dim].max(arrays[0].shape()[dim]).max(1);
        let (arrays, dim) = match rows(arrays, dim) {
            Some(arrays) => (arrays, 1),
            None => (arrays.map(|array| array.with_layout(array.layout.unsqueeze(0))), dim + 1),
        };
        let across = neighbour(&arrays, dim);
        let is_along = arrays.iter().all(|array| array.layout.strides()[dim] == 1);
        // Where lines lie side by side, whole cache lines are taken.
        let least = if is_along { 1 } else { 64 / size };
        let lines = (ELEMENTS / n).max(least);
        Blocks { arrays, dims: [across.min(dim), across.max(dim)], turned: dim < across, lines }
    }

    /// Sizes of a block whose lines have `n` elements.
    pub(super) fn tile(&self, n: usize) -> [usize; 2] {
        self.in_order([self.lines, n])
    }

    /// The lines of a block of the other array, which are `n` long there.
    pub(super) fn same_lines(&self, ranges: [Range<usize>; 2], n: usize) -> [Range<usize>; 2] {
        let [lines, _] = self.in_order(ranges);
        self.in_order([lines, 0..n])
    }

    /// A block with its lines as rows.
    pub(super) fn as_rows<'a, T: Copy, A>(&self, block: View<'a, T, A, 2>) -> View<'a, T, A, 2> {
        if self.turned { block.t() } else { block }
    }

    fn in_order<X>(&self, [lines, along]: [X; 2]) -> [X; 2] {
        if self.turned { [along, lines] } else { [lines, along] }
    }
}

/// The arrays as matrices with the lines as rows, where the last dimension is transformed and memory allows it.
fn rows(arrays: [&Array; 2], dim: usize) -> Option<[Array; 2]> {
    let (_, outer) = arrays[0].shape().split_last()?;
    if dim != outer.len() {
        return None;
    }
    let lines: usize = outer.iter().product();
    let matrix = |array: &Array| Some(array.with_layout(array.layout.view(&[lines, array.shape()[dim]])?));
    Some([matrix(arrays[0])?, matrix(arrays[1])?])
}

/// The dimension beside `dim` along which elements lie closest together.
fn neighbour(arrays: &[Array; 2], dim: usize) -> usize {
    let distance = |&d: &usize| arrays.iter().map(|array| array.layout.strides()[d].unsigned_abs()).min();
    let mut others = (0..arrays[0].layout.ndim()).filter(|&d| d != dim);
    others.clone().filter(|&d| arrays[0].shape()[d] > 1).min_by_key(distance).or_else(|| others.next_back()).unwrap_or(0)
}

/// Copies rows into a buffer, one behind the other.
pub(super) fn gather<S: Copy>(rows: View<S, Read, 2>, buffer: &mut [S]) {
    let [lines, n] = rows.size();
    if rows.step()[1] != 1 && rows.step()[0] == 1 {
        for (k, column) in (0..n).map(|k| (k, rows.t().row(k))) {
            for (line, x) in column.iter().enumerate() {
                buffer[line * n + k] = x;
            }
        }
        return;
    }
    for (line, buffer) in (0..lines).zip(buffer.chunks_exact_mut(n)) {
        copy_row(rows.row(line), buffer);
    }
}

/// Copies a line into a slice of its length.
pub(super) fn copy_row<S: Copy>(row: View<S, Read, 1>, buffer: &mut [S]) {
    match row.as_slice() {
        Some(slice) => buffer.copy_from_slice(slice),
        None => buffer.iter_mut().zip(row.iter()).for_each(|(slot, x)| *slot = x),
    }
}

/// The inverse of [`gather`], times a scale.
pub(super) fn scatter<T: Real>(buffer: &[Complex<T>], scale: T, mut rows: View<Complex<T>, Write, 2>) {
    let [lines, n] = rows.size();
    if rows.step()[1] != 1 && rows.step()[0] == 1 {
        for k in 0..n {
            let mut column = rows.reborrow().t().row(k);
            column.write_all((0..lines).map(|line| buffer[line * n + k] * scale));
        }
        return;
    }
    for (line, values) in buffer.chunks_exact(n).enumerate().take(lines) {
        rows.row_mut(line).write_all(values.iter().map(|&x| x * scale));
    }
}

/// Multiplies all numbers by a scale.
pub(super) fn rescale<T: Real>(values: &mut [Complex<T>], scale: T) {
    if scale != T::one() {
        values.iter_mut().for_each(|x| *x = *x * scale);
    }
}
