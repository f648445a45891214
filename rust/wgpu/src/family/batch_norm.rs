//! Batch norm and its gradients, of the channels of `(N, C, L)` arrays.

use ferrotorch_kernel::kernel::Reduction;
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::{output, real_only};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::{Family, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

pub(crate) static BATCH_NORM: Family =
    Family::new("BatchNorm", Harness::Elementwise, |_| include_str!("../../../../shaders/batch_norm.wgsl")).values(values);
pub(crate) static RSTD: Family =
    Family::new("BatchNormRstd", Harness::Elementwise, |_| include_str!("../../../../shaders/batch_norm_rstd.wgsl"));
pub(crate) static SUMS: Family =
    Family::new("BatchNormSums", Harness::Whole, |_| include_str!("../../../../shaders/batch_norm_sums.wgsl"));
pub(crate) static BATCH_NORM_GRAD: Family =
    Family::new("BatchNormGrad", Harness::Elementwise, |_| include_str!("../../../../shaders/batch_norm_grad.wgsl"))
        .values(grad_values);

/// Elements of a channel that one thread sums up at least, and the most threads a channel.
const SHARE: usize = 64;
const MAX_PARTS: usize = 1024;

pub(crate) fn run(gpu: &Gpu, eps: f64, training: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (x, y, mean, rstd) = (inputs[0].array()?, output(outputs, 0)?, output(outputs, 1)?, output(outputs, 2)?);
    let compute = check(&[x, y], y.dtype)?;
    if x.numel() == 0 {
        return Err(Error::unsupported("batch norm of nothing"));
    }
    let own;
    let variance = match outputs.get(3) {
        Some(variance) => variance,
        None => {
            own = gpu.empty_array(&Layout::contiguous(&x.shape()[1..2]), accumulated(compute))?;
            &own
        }
    };
    if training {
        let op = Reduction::Variance { correction: 0.0, sqrt: false };
        super::reduce::run(gpu, op, &inputs[..1], &[over_channels(variance), over_channels(mean)])?;
    } else {
        super::copy::run(gpu, &inputs[3..4], std::slice::from_ref(mean))?;
        super::copy::run(gpu, &inputs[4..5], std::slice::from_ref(variance))?;
    }
    apply(gpu, &RSTD, compute, eps, 0, rstd.shape(), &[Some((rstd, 0)), Some((variance, 0))])?;
    let optional = |k: usize| inputs.get(k).and_then(Operand::optional).map(|array| (array, 1));
    let operands = [Some((y, 0)), Some((x, 0)), Some((mean, 1)), Some((rstd, 1)), optional(1), optional(2)];
    apply(gpu, &BATCH_NORM, compute, 0.0, 0, y.shape(), &operands)
}

pub(crate) fn run_grad(gpu: &Gpu, training: bool, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (g, x, mean, rstd) = (inputs[0].array()?, inputs[1].array()?, inputs[2].array()?, inputs[3].array()?);
    let dx = output(outputs, 0)?;
    let compute = check(&[g, x, dx], dx.dtype)?;
    if x.numel() == 0 {
        return Err(Error::unsupported("batch norm of nothing"));
    }
    let sums = sums(gpu, compute, [g, x, mean, rstd])?;
    let of = |k: usize| sums.with_layout(sums.layout.select(0, k));
    for (k, out) in [(1, output(outputs, 1)?), (0, output(outputs, 2)?)] {
        super::copy::run(gpu, &[Operand::Array(of(k))], std::slice::from_ref(out))?;
    }
    let (channels, count) = (x.shape()[1], x.numel() / x.shape()[1]);
    let weight = inputs.get(4).and_then(Operand::optional).map(|array| (array, 1));
    let first = of(0);
    let operands = [Some((dx, 0)), Some((g, 0)), Some((x, 0)), Some((mean, 1)), Some((rstd, 1)), Some((&first, 1)), weight];
    let share = if training { 1.0 / count as f64 } else { 0.0 };
    apply(gpu, &BATCH_NORM_GRAD, compute, share, channels as u32, dx.shape(), &operands)
}

/// The type to compute in.
fn check(arrays: &[&Array], dtype: DType) -> Result<Stored> {
    real_only(arrays)?;
    if !dtype.is_float() {
        return Err(Error::unsupported(format!("batch norm in {}", dtype.name())));
    }
    Ok(Stored::of(dtype.accumulate()))
}

fn accumulated(compute: Stored) -> DType {
    if compute == Stored::Float64 { DType::Float64 } else { DType::Float32 }
}

/// A vector of the channels as `(1, C, 1)`.
fn over_channels(vector: &Array) -> Array {
    vector.with_layout(vector.layout.unsqueeze(1).unsqueeze(0))
}

/// Launches an elementwise family. Operands have the shape of the output, or (1) an element for each channel.
fn apply(
    gpu: &Gpu,
    family: &'static Family,
    compute: Stored,
    number: f64,
    step: u32,
    shape: &[usize],
    operands: &[Option<(&Array, usize)>],
) -> Result<()> {
    let bound = operands.iter().map(|operand| operand.map(|(array, _)| gpu.bind(array)).transpose());
    let bound = bound.collect::<Result<SmallVec<[Option<Bound>; 7]>>>()?;
    let walks = operands.iter().map(|operand| match operand {
        Some((array, 0)) => Walk::of(&array.layout),
        Some((array, _)) => Walk { offset: array.layout.offset(), strides: smallvec![0, array.layout.strides()[0], 0] },
        None => Walk::fixed(shape.len()),
    });
    let mut args: SmallVec<[u32; 24]> = smallvec![step];
    args.resize(16, 0);
    args.extend(compute.scalar_words(number.into()));
    gpu.elementwise(Launch {
        family,
        op: "",
        compute,
        outputs: 1,
        operands: &bound,
        space: &Space::new(shape, walks).sort().merge(),
        args: &args,
        packed: None,
        mode: 0,
    })
}

/// `(2, C)`: the sums of the gradient, and of its products with the normalised input.
fn sums(gpu: &Gpu, compute: Stored, inputs: [&Array; 4]) -> Result<Array> {
    let (samples, channels, length) = (inputs[0].shape()[0], inputs[0].shape()[1], inputs[0].shape()[2]);
    let count = samples * length;
    let parts = count.div_ceil(SHARE).min(MAX_PARTS).min((1usize << 16).div_ceil(channels)).max(count >> 14);
    let dtype = accumulated(compute);
    let partial = gpu.empty_array(&Layout::contiguous(&[2, channels, parts]), dtype)?;
    let operands = std::iter::once(&partial).chain(inputs).map(|array| gpu.bind(array).map(Some));
    let operands = operands.collect::<Result<SmallVec<[Option<Bound>; 5]>>>()?;
    let step = |array: &Array, d: usize| array.layout.strides()[d] as u32;
    let [g, x, ..] = inputs;
    let walks = std::iter::once(Walk::fixed(1)).chain(inputs.map(|array| {
        let channel = array.layout.strides()[if array.layout.ndim() == 3 { 1 } else { 0 }];
        Walk { offset: array.layout.offset(), strides: smallvec![channel] }
    }));
    let args = [count as u32, parts as u32, length as u32, step(g, 0), step(g, 2), step(x, 0), step(x, 2)];
    gpu.launch(
        Launch {
            family: &SUMS,
            op: "",
            compute,
            outputs: 1,
            operands: &operands,
            space: &Space::new(&[channels], walks),
            args: &args,
            packed: None,
            mode: 0,
        },
        spread((channels * parts).div_ceil(256)),
    )?;
    let sums = gpu.empty_array(&Layout::contiguous(&[2, channels]), dtype)?;
    let out = sums.with_layout(sums.layout.unsqueeze(2));
    super::reduce::run(gpu, Reduction::Sum, &[Operand::Array(partial)], &[out])?;
    Ok(sums)
}

fn factor(variant: &Variant, slot: usize) -> String {
    match variant.slots[slot] {
        Slot::Absent => String::new(),
        _ => format!(" * read_in{}(at[{slot}])", slot - 1),
    }
}

fn values(variant: &Variant) -> Values {
    let bias = if variant.slots[5] == Slot::Absent { "" } else { " + read_in4(at[5])" };
    vec![("weight", factor(variant, 4)), ("bias", bias.into())]
}

fn grad_values(variant: &Variant) -> Values {
    vec![("weight", factor(variant, 6))]
}
