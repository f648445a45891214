//! Losses.

use smallvec::SmallVec;

use crate::autograd::composite::one_node;
use crate::autograd::{Grads, SavedTensor, keeping_one, record_one, refuse_gradient};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::{Error, IndexOp, Indexed, Result};
use crate::kernel::{ClassLoss, Total};
use crate::promote::Promotion;
use crate::row::Row;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::pointwise::activation::{HUBER, LOG_SIGMOID, SMOOTH_L1, SQUARED_DIFFERENCE};
use super::pointwise::can_cast;
use super::reduce::{as_i64, mean, sum};
use super::softmax::log_softmax;
use super::{cast, check, class_loss, gather, index, view};

/// What is done with the losses of the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Kept apart.
    None,
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
}

impl Reduce {
    /// From PyTorch's name.
    pub fn parse(name: &str) -> Result<Reduce> {
        match name {
            "none" => Ok(Reduce::None),
            "mean" => Ok(Reduce::Mean),
            "sum" => Ok(Reduce::Sum),
            _ => crate::bail!(Value, "{name} is not a valid value for reduction"),
        }
    }

    /// The same for kernels.
    fn total(self) -> Total {
        match self {
            Reduce::None => Total::None,
            Reduce::Mean => Total::Mean,
            Reduce::Sum => Total::Sum,
        }
    }

    /// Reduces losses.
    pub fn apply(self, losses: Expr) -> Result<Tensor> {
        let losses = losses.into_tensor()?;
        match self {
            Reduce::None => Ok(losses),
            Reduce::Mean => mean(&losses, None, false, None),
            Reduce::Sum => sum(&losses, None, false, None),
        }
    }
}

/// `(x - t)^2`
pub fn mse_loss(input: &Tensor, target: &Tensor, reduce: Reduce) -> Result<Tensor> {
    one_node("MseLossBackward0", || reduce.apply(distance("mse_loss", &SQUARED_DIFFERENCE, input, target, &[])?))
}

/// A row of `x` and `t` in the float dtype that both are promoted to.
fn distance(op: &'static str, row: &'static Row, input: &Tensor, target: &Tensor, params: &[Scalar]) -> Result<Expr> {
    let dtype = [input, target].iter().fold(Promotion::default(), |p, t| p.tensor(t.dtype(), t.ndim())).result()?;
    if !dtype.is_float() {
        return Err(Error::dtype(op, dtype, "it is defined for float dtypes"));
    }
    Ok(Expr::apply(row, [cast::to_dtype(input, dtype)?.into(), cast::to_dtype(target, dtype)?.into()], params))
}

/// `|x - t|`
pub fn l1_loss(input: &Tensor, target: &Tensor, reduce: Reduce) -> Result<Tensor> {
    reduce.apply((Expr::from(input) - Expr::from(target)).abs())
}

/// `d^2 / (2 beta)` where `d = |x - t| < beta`, else `d - beta / 2`.
pub fn smooth_l1_loss(input: &Tensor, target: &Tensor, reduce: Reduce, beta: f64) -> Result<Tensor> {
    ensure!(beta >= 0.0, Runtime, "smooth_l1_loss does not support negative values for beta, got {beta}");
    if beta == 0.0 {
        return l1_loss(input, target, reduce);
    }
    one_node("SmoothL1LossBackward0", || reduce.apply(distance("smooth_l1_loss", &SMOOTH_L1, input, target, &[beta.into()])?))
}

/// `d^2 / 2` where `d = |x - t| <= delta`, else `delta * (d - delta / 2)`.
pub fn huber_loss(input: &Tensor, target: &Tensor, reduce: Reduce, delta: f64) -> Result<Tensor> {
    ensure!(delta > 0.0, Runtime, "huber_loss does not support non-positive values for delta, got {delta}");
    one_node("HuberLossBackward0", || {
        let losses = distance("huber_loss", &HUBER, input, target, &[delta.into()])?.into_tensor()?;
        ensure!(
            can_cast(losses.dtype(), input.dtype()),
            Runtime,
            "huber_loss(): result type {} can't be cast to the desired output type {}",
            losses.dtype().legacy_name(),
            input.dtype().legacy_name()
        );
        reduce.apply(cast::to_dtype(&losses, input.dtype())?.into())
    })
}

