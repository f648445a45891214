//! Upper and lower triangles of matrices.

#[cfg(test)]
mod tests;

use std::hint::select_unpredictable;
use std::ops::Range;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Operand, Result};

use crate::element::match_size;
use crate::isa::{Isa, Level};
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::parallel::Cost;
use crate::simd::{self, SimdLoop};
use crate::view::{Read, Rows, RowsMut, Tiles, View, Views, Write, copy_inline, for_each_part};

/// Elements of the rows of a tile.
const TILE: usize = 4096;
/// Rows of fewer elements are short.
const SHORT: usize = 64;

/// `out0 = in0` where `column - row <= diagonal` (`upper`: `>=`), else 0.
pub(crate) fn triangle(diagonal: i64, upper: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    match_size!(out.dtype, T => typed::<T>(diagonal, upper, input, out))
}

fn typed<T: Element>(diagonal: i64, upper: bool, input: &Array, out: &Array) -> Result<()> {
    let dim = out.layout.ndim() - 1;
    let [rows, columns] = [out.shape()[dim - 1].max(1), out.shape()[dim]];
    let kept = Kept { diagonal, upper, rows, columns };
    let in_rows = |array: &Array| {
        let layout = array.layout.view(&[array.numel() / columns.max(1), columns])?;
        (layout.strides()[1] == 1).then(|| array.with_layout(layout))
    };
    if columns > 0
        && let (Some(input), Some(out)) = (in_rows(input), in_rows(out))
    {
        return of_rows::<T>(kept, &input, &out);
    }
    let (lines, out) = (Lines::<T>::new(input, dim)?, LinesMut::<T>::new(out, dim)?);
    try_for_each_line(out, Cost::streamed(lines.length()), |line, mut out| {
        let mut buffer = Vec::new();
        let elements = lines.read(line, &mut buffer)?;
        let kept = kept.of_line(line);
        out.write_all(elements.iter().enumerate().map(|(i, &x)| if kept.contains(&i) { x } else { T::zeroed() }));
        Ok(())
    })
}

/// Which elements of a matrix stay.
#[derive(Clone, Copy)]
struct Kept {
    diagonal: i64,
    upper: bool,
    rows: usize,
    columns: usize,
}

impl Kept {
    /// Those of a line of all matrices' lines.
    #[inline(always)]
    fn of_line(self, line: usize) -> Range<usize> {
        // The column of the diagonal; of a lower triangle the one behind it, with which the zeros begin.
        let edge = self.diagonal.saturating_add((line % self.rows) as i64).saturating_add(i64::from(!self.upper));
        let edge = edge.clamp(0, self.columns as i64) as usize;
        if self.upper { edge..self.columns } else { 0..edge }
    }
}

/// [`typed`] of lines that are the rows of one matrix, without gaps, many at a time.
fn of_rows<T: Element>(kept: Kept, input: &Array, out: &Array) -> Result<()> {
    let input = Views::<T, Read, 2>::along(input, [0, 1])?.view(0);
    let rows = (TILE / kept.columns).max(1);
    let tiles = Tiles::new(Views::along(out, [0, 1])?, [rows, kept.columns]);
    for_each_part(tiles, Cost::streamed(rows * kept.columns), |_, (_, [rows, columns], out)| {
        simd::run(Triangle { kept, first: rows.start, input: input.block([rows, columns]), out });
    })
}

/// Rows of a triangle from `first` on.
struct Triangle<'a, T> {
    kept: Kept,
    first: usize,
    input: View<'a, T, Read, 2>,
    out: View<'a, T, Write, 2>,
}

impl<T: Element> SimdLoop for Triangle<'_, T> {
    type Output = ();
    const WIDEST: Level = Level::Avx2;

    #[inline(always)]
    fn run<I: Isa>(self) {
        let (input, mut out) = (Rows::new(self.input), RowsMut::new(self.out));
        let lines = (self.first..).zip(input.iter().zip(out.iter_mut()));
        if self.kept.columns < SHORT {
            // To choose element by element takes less than to begin three loops.
            for (line, (x, out)) in lines {
                let kept = self.kept.of_line(line);
                let (start, length) = (kept.start as u32, kept.len() as u32);
                for (i, (out, &x)) in (0u32..).zip(out.iter_mut().zip(x)) {
                    *out = select_unpredictable(i.wrapping_sub(start) < length, x, T::zeroed());
                }
            }
            return;
        }
        for (line, (x, out)) in lines {
            let kept = self.kept.of_line(line);
            out[..kept.start].fill(T::zeroed());
            copy_inline(&x[kept.clone()], &mut out[kept.clone()]);
            out[kept.end..].fill(T::zeroed());
        }
    }
}
