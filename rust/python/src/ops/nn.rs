//! The natives of `torch.nn.functional`, which calls them by position.

use ferrotorch_core::autograd;
use ferrotorch_core::autograd::composite::Moment;
use ferrotorch_core::grid::{GridMode, GridPadding, GridSampling};
use ferrotorch_core::ops::conv::{self, ConvArgs};
use ferrotorch_core::ops::loss;
use ferrotorch_core::ops::pad::{self, Padding};
use ferrotorch_core::ops::pointwise::{self, activation, arithmetic};
use ferrotorch_core::ops::pool::{self, PoolArgs};
use ferrotorch_core::ops::{attention, cast, embedding, grid_sample, matmul, norm, random, resize, shuffle, view};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::resize::{Filter, Resize};
use ferrotorch_core::{Row, Scalar, Tensor};

use smallvec::SmallVec;

use super::pointwise::run;
use crate::args::{Args, Ints};
use crate::autograd::shown::retell_call;
use crate::batching::Batching;
use crate::compose;
use crate::errors::{Outcome, runtime_error, value_error};
use crate::op::{Decl, Place, Run, as_one_node, op};
use crate::value::Value;

const fn native(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).at(Place::Nn)
}

/// A row with so many parameters, which are floats.
fn activated<const N: usize>(a: &Args<'_, '_, '_>, row: &'static Row) -> Outcome<Value> {
    let mut params = [Scalar::Float(0.0); N];
    for (i, param) in params.iter_mut().enumerate() {
        *param = a.float(1 + i)?.into();
    }
    run(a, row, &[a.tensor(0)?.into()], &params)
}

/// Threshold and value are elements of the input's dtype.
fn threshold(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let x = a.tensor(0)?;
    let element = |i| -> Outcome<Scalar> {
        let number = a.float(i)?;
        if x.dtype().is_barebones() {
            return Ok(number.into());
        }
        // A whole number wraps below zero, as integers do.
        let whole = number.fract() == 0.0 && number.abs() < 2f64.powi(63);
        let number = if whole { Scalar::Int(number as i64) } else { Scalar::Float(number) };
        let number = number.fitting(x.dtype())?;
        Ok(if x.dtype().is_integral() { number.cast(x.dtype()) } else { number })
    };
    run(a, &activation::THRESHOLD, &[x.into()], &[element(1)?, element(2)?])
}

/// A limit that is NaN makes every element NaN.
fn hardtanh(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, limits) = (a.tensor(0)?, [Scalar::Float(a.float(1)?), Scalar::Float(a.float(2)?)]);
    if limits.iter().all(|limit| !limit.to_f64().is_nan()) {
        return run(a, &activation::HARDTANH, &[x.into()], &limits);
    }
    let nan = Scalar::Float(f64::NAN).fitting(x.dtype())?;
    let within = pointwise::run(&activation::HARDTANH, &[x.into()], &limits)?;
    Ok(pointwise::run(&arithmetic::ADD, &[(&within).into(), nan.into()], &[Scalar::Int(1)])?.into())
}

const CONVOLUTION: &str =
    "(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=1, int[1] padding=0, int[1] dilation=1, int groups=1)";
const TRANSPOSED: &str = "(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=1, int[1] padding=0, \
                          int[1] output_padding=0, int groups=1, int[1] dilation=1)";
const MAX_POOL: &str = "(Tensor input, int[1] kernel_size, int[1] stride=(), int[1] padding=0, int[1] dilation=1, \
                        bool ceil_mode=False) -> (Tensor, Tensor)";
const AVG_POOL: &str = "(Tensor input, int[1] kernel_size, int[1] stride=(), int[1] padding=0, bool ceil_mode=False, \
                        bool count_include_pad=True, int? divisor_override=None)";

const MAX_POOL_2D: &[&str] = &["self=input", "kernel_size:2", "stride:2", "padding:2", "dilation:2", "ceil_mode", "result1!"];
const MAX_POOL_3D: &[&str] = &["self=input", "kernel_size:3", "stride:3", "padding:3", "dilation:3", "ceil_mode", "result1!"];
const AVG_POOL_2D: &[&str] =
    &["self=input", "kernel_size:2", "stride:2", "padding:2", "ceil_mode", "count_include_pad", "divisor_override"];