/// `-w (t log x + (1 - t) log(1 - x))`, the logarithms clamped at -100.
pub fn binary_cross_entropy(input: &Tensor, target: &Tensor, weight: Option<&Tensor>, reduce: Reduce) -> Result<Tensor> {
    ensure!(
        input.shape() == target.shape(),
        Value,
        "Using a target size ({:?}) that is different to the input size ({:?}) is deprecated. Please ensure they have the same size.",
        &target.shape()[..],
        &input.shape()[..]
    );
    ensure!(
        target.dtype() == input.dtype(),
        Runtime,
        "binary_cross_entropy(): expected a target of dtype {}, but found {}",
        input.dtype().name(),
        target.dtype().name()
    );
    let is_probability = |x: &Tensor| Expr::from(x).ge(0.0).and(Expr::from(x).le(1.0));
    check::require("binary_cross_entropy", is_probability(input), "all elements of input should be between 0 and 1")?;
    check::require("binary_cross_entropy", is_probability(target), "all elements of target should be between 0 and 1")?;
    refuse_gradient("binary_cross_entropy", "weight", weight)?;
    one_node("BinaryCrossEntropyBackward0", || {
        let mut losses = Expr::from(cross_entropy_of_bits(input, target)?);
        if let Some(weight) = weight {
            losses = losses * Expr::from(weight);
        }
        reduce.apply(losses)
    })
}

/// The elements of [`binary_cross_entropy`]; its own node because the clamp must not appear in the derivative.
fn cross_entropy_of_bits(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    let clamped = |x: Expr| Expr::apply(&super::pointwise::arithmetic::MAXIMUM, [x.log(), (-100.0).into()], &[]);
    let out = crate::autograd::mode::no_grad(|| {
        let t = || Expr::from(target);
        ((t() - 1.0) * clamped(1.0 - Expr::from(input)) - t() * clamped(input.into())).into_tensor()
    })?;
    record_one("BinaryCrossEntropyBackward0", &[input, target], &out, || {
        keeping_one([("self", SavedTensor::input(input)), ("target", SavedTensor::input(target))], move |cx, [x, t], g| {
            let (x, t) = (x.get(cx)?, t.get(cx)?);
            let (x, t, g) = (|| Expr::from(&x), || Expr::from(&t), || Expr::from(g));
            let spread = || Expr::apply(&super::pointwise::arithmetic::MAXIMUM, [(1.0 - x()) * x(), 1e-12.into()], &[]);
            let of_x = || (g() * ((x() - t()) / spread())).into_tensor();
            let of_t = || (g() * ((1.0 - x()).log() - x().log())).into_tensor();
            Grads::new(cx).set(0, of_x)?.set(1, of_t)?.done()
        })
    })?;
    Ok(out)
}

/// [`binary_cross_entropy`] of `sigmoid(x)`, computed without overflow; positives weigh `pos_weight`.
pub fn binary_cross_entropy_with_logits(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    pos_weight: Option<&Tensor>,
    reduce: Reduce,
) -> Result<Tensor> {
    ensure!(
        input.shape() == target.shape(),
        Value,
        "Target size ({:?}) must be the same as input size ({:?})",
        &target.shape()[..],
        &input.shape()[..]
    );
    ensure!(
        target.dtype().is_differentiable(),
        Runtime,
        "binary_cross_entropy_with_logits(): result type {} can't be cast to the dtype of the target, {}",
        input.dtype().name(),
        target.dtype().name()
    );
    refuse_gradient("binary_cross_entropy_with_logits", "weight", weight)?;
    refuse_gradient("binary_cross_entropy_with_logits", "pos_weight", pos_weight)?;
    one_node("BinaryCrossEntropyWithLogitsBackward0", || {
        let (x, t) = (|| Expr::from(input), || Expr::from(target));
        let log_sigmoid = x().map(&LOG_SIGMOID);
        let factor = match pos_weight {
            Some(p) => (Expr::from(p) - 1.0) * t() + 1.0,
            None => 1.0.into(),
        };
        let mut losses = (1.0 - t()) * x() - factor * log_sigmoid;
        if let Some(weight) = weight {
            losses = losses * Expr::from(weight);
        }
        reduce.apply(losses)
    })
}

/// Negative log likelihood: minus the entries of `input` `(N, C, ..)` or `(C)` that `target` `(N, ..)` names, times the
/// class's weight. Targets equal to `ignore_index` count nothing; the mean is over the weights that count.
pub fn nll_loss(input: &Tensor, target: &Tensor, weight: Option<&Tensor>, reduce: Reduce, ignore_index: i64) -> Result<Tensor> {
    refuse_class_weight(input, weight)?;
    check_classes(input, target)?;
    let call = ClassLoss { ignored: ignore_index, smoothing: 0.0, is_log: true, total: reduce.total() };
    one_node(node_of_classes(input), || match class_loss::applies(&call, input, target, weight) {
        true => class_loss::run(call, input, target, weight),
        false => nll(input, target, weight, reduce, ignore_index),
    })
}

/// Weights of classes are constants.
fn refuse_class_weight(input: &Tensor, weight: Option<&Tensor>) -> Result<()> {
    refuse_gradient(if input.ndim() <= 2 { "nll_loss_forward" } else { "nll_loss2d_forward" }, "weight", weight)
}

