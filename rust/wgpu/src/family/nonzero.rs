//! Coordinates of the elements that are not zero: each knows its row by the number of those before it.

use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::SmallVec;

use super::radix::words;
use super::{copy, output, real_only, scan};
use crate::gpu::{Gpu, Launch};
use crate::shader::{Family, Harness, Stored};
use crate::space::{MAX_DIMS, Space, Walk};

pub(crate) static NONZERO: Family = Family::new("Nonzero", Harness::Whole, |_| include_str!("../../../../shaders/nonzero.wgsl"));

pub(crate) fn run(gpu: &Gpu, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (input, out) = (inputs[0].array()?, output(outputs, 0)?);
    real_only(&[input])?;
    let (n, dims) = (input.numel(), input.shape());
    if n >= 1 << 31 || dims.len() > MAX_DIMS {
        return Err(Error::unsupported(format!("coordinates in a tensor of shape {dims:?}")));
    }
    let flags = flags(gpu, input)?;
    let counts = words(gpu, n)?;
    scan::count(gpu, &flags, &counts)?;
    let bound = [gpu.bind_as(out, Stored::Pair)?, gpu.bind(&flags)?, gpu.bind(&counts)?];
    if bound.iter().any(|b| !gpu.binds_whole(b)) {
        return Err(Error::unsupported(format!("coordinates in a tensor of shape {dims:?}")));
    }
    let (steps, rows) = (out.layout.strides(), out.shape()[0]);
    let mut args: SmallVec<[u32; 12]> = SmallVec::from_slice(&[steps[0] as u32, steps[1] as u32, rows as u32, dims.len() as u32]);
    args.extend(dims.iter().map(|&size| size as u32));
    let vector = || Walk { offset: 0, strides: SmallVec::from_slice(&[1]) };
    let into = Walk { offset: out.layout.offset(), ..Walk::fixed(1) };
    gpu.elementwise(Launch {
        family: &NONZERO,
        op: "",
        compute: Stored::Int32,
        outputs: 1,
        operands: &bound.map(Some),
        space: &Space::new(&[n], [into, vector(), vector()]),
        args: &args,
        packed: None,
        mode: 0,
    })
}

/// What is not zero, as a new vector of bool.
fn flags(gpu: &Gpu, input: &Array) -> Result<Array> {
    let flags = gpu.empty_array(&Layout::contiguous(input.shape()), DType::Bool)?;
    copy::run(gpu, &[Operand::Array(input.clone())], std::slice::from_ref(&flags))?;
    Ok(flags.with_layout(Layout::contiguous(&[input.numel()])))
}
