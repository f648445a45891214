//! Packing: the panels that the innermost loops read from end to end.
//!
//! A panel holds some rows of a matrix, column by column, padded with zeros to a fixed number of rows. A is packed
//! as it is, B transposed. Half types become float32 on the way.

use ferrotorch_kernel::dtype::{Element, bf16, f16};

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
pub(crate) fn pack<S: Source<T>, T: Number>(m: Matrix<S>, height: usize, padded: impl Fn(usize) -> usize, out: &mut [T]) {
    let mut written = 0;
    for first in (0..m.rows()).step_by(height) {
        let rows = height.min(m.rows() - first);
        let padded = padded(rows);
        let panel = &mut out[written..written + padded * m.cols()];
        pack_panel(m.block([first..first + rows, 0..m.cols()]), padded, panel);
        written += panel.len();
    }
}

fn pack_panel<S: Source<T>, T: Number>(m: Matrix<S>, padded: usize, panel: &mut [T]) {
    if m.rows() < padded {
        panel.fill(T::zeroed());
    }
    if m.step()[0] == 1 {
        for (k, out) in panel.chunks_exact_mut(padded).enumerate() {
            if let Some(column) = m.t().row_slice(k) {
                out.iter_mut().zip(column).for_each(|(o, &x)| *o = x.widen());
            }
        }
        return;
    }
    let done = transpose_blocks(m, padded, panel);
    let (m, panel) = (m.block([0..m.rows(), done..m.cols()]), &mut panel[done * padded..]);
    if m.cols() == 0 {
        return;
    }
    for i in 0..m.rows() {
        let out = panel[i..].iter_mut().step_by(padded);
        out.zip(m.row(i).iter()).for_each(|(o, x)| *o = x.widen());
    }
}

/// Packs as many columns as go by blocks of eight whose vectors end inside of the panel, and returns their number. Vectors of
/// a panel that is not a multiple of eight high reach into the next columns, which are written afterwards; rows of
/// padding repeat the last one.
fn transpose_blocks<S: Source<T>, T: Number>(m: Matrix<S>, padded: usize, panel: &mut [T]) -> usize {
    let (Some(transpose), Ok(m)) = (T::kernel().transpose, m.same_type::<T>()) else { return 0 };
    if m.step()[1] != 1 || m.rows() == 0 {
        return 0;
    }
    let none = [T::zeroed(); 8];
    let fits = |k: usize| k + 8 <= m.cols() && (k + 7) * padded + padded.next_multiple_of(8) <= panel.len();
    let count = (0..m.cols() / 8).take_while(|&block| fits(8 * block)).count();
    for k in (0..8 * count).step_by(8) {
        for first in (0..padded).step_by(8) {
            // Vectors start at rising places, so what one writes beyond its column is written again.
            let row = |i: usize| m.row_slice((first + i).min(m.rows() - 1)).and_then(|row| row[k..].first_chunk());
            let rows: [Option<&[T; 8]>; 8] = std::array::from_fn(row);
            transpose(rows.map(|row| row.unwrap_or(&none)), &mut panel[k * padded + first..], padded);
        }
    }
    8 * count
}
