//! Softmax, its logarithm, and their gradients.

use ferrotorch_kernel::{Array, Error, Operand, Result};
use smallvec::SmallVec;

use super::lines::{Lined, Lines};
use super::{output, real_only, reductions};
use crate::gpu::Gpu;
use crate::shader::{Family, Harness, Stored, Values, Variant};

pub(crate) static SOFTMAX: Family = Family::new("Softmax", Harness::Lines, |_| include_str!("../../../../shaders/softmax.wgsl"))
    .values(values)
    .library(|_| reductions::LOG_SUM_EXP.texts().collect());
pub(crate) static SOFTMAX_GRAD: Family =
    Family::new("SoftmaxGrad", Harness::Lines, |_| include_str!("../../../../shaders/softmax_grad.wgsl"))
        .values(grad_values)
        .library(|_| reductions::SUM.texts().collect());

/// `Variant::mode`: the logarithm of softmax.
const LOG: u32 = 2;

pub(crate) fn run(gpu: &Gpu, dim: usize, log: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays = [output(outputs, 0)?, inputs[0].array()?];
    launch(gpu, &SOFTMAX, dim, log, &arrays)
}

pub(crate) fn run_grad(gpu: &Gpu, dim: usize, log: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let arrays = [output(outputs, 0)?, inputs[0].array()?, inputs[1].array()?];
    launch(gpu, &SOFTMAX_GRAD, dim, log, &arrays)
}

fn launch(gpu: &Gpu, family: &'static Family, dim: usize, log: bool, arrays: &[&Array]) -> Result<()> {
    real_only(arrays)?;
    let out = arrays[0];
    let compute = Stored::of(out.dtype.accumulate());
    if !matches!(compute, Stored::Float32 | Stored::Float64) {
        return Err(Error::unsupported(format!("softmax in {}", out.dtype.name())));
    }
    if out.numel() == 0 {
        return Ok(());
    }
    let mut shape: SmallVec<[usize; 5]> = out.shape().into();
    let length = shape.remove(dim);
    let operands: SmallVec<[_; 3]> = arrays.iter().map(|array| Some(Lined::along(array, dim))).collect();
    let mode = if log { LOG } else { 0 };
    Lines { family, op: "", compute, shape: &shape, length, outputs: 1, operands: &operands, parameter: 0.0, extra: &[], mode }
        .launch(gpu)
}

fn values(variant: &Variant) -> Values {
    let result = if variant.mode & LOG != 0 { "x - logarithm(state.y)" } else { "exponential(x) / state.y" };
    vec![("result", result.into())]
}

fn grad_values(variant: &Variant) -> Values {
    let (weighted, result) = match variant.mode & LOG != 0 {
        true => ("gradient(at, j)", "g - exponential(y) * state"),
        false => ("gradient(at, j) * output(at, j)", "y * (g - state)"),
    };
    vec![("weighted", weighted.into()), ("result", result.into())]
}
