//! Layer norm and its gradients.

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

pub(crate) static MERGE: Family =
    Family::new("LayerNormMerge", Harness::Whole, |_| include_str!("../../../../shaders/layer_norm_merge.wgsl"));

pub(crate) fn run(gpu: &Gpu, eps: f64, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (x, y) = (inputs[0].array()?, output(outputs, 0)?);
    let compute = check(&[x, y], y.dtype)?;
    if x.numel() == 0 {
        return Err(Error::unsupported("layer norm of nothing"));
    }
    let optional = |k: usize| inputs.get(k).and_then(Operand::optional).map(|array| Lined::every(array, 1));
    let operands = [
        Some(Lined::along(y, 1)),
        Some(Lined::one(output(outputs, 1)?)),
        Some(Lined::one(output(outputs, 2)?)),
        Some(Lined::along(x, 1)),
        optional(1),
        optional(2),
    ];
    let (shape, length) = (&x.shape()[..1], x.shape()[1]);
    Lines {
        family: &LAYER_NORM,
        op: "",
        compute,
        shape,
        length,
        outputs: 3,
        operands: &operands,
        parameter: eps,
        extra: &[],
        mode: 0,
    }
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
        Some(Lined::one(mean)),
        Some(Lined::one(rstd)),
        inputs.get(4).and_then(Operand::optional).map(|array| Lined::every(array, 1)),
    ];
    let (shape, length) = (&x.shape()[..1], x.shape()[1]);
    Lines {
        family: &LAYER_NORM_GRAD,
        op: "",
        compute,
        shape,
        length,
        outputs: 1,
        operands: &operands,
        parameter: 0.0,
        extra: &[],
        mode: 0,
    }
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

/// Sums over chunks of rows, whose number depends on the shape alone, and then over the chunks.
fn weight_gradients(gpu: &Gpu, compute: Stored, inputs: [&Array; 4], outputs: [&Array; 2]) -> Result<()> {
    let (rows, columns) = (inputs[0].shape()[0], inputs[0].shape()[1]);
    let chunks = rows.div_ceil(64).min(32_768usize.div_ceil(columns)).max(rows.div_ceil(MAX_STEPS));
    if chunks == 1 {
        return sum_rows(gpu, compute, inputs, outputs.map(|out| out.with_layout(out.layout.unsqueeze(0))));
    }
    let dtype = if compute == Stored::Float64 { DType::Float64 } else { DType::Float32 };
    let layout = Layout::contiguous(&[chunks, columns]);
    let sums = [gpu.empty_array(&layout, dtype)?, gpu.empty_array(&layout, dtype)?];
    sum_rows(gpu, compute, inputs, sums.clone())?;
    merge(gpu, compute, [&sums[0], &sums[1]], outputs)
}

/// The sums over as many chunks of rows as the outputs have rows.
fn sum_rows(gpu: &Gpu, compute: Stored, inputs: [&Array; 4], sums: [Array; 2]) -> Result<()> {
    let (rows, chunks, columns) = (inputs[0].shape()[0], sums[0].shape()[0], inputs[0].shape()[1]);
    let arrays: SmallVec<[&Array; 6]> = sums.iter().chain(inputs).collect();
    let operands = arrays.iter().map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[Option<Bound>; 6]>>>()?;
    let step = |array: &Array, d: usize| array.layout.strides().get(d).copied().unwrap_or(0);
    let walks = arrays.iter().map(|a| Walk { offset: a.layout.offset(), strides: smallvec![step(a, 1)] });
    let mut args: SmallVec<[u32; 9]> = smallvec![rows as u32, rows.div_ceil(chunks) as u32, chunks as u32];
    args.extend(arrays.iter().map(|a| step(a, 0) as u32));
    gpu.launch(
        Launch {
            family: &WEIGHTS,
            op: "",
            compute,
            outputs: 2,
            operands: &operands,
            space: &Space::new(&[columns], walks),
            args: &args,
            packed: None,
            mode: 0,
        },
        spread((columns * chunks).div_ceil(256)),
    )
}

/// Adds up the sums of the chunks.
fn merge(gpu: &Gpu, compute: Stored, sums: [&Array; 2], outputs: [&Array; 2]) -> Result<()> {
    let arrays: SmallVec<[&Array; 4]> = outputs.into_iter().chain(sums).collect();
    let operands = arrays.iter().map(|array| gpu.bind(array).map(Some)).collect::<Result<SmallVec<[Option<Bound>; 4]>>>()?;
    let walks = arrays.iter().map(|a| {
        let along = a.layout.strides().last().copied().unwrap_or(0);
        Walk { offset: a.layout.offset(), strides: smallvec![along] }
    });
    let columns = sums[0].shape()[1];
    gpu.launch(
        Launch {
            family: &MERGE,
            op: "",
            compute,
            outputs: 2,
            operands: &operands,
            space: &Space::new(&[columns], walks),
            args: &[sums[0].shape()[0] as u32, columns as u32],
            packed: None,
            mode: 0,
        },
        spread(columns.div_ceil(256)),
    )
}

fn values(variant: &Variant) -> Values {
    let given = |slot: usize| variant.slots[slot] != Slot::Absent;
    let factor = |given: bool| if given { " * read_in1(at[4] + j * arg(5u))" } else { "" };
    let bias = if given(5) { " + read_in2(at[5] + j * arg(6u))" } else { "" };
    let times_weight = if given(5) { " * read_in4(at[5] + j * arg(6u))" } else { "" };
    vec![("affine", format!("x{}{bias}", factor(given(4)))), ("times_weight", times_weight.into())]
}