const AVG_POOL_3D: &[&str] =
    &["self=input", "kernel_size:3", "stride:3", "padding:3", "ceil_mode", "count_include_pad", "divisor_override"];

fn convolved(a: &Args<'_, '_, '_>, op: &'static str) -> Outcome<Value> {
    let (stride, padding, dilation) = (a.ints(3)?, a.ints(4)?, a.ints(5)?);
    let args = ConvArgs { stride: &stride, padding: &padding, dilation: &dilation, groups: a.int(6)? };
    let (x, w, b) = (a.tensor(0)?, a.tensor(1)?, a.opt_tensor(2));
    Ok(a.run(|| conv::conv(op, x, w, b, &args))?.into())
}

fn convolved_back(a: &Args<'_, '_, '_>, op: &'static str) -> Outcome<Value> {
    let (stride, padding, more, dilation) = (a.ints(3)?, a.ints(4)?, a.ints(5)?, a.ints(7)?);
    let args = ConvArgs { stride: &stride, padding: &padding, dilation: &dilation, groups: a.int(6)? };
    let (x, w, b) = (a.tensor(0)?, a.tensor(1)?, a.opt_tensor(2));
    Ok(a.run(|| conv::conv_transpose(op, x, w, b, &args, &more))?.into())
}

fn max_pooled(a: &Args<'_, '_, '_>, op: &'static str, spatial: usize) -> Outcome<Value> {
    let (kernel, stride, padding, dilation) = (a.ints(1)?, a.ints(2)?, a.ints(3)?, a.ints(4)?);
    let args = PoolArgs { kernel: &kernel, stride: &stride, padding: &padding, dilation: &dilation, ceil_mode: a.bool(5)? };
    let x = a.tensor(0)?;
    Ok(a.run(|| pool::max_pool(op, spatial, x, &args))?.into())
}

fn avg_pooled(a: &Args<'_, '_, '_>, op: &'static str, spatial: usize) -> Outcome<Value> {
    let (kernel, stride, padding) = (a.ints(1)?, a.ints(2)?, a.ints(3)?);
    let args = PoolArgs { kernel: &kernel, stride: &stride, padding: &padding, dilation: &[1], ceil_mode: a.bool(4)? };
    let (x, include, divisor) = (a.tensor(0)?, a.bool(5)?, a.opt_int(6)?);
    Ok(a.run(|| pool::avg_pool(op, spatial, x, &args, include, divisor))?.into())
}

/// Pooling to one element is a mean, in PyTorch's graph too.
fn avg_pooled_to(a: &Args<'_, '_, '_>, op: &'static str, node: &'static str, spatial: usize) -> Outcome<Value> {
    let is_mean = a.ints(1)?.iter().all(|&n| n == 1);
    let since = Moment::now();
    let pooled = as_one_node(if is_mean { "MeanBackward1" } else { node }, || {
        a.run2(|x: &Tensor, size: Ints| pool::adaptive_avg_pool(op, spatial, x, &size))
    })?;
    if !is_mean && autograd::is_enabled() {
        pooled.tensors().iter().for_each(|result| retell_call(result, since, &["self=input"], a));
    }
    Ok(pooled)
}

fn max_pooled_to(a: &Args<'_, '_, '_>, op: &'static str, spatial: usize) -> Outcome<Value> {
    a.run2(|x: &Tensor, size: Ints| pool::adaptive_max_pool(op, spatial, x, &size))
}

fn batch_norm(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let running = match (a.opt_tensor(3), a.opt_tensor(4)) {
        (Some(mean), Some(var)) => Some((mean, var)),
        (None, None) => None,
        _ => return Err(runtime_error("batch_norm(): running_mean and running_var must both be given, or neither")),
    };
    let (x, w, b, training, momentum, eps) =
        (a.tensor(0)?, a.opt_tensor(1), a.opt_tensor(2), a.bool(5)?, a.float(6)?, a.float(7)?);
    Ok(a.run(|| norm::batch_norm(x, w, b, running, training, momentum, eps))?.into())
}

fn gelu(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let row = match a.str(1)? {
        None | Some("none") => &activation::GELU,
        Some("tanh") => &activation::GELU_TANH,
        Some(other) => return Err(runtime_error(format!("approximate argument must be either none or tanh, got {other}"))),
    };
    run(a, row, &[a.tensor(0)?.into()], &[])
}