/// Refuses dtypes that PyTorch has no kernels for.
fn check_classes(input: &Tensor, target: &Tensor) -> Result<()> {
    let is_plane = input.ndim() > 2;
    if input.dtype().is_complex() {
        let kernel = if is_plane { "nll_loss2d_forward_out_frame" } else { "nll_loss_out_frame" };
        return Err(Error::dtype(kernel, input.dtype(), ""));
    }
    ensure!(
        !is_plane || target.dtype() == DType::Int64,
        Runtime,
        "nll_loss(): expected scalar type Long but found {}",
        target.dtype().legacy_name()
    );
    Ok(())
}

/// PyTorch's node for losses of classes.
fn node_of_classes(input: &Tensor) -> &'static str {
    if input.ndim() <= 2 { "NllLossBackward0" } else { "NllLoss2DBackward0" }
}

fn nll(input: &Tensor, target: &Tensor, weight: Option<&Tensor>, reduce: Reduce, ignore_index: i64) -> Result<Tensor> {
    ensure!(
        matches!(target.dtype(), DType::Int64 | DType::UInt8),
        Runtime,
        "nll_loss(): expected target dtype to be Long or Byte, but got {}",
        target.dtype().legacy_name()
    );
    let (input, target, unbatched) = with_batch("nll_loss", input, target)?;
    let classes = input.size(1) as i64;
    check_weight("nll_loss", weight, &input, classes)?;
    let target = cast::to_dtype(&target, DType::Int64)?;
    let counted = Expr::from(&target).ne(Scalar::Int(ignore_index)).into_tensor()?;
    let safe = select(Expr::from(&counted), Expr::from(&target), Expr::from(Scalar::Int(0))).into_tensor()?;
    let places = view::unsqueeze(&safe, 1)?;
    let targets = IndexOp { op: "nll_loss", dim: None, what: Indexed::Target };
    let picked = backend::by_index(targets, || gather::gather(&input, 1, &places))?;
    let picked = view::squeeze_dim(&picked, 1)?;
    let share = match weight {
        Some(weight) => {
            let flat = index::index_select(weight, 0, &view::reshape(&safe, &[-1])?)?;
            Expr::from(view::reshape(&flat, &as_i64(&safe.shape()))?) * Expr::from(&counted)
        }
        None => Expr::from(cast::to_dtype(&counted, input.dtype())?),
    }
    .into_tensor()?;
    let losses = select(Expr::from(&counted), -(Expr::from(picked) * Expr::from(&share)), 0.0);
    match reduce {
        Reduce::None if unbatched => view::reshape(&losses.into_tensor()?, &[]),
        Reduce::None => losses.into_tensor(),
        Reduce::Sum => sum(&losses.into_tensor()?, None, false, None),
        Reduce::Mean => (Expr::from(sum(&losses.into_tensor()?, None, false, None)?)
            / Expr::from(sum(&share, None, false, None)?))
        .into_tensor(),
    }
}

pub(super) fn check_weight(op: &'static str, weight: Option<&Tensor>, input: &Tensor, classes: i64) -> Result<()> {
    let Some(weight) = weight else { return Ok(()) };
    ensure!(
        weight.dtype() == input.dtype(),
        Runtime,
        "{op}(): expected a weight of dtype {}, but found {}",
        input.dtype().name(),
        weight.dtype().name()
    );
    ensure!(
        weight.shape()[..] == [classes as usize],
        Runtime,
        "{op}(): weight tensor should be defined either for all {classes} classes or no classes but got weight tensor of shape: {:?}",
        &weight.shape()[..]
    );
    Ok(())
}

pub(super) fn with_batch(op: &'static str, input: &Tensor, target: &Tensor) -> Result<(Tensor, Tensor, bool)> {
    let (si, st) = (input.shape(), target.shape());
    if si.len() == 1 && st.is_empty() {
        return Ok((view::unsqueeze(input, 0)?, view::unsqueeze(target, 0)?, true));
    }
    let same_batch = si.len() >= 2 && st.first() == Some(&si[0]);
    let fits = same_batch && si[2..] == st[1..];
    ensure!(fits || !same_batch, Runtime, "{op}(): size mismatch (got input: {:?}, target: {:?})", &si[..], &st[..]);
    ensure!(
        fits,
        Value,
        "{op}(): Expected input batch_size and dimensions {:?} to match target {:?} (the target has the input's shape without the class dimension)",
        &si[..],
        &st[..]
    );
    Ok((input.clone(), target.clone(), false))
}

