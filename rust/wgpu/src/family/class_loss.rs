//! Losses of the scores of classes, and their gradients: a launch for the losses of all positions and one for their sum, and one for
//! the gradient.

use ferrotorch_kernel::kernel::{ClassLoss, Reduction, Total};
use ferrotorch_kernel::{Array, DType, Error, Layout, Operand, Result};
use smallvec::{SmallVec, smallvec};

use super::lines::{Lined, Lines};
use super::{output, real_only, reductions};
use crate::gpu::{Bound, Gpu, Launch, spread};
use crate::shader::stored::split;
use crate::shader::{Family, Fault, Harness, Slot, Stored, Values, Variant};
use crate::space::{Space, Walk};

/// Of scores, whose exponentials are summed.
pub(crate) static OF_SCORES: Family =
    Family::new("ClassLoss", Harness::Summary, |_| include_str!("../../../../shaders/class_loss.wgsl"))
        .values(values)
        .library(|variant| match variant.mode & SMOOTH {
            0 => reductions::LOG_SUM_EXP.texts().collect(),
            _ => vec![include_str!("../../../../shaders/reduce/weighted_log_sum_exp.wgsl")],
        })
        .faults(|_| Some(Fault::Index("nll_loss")));
/// Of logarithms of probabilities.
pub(crate) static OF_LOGARITHMS: Family =
    Family::new("LogLoss", Harness::Whole, |_| include_str!("../../../../shaders/log_loss.wgsl"))
        .values(values)
        .faults(|_| Some(Fault::Index("nll_loss")));
pub(crate) static TOTAL: Family =
    Family::new("ClassLossTotal", Harness::Whole, |_| include_str!("../../../../shaders/class_loss_total.wgsl"));
pub(crate) static GRAD: Family =
    Family::new("ClassLossGrad", Harness::Elementwise, |_| include_str!("../../../../shaders/class_loss_grad.wgsl"))
        .values(grad_values);

/// `Variant::mode`, beside that of lines: labels are smoothed.
pub(crate) const SMOOTH: u32 = 2;
/// `Variant::mode` of the gradient: the scores are logarithms.
pub(crate) const LOGARITHMS: u32 = 4;
/// Losses that one workgroup sums up.
const FEW: usize = 1 << 16;

pub(crate) fn run(gpu: &Gpu, call: ClassLoss, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (scores, classes, out) = (inputs[0].array()?, inputs[1].array()?, output(outputs, 0)?);
    let compute = check(scores)?;
    let apart = call.total == Total::None;
    let scratch = |_| gpu.empty_array(&Layout::contiguous(classes.shape()), accumulated(compute));
    let [losses, shares] = [scratch(0)?, scratch(1)?];
    let losses = if apart { out.clone() } else { losses };
    let weights = inputs.get(2).and_then(Operand::optional);
    if call.is_log {
        of_logarithms(gpu, compute, &call, [&losses, &shares, scores, classes], weights)?;
    } else {
        let of_lines = [&losses, output(outputs, 1)?, &shares];
        of_scores(gpu, compute, &call, of_lines, [scores, classes], weights)?;
    }
    if apart { Ok(()) } else { add_up(gpu, compute, call.total, [losses, shares], [out, output(outputs, 2)?]) }
}

/// The type to compute in.
fn check(scores: &Array) -> Result<Stored> {
    real_only(&[scores])?;
    let compute = Stored::of(scores.dtype.accumulate());
    if !scores.dtype.is_float() || scores.numel() > u32::MAX as usize {
        return Err(Error::unsupported(format!("losses of {} scores in {}", scores.numel(), scores.dtype.name())));
    }
    Ok(compute)
}

fn accumulated(compute: Stored) -> DType {
    if compute == Stored::Float64 { DType::Float64 } else { DType::Float32 }
}

fn mode(call: &ClassLoss) -> u32 {
    let flag = |set: bool, bit: u32| if set { bit } else { 0 };
    flag(call.smoothing != 0.0, SMOOTH) | flag(call.is_log, LOGARITHMS)
}