fn prelu(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, weight) = (a.tensor(0)?, a.tensor(1)?);
    let mut shape = vec![1i64; x.ndim()];
    if weight.numel() != 1 {
        let channels = if x.ndim() < 2 { 1 } else { x.size(1) };
        if weight.numel() != channels {
            return Err(runtime_error(format!(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = {} and channel size = {channels}.",
                weight.numel()
            )));
        }
        shape[1] = channels as i64;
    }
    let weight = view::reshape(weight, &shape)?;
    run(a, &activation::PRELU, &[x.into(), (&weight).into()], &[])
}

fn padded(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let padding = match a.str(2)?.unwrap_or("constant") {
        "constant" => Padding::Constant(a.float(3)?.into()),
        "reflect" => Padding::Reflect,
        "replicate" => Padding::Replicate,
        "circular" => Padding::Circular,
        mode => return Err(value_error(format!("Unrecognised padding mode {mode}"))),
    };
    let (x, widths) = (a.tensor(0)?, a.ints(1)?);
    Ok(a.run(|| pad::pad(x, &widths, padding))?.into())
}

fn grid_sampled(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let mode = match a.str(2)? {
        Some("bilinear") => GridMode::Linear,
        Some("nearest") => GridMode::Nearest,
        Some("bicubic") => GridMode::Cubic,
        mode => return Err(value_error(format!("grid_sample(): there is no mode {}", mode.unwrap_or_default()))),
    };
    let padding = match a.str(3)? {
        Some("zeros") => GridPadding::Zeros,
        Some("border") => GridPadding::Border,
        Some("reflection") => GridPadding::Reflection,
        mode => return Err(value_error(format!("grid_sample(): there is no padding mode {}", mode.unwrap_or_default()))),
    };
    let sampling = GridSampling { mode, padding, align_corners: a.bool(4)? };
    let (x, grid) = (a.tensor(0)?, a.tensor(1)?);
    Ok(a.run(|| grid_sample::grid_sample(x, grid, sampling))?.into())
}

/// Resizing by one kernel, which the caller knows that there is.
fn resized(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let filter = match a.str(2)? {
        Some("nearest") => Filter::Nearest,
        Some("nearest-exact") => Filter::NearestExact,
        Some("linear") => Filter::Linear,
        Some("cubic") => Filter::Cubic,
        Some("linear antialiased") => Filter::LinearAntialiased,
        Some("cubic antialiased") => Filter::CubicAntialiased,
        filter => return Err(value_error(format!("interpolate(): there is no filter {}", filter.unwrap_or_default()))),
    };
    let (x, sizes) = (a.tensor(0)?, a.ints(1)?);
    let mut steps = SmallVec::from([a.float(4)?, a.float(5)?, a.float(6)?]);
    steps.truncate(sizes.len());
    let rule = Resize { filter, steps, align_corners: a.bool(3)? };
    Ok(a.run(|| resize::resize(x, &sizes, &rule))?.into())
}

/// A convolution of samples with a weight each, named after that of one sample.
fn convolved_each(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (stride, padding, dilation) = (a.ints(3)?, a.ints(4)?, a.ints(5)?);
    let args = ConvArgs { stride: &stride, padding: &padding, dilation: &dilation, groups: a.int(6)? };
    let (x, w, b) = (a.tensor(0)?, a.tensor(1)?, a.opt_tensor(2));
    let op = ["conv1d", "conv2d", "conv3d"][w.ndim().saturating_sub(4).min(2)];
    Ok(a.run(|| conv::conv_each(op, x, w, b, &args))?.into())
}

fn convolved_back_each(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (stride, padding, more, dilation) = (a.ints(3)?, a.ints(4)?, a.ints(5)?, a.ints(7)?);
    let args = ConvArgs { stride: &stride, padding: &padding, dilation: &dilation, groups: a.int(6)? };
    let (x, w, b) = (a.tensor(0)?, a.tensor(1)?, a.opt_tensor(2));
    let op = ["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"][w.ndim().saturating_sub(4).min(2)];
    Ok(a.run(|| conv::conv_transpose_each(op, x, w, b, &args, &more))?.into())
}

