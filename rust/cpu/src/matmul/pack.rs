//! Packing: the panels that the innermost loops read from end to end.
//!
//! A panel holds some rows of a matrix, column by column, padded with zeros to a fixed number of rows. A is packed
//! as it is, B transposed. Half types become float32 on the way.

use ferrotorch_core::dtype::{Element, bf16, f16};

use super::matrix::Matrix;
use super::number::Number;

/// An element that products in `T` can be computed from.
pub(crate) trait Source<T>: Element {
    /// Converts without loss.
    fn widen(self) -> T;
    /// Rounds.
    fn narrow(x: T) -> Self;
}

impl<T: Number> Source<T> for T {
    #[inline(always)]
    fn widen(self) -> T {
        self
    }
    #[inline(always)]
    fn narrow(x: T) -> T {
        x
    }
}

impl Source<f32> for f16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
    }
    #[inline(always)]
    fn narrow(x: f32) -> f16 {
        f16::from_f32(x)
    }
}

impl Source<f32> for bf16 {
    #[inline(always)]
    fn widen(self) -> f32 {
        self.to_f32()
    }
    #[inline(always)]
    fn narrow(x: f32) -> bf16 {
        bf16::from_f32(x)
    }
}

/// Packs all rows of `m` into panels of `height` rows; `padded` gives the rows that the last panel is padded to.
/// Returns the number of elements written.
pub(crate) fn pack<S: Source<T>, T: Number>(
    m: Matrix<S>,
    height: usize,
    padded: impl Fn(usize) -> usize,
    out: &mut [T],
) -> usize {
    let mut written = 0;
    for first in (0..m.rows).step_by(height) {
        let rows = height.min(m.rows - first);
        let padded = padded(rows);
        let panel = &mut out[written..written + padded * m.cols];
        pack_panel(m.block(first..first + rows, 0..m.cols), padded, panel);
        written += panel.len();
    }
    written
}

fn pack_panel<S: Source<T>, T: Number>(m: Matrix<S>, padded: usize, panel: &mut [T]) {
    let columns = m.t();
    if m.row == 1 && m.rows == padded {
        for (k, out) in panel.chunks_exact_mut(padded).enumerate() {
            if let Some(column) = columns.row_slice(k) {
                out.iter_mut().zip(column).for_each(|(o, &x)| *o = x.widen());
            }
        }
        return;
    }
    for i in 0..padded {
        let out = panel[i..].iter_mut().step_by(padded);
        if i >= m.rows {
            out.for_each(|o| *o = T::zeroed());
        } else if let Some(row) = m.row_slice(i) {
            out.zip(row).for_each(|(o, &x)| *o = x.widen());
        } else {
            out.enumerate().for_each(|(k, o)| *o = m.get(i, k).widen());
        }
    }
}
