//! The natives of `torch.nn.functional`, which calls them by position.

use ferrotorch_core::Scalar;
use ferrotorch_core::memory_format::MemoryFormat;
use ferrotorch_core::ops::conv::{self, ConvArgs};
use ferrotorch_core::ops::loss::{self, Reduce};
use ferrotorch_core::ops::pad::{self, Padding};
use ferrotorch_core::ops::pointwise::{self, activation, arithmetic};
use ferrotorch_core::ops::pool::{self, PoolArgs};
use ferrotorch_core::ops::{attention, cast, embedding, expr, matmul, norm, random, view};
use ferrotorch_core::overlap::Reads;

use super::pointwise::run;
use crate::args::Args;
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error, value_error};
use crate::op::{Decl, Place, op};
use crate::value::Value;

macro_rules! activation {
    ($name:literal, $doc:literal, $signature:literal, $row:ident, [$($param:literal),*]) => {
        op($name, $doc, &[($signature, |a| run(a, &activation::$row, &[a.tensor(0)?.into()], &[$(Scalar::Float(a.float($param)?)),*]))]).at(Place::Nn)
    };
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

fn reduction(a: &Args<'_, '_, '_>, i: usize) -> Outcome<Reduce> {
    Ok(Reduce::parse(a.str(i)?.unwrap_or("mean"))?)
}

macro_rules! loss {
    ($name:literal, $doc:literal, $signature:literal, |$a:ident, $x:ident, $y:ident| $run:expr) => {
        op(
            $name,
            $doc,
            &[($signature, |$a| {
                let ($x, $y) = ($a.tensor(0)?, $a.tensor(1)?);
                Ok($run?.into())
            })],
        )
        .at(Place::Nn)
    };
}

macro_rules! convolution {
    ($name:literal) => {
        op($name, "Convolution.", &[("(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=1, int[1] padding=0, int[1] dilation=1, int groups=1)", |a| {
            let (stride, padding, dilation) = (a.ints(3)?, a.ints(4)?, a.ints(5)?);
            let args = ConvArgs { stride: &stride, padding: &padding, dilation: &dilation, groups: a.int(6)? };
            let (x, w, b) = (a.tensor(0)?, a.tensor(1)?, a.opt_tensor(2));
            Ok(a.run(|| conv::conv($name, x, w, b, &args))?.into())
        })])
        .at(Place::Nn)
    };
    (transposed $name:literal) => {
        op($name, "Transposed convolution.", &[(
            "(Tensor input, Tensor weight, Tensor? bias=None, int[1] stride=1, int[1] padding=0, int[1] output_padding=0, int groups=1, int[1] dilation=1)",
            |a| {
                let (stride, padding, more, dilation) = (a.ints(3)?, a.ints(4)?, a.ints(5)?, a.ints(7)?);
                let args = ConvArgs { stride: &stride, padding: &padding, dilation: &dilation, groups: a.int(6)? };
                let (x, w, b) = (a.tensor(0)?, a.tensor(1)?, a.opt_tensor(2));
                Ok(a.run(|| conv::conv_transpose($name, x, w, b, &args, &more))?.into())
            },
        )])
        .at(Place::Nn)
    };
}

macro_rules! pooling {
    (max $name:literal, $spatial:literal) => {
        op($name, "Largest of each window, with its position.", &[(
            "(Tensor input, int[1] kernel_size, int[1] stride=(), int[1] padding=0, int[1] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)",
            |a| {
                let (kernel, stride, padding, dilation) = (a.ints(1)?, a.ints(2)?, a.ints(3)?, a.ints(4)?);
                let args = PoolArgs { kernel: &kernel, stride: &stride, padding: &padding, dilation: &dilation, ceil_mode: a.bool(5)? };
                let x = a.tensor(0)?;
                Ok(a.run(|| pool::max_pool($name, $spatial, x, &args))?.into())
            },
        )])
        .at(Place::Nn)
    };
    (average $name:literal, $spatial:literal) => {
        op($name, "Mean of each window.", &[(
            "(Tensor input, int[1] kernel_size, int[1] stride=(), int[1] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None)",
            |a| {
                let (kernel, stride, padding) = (a.ints(1)?, a.ints(2)?, a.ints(3)?);
                let args = PoolArgs { kernel: &kernel, stride: &stride, padding: &padding, dilation: &[1], ceil_mode: a.bool(4)? };
                let (x, include, divisor) = (a.tensor(0)?, a.bool(5)?, a.opt_int(6)?);
                Ok(a.run(|| pool::avg_pool($name, $spatial, x, &args, include, divisor))?.into())
            },
        )])
        .at(Place::Nn)
    };
    (adaptive $name:literal, $spatial:literal, $returns:literal, $run:path) => {
        op($name, "Pooling to a size.", &[(concat!("(Tensor input, int[1] output_size) -> ", $returns), |a| {
            let (x, size) = (a.tensor(0)?, a.ints(1)?);
            Ok(a.run(|| $run($name, $spatial, x, &size))?.into())
        })])
        .at(Place::Nn)
    };
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
    let slope = expr::Expr::from(x) * expr::Expr::from(&weight);
    Ok(expr::select(expr::Expr::from(x).gt(0.0), x, slope).into_tensor()?.into())
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

pub(super) static OPS: &[Decl] = &[
    op("gelu", "`x * Phi(x)`.", &[("(Tensor input, str approximate=none)", gelu)]).batched(Batching::Broadcast).at(Place::Nn),
    activation!("elu", "Exponential linear unit.", "(Tensor input, float alpha=1.0, float scale=1.0, float input_scale=1.0)", ELU, [1, 2, 3]).batched(Batching::Broadcast),
    activation!("leaky_relu", "`x`, or `slope * x` where negative.", "(Tensor input, float negative_slope=0.01)", LEAKY_RELU, [1]).batched(Batching::Broadcast),
    activation!("softplus", "`log(1 + exp(beta * x)) / beta`.", "(Tensor input, float beta=1.0, float threshold=20.0)", SOFTPLUS, [1, 2]).batched(Batching::Broadcast),
    op("hardtanh", "Limits to a range.", &[("(Tensor input, float min_val=-1.0, float max_val=1.0)", hardtanh)]).batched(Batching::Broadcast).at(Place::Nn),
    activation!("softshrink", "Towards 0 by lambda.", "(Tensor input, float lambd=0.5)", SOFTSHRINK, [1]).batched(Batching::Broadcast),
    activation!("hardshrink", "0 within lambda.", "(Tensor input, float lambd=0.5)", HARDSHRINK, [1]).batched(Batching::Broadcast),
    activation!("threshold", "`x` above a threshold, else a value.", "(Tensor input, float threshold, float value)", THRESHOLD, [1, 2]).batched(Batching::Broadcast),
    op("linear", "`input @ weight.T + bias`.", &[("(Tensor input, Tensor weight, Tensor? bias=None)", |a| {
        let (x, w, b) = (a.tensor(0)?, a.tensor(1)?, a.opt_tensor(2));
        Ok(a.run(|| matmul::linear(x, w, b))?.into())
    })])
    .at(Place::Nn)
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere),
    convolution!("conv1d"),
    convolution!("conv2d"),
    convolution!("conv3d"),
    convolution!(transposed "conv_transpose1d"),
    convolution!(transposed "conv_transpose2d"),
    convolution!(transposed "conv_transpose3d"),
    pooling!(max "max_pool1d_with_indices", 1).node("MaxPool1DWithIndicesBackward0"),
    pooling!(max "max_pool2d_with_indices", 2).node("MaxPool2DWithIndicesBackward0"),
    pooling!(max "max_pool3d_with_indices", 3).node("MaxPool3DWithIndicesBackward0"),
    pooling!(average "avg_pool1d", 1).node("AvgPool1DBackward0"),
    pooling!(average "avg_pool2d", 2).node("AvgPool2DBackward0"),
    pooling!(average "avg_pool3d", 3).node("AvgPool3DBackward0"),
    pooling!(adaptive "adaptive_avg_pool1d", 1, "Tensor", pool::adaptive_avg_pool).node("AdaptiveAvgPool1DBackward0"),
    pooling!(adaptive "adaptive_avg_pool2d", 2, "Tensor", pool::adaptive_avg_pool).node("AdaptiveAvgPool2DBackward0"),
    pooling!(adaptive "adaptive_avg_pool3d", 3, "Tensor", pool::adaptive_avg_pool).node("AdaptiveAvgPool3DBackward0"),
    pooling!(adaptive "adaptive_max_pool1d_with_indices", 1, "(Tensor, Tensor)", pool::adaptive_max_pool).node("AdaptiveMaxPool1DBackward0"),
    pooling!(adaptive "adaptive_max_pool2d_with_indices", 2, "(Tensor, Tensor)", pool::adaptive_max_pool).node("AdaptiveMaxPool2DBackward0"),
    pooling!(adaptive "adaptive_max_pool3d_with_indices", 3, "(Tensor, Tensor)", pool::adaptive_max_pool).node("AdaptiveMaxPool3DBackward0"),
    op("batch_norm", "Normalises channels over a batch.", &[(
        "(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, bool training, float momentum, float eps)",
        batch_norm,
    )])
    .at(Place::Nn)
    .node("NativeBatchNormBackward0"),
    op("layer_norm", "Normalises the last dimensions.", &[("(Tensor input, int[1] normalized_shape, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)", |a| {
        let (x, shape, w, b, eps) = (a.tensor(0)?, a.ints(1)?, a.opt_tensor(2), a.opt_tensor(3), a.float(4)?);
        Ok(a.run(|| norm::layer_norm(x, &shape, w, b, eps))?.into())
    })])
    .at(Place::Nn)
    .node("NativeLayerNormBackward0"),
    op("rms_norm", "Divides by the root of the mean square.", &[("(Tensor input, int[1] normalized_shape, Tensor? weight=None, float? eps=None)", |a| {
        let (x, shape, w, eps) = (a.tensor(0)?, a.ints(1)?, a.opt_tensor(2), a.opt_float(3)?);
        Ok(a.run(|| norm::rms_norm(x, &shape, w, eps))?.into())
    })])
    .at(Place::Nn),
    op("group_norm", "Normalises groups of channels.", &[("(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, float eps=1e-05)", |a| {
        let (x, groups, w, b, eps) = (a.tensor(0)?, a.int(1)?, a.opt_tensor(2), a.opt_tensor(3), a.float(4)?);
        Ok(a.run(|| norm::group_norm(x, groups, w, b, eps))?.into())
    })])
    .at(Place::Nn)
    .node("NativeGroupNormBackward0"),
    op("embedding", "Rows of a table.", &[("(Tensor weight, Tensor indices, int? padding_idx=None, bool scale_grad_by_freq=False, bool sparse=False)", |a| {
        let padding = a.opt_int(2)?.filter(|&i| i >= 0);
        let (w, i, by_frequency) = (a.tensor(0)?, a.tensor(1)?, a.bool(3)?);
        Ok(a.run(|| embedding::embedding(w, i, padding, by_frequency))?.into())
    })])
    .at(Place::Nn),
    op("dropout", "Zeros at random, scaled.", &[("(Tensor input, float p=0.5, bool training=True)", |a| {
        let (x, p, training) = (a.tensor(0)?, a.float(1)?, a.bool(2)?);
        Ok(a.run(|| random::dropout(x, p, training, None))?.into())
    })]).batched(Batching::Random)
    .at(Place::Nn),
    op("scaled_dot_product_attention", "`softmax(query @ key.T * scale + mask) @ value`.", &[(
        "(Tensor query, Tensor key, Tensor value, Tensor? attn_mask=None, float dropout_p=0.0, bool is_causal=False, float? scale=None)",
        |a| {
            let (q, k, v, mask) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.opt_tensor(3));
            let (p, causal, scale) = (a.float(4)?, a.bool(5)?, a.opt_float(6)?);
            Ok(a.run(|| attention::scaled_dot_product_attention(q, k, v, mask, p, causal, scale, None))?.into())
        },
    )])
    .at(Place::Nn),
    op("prelu", "`x`, or `weight * x` where negative, with a weight for each channel.", &[("(Tensor input, Tensor weight)", prelu)])
        .at(Place::Nn)
        .node("PreluKernelBackward0"),
    op("in_format_of", "A tensor in the memory format that another has.", &[("(Tensor input, Tensor model)", |a| {
        let (x, format) = (a.tensor(0)?, a.tensor(1)?.with_array(|m| MemoryFormat::suggested_by(&m.layout)));
        Ok(a.run(|| cast::in_format(x, format))?.into())
    })])
    .at(Place::Nn),
    op("pad", "Padding at the ends of dimensions.", &[("(Tensor input, int[] pad, str mode=constant, float? value=0)", padded)]).at(Place::Nn),
    loss!("mse_loss", "Mean squared error.", "(Tensor input, Tensor target, str reduction=mean)", |a, x, y| {
        let r = reduction(a, 2)?;
        a.run(|| loss::mse_loss(x, y, r))
    }),
    loss!("l1_loss", "Mean absolute error.", "(Tensor input, Tensor target, str reduction=mean)", |a, x, y| {
        let r = reduction(a, 2)?;
        a.run(|| loss::l1_loss(x, y, r))
    }),
    loss!("smooth_l1_loss", "Squared near 0, absolute beyond.", "(Tensor input, Tensor target, str reduction=mean, float beta=1.0)", |a, x, y| {
        let (r, beta) = (reduction(a, 2)?, a.float(3)?);
        a.run(|| loss::smooth_l1_loss(x, y, r, beta))
    }),
    loss!("huber_loss", "Squared near 0, linear beyond.", "(Tensor input, Tensor target, str reduction=mean, float delta=1.0)", |a, x, y| {
        let (r, delta) = (reduction(a, 2)?, a.float(3)?);
        a.run(|| loss::huber_loss(x, y, r, delta))
    }),
    loss!("binary_cross_entropy", "Cross entropy of probabilities.", "(Tensor input, Tensor target, Tensor? weight=None, str reduction=mean)", |a, x, y| {
        let (w, r) = (a.opt_tensor(2), reduction(a, 3)?);
        a.run(|| loss::binary_cross_entropy(x, y, w, r))
    }),
    loss!(
        "binary_cross_entropy_with_logits",
        "Cross entropy of logits.",
        "(Tensor input, Tensor target, Tensor? weight=None, Tensor? pos_weight=None, str reduction=mean)",
        |a, x, y| {
            let (w, p, r) = (a.opt_tensor(2), a.opt_tensor(3), reduction(a, 4)?);
            a.run(|| loss::binary_cross_entropy_with_logits(x, y, w, p, r))
        }
    ),
    loss!("nll_loss", "Negative log likelihood.", "(Tensor input, Tensor target, Tensor? weight=None, str reduction=mean, int ignore_index=-100)", |a, x, y| {
        let (w, r, ignored) = (a.opt_tensor(2), reduction(a, 3)?, a.int(4)?);
        a.run(|| loss::nll_loss(x, y, w, r, ignored))
    }),
    loss!(
        "cross_entropy",
        "Cross entropy of logits and classes, or probabilities of classes.",
        "(Tensor input, Tensor target, Tensor? weight=None, str reduction=mean, int ignore_index=-100, float label_smoothing=0.0)",
        |a, x, y| {
            let (w, r, ignored, smoothing) = (a.opt_tensor(2), reduction(a, 3)?, a.int(4)?, a.float(5)?);
            a.run(|| loss::cross_entropy(x, y, w, r, ignored, smoothing))
        }
    ),
];