pub(super) static OPS: &[Decl] = &[
    op("gelu", "`x * Phi(x)`.", &[("(Tensor input, str approximate=none)", gelu)]).batched(Batching::Broadcast).at(Place::Nn),
    native("elu", "Exponential linear unit.", &[("(Tensor input, float alpha=1.0, float scale=1.0, float input_scale=1.0)", |a| activated::<3>(a, &activation::ELU))]).batched(Batching::Broadcast),
    native("leaky_relu", "`x`, or `slope * x` where negative.", &[("(Tensor input, float negative_slope=0.01)", |a| activated::<1>(a, &activation::LEAKY_RELU))]).batched(Batching::Broadcast),
    native("softplus", "`log(1 + exp(beta * x)) / beta`.", &[("(Tensor input, float beta=1.0, float threshold=20.0)", |a| activated::<2>(a, &activation::SOFTPLUS))]).batched(Batching::Broadcast),
    native("hardtanh", "Limits to a range.", &[("(Tensor input, float min_val=-1.0, float max_val=1.0)", hardtanh)]).batched(Batching::Broadcast),
    native("softshrink", "Towards 0 by lambda.", &[("(Tensor input, float lambd=0.5)", |a| activated::<1>(a, &activation::SOFTSHRINK))]).batched(Batching::Broadcast),
    native("hardshrink", "0 within lambda.", &[("(Tensor input, float lambd=0.5)", |a| activated::<1>(a, &activation::HARDSHRINK))]).batched(Batching::Broadcast),
    native("threshold", "`x` above a threshold, else a value.", &[("(Tensor input, float threshold, float value)", threshold)]).batched(Batching::Broadcast),
    op("linear", "`input @ weight.T + bias`.", &[("(Tensor input, Tensor weight, Tensor? bias=None)", |a| a.run3(matmul::linear))])
    .at(Place::Nn)
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere),
    native("conv1d", "Convolution.", &[(CONVOLUTION, |a| convolved(a, "conv1d"))]),
    native("conv2d", "Convolution.", &[(CONVOLUTION, |a| convolved(a, "conv2d"))]),
    native("conv3d", "Convolution.", &[(CONVOLUTION, |a| convolved(a, "conv3d"))]),
    native("conv_transpose1d", "Transposed convolution.", &[(TRANSPOSED, |a| convolved_back(a, "conv_transpose1d"))]),
    native("conv_transpose2d", "Transposed convolution.", &[(TRANSPOSED, |a| convolved_back(a, "conv_transpose2d"))]),
    native("conv_transpose3d", "Transposed convolution.", &[(TRANSPOSED, |a| convolved_back(a, "conv_transpose3d"))]),
    native("_conv_each", "Convolutions of samples, in the first dimension, by a weight each.", &[(CONVOLUTION, convolved_each)]),
    native("_conv_transpose_each", "Transposed convolutions of samples, in the first dimension, by a weight each.", &[(TRANSPOSED, convolved_back_each)]),
    native("max_pool1d_with_indices", "Largest of each window, with its position.", &[(MAX_POOL, |a| max_pooled(a, "max_pool1d_with_indices", 1))]).node("MaxPool1DWithIndicesBackward0"),
    native("max_pool2d_with_indices", "Largest of each window, with its position.", &[(MAX_POOL, |a| max_pooled(a, "max_pool2d_with_indices", 2))]).node("MaxPool2DWithIndicesBackward0").shows(MAX_POOL_2D),
    native("max_pool3d_with_indices", "Largest of each window, with its position.", &[(MAX_POOL, |a| max_pooled(a, "max_pool3d_with_indices", 3))]).node("MaxPool3DWithIndicesBackward0").shows(MAX_POOL_3D),
    native("avg_pool1d", "Mean of each window.", &[(AVG_POOL, |a| avg_pooled(a, "avg_pool1d", 1))]).node("AvgPool1DBackward0"),
    native("avg_pool2d", "Mean of each window.", &[(AVG_POOL, |a| avg_pooled(a, "avg_pool2d", 2))]).node("AvgPool2DBackward0").shows(AVG_POOL_2D),
    native("avg_pool3d", "Mean of each window.", &[(AVG_POOL, |a| avg_pooled(a, "avg_pool3d", 3))]).node("AvgPool3DBackward0").shows(AVG_POOL_3D),
    native("adaptive_avg_pool1d", "Pooling to a size.", &[("(Tensor input, int[1] output_size) -> Tensor", |a| avg_pooled_to(a, "adaptive_avg_pool1d", "AdaptiveAvgPool1DBackward0", 1))]),
    native("adaptive_avg_pool2d", "Pooling to a size.", &[("(Tensor input, int[1] output_size) -> Tensor", |a| avg_pooled_to(a, "adaptive_avg_pool2d", "AdaptiveAvgPool2DBackward0", 2))]),
    native("adaptive_avg_pool3d", "Pooling to a size.", &[("(Tensor input, int[1] output_size) -> Tensor", |a| avg_pooled_to(a, "adaptive_avg_pool3d", "AdaptiveAvgPool3DBackward0", 3))]),
    native("adaptive_max_pool1d_with_indices", "Pooling to a size.", &[("(Tensor input, int[1] output_size) -> (Tensor, Tensor)", |a| max_pooled_to(a, "adaptive_max_pool1d_with_indices", 1))]).node("AdaptiveMaxPool1DBackward0"),
    native("adaptive_max_pool2d_with_indices", "Pooling to a size.", &[("(Tensor input, int[1] output_size) -> (Tensor, Tensor)", |a| max_pooled_to(a, "adaptive_max_pool2d_with_indices", 2))]).node("AdaptiveMaxPool2DBackward0").shows(&["self=input", "result1!"]),
    native("adaptive_max_pool3d_with_indices", "Pooling to a size.", &[("(Tensor input, int[1] output_size) -> (Tensor, Tensor)", |a| max_pooled_to(a, "adaptive_max_pool3d_with_indices", 3))]).node("AdaptiveMaxPool3DBackward0").shows(&["self=input", "result1!"]),
    op("batch_norm", "Normalises channels over a batch.", &[(
        "(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps)",
        batch_norm,
    )])
    .at(Place::Nn)
    .node("NativeBatchNormBackward0"),
    op("layer_norm", "Normalises the last dimensions.", &[("(Tensor input, int[1] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)", |a| {
        a.run5(|x: &Tensor, shape: Ints, w: Option<&Tensor>, b: Option<&Tensor>, eps: f64| norm::layer_norm(x, &shape, w, b, eps))
    })])
    .at(Place::Nn)
    .node("NativeLayerNormBackward0"),
    op("rms_norm", "Divides by the root of the mean square.", &[("(Tensor input, int[1] normalized_shape, Tensor? weight=None, float? eps=None)", |a| {
        a.run4(|x: &Tensor, shape: Ints, w: Option<&Tensor>, eps: Option<f64>| norm::rms_norm(x, &shape, w, eps))
    })])
    .at(Place::Nn),
    op("group_norm", "Normalises groups of channels.", &[("(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)", |a| a.run5(norm::group_norm))])
    .at(Place::Nn)
    .node("NativeGroupNormBackward0"),
    op("embedding", "Rows of a table.", &[("(Tensor weight, Tensor indices, int? padding_idx=None, bool scale_grad_by_freq=False, bool sparse=False)", |a| {
        let padding = a.opt_int(2)?.filter(|&i| i >= 0);
        let (w, i, by_frequency) = (a.tensor(0)?, a.tensor(1)?, a.bool(3)?);
        Ok(a.run(|| embedding::embedding(w, i, padding, by_frequency))?.into())
    })])
    .at(Place::Nn),
    op("dropout", "Zeros at random, scaled.", &[("(Tensor input, float p=0.5, bool training=True)", |a| {
        a.run3(|x: &Tensor, p: f64, training: bool| random::dropout(x, p, training, None))
    })]).batched(Batching::Random)
    .at(Place::Nn),
    op("scaled_dot_product_attention", "`softmax(query @ key.T * scale + mask) @ value`.", &[(
        "(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, float? scale=None, bool enable_gqa=False)",
        |a| {
            let (q, k, v, mask) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.opt_tensor(3));
            let (dropout, causal, scale, grouped) = (a.float(4)?, a.bool(5)?, a.opt_float(6)?, a.bool(7)?);
            let options = attention::Options { mask, dropout, causal, scale, grouped, generator: None };
            Ok(a.run(|| attention::scaled_dot_product_attention(q, k, v, &options))?.into())
        },
    )])
    .at(Place::Nn),
    native("has_kernel_to_resize", "Does the device resize by one kernel?", &[("(Tensor input, int[] size) -> bool", |a| {
        Ok(Value::Bool(resize::has_kernel(a.tensor(0)?, &a.ints(1)?)))
    })]).batched(Batching::Number),
    native("resized", "Images of another size, by one kernel.", &[(
        "(Tensor input, int[] size, str filter, bool align_corners, float step0, float step1=1.0, float step2=1.0)",
        resized,
    )]),
    native("grid_sample", "Samples of images at the points of grids.", &[("(Tensor input, Tensor grid, str mode, str padding_mode, bool align_corners)", grid_sampled)]),
    op("prelu", "`x`, or `weight * x` where negative, with a weight for each channel.", &[("(Tensor input, Tensor weight)", prelu)])
        .at(Place::Nn)
        .node("PreluKernelBackward0"),
    op("in_format_of", "A tensor in the memory format that another has.", &[("(Tensor input, Tensor model)", |a| {
        let (x, model) = (a.tensor(0)?, a.tensor(1)?);
        Ok(a.run(|| cast::in_format_of(x, model))?.into())
    })])
    .at(Place::Nn),
    native("glu", "One half times the sigmoid of the other.", &[("(Tensor input, int dim=-1)", |a| a.run2(compose::glu))])
        .batched(Batching::Parts)
        .node("GluBackward0")
        .shows(&["self=input", "dim"]),
    native("pixel_shuffle", "Channels as pixels.", &[("(Tensor input, int upscale_factor)", |a| a.run2(shuffle::pixel_shuffle))])
        .batched(Batching::Leading)
        .node("PixelShuffleBackward0")
        .shows(&["upscale_factor"]),
    native("pixel_unshuffle", "Pixels as channels.", &[("(Tensor input, int downscale_factor)", |a| a.run2(shuffle::pixel_unshuffle))])
        .batched(Batching::Leading)
        .node("PixelUnshuffleBackward0")
        .shows(&["downscale_factor"]),
    native("channel_shuffle", "Groups of channels, interleaved.", &[("(Tensor input, int groups)", |a| a.run2(shuffle::channel_shuffle))])
        .node("ChannelShuffleBackward0")
        .shows(&["groups"]),
    op("pad", "Padding at the ends of dimensions.", &[("(Tensor input, int[] pad, str mode=constant, float? value=0)", padded)]).at(Place::Nn),
    native("mse_loss", "Mean squared error.", &[("(Tensor input, Tensor target, str reduction=mean)", |a| a.run3(loss::mse_loss))]).shows(&["self!", "target!", "reduction"]),
    native("l1_loss", "Mean absolute error.", &[("(Tensor input, Tensor target, str reduction=mean)", |a| a.run3(loss::l1_loss))]),
    native("smooth_l1_loss", "Squared near 0, absolute beyond.", &[("(Tensor input, Tensor target, str reduction=mean, float beta=1.0)", |a| a.run4(loss::smooth_l1_loss))]).shows(&["self!", "target!", "reduction", "beta"]),
    native("huber_loss", "Squared near 0, linear beyond.", &[("(Tensor input, Tensor target, str reduction=mean, float delta=1.0)", |a| a.run4(loss::huber_loss))]).shows(&["self!", "target!", "reduction", "delta"]),
    native("binary_cross_entropy", "Cross entropy of probabilities.", &[("(Tensor input, Tensor target, Tensor? weight=None, str reduction=mean)", |a| a.run4(loss::binary_cross_entropy))]),
    native("binary_cross_entropy_with_logits", "Cross entropy of logits.", &[("(Tensor input, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, str reduction=mean)", |a| a.run5(loss::binary_cross_entropy_with_logits))]),
    native("nll_loss", "Negative log likelihood.", &[("(Tensor input, Tensor target, Tensor? weight=None, str reduction=mean, int ignore_index=-100)", |a| a.run5(loss::nll_loss))]).shows(&["self=input", "target", "weight", "reduction", "ignore_index"]),
    native("cross_entropy", "Cross entropy of logits and classes, or probabilities of classes.", &[("(Tensor input, Tensor target, Tensor? weight=None, str reduction=mean, int ignore_index=-100, float label_smoothing=0.0)", |a| a.run6(loss::cross_entropy))]),
];
