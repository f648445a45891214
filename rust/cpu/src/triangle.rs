//! Upper and lower triangles of matrices.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::Element;
use ferrotorch_kernel::{Array, Operand, Result};

use crate::element::match_size;
use crate::lines::{Lines, LinesMut, for_each_line};
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
    for_each_line(out, Cost::single(lines.length()), |line, mut out| {
        let mut buffer = Vec::new();
        let row = (line % rows) as i64;
        for (column, &x) in lines.read(line, &mut buffer).iter().enumerate() {
            let distance = column as i64 - row;
            let inside = if upper { distance >= diagonal } else { distance <= diagonal };
            out.set(column, if inside { x } else { T::zeroed() });
        }
    })
}