/// Losses, logarithms of sums, and shares in the mean, by lines of scores.
fn of_scores(
    gpu: &Gpu,
    compute: Stored,
    call: &ClassLoss,
    results: [&Array; 3],
    [scores, classes]: [&Array; 2],
    weights: Option<&Array>,
) -> Result<()> {
    let mut operands: SmallVec<[_; 6]> = results.iter().map(|array| Some(Lined::one(array))).collect();
    operands.extend([Some(Lined::along(scores, 1)), Some(Lined::one(classes).raw()), weights.map(|w| Lined::every(w, 2))]);
    let lines = Lines {
        family: &OF_SCORES,
        op: "",
        compute,
        shape: classes.shape(),
        length: scores.shape()[1],
        outputs: 3,
        operands: &operands,
        parameter: call.smoothing,
        extra: &split(call.ignored as u64),
        mode: mode(call) & SMOOTH,
    };
    lines.launch(gpu)
}

/// Losses and shares, which need one score each.
fn of_logarithms(
    gpu: &Gpu,
    compute: Stored,
    call: &ClassLoss,
    [losses, shares, scores, classes]: [&Array; 4],
    weights: Option<&Array>,
) -> Result<()> {
    let bound = [gpu.bind(losses)?, gpu.bind(shares)?, gpu.bind(scores)?, gpu.bind_as(classes, Stored::Pair)?];
    let weights = weights.map(|array| gpu.bind(array).map(|bound| (bound, array))).transpose()?;
    let all = bound.iter().chain(weights.iter().map(|(bound, _)| bound));
    if !all.into_iter().all(|bound| gpu.binds_whole(bound)) {
        return Err(Error::unsupported(format!("losses of a tensor of {} bytes", bound[2].block.bytes)));
    }
    let stride = |array: &Array, d: usize| array.layout.strides()[d];
    let positions = |array: &Array, last: usize| smallvec![stride(array, 0), stride(array, last)];
    let walk = |array: &Array, last: usize| Walk { offset: array.layout.offset(), strides: positions(array, last) };
    let of_weights = Walk { offset: weights.as_ref().map_or(0, |(_, w)| w.layout.offset()), strides: smallvec![0, 0] };
    let walks = [walk(losses, 1), walk(shares, 1), walk(scores, 2), walk(classes, 1), of_weights];
    let mut args: SmallVec<[u32; 20]> = smallvec![scores.shape()[1] as u32];
    args.resize(18, 0);
    args[4] = stride(scores, 1) as u32;
    args[6] = weights.as_ref().map_or(0, |(_, w)| stride(w, 0) as u32);
    args.extend(split(call.ignored as u64));
    let operands: SmallVec<[Option<Bound>; 5]> = bound.into_iter().map(Some).chain([weights.map(|(bound, _)| bound)]).collect();
    let space = Space::new(classes.shape(), walks).merge();
    let groups = spread(space.count().div_ceil(256));
    let launch = Launch {
        family: &OF_LOGARITHMS,
        op: "",
        compute,
        outputs: 2,
        operands: &operands,
        space: &space,
        args: &args,
        packed: None,
        mode: 0,
    };
    gpu.launch(launch, groups)
}

/// The sum of the losses, or their mean and what it is divided by.
fn add_up(gpu: &Gpu, compute: Stored, total: Total, parts: [Array; 2], [out, divisor]: [&Array; 2]) -> Result<()> {
    let count = parts[0].numel();
    let mut parts = parts;
    if count > FEW {
        for part in &mut parts {
            let sum = gpu.empty_array(&Layout::contiguous(&[1]), part.dtype)?;
            let flat = part.with_layout(Layout::contiguous(&[count]));
            super::reduce::run(gpu, Reduction::Sum, &[Operand::Array(flat)], std::slice::from_ref(&sum))?;
            *part = sum;
        }
    }
    let operands = [out, divisor, &parts[0], &parts[1]].map(|array| gpu.bind(array).map(Some));
    let operands = operands.into_iter().collect::<Result<SmallVec<[Option<Bound>; 4]>>>()?;
    let walks = [out.layout.offset(), divisor.layout.offset(), 0, 0].map(|offset| Walk { offset, strides: smallvec![0] });
    let launch = Launch {
        family: &TOTAL,
        op: "",
        compute,
        outputs: 2,
        operands: &operands,
        space: &Space::new(&[1], walks),
        args: &[parts[0].numel() as u32, (total == Total::Mean).into()],
        packed: None,
        mode: 0,
    };
    gpu.launch(launch, [1, 1, 1])
}

