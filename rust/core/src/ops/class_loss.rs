//! Losses of scores and classes by one kernel, on devices that have it.

use smallvec::smallvec;

use crate::array::{Array, Operand};
use crate::autograd::{self, SavedTensor, is_tracked, keeping_one, record_one};
use crate::backend;
use crate::dtype::DType;
use crate::error::{IndexOp, Indexed, Result};
use crate::kernel::{ClassLoss, Kernel, Total};
use crate::layout::Layout;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::loss::{check_weight, with_batch};
use super::reduce::{as_i64, sum};
use super::{cast, index, sequence, softmax, view};

/// Has the device of these a kernel for a call that is in order but for shapes?
pub(super) fn applies(call: &ClassLoss, input: &Tensor, target: &Tensor, weight: Option<&Tensor>) -> bool {
    backend::supports(input.device(), &Kernel::ClassLoss(*call), input.dtype())
        && input.ndim() > 0
        && input.numel() > 0
        && matches!(target.dtype(), DType::Int64 | DType::UInt8)
        && target.device() == input.device()
        && weight.is_none_or(|weight| weight.device() == input.device() && !is_tracked(weight))
}

/// The losses of scores `(N, C, ..)` or `(C)` and classes `(N, ..)`, put together as `call` says.
pub(super) fn run(call: ClassLoss, input: &Tensor, target: &Tensor, weight: Option<&Tensor>) -> Result<Tensor> {
    let (input, target, unbatched) = with_batch("nll_loss", input, target)?;
    check_weight("nll_loss", weight, &input, input.size(1) as i64)?;
    let target = cast::to_dtype(&target, DType::Int64)?;
    let out = of_positions(call, &input, &view::reshape(&target, &[input.size(0) as i64, -1])?, weight)?;
    match call.total {
        Total::None if unbatched => view::reshape(&out, &[]),
        Total::None => view::reshape(&out, &as_i64(&target.shape())),
        _ => Ok(out),
    }
}

/// Scores `(N, C, ..)` as the kernel takes them.
fn by_position(scores: &Tensor) -> Result<Array> {
    let array = scores.array();
    let (samples, classes) = (array.shape()[0], array.shape()[1]);
    let shape = [samples, classes, array.numel() / (samples * classes)];
    match array.layout.view(&shape) {
        Some(layout) if array.deferred.is_none() => Ok(array.with_layout(layout)),
        _ => Ok(array.contiguous()?.with_layout(Layout::contiguous(&shape))),
    }
}

/// [`run`] for scores `(N, C, ..)` and classes `(N, L)`.
fn of_positions(call: ClassLoss, scores: &Tensor, classes: &Tensor, weight: Option<&Tensor>) -> Result<Tensor> {
    let (x, positions) = (by_position(scores)?, classes.shape());
    let kept = x.dtype.accumulate();
    let (losses, logs): (&[usize], &[usize]) = match (call.total, call.is_log) {
        (Total::None, is_log) => (&positions, if is_log { &[0] } else { &positions }),
        (_, is_log) => (&[], if is_log { &[0] } else { &positions }),
    };
    let outputs = [(losses, x.dtype), (logs, kept), (&[][..], kept)].map(|(shape, dtype)| (Layout::contiguous(shape), dtype));
    let operands = [x.clone().into(), classes.operand(), Tensor::operand_of(weight)];
    let targets = IndexOp { op: "nll_loss", dim: None, what: Indexed::Target };
    let launch = || backend::compute("nll_loss", &Kernel::ClassLoss(call), &operands, outputs, x.device());
    let [out, logs, divisor] = backend::by_index(targets, launch)?;
    let out = Tensor::from_array(out);
    record_one("NllLossBackward0", &[scores], &out, || {
        let weight = weight.map(SavedTensor::input);
        let kept = [("self", SavedTensor::input(scores)), ("target", SavedTensor::input(classes))];
        keeping_one(kept, move |cx, [scores, classes], g| {
            let (scores, classes) = (scores.get(cx)?, classes.get(cx)?);
            let weight = weight.as_ref().map(|weight| weight.get(cx)).transpose()?;
            let of_scores = match autograd::is_differentiated() {
                true => {
                    let flat = view::reshape(&scores, &[scores.size(0) as i64, scores.size(1) as i64, -1])?;
                    let of_flat = gradient_in_ops(&call, g, &flat, &classes, weight.as_ref())?;
                    view::reshape(&of_flat, &as_i64(&scores.shape()))?
                }
                false => gradient(call, g, &scores, &classes, weight.as_ref(), [&logs, &divisor])?,
            };
            Ok(smallvec![Some(of_scores)])
        })
    })?;
    Ok(out)
}

