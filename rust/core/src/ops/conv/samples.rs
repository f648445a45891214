//! Convolutions of many samples, each with a weight of its own: `(samples, N, C, spatial..)` by
//! `(samples, O, C / groups, kernel..)`.
//!
//! | what is one for all samples | one convolution of |
//! |---|---|
//! | the weight | all inputs, as one batch |
//! | the input | all filters |
//! | neither, and gradients of weights | the channels of all samples, as groups |

use crate::array::{Array, Operand};
use crate::backend;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{ConvGeometry, ConvPass, Kernel};
use crate::layout::Layout;
use crate::shape::Shape;

/// A pass for all samples, whose result is of this shape.
pub(super) fn launch(
    op: &'static str,
    pass: ConvPass,
    geometry: &ConvGeometry,
    inputs: &[Operand],
    shape: &[usize],
) -> Result<Array> {
    ensure!(inputs.len() >= 2, Runtime, "{op}(): expected two operands");
    let (first, second) = (inputs[0].array()?, inputs[1].array()?);
    let bias = inputs.get(2).and_then(Operand::optional);
    let run = |geometry: &ConvGeometry, operands: [Array; 2], bias: Option<Array>, shape: &[usize]| -> Result<Array> {
        let [a, b] = operands.map(Operand::from);
        let output = (Layout::contiguous(shape), first.dtype);
        let operands = [a, b, bias.map_or(Operand::None, Operand::from)];
        let [out] = backend::compute(op, &Kernel::Conv { pass, geometry }, &operands, [output], first.device())?;
        Ok(out)
    };
    let samples = shape[0];
    let as_groups = || ConvGeometry { groups: geometry.groups * samples, ..geometry.clone() };
    let biases = || bias.map(|bias| repeated(bias, samples)).transpose();
    if samples == 0 {
        return Array::empty(shape, first.dtype, first.device());
    }
    if pass == ConvPass::GradWeight {
        let operands = [side_by_side(first)?, side_by_side(second)?];
        return Ok(run(&as_groups(), operands, None, &merged(shape, 0))?.with_layout(Layout::contiguous(shape)));
    }
    if is_one(second) {
        let operands = [stacked(first)?, second.with_layout(second.layout.select(0, 0))];
        return Ok(run(geometry, operands, bias.cloned(), &merged(shape, 0))?.with_layout(Layout::contiguous(shape)));
    }
    // `(N, samples, ..)`, from which the samples are taken apart.
    let exchanged: Shape = [shape[1], samples].iter().chain(&shape[2..]).copied().collect();
    let out_shape = merged(&exchanged, 1);
    let out = if is_one(first) && geometry.groups == 1 {
        let filters = if pass == ConvPass::Forward { stacked(second)? } else { side_by_side(second)? };
        run(geometry, [first.with_layout(first.layout.select(0, 0)), filters], biases()?, &out_shape)?
    } else {
        run(&as_groups(), [side_by_side(first)?, stacked(second)?], biases()?, &out_shape)?
    };
    Ok(out.with_layout(Layout::contiguous(&exchanged).transpose(0, 1)))
}

/// Does an operand repeat one sample?
fn is_one(a: &Array) -> bool {
    a.shape()[0] == 1 || a.layout.strides()[0] == 0
}

/// A shape with dimension `dim` and the next as one.
fn merged(shape: &[usize], dim: usize) -> Shape {
    let (before, after) = shape.split_at(dim);
    before.iter().copied().chain([after[0] * after[1]]).chain(after[2..].iter().copied()).collect()
}

fn viewed(a: &Array, layout: &Layout, shape: &[usize]) -> Result<Array> {
    match layout.view(shape) {
        Some(layout) => Ok(a.with_layout(layout)),
        None => Ok(a.with_layout(layout.clone()).contiguous()?.with_layout(Layout::contiguous(shape))),
    }
}

/// `(samples, a, b..)` as `(samples * a, b..)`.
fn stacked(a: &Array) -> Result<Array> {
    viewed(a, &a.layout, &merged(a.shape(), 0))
}

/// `(samples, a, b..)` as `(a, samples * b..)`.
fn side_by_side(a: &Array) -> Result<Array> {
    let exchanged = a.layout.transpose(0, 1);
    viewed(a, &exchanged, &merged(exchanged.shape(), 1))
}

/// A bias once for each sample.
fn repeated(bias: &Array, samples: usize) -> Result<Array> {
    let channels = bias.numel();
    match bias.layout.expand(&[samples, channels]) {
        Some(layout) => viewed(bias, &layout, &[samples * channels]),
        None => bias.contiguous(),
    }
}
