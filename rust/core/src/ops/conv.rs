//! Convolution over one to three spatial dimensions, and its transpose.

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::forward::{of_product, sum as sum_of};
use crate::autograd::{Context, Gradients, Grads, SavedTensor, keeping_both, record};
use crate::backend;
use crate::ensure;
use crate::error::{Kind, Result};
use crate::kernel::{ConvGeometry, ConvPass, Kernel};
use crate::layout::Layout;
use crate::memory_format::MemoryFormat;
use crate::shape::{Dims, Shape};
use crate::tensor::Tensor;

use super::expr::conjugate;
use super::reduce::sum;
use super::{view, window};

/// Arguments of a convolution; a list of one entry counts for every spatial dimension.
#[derive(Clone, Copy, Debug)]
pub struct ConvArgs<'a> {
    /// Step of the window.
    pub stride: &'a [i64],
    /// Zeros added on both sides.
    pub padding: &'a [i64],
    /// Step between the taps of the window.
    pub dilation: &'a [i64],
    /// Number of blocks that the channels are split into.
    pub groups: i64,
}

/// Convolution (cross-correlation): input `(N, C, spatial..)` or `(C, spatial..)`, weight `(O, C / groups, kernel..)`,
/// bias `(O)`.
pub fn conv(op: &'static str, input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, args: &ConvArgs) -> Result<Tensor> {
    let spatial = spatial_dims(op, weight)?;
    let geometry = geometry(op, args, spatial)?;
    let (input, unbatched) = batched(op, input, spatial)?;
    check(op, &input, weight, bias, weight.size(0), weight.size(1) * geometry.groups)?;
    let out_shape = output_shape(op, &input, weight, &geometry)?;
    let out = forward(op, &input, weight, bias, &geometry, &out_shape, format_of(&input, weight))?;
    if unbatched { view::squeeze_dims(&out, &[0]) } else { Ok(out) }
}

/// Transposed convolution: input `(N, C, spatial..)`, weight `(C, O / groups, kernel..)`, bias `(O)`.
pub fn conv_transpose(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    args: &ConvArgs,
    output_padding: &[i64],
) -> Result<Tensor> {
    let spatial = spatial_dims(op, weight)?;
    let geometry = geometry(op, args, spatial)?;
    let extra = per_dim(op, "output_padding", output_padding, spatial, 0)?;
    let (input, unbatched) = batched(op, input, spatial)?;
    check(op, &input, weight, bias, weight.size(1) * geometry.groups, weight.size(0))?;
    let mut shape: Shape = smallvec![input.size(0), weight.size(1) * geometry.groups];
    for i in 0..spatial {
        ensure!(
            extra[i] < geometry.stride[i].max(geometry.dilation[i]),
            Runtime,
            "{op}(): output padding must be smaller than either stride or dilation, but got output_padding {:?}, stride {:?}, dilation {:?}",
            &extra[..],
            &geometry.stride[..],
            &geometry.dilation[..]
        );
        let reach = window::reach(op, weight.size(i + 2), geometry.dilation[i])? + extra[i] as i64;
        let size = window::covered(op, input.size(i + 2), geometry.stride[i], reach)? - 2 * geometry.padding[i] as i64;
        ensure!(
            size > 0,
            Runtime,
            "{op}(): calculated output size {size} in spatial dimension {i} is too small for input {:?}",
            &input.shape()[..]
        );
        shape.push(size as usize);
    }
    let out = transposed(op, &input, weight, bias, &geometry, &shape, format_of(&input, weight))?;
    if unbatched { view::squeeze_dims(&out, &[0]) } else { Ok(out) }
}

