//! Arrays one behind the other.

use ferrotorch_kernel::{Array, Operand, Result};

use crate::copy;

/// The inputs, along `dim`, each copied to its place.
pub(crate) fn concat(dim: usize, inputs: &[Operand], out: &Array) -> Result<()> {
    let mut start = 0;
    inputs.iter().try_for_each(|input| {
        let length = input.array()?.shape()[dim];
        let window = out.with_layout(out.layout.slice(dim, start, length, 1));
        start += length;
        copy::copy(input, &window)
    })
}