/// Cross entropy of `softmax(input)` against class numbers, or against probabilities where the target is a float
/// tensor of the input's shape. `label_smoothing` mixes in the uniform distribution.
pub fn cross_entropy(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduce: Reduce,
    ignore_index: i64,
    label_smoothing: f64,
) -> Result<Tensor> {
    ensure!(label_smoothing <= 1.0, Runtime, "label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}");
    // As in PyTorch, what is below counts as none.
    let label_smoothing = label_smoothing.max(0.0);
    ensure!(input.ndim() >= 1, Runtime, "cross_entropy(): expected input of at least 1 dimension, got shape []");
    let class_dim = if input.ndim() == 1 { 0 } else { 1 };
    if input.shape() == target.shape() {
        ensure!(
            target.dtype().is_float(),
            Runtime,
            "cross_entropy(): Expected floating point type for target with class probabilities, got {}",
            target.dtype().legacy_name()
        );
        ensure!(ignore_index < 0, Runtime, "cross_entropy(): ignore_index is not supported for floating point target");
        return cross_entropy_of_probabilities(input, target, weight, reduce, class_dim, label_smoothing);
    }
    refuse_class_weight(input, weight)?;
    check_classes(input, target)?;
    let call = ClassLoss { ignored: ignore_index, smoothing: label_smoothing, is_log: false, total: reduce.total() };
    if class_loss::applies(&call, input, target, weight) {
        return one_node(node_of_classes(input), || class_loss::run(call, input, target, weight));
    }
    let logs = log_softmax(input, class_dim, None)?;
    let nll = nll_loss(&logs, target, weight, reduce, ignore_index)?;
    if label_smoothing == 0.0 {
        return Ok(nll);
    }
    smoothed(&logs, target, weight, reduce, ignore_index, label_smoothing, nll, class_dim)
}

/// `(1 - s) nll + s / C * (-sum of the log probabilities)`, ignored targets left out.
fn smoothed(
    logs: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduce: Reduce,
    ignore_index: i64,
    smoothing: f64,
    nll: Tensor,
    class_dim: i64,
) -> Result<Tensor> {
    let classes = logs.size(class_dim as usize);
    let weighted = match weight {
        Some(w) => (Expr::from(logs) * Expr::from(class_weights(w, logs, class_dim)?)).into_tensor()?,
        None => logs.clone(),
    };
    let total = -Expr::from(sum(&weighted, Some(&[class_dim]), false, None)?);
    let counted = Expr::from(target).ne(Scalar::Int(ignore_index)).into_tensor()?;
    let losses = select(Expr::from(&counted), total, 0.0).into_tensor()?;
    let smooth = match reduce {
        Reduce::None => losses,
        Reduce::Sum => sum(&losses, None, false, None)?,
        Reduce::Mean => {
            let share = match weight {
                Some(w) => {
                    let safe = select(Expr::from(&counted), Expr::from(target), Expr::from(Scalar::Int(0))).into_tensor()?;
                    let picked = index::index_select(w, 0, &view::reshape(&safe, &[-1])?)?;
                    (Expr::from(view::reshape(&picked, &as_i64(&safe.shape()))?) * Expr::from(&counted)).into_tensor()?
                }
                None => cast::to_dtype(&counted, logs.dtype())?,
            };
            (Expr::from(sum(&losses, None, false, None)?) / Expr::from(sum(&share, None, false, None)?)).into_tensor()?
        }
    };
    (Expr::from(nll) * (1.0 - smoothing) + Expr::from(smooth) * (smoothing / classes as f64)).into_tensor()
}

fn class_weights(weight: &Tensor, like: &Tensor, class_dim: i64) -> Result<Tensor> {
    let mut shape: SmallVec<[i64; 5]> = SmallVec::from_elem(1, like.ndim());
    shape[class_dim as usize] = weight.numel() as i64;
    view::reshape(weight, &shape)
}

fn cross_entropy_of_probabilities(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduce: Reduce,
    class_dim: i64,
    smoothing: f64,
) -> Result<Tensor> {
    let classes = input.size(class_dim as usize);
    check_weight("cross_entropy", weight, input, classes as i64)?;
    let classes = classes as f64;
    let logs = log_softmax(input, class_dim, None)?;
    let target = if smoothing > 0.0 { Expr::from(target) * (1.0 - smoothing) + smoothing / classes } else { Expr::from(target) };
    let mut terms = Expr::from(&logs) * target;
    if let Some(weight) = weight {
        terms = terms * Expr::from(class_weights(weight, &logs, class_dim)?);
    }
    let losses = -Expr::from(sum(&terms.into_tensor()?, Some(&[class_dim]), false, None)?);
    match reduce {
        Reduce::Mean => {
            let total = sum(&losses.into_tensor()?, None, false, None)?;
            let count = input.numel() as f64 / classes;
            (Expr::from(total) / count).into_tensor()
        }
        other => other.apply(losses),
    }
}