fn spatial_dims(op: &'static str, weight: &Tensor) -> Result<usize> {
    let n = weight.ndim();
    ensure!((3..=5).contains(&n), Runtime, "{op}(): expected a weight of 3 to 5 dimensions, got shape {:?}", &weight.shape()[..]);
    // The name says for how many dimensions an op is.
    let named = op.trim_end_matches('d').chars().last().and_then(|digit| digit.to_digit(10));
    if let Some(spatial) = named {
        let spatial = spatial as usize;
        ensure!(
            n == spatial + 2,
            Runtime,
            "{op}(): Expected {spatial}D weight of {} dimensions, but got weight of size {:?}",
            spatial + 2,
            &weight.shape()[..]
        );
    }
    Ok(n - 2)
}

fn per_dim(op: &'static str, what: &str, given: &[i64], spatial: usize, least: i64) -> Result<Dims> {
    ensure!(
        given.len() == spatial || given.len() == 1,
        Runtime,
        "{op}(): expected {what} to be a single integer value or a list of {spatial} values to match the convolution dimensions, but got {given:?}"
    );
    ensure!(
        given.iter().all(|&x| x >= least),
        Runtime,
        "{op}(): {what} of {given:?} is not supported: each must be at least {least}"
    );
    window::argument(op, what, given)?;
    Ok((0..spatial).map(|i| given[if given.len() == 1 { 0 } else { i }] as usize).collect())
}

fn geometry(op: &'static str, args: &ConvArgs, spatial: usize) -> Result<ConvGeometry> {
    ensure!(args.groups > 0, Runtime, "{op}(): non-positive groups is not supported, got {}", args.groups);
    Ok(ConvGeometry {
        stride: per_dim(op, "stride", args.stride, spatial, 1)?,
        padding: per_dim(op, "padding", args.padding, spatial, 0)?,
        dilation: per_dim(op, "dilation", args.dilation, spatial, 1)?,
        groups: args.groups as usize,
    })
}

/// The input with a batch dimension, and whether it had none.
fn batched(op: &'static str, input: &Tensor, spatial: usize) -> Result<(Tensor, bool)> {
    match input.ndim() {
        n if n == spatial + 2 => Ok((input.clone(), false)),
        n if n == spatial + 1 => Ok((view::unsqueeze(input, 0)?, true)),
        _ => crate::bail!(
            Runtime,
            "Expected {}D (unbatched) or {}D (batched) input to {op}, but got input of size: {:?}",
            spatial + 1,
            spatial + 2,
            &input.shape()[..]
        ),
    }
}

fn check(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    out_channels: usize,
    in_channels: usize,
) -> Result<()> {
    for other in std::iter::once(weight).chain(bias) {
        if other.device() != input.device() {
            return Err(Kind::Devices { op, lhs: input.device(), rhs: other.device() }.into());
        }
        ensure!(
            other.dtype() == input.dtype(),
            Runtime,
            "{op}(): Input type ({}) and weight or bias type ({}) should be the same",
            input.dtype().name(),
            other.dtype().name()
        );
    }
    ensure!(
        input.size(1) == in_channels,
        Runtime,
        "{op}(): given weight of size {:?}, expected input {:?} to have {in_channels} channels, but got {} channels instead",
        &weight.shape()[..],
        &input.shape()[..],
        input.size(1)
    );
    if let Some(bias) = bias {
        ensure!(
            bias.shape()[..] == [out_channels],
            Runtime,
            "{op}(): given weight of size {:?}, expected bias to be 1-dimensional with {out_channels} elements, but got bias of size {:?} instead",
            &weight.shape()[..],
            &bias.shape()[..]
        );
    }
    Ok(())
}

