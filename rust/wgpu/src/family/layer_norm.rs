//! Layer norm and its gradients.

use ferrotorch_kernel::kernel::Reduction;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::lines::{Lined, Lines, MAX_STEPS};
use super::{output, real_only, reductions};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static LAYER_NORM: Family =
    Family::new("LayerNorm", Harness::Lines, |_| include_str!("../../../../shaders/layer_norm.wgsl"))
        .values(values)
        .library(|_| reductions::VARIANCE.texts().collect());
pub(crate) static LAYER_NORM_GRAD: Family =
    Family::new("LayerNormGrad", Harness::Lines, |_| include_str!("../../../../shaders/layer_norm_grad.wgsl"))
        .values(values)
        .library(|_| vec![include_str!("../../../../shaders/reduce/pair_sum.wgsl")]);
pub(crate) static WEIGHTS: Family =
    Family::new("LayerNormWeights", Harness::Whole, |_| include_str!("../../../../shaders/layer_norm_weights.wgsl"));

pub(crate) fn run(gpu: &Gpu, eps: f64, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (x, y) = (inputs[0].array()?, output(outputs, 0)?);
    let compute = check(&[x, y], y.dtype)?;
    if x.numel() == 0 {
        return Err(Error::unsupported("layer norm of nothing"));
    }
    let optional = |k: usize| inputs.get(k).and_then(Operand::optional).map(weight);
    let operands = [
        Some(Lined::along(y, 1)),
        Some(statistic(output(outputs, 1)?)),
        Some(statistic(output(outputs, 2)?)),
        Some(Lined::along(x, 1)),
        optional(1),
        optional(2),
    ];
    let (shape, length) = (&x.shape()[..1], x.shape()[1]);
    Lines { family: &LAYER_NORM, op: "", compute, shape, length, outputs: 3, operands: &operands, parameter: eps, mode: 0 }
        .launch(gpu)
}

pub(crate) fn run_grad(gpu: &Gpu, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (g, x, mean, rstd) = (inputs[0].array()?, inputs[1].array()?, inputs[2].array()?, inputs[3].array()?);
    let dx = output(outputs, 0)?;
    let compute = check(&[g, x, dx], dx.dtype)?;
    if x.numel() == 0 {
        return Err(Error::unsupported("layer norm of nothing"));
    }
    let operands = [
        Some(Lined::along(dx, 1)),
        Some(Lined::along(g, 1)),
        Some(Lined::along(x, 1)),
        Some(statistic(mean)),
        Some(statistic(rstd)),
        inputs.get(4).and_then(Operand::optional).map(weight),
    ];
    let (shape, length) = (&x.shape()[..1], x.shape()[1]);
    Lines { family: &LAYER_NORM_GRAD, op: "", compute, shape, length, outputs: 1, operands: &operands, parameter: 0.0, mode: 0 }
        .launch(gpu)?;
    match outputs {
        [_, weight, bias] => weight_gradients(gpu, compute, [g, x, mean, rstd], [weight, bias]),
        _ => Ok(()),
    }
}

/// The type to compute in.
fn check(arrays: &[&Array], dtype: DType) -> Result<Stored> {
    real_only(arrays)?;
    if !dtype.is_float() {
        return Err(Error::unsupported(format!("layer norm in {}", dtype.name())));
    }
    Ok(Stored::of(dtype.accumulate()))
}

fn statistic(array: &Array) -> Lined<'_> {
    Lined { array, outer: array.layout.strides().into(), inner: 0 }
}

fn weight(array: &Array) -> Lined<'_> {
    Lined { array, outer: smallvec![0], inner: array.layout.strides()[0] }
}

/// Sums over chunks of rows, whose number depends on the shape alone, and then over the chunks.
fn weight_gradients(gpu: &Gpu, compute: Stored, inputs: [&Array; 4], outputs: [&Array; 2]) -> Result<()> {
    let (rows, columns) = (inputs[0].shape()[0], inputs[0].shape()[1]);
    let chunks = rows.div_ceil(64).min(32_768usize.div_ceil(columns)).max(rows.div_ceil(MAX_STEPS));
    let dtype = if compute == Stored::Float64 { DType::Float64 } else { DType::Float32 };
    let sums = [
        gpu.empty_array(&Layout::contiguous(&[chunks, columns]), dtype)?,
        gpu.empty_array(&Layout::contiguous(&[chunks, columns]), dtype)?,
    ];
    let operands =
        sums.iter().chain(inputs).map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[Option<Bound>; 6]>>>()?;
    let along = |array: &Array| array.layout.strides().get(1).copied().unwrap_or(0);
    let walks = [Walk::fixed(1), Walk::fixed(1)]
        .into_iter()
        .chain(inputs.map(|a| Walk { offset: a.layout.offset(), strides: smallvec![along(a)] }));
    let mut args: SmallVec<[u32; 8]> = smallvec![rows as u32, rows.div_ceil(chunks) as u32, chunks as u32];
    args.extend(inputs.map(|a| a.layout.strides()[0] as u32));
    gpu.launch(
        Launch {
            family: &WEIGHTS,
            op: "",
            compute,
            outputs: 2,
            operands: &operands,
            space: &Space::new(&[columns], walks),
            args: &args,
            packed: false,
            mode: 0,
        },
        spread((columns * chunks).div_ceil(256)),
    )?;
    for (sum, out) in sums.into_iter().zip(outputs) {
        let row = out.with_layout(out.layout.unsqueeze(0));
        super::reduce::run(gpu, Reduction::Sum, &[Operand::Array(sum)], &[row])?;
    }
    Ok(())
}

fn values(variant: &Variant) -> Values {
    let given = |slot: usize| variant.slots[slot] != Slot::Absent;
    let factor = |given: bool| if given { " * read_in1(at[4] + j * arg(5u))" } else { "" };
    let bias = if given(5) { " + read_in2(at[5] + j * arg(6u))" } else { "" };
    let times_weight = if given(5) { " * read_in4(at[5] + j * arg(6u))" } else { "" };
    vec![("affine", format!("x{}{bias}", factor(given(4)))), ("times_weight", times_weight.into())]
}