/// The gradient by one kernel.
fn gradient(
    call: ClassLoss,
    g: &Tensor,
    scores: &Tensor,
    classes: &Tensor,
    weight: Option<&Tensor>,
    [logs, divisor]: [&Array; 2],
) -> Result<Tensor> {
    let x = by_position(scores)?;
    let all_weights = match weight {
        Some(weight) if call.smoothing != 0.0 => sum(weight, None, false, None)?.operand(),
        _ => Operand::None,
    };
    let output = (Layout::contiguous(x.shape()), x.dtype);
    let device = x.device();
    let of_forward = [x.into(), classes.operand(), Tensor::operand_of(weight), logs.clone().into(), divisor.clone().into()];
    let operands: Vec<Operand> = [g.operand()].into_iter().chain(of_forward).chain([all_weights]).collect();
    let [out] = backend::compute("nll_loss", &Kernel::ClassLossGrad(call), &operands, [output], device)?;
    Ok(Tensor::from_array(out.with_layout(Layout::contiguous(&scores.shape()))))
}

/// The gradient in tensor ops, where it is itself to be differentiated.
fn gradient_in_ops(call: &ClassLoss, g: &Tensor, scores: &Tensor, classes: &Tensor, weight: Option<&Tensor>) -> Result<Tensor> {
    let count = scores.size(1);
    let along_classes = |t: &Tensor| view::unsqueeze(t, 1);
    let counted = Expr::from(classes).ne(Scalar::Int(call.ignored)).into_tensor()?;
    let safe = select(Expr::from(&counted), Expr::from(classes), Scalar::Int(0)).into_tensor()?;
    let share = match weight {
        Some(weight) => {
            let picked = index::index_select(weight, 0, &view::reshape(&safe, &[-1])?)?;
            Expr::from(view::reshape(&picked, &as_i64(&safe.shape()))?) * Expr::from(&counted)
        }
        None => Expr::from(cast::to_dtype(&counted, scores.dtype())?),
    }
    .into_tensor()?;
    let factor = match call.total {
        Total::Mean => (Expr::from(g) / Expr::from(sum(&share, None, false, None)?)).into_tensor()?,
        _ => g.clone(),
    };
    let numbers = sequence::range(Scalar::Int(0), Scalar::Int(1), count, DType::Int64, scores.device())?;
    let hit = Expr::from(view::reshape(&numbers, &[-1, 1])?).eq(Expr::from(along_classes(&safe)?)).into_tensor()?;
    let hit = Expr::from(cast::to_dtype(&hit, scores.dtype())?);
    let p = if call.is_log { None } else { Some(softmax::softmax(scores, 1, None)?) };
    let distance = match &p {
        Some(p) => Expr::from(p) - hit,
        None => -hit,
    };
    let scaled =
        |by: &Tensor| -> Result<Expr> { Ok(Expr::from(along_classes(&(Expr::from(&factor) * Expr::from(by)).into_tensor()?)?)) };
    let slope = scaled(&share)? * distance;
    let Some(p) = p.filter(|_| call.smoothing != 0.0) else { return slope.into_tensor() };
    let spread = match weight {
        Some(weight) => {
            let all = sum(weight, None, false, None)?;
            Expr::from(&p) * Expr::from(all) - Expr::from(view::reshape(weight, &[-1, 1])?)
        }
        None => Expr::from(&p) * count as f64 - 1.0,
    };
    (slope * (1.0 - call.smoothing) + scaled(&counted)? * spread * (call.smoothing / count as f64)).into_tensor()
}
