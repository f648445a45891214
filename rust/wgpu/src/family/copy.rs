//! Strided copies and conversions.

use ferrotorch_kernel::{Array, Operand, Result};

use super::output;
use crate::gpu::{Gpu, Launch};
use crate::shader::{Family, Harness, Stored};
use crate::space::{Space, Walk};

pub(crate) static COPY: Family = Family::new("Copy", Harness::Elementwise, |_| include_str!("../../../../shaders/copy.wgsl"));

pub(crate) fn run(gpu: &Gpu, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let out = output(outputs, 0)?;
    let input = match &inputs[0] {
        Operand::Scalar(value) => return super::fill::run(gpu, *value, outputs),
        operand => operand.array()?,
    };
    let (from, to) = if input.dtype == out.dtype {
        (Stored::raw(out.dtype), Stored::raw(out.dtype))
    } else {
        (Stored::of(input.dtype), Stored::of(out.dtype))
    };
    gpu.elementwise(Launch {
        family: &COPY,
        op: "",
        compute: from,
        outputs: 1,
        operands: &[Some(gpu.bind_as(out, to)?), Some(gpu.bind_as(input, from)?)],
        space: &Space::new(out.shape(), [Walk::of(&out.layout), Walk::of(&input.layout)]).sort().merge(),
        args: &[],
        packed: None,
        mode: 0,
    })
}
