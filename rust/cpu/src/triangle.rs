//! Upper and lower triangles of matrices.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Operand, Result};

use crate::element::match_size;
use crate::lines::{Lines, LinesMut, try_for_each_line};
use crate::parallel::Cost;

/// `out0 = in0` where `column - row <= diagonal` (`upper`: `>=`), else 0.
pub(crate) fn triangle(diagonal: i64, upper: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, &outputs[0]);
    match_size!(out.dtype, T => typed::<T>(diagonal, upper, input, out))
}

fn typed<T: Element>(diagonal: i64, upper: bool, input: &Array, out: &Array) -> Result<()> {
    let dim = out.layout.ndim() - 1;
    let rows = out.shape()[dim - 1].max(1);
    let (lines, out) = (Lines::<T>::new(input, dim)?, LinesMut::<T>::new(out, dim)?);
    try_for_each_line(out, Cost::streamed(lines.length()), |line, mut out| {
        let mut buffer = Vec::new();
        let elements = lines.read(line, &mut buffer)?;
        // The column of the diagonal; of a lower triangle the one behind it, with which the zeros begin.
        let edge = diagonal.saturating_add((line % rows) as i64).saturating_add(i64::from(!upper));
        let edge = edge.clamp(0, elements.len() as i64) as usize;
        let kept = if upper { edge..elements.len() } else { 0..edge };
        match out.as_mut_slice() {
            Some(out) => {
                out[..kept.start].fill(T::zeroed());
                out[kept.clone()].copy_from_slice(&elements[kept.clone()]);
                out[kept.end..].fill(T::zeroed());
            }
            None => out.write_all(elements.iter().enumerate().map(|(i, &x)| if kept.contains(&i) { x } else { T::zeroed() })),
        }
        Ok(())
    })
}
