//! Insertion points in sorted lines.

use ferrotorch_kernel::{Array, Error, Operand, Result};

use super::{output, real_only};
use crate::gpu::{Gpu, Launch};
use crate::shader::{Family, Harness, Stored};
use crate::space::{Space, Walk};

pub(crate) static SEARCH: Family = Family::new("Search", Harness::Whole, |_| include_str!("../../../../shaders/search.wgsl"));

pub(crate) fn run(gpu: &Gpu, right: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (sorted, values, out) = (inputs[0].array()?, inputs[1].array()?, output(outputs, 0)?);
    real_only(&[sorted, values])?;
    let (values, out) = (values.at_least_1d(), out.at_least_1d());
    let last = sorted.layout.ndim() - 1;
    let mut line = if sorted.layout.ndim() == 1 { Walk::fixed(out.layout.ndim()) } else { Walk::of(&sorted.layout) };
    line.offset = sorted.layout.offset();
    line.strides[out.layout.ndim() - 1] = 0;
    let within = gpu.bind(sorted)?;
    if !gpu.binds_whole(&within) || values.dtype != sorted.dtype {
        return Err(Error::unsupported(format!("a search in a tensor of shape {:?}", sorted.shape())));
    }
    gpu.elementwise(Launch {
        family: &SEARCH,
        op: "",
        compute: Stored::of(sorted.dtype),
        outputs: 1,
        operands: &[Some(gpu.bind_as(&out, Stored::Pair)?), Some(within), Some(gpu.bind(&values)?)],
        space: &Space::new(out.shape(), [Walk::of(&out.layout), line, Walk::of(&values.layout)]).merge(),
        args: &[sorted.shape()[last] as u32, sorted.layout.strides()[last] as u32, right.into()],
        packed: None,
        mode: 0,
    })
}