fn output_shape(op: &'static str, input: &Tensor, weight: &Tensor, geometry: &ConvGeometry) -> Result<Shape> {
    ensure!(
        weight.size(0) >= geometry.groups && weight.size(0).is_multiple_of(geometry.groups),
        Runtime,
        "{op}(): expected weight to be at least {} at dimension 0 and divisible by groups, but got weight of size {:?}",
        geometry.groups,
        &weight.shape()[..]
    );
    let mut shape: Shape = smallvec![input.size(0), weight.size(0)];
    for i in 0..geometry.stride.len() {
        let padded = window::padded(op, input.size(i + 2), geometry.padding[i])?;
        let kernel = weight.size(i + 2);
        ensure!(
            kernel > 0,
            Runtime,
            "{op}(): kernel size should be greater than zero, but got weight of shape {:?}",
            &weight.shape()[..]
        );
        let reach = window::reach(op, kernel, geometry.dilation[i])?;
        ensure!(
            padded >= reach,
            Runtime,
            "{op}(): Calculated padded input size per channel: ({padded}). Kernel size: ({reach}). Kernel size can't be greater than actual \
             input size (spatial dimension {i})"
        );
        shape.push((padded - reach) as usize / geometry.stride[i] + 1);
    }
    Ok(shape)
}

fn launch(
    op: &'static str,
    pass: ConvPass,
    geometry: &ConvGeometry,
    inputs: &[Operand],
    layout: Layout,
    like: &Array,
) -> Result<Tensor> {
    let kernel = Kernel::Conv { pass, geometry };
    let [out] = backend::compute(op, &kernel, inputs, [(layout, like.dtype)], like.device())?;
    Ok(Tensor::from_array(out))
}

/// Results and gradients are channels last where the input or the weight is.
fn format_of(x: &Tensor, w: &Tensor) -> MemoryFormat {
    match x.with_array(|a| MemoryFormat::suggested_by(&a.layout)) {
        MemoryFormat::Contiguous => w.with_array(|a| MemoryFormat::suggested_by(&a.layout)),
        format => format,
    }
}

/// The three passes of one convolution refer to one another: each is differentiated by the other two.
fn forward(
    op: &'static str,
    x: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
    geometry: &ConvGeometry,
    shape: &[usize],
    format: MemoryFormat,
) -> Result<Tensor> {
    let inputs = [x.operand(), w.operand(), Tensor::operand_of(bias)];
    let out = launch(op, ConvPass::Forward, geometry, &inputs, format.layout(shape)?, &x.array())?;
    let inputs: SmallVec<[&Tensor; 3]> = [x, w].into_iter().chain(bias).collect();
    record("ConvolutionBackward0", &inputs, &[&out], || {
        let (geometry, of_tangents) = (geometry.clone(), geometry.clone());
        let kept = [("input", SavedTensor::input(x)), ("weight", SavedTensor::input(w))];
        let back = move |cx: &Context, [x, w]: &[SavedTensor; 2], g: &Tensor| {
            let (x, w) = (conjugate(x.get(cx)?).into_tensor()?, conjugate(w.get(cx)?).into_tensor()?);
            Grads::new(cx)
                .set(0, || transposed(op, g, &w, None, &geometry, &x.shape(), format))?
                .set(1, || weight_gradient(op, g, &x, &geometry, &w.shape(), format))?
                .set(2, || sum_over_channels(g))?
                .done()
        };
        keeping_both(kept, back, move |cx, kept, tangents| {
            let shape = &cx.outputs[0].shape;
            with_bias(cx, kept, tangents, |x, w, bias| forward(op, x, w, bias, &of_tangents, shape, format))
        })
    })?;
    Ok(out)
}

