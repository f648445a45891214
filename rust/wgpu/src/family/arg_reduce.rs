//! Extrema and their positions.

use ferrotorch_core::kernel::Extremum;
use ferrotorch_core::{Array, Error, Operand, Result};
use smallvec::SmallVec;

use super::{output, real_only};
use crate::gpu::{Gpu, Launch, spread};
use crate::shader::{Family, Stored, Variant};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) fn run(gpu: &Gpu, op: Extremum, dim: usize, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, values, indices) = (inputs[0].array()?, output(outputs, 0)?, output(outputs, 1)?);
    real_only(&[input, values])?;
    if values.numel() == 0 {
        return Ok(());
    }
    let lines = input.layout.slice(dim, 0, 1, 1);
    let walks = [&values.layout, &indices.layout, &lines].map(Walk::of);
    let space = Space::new(values.shape(), walks).merge();
    if space.shape.len() > MAX_DIMS {
        return Err(Error::unsupported("an extremum over more than 8 dimensions"));
    }
    // Positions are written as words: they need no 64-bit arithmetic.
    let operands: SmallVec<[_; 3]> =
        [gpu.bind(values)?, gpu.bind_as(indices, Stored::Pair)?, gpu.bind(input)?].into_iter().map(Some).collect();
    let launch = Launch {
        family: Family::ArgReduce,
        op: match op {
            Extremum::Max => "max",
            Extremum::Min => "min",
        },
        compute: Stored::of(input.dtype),
        outputs: 2,
        operands: &operands,
        space: &space,
        args: &[input.shape()[dim] as u32, input.layout.strides()[dim] as u32],
        packed: false,
        mode: 0,
    };
    gpu.launch(launch, spread(space.count()))
}

pub(crate) fn values(variant: &Variant) -> Vec<(&'static str, String)> {
    vec![("order", if variant.op == "max" { ">" } else { "<" }.into())]
}
