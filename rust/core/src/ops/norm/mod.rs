//! Normalisation by mean and variance.

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::{inplace, is_tracked, mode, record, refuse_gradient};
use crate::backend;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::expr::Expr;
use super::reduce::{as_i64, mean};
use super::{cast, view};

mod group;
mod rule;

pub use group::group_norm;
use rule::{Axes, Normalized};

/// Normalises over the last dimensions, whose sizes are `normalized_shape`; weight and bias have that shape.
pub fn layer_norm(
    input: &Tensor,
    normalized_shape: &[i64],
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Tensor> {
    let shape = input.shape();
    let tail = normalized_shape.len();
    let fits = tail <= shape.len() && shape[shape.len() - tail..].iter().zip(normalized_shape).all(|(&a, &b)| a as i64 == b);
    ensure!(
        tail >= 1,
        Runtime,
        "layer_norm(): Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element"
    );
    ensure!(
        fits,
        Runtime,
        "layer_norm(): Given normalized_shape={normalized_shape:?}, expected input with shape [*, {normalized_shape:?}], but got input of size {:?}",
        &shape[..]
    );
    for (what, t) in [("weight", weight), ("bias", bias)] {
        if let Some(t) = t {
            ensure!(
                as_i64(&t.shape())[..] == *normalized_shape,
                Runtime,
                "layer_norm(): Expected {what} to be of same shape as normalized_shape, but got {what} of shape {:?} and normalized_shape = \
                 {normalized_shape:?}",
                &t.shape()[..]
            );
        }
    }
    if let Some(wide) = wide_dtype(input, weight, bias) {
        let input_of_parameters = cast::to_dtype(input, wide)?;
        return cast::to_dtype(&layer_norm(&input_of_parameters, normalized_shape, weight, bias, eps)?, input.dtype());
    }
    let columns: i64 = normalized_shape.iter().product();
    let rows = input.numel() as i64 / columns.max(1);
    // What is flat already stays itself, and its gradient goes to it as the kernel has made it.
    let flat = |t: &Tensor| if t.ndim() == 1 { Ok(t.clone()) } else { view::reshape(t, &[columns]) };
    let (w, b) = (weight.map(flat).transpose()?, bias.map(flat).transpose()?);
    let out = layer_norm_rows(&view::reshape(input, &[rows, columns])?, w.as_ref(), b.as_ref(), eps)?;
    view::reshape(&out, &as_i64(&shape))
}

/// Inputs of half types may have float32 parameters: then that dtype, in which to compute.
fn wide_dtype(input: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>) -> Option<DType> {
    let (dtype, wide) = (input.dtype(), input.dtype().accumulate());
    (dtype != wide && weight.into_iter().chain(bias).any(|t| t.dtype() == wide)).then_some(wide)
}

/// `(R, C)` with weight and bias `(C)`.
fn layer_norm_rows(input: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>, eps: f64) -> Result<Tensor> {
    let input = &cast::contiguous(input)?;
    check_float("layer_norm", input, weight, bias)?;
    let x = input.array();
    let statistics = || Array::empty(&x.shape()[..1], x.dtype.accumulate(), x.device());
    let outputs = [Array::empty(x.shape(), x.dtype, x.device())?, statistics()?, statistics()?];
    backend::launch("layer_norm", &Kernel::LayerNorm { eps }, &[x.clone().into(), optional(weight), optional(bias)], &outputs)?;
    let [y, mean, rstd] = outputs.map(Tensor::from_array);
    let inputs: SmallVec<[&Tensor; 3]> = std::iter::once(input).chain(weight).chain(bias).collect();
    record("NativeLayerNormBackward0", &inputs, &[&y], || {
        let axes = Axes { over: &[-1], affine_over: &[-2], affine_shape: smallvec![1, -1], fixed: false };
        Normalized::new(input, weight, bias, &mean, &rstd, eps, axes).rule(Normalized::fused_row_gradients)
    })?;
    Ok(y)
}

/// Normalises each channel of `(N, C, ..)` over all other dimensions. In training the statistics are the batch's and
/// the running ones, where given, are moved towards them by `momentum`; otherwise the running ones are used.
pub fn batch_norm(
    input: &Tensor,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    running: Option<(&Tensor, &Tensor)>,
    training: bool,
    momentum: f64,
    eps: f64,
) -> Result<Tensor> {
    let shape = input.shape();
    if shape[..] == [0] {
        // Nothing to normalise, and no channels either.
        return cast::clone_dense(input);
    }
    ensure!(shape.len() >= 2, Runtime, "batch_norm(): expected at least 2 dimensions, got input of shape {:?}", &shape[..]);
    ensure!(
        training || running.is_some(),
        Runtime,
        "batch_norm(): Expected running_mean and running_var to be defined when training=False"
    );
    check_float("batch_norm", input, None, None)?;
    refuse_gradient("native_batch_norm", "running_mean", running.map(|r| r.0))?;
    refuse_gradient("native_batch_norm", "running_var", running.map(|r| r.1))?;
    let channels = shape[1];
    for (what, t) in
        [("weight", weight), ("bias", bias), ("running_mean", running.map(|r| r.0)), ("running_var", running.map(|r| r.1))]
    {
        if let Some(t) = t {
            ensure!(t.numel() == channels, Runtime, "batch_norm(): {what} should contain {channels} elements not {}", t.numel());
            ensure!(
                t.dtype() == input.dtype() || t.dtype() == input.dtype().accumulate(),
                Runtime,
                "batch_norm(): mixed dtype: expected {what} of {} as the input, but found {}",
                input.dtype().name(),
                t.dtype().name()
            );
        }
    }
    for (what, t) in running.into_iter().flat_map(|(mean, var)| [("running_mean", mean), ("running_var", var)]) {
        ensure!(t.ndim() == 1, Runtime, "batch_norm(): {what} should have 1 dimension, got shape {:?}", &t.shape()[..]);
    }
    let flat = |t: &Tensor| view::reshape(t, &[channels as i64]);
    let (weight, bias) = (weight.map(flat).transpose()?, bias.map(flat).transpose()?);
    let length: usize = shape[2..].iter().product();
    let flat_shape = [shape[0], channels, length];
    let flat = view::reshape(input, &as_i64(&flat_shape))?;
    // Results and gradients keep the memory format.
    let dense = input.with_array(|a| MemoryFormat::suggested_by(&a.layout)).layout(&shape)?;
    let layout = dense.view(&flat_shape).unwrap_or_else(|| Layout::contiguous(&flat_shape));
    let (y, mean, variance) = batch_norm_channels(&flat, layout, weight.as_ref(), bias.as_ref(), running, training, eps)?;
    if let (true, Some(running)) = (training, running) {
        update_running(running, (mean, variance), shape[0] * length, momentum)?;
    }
    view::reshape(&y, &as_i64(&shape))
}

/// The result for `(N, C, L)`, laid out as given, and with `training` the batch's mean and variance.
fn batch_norm_channels(
    input: &Tensor,
    layout: Layout,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    running: Option<(&Tensor, &Tensor)>,
    training: bool,
    eps: f64,
) -> Result<(Tensor, Tensor, Tensor)> {
    let x = input.array();
    let statistics = || Array::empty(&x.shape()[1..2], x.dtype.accumulate(), x.device());
    let outputs = [Array::empty_with(layout.clone(), x.dtype, x.device())?, statistics()?, statistics()?, statistics()?];
    let mut operands = vec![x.clone().into(), optional(weight), optional(bias)];
    if let (false, Some((mean, var))) = (training, running) {
        operands.extend([mean.operand(), var.operand()]);
    }
    backend::launch("batch_norm", &Kernel::BatchNorm { eps, training }, &operands, &outputs)?;
    let [y, mean, rstd, variance] = outputs.map(Tensor::from_array);
    let inputs: SmallVec<[&Tensor; 3]> = std::iter::once(input).chain(weight).chain(bias).collect();
    record("NativeBatchNormBackward0", &inputs, &[&y], || {
        let axes = Axes { over: &[-3, -1], affine_over: &[-3, -1], affine_shape: smallvec![1, -1, 1], fixed: !training };
        let saved = Normalized::new(input, weight, bias, &mean, &rstd, eps, axes);
        saved.rule(move |saved, cx, g| saved.fused_channel_gradients(cx, g, training, layout.clone()))
    })?;
    Ok((y, mean, variance))
}

/// `running = (1 - momentum) * running + momentum * batch`, the batch's variance taken as unbiased; a batch without
/// elements has no statistics to learn from.
fn update_running(running: (&Tensor, &Tensor), batch: (Tensor, Tensor), count: usize, momentum: f64) -> Result<()> {
    ensure!(count != 1, Value, "Expected more than 1 value per channel when training, got {count} value(s) per channel");
    if count == 0 {
        return Ok(());
    }
    mode::no_grad(|| {
        let unbiased = count as f64 / (count as f64 - 1.0);
        for (running, new) in [(running.0, Expr::from(batch.0)), (running.1, Expr::from(batch.1) * unbiased)] {
            let moved = Expr::from(running) * (1.0 - momentum) + new * momentum;
            inplace::write("batch_norm", running, &moved.into_tensor()?)?;
        }
        Ok(())
    })
}

fn check_float(op: &'static str, input: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>) -> Result<()> {
    let dtype = input.dtype();
    if !dtype.is_float() {
        return Err(crate::Error::dtype(op, dtype, "convert to a float dtype first"));
    }
    for t in weight.into_iter().chain(bias) {
        ensure!(
            t.dtype() == dtype,
            Runtime,
            "{op}(): expected scalar type {} but found {}",
            dtype.legacy_name(),
            t.dtype().legacy_name()
        );
    }
    Ok(())
}

fn optional(t: Option<&Tensor>) -> Operand {
    t.map_or(Operand::None, Tensor::operand)
}

/// Root mean square normalisation over the last dimensions: `x / sqrt(mean(x^2) + eps) * weight`. Without `eps` the
/// dtype's machine epsilon is used.
pub fn rms_norm(input: &Tensor, normalized_shape: &[i64], weight: Option<&Tensor>, eps: Option<f64>) -> Result<Tensor> {
    let shape = as_i64(&input.shape());
    ensure!(
        !normalized_shape.is_empty(),
        Runtime,
        "rms_norm(): Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element"
    );
    ensure!(
        shape.ends_with(normalized_shape),
        Runtime,
        "rms_norm(): Given normalized_shape={normalized_shape:?}, expected input with shape [*, {normalized_shape:?}], but got input of size {:?}",
        &shape[..]
    );
    let eps = eps.unwrap_or(if input.dtype().real() == crate::DType::Float64 { f64::EPSILON } else { f32::EPSILON as f64 });
    if let Some(out) = rms_norm_at_once(input, normalized_shape, weight, eps)? {
        return Ok(out);
    }
    let dims: SmallVec<[i64; 5]> = (0..normalized_shape.len() as i64).map(|i| -1 - i).collect();
    let input = &cast::in_format(input, input.with_array(|a| MemoryFormat::suggested_by(&a.layout)))?;
    let wide = cast::to_dtype(input, input.dtype().accumulate())?;
    let power = mean(&Expr::from(&wide).square().into_tensor()?, Some(&dims), true, None)?;
    let normal = (Expr::from(&wide) * (Expr::from(power) + Expr::from(Scalar::Float(eps))).rsqrt()).into_tensor()?;
    let normal = cast::to_dtype(&normal, input.dtype())?;
    match weight {
        Some(weight) => cast::to_dtype(&super::arithmetic::mul(&normal, weight)?, input.dtype()),
        None => Ok(normal),
    }
}

/// [`rms_norm`] in one pass, where no gradient is to come of it and the device has a kernel for it.
fn rms_norm_at_once(input: &Tensor, normalized_shape: &[i64], weight: Option<&Tensor>, eps: f64) -> Result<Option<Tensor>> {
    let (kernel, dtype) = (Kernel::RmsNorm { eps }, input.dtype());
    let mut arguments = std::iter::once(input).chain(weight);
    let fits = weight.is_none_or(|w| w.dtype() == dtype && as_i64(&w.shape())[..] == *normalized_shape);
    let is_by_rows = input.with_array(|a| a.layout.is_contiguous()) && input.numel() > 0;
    if !fits || !is_by_rows || arguments.any(is_tracked) || !backend::supports(input.device(), &kernel, dtype) {
        return Ok(None);
    }
    let columns: i64 = normalized_shape.iter().product();
    let rows = view::reshape(input, &[-1, columns])?;
    let weight = weight.map(|w| view::reshape(w, &[columns])).transpose()?;
    let output = (Layout::contiguous(&rows.shape()), dtype);
    let operands = [rows.operand(), optional(weight.as_ref())];
    let [out] = backend::compute("rms_norm", &kernel, &operands, [output], input.device())?;
    view::reshape(&Tensor::from_array(out), &as_i64(&input.shape())).map(Some)
}