/// What `forward` maps back: `g` has the shape of a forward result, `shape` is that of the forward input.
fn transposed(
    op: &'static str,
    g: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
    geometry: &ConvGeometry,
    shape: &[usize],
    format: MemoryFormat,
) -> Result<Tensor> {
    let inputs = [g.operand(), w.operand(), Tensor::operand_of(bias)];
    let out = launch(op, ConvPass::GradInput, geometry, &inputs, format.layout(shape)?, &g.array())?;
    let inputs: SmallVec<[&Tensor; 3]> = [g, w].into_iter().chain(bias).collect();
    record("ConvolutionBackward0", &inputs, &[&out], || {
        let (geometry, of_tangents) = (geometry.clone(), geometry.clone());
        let kept = [("grad_output", SavedTensor::input(g)), ("weight", SavedTensor::input(w))];
        let back = move |cx: &Context, [g, w]: &[SavedTensor; 2], gg: &Tensor| {
            let (g, w) = (conjugate(g.get(cx)?).into_tensor()?, conjugate(w.get(cx)?).into_tensor()?);
            Grads::new(cx)
                .set(0, || forward(op, gg, &w, None, &geometry, &g.shape(), format))?
                .set(1, || weight_gradient(op, &g, gg, &geometry, &w.shape(), format))?
                .set(2, || sum_over_channels(gg))?
                .done()
        };
        keeping_both(kept, back, move |cx, kept, tangents| {
            let shape = &cx.outputs[0].shape;
            with_bias(cx, kept, tangents, |g, w, bias| transposed(op, g, w, bias, &of_tangents, shape, format))
        })
    })?;
    Ok(out)
}

/// The gradient of the weight, `shape` being the weight's.
fn weight_gradient(
    op: &'static str,
    g: &Tensor,
    x: &Tensor,
    geometry: &ConvGeometry,
    shape: &[usize],
    format: MemoryFormat,
) -> Result<Tensor> {
    let inputs = [g.operand(), x.operand()];
    let out = launch(op, ConvPass::GradWeight, geometry, &inputs, format.layout(shape)?, &x.array())?;
    record("ConvolutionBackwardBackward0", &[g, x], &[&out], || {
        let (geometry, of_tangents) = (geometry.clone(), geometry.clone());
        let kept = [("grad_output", SavedTensor::input(g)), ("input", SavedTensor::input(x))];
        let back = move |cx: &Context, [g, x]: &[SavedTensor; 2], gw: &Tensor| {
            let (g, x) = (conjugate(g.get(cx)?).into_tensor()?, conjugate(x.get(cx)?).into_tensor()?);
            Grads::new(cx)
                .set(0, || forward(op, &x, gw, None, &geometry, &g.shape(), format))?
                .set(1, || transposed(op, &g, gw, None, &geometry, &x.shape(), format))?
                .done()
        };
        keeping_both(kept, back, move |cx, kept, tangents| {
            let shape = &cx.outputs[0].shape;
            let product = |g: &Tensor, x: &Tensor| weight_gradient(op, g, x, &of_tangents, shape, format);
            Ok(smallvec![of_product(cx, kept, [&tangents[0], &tangents[1]], product)?])
        })
    })?;
    Ok(out)
}

/// The tangent of a convolution with a bias: the bias's is added along with the input's.
fn with_bias(
    cx: &Context,
    [x, w]: &[SavedTensor; 2],
    tangents: &[Option<Tensor>],
    pass: impl Fn(&Tensor, &Tensor, Option<&Tensor>) -> Result<Tensor>,
) -> Result<Gradients> {
    let bias = tangents.get(2).and_then(Option::as_ref);
    let by_weight = tangents[1].as_ref().map(|tangent| pass(&x.get(cx)?, tangent, None)).transpose()?;
    let by_input = match (&tangents[0], bias) {
        (Some(tangent), bias) => Some(pass(tangent, &w.get(cx)?, bias)?),
        (None, Some(bias)) => {
            let mut per_channel: SmallVec<[i64; 5]> = SmallVec::from_elem(1, cx.outputs[0].shape.len());
            per_channel[1] = -1;
            Some(view::reshape(bias, &per_channel)?)
        }
        (None, None) => None,
    };
    Ok(smallvec![sum_of(by_input, by_weight)?])
}

fn sum_over_channels(g: &Tensor) -> Result<Tensor> {
    let dims: SmallVec<[i64; 5]> = (0..g.ndim() as i64).filter(|&d| d != 1).collect();
    sum(g, Some(&dims), false, None)
}