pub(crate) fn run_grad(gpu: &Gpu, call: ClassLoss, inputs: &[Operand], outputs: &[Array]) -> Result<()> {
    let (scores, out) = (inputs[1].array()?, output(outputs, 0)?);
    let compute = check(scores)?;
    let mut operands: SmallVec<[Option<Bound>; 8]> = smallvec![Some(gpu.bind(out)?)];
    let mut walks: SmallVec<[Walk; 8]> = smallvec![Walk::of(&out.layout)];
    let optional = |k: usize| inputs.get(k).and_then(Operand::optional);
    let needed = [true, !call.is_log, true, true, !call.is_log, call.total == Total::Mean, true];
    for (k, needed) in needed.into_iter().enumerate() {
        let array = optional(k).filter(|_| needed);
        operands.push(array.map(|a| if k == 2 { gpu.bind_as(a, Stored::Pair) } else { gpu.bind(a) }).transpose()?);
        walks.push(array.map_or_else(|| Walk::fixed(3), walk_to));
    }
    let weights = optional(3).map_or(0, |w| w.layout.strides()[0] as u32);
    let mut args: SmallVec<[u32; 20]> = smallvec![scores.shape()[1] as u32, weights, scores.shape()[2] as u32];
    args.resize(16, 0);
    args.extend(compute.scalar_words(call.smoothing.into()));
    args.extend(split(call.ignored as u64));
    gpu.elementwise(Launch {
        family: &GRAD,
        op: "",
        compute,
        outputs: 1,
        operands: &operands,
        space: &Space::new(out.shape(), walks).merge(),
        args: &args,
        packed: None,
        mode: mode(&call),
    })
}

/// Through scores `(N, C, L)`, what there is for each position `(N, L)`, and numbers and vectors, which stay where they are.
fn walk_to(array: &Array) -> Walk {
    let strides = array.layout.strides();
    let strides = match *strides {
        [n, l] => smallvec![n, 0, l],
        [n, c, l] => smallvec![n, c, l],
        _ => smallvec![0, 0, 0],
    };
    Walk { offset: array.layout.offset(), strides }
}

fn given(variant: &Variant, slot: usize) -> bool {
    variant.slots[slot] != Slot::Absent
}

fn values(variant: &Variant) -> Values {
    let weight_slot = variant.operands as usize - 1;
    let input = weight_slot - variant.outputs as usize;
    let weighted = given(variant, weight_slot);
    let t = variant.compute.value();
    let share = if weighted { format!("read_in{input}(at[{weight_slot}] + label * arg(6u))") } else { "T(1)".into() };
    let score = "read_in0(at[3] + j * arg(4u))";
    let weight = if weighted { "read_in2(at[5] + j * arg(6u))" } else { "T(1)" };
    let (element, element_type, smooth) = match variant.mode & SMOOTH {
        0 => (score.into(), "T".into(), String::new()),
        _ => (
            format!("vec2<T>({score}, {weight})"),
            "vec2<T>".into(),
            format!(
                "    let smoothing = scalar_{t}(8u);\n    \
                 loss = (T(1) - smoothing) * loss + smoothing / T(arg(0u)) * (log_sum * state.w - state.z);\n"
            ),
        ),
    };
    vec![("element", element), ("element_type", element_type), ("share", share), ("smooth", smooth)]
}

fn grad_values(variant: &Variant) -> Values {
    let t = variant.compute.value();
    let weight = |class: &str| {
        if given(variant, 4) { format!("read_in3(at[4] + {class} * arg(1u))") } else { "T(1)".into() }
    };
    let divided = if given(variant, 6) { " / read_in5(at[6])" } else { "" };
    let p = if variant.mode & LOGARITHMS != 0 { "T(0)" } else { "exponential(read_in1(at[2]) - read_in4(at[5]))" };
    let total = if given(variant, 7) { "read_in6(at[7])" } else { "T(arg(0u))" };
    let smooth = if variant.mode & SMOOTH == 0 {
        String::new()
    } else {
        format!(
            "    let smoothing = scalar_{t}(8u);\n    \
             slope = (T(1) - smoothing) * slope + smoothing / T(arg(0u)) * ({total} * p - {});\n",
            weight("here")
        )
    };
    vec![("gradient", format!("read_in0(at[1]){divided}")), ("p", p.into()), ("share", weight("label")), ("smooth", smooth)]
}
