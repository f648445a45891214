//! Upper and lower triangles of matrices.

use ferrotorch_kernel::{Array, Error, Operand, Result};

use super::output;
use crate::gpu::{Gpu, Launch};
use crate::shader::{Family, Harness, Stored};
use crate::space::{Space, Walk};

pub(crate) static TRIANGLE: Family =
    Family::new("Triangle", Harness::Elementwise, |_| include_str!("../../../../shaders/triangle.wgsl"));

/// Elements are moved, not looked into; their places are numbered in 32 bits.
pub(crate) fn run(gpu: &Gpu, diagonal: i64, upper: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, output(outputs, 0)?);
    let (raw, dims) = (Stored::raw(out.dtype), out.layout.ndim());
    if out.numel() > u32::MAX as usize {
        return Err(Error::unsupported(format!("triangles of {} elements", out.numel())));
    }
    let (rows, columns) = (out.shape()[dims - 2], out.shape()[dims - 1]);
    let diagonal = diagonal.clamp(-(1 << 30), 1 << 30) as i32;
    gpu.elementwise(Launch {
        family: &TRIANGLE,
        op: "",
        compute: raw,
        outputs: 1,
        operands: &[Some(gpu.bind_as(out, raw)?), Some(gpu.bind_as(input, raw)?)],
        space: &Space::new(out.shape(), [Walk::of(&out.layout), Walk::of(&input.layout)]).merge(),
        args: &[rows as u32, columns as u32, diagonal as u32, upper.into()],
        packed: None,
        mode: 0,
    })
}
