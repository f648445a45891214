//! The three passes of a convolution: each is differentiated by the other two.
//!
//! Their tensors have one dimension more in front where they are those of samples with a weight each.

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::forward::{of_product, sum as sum_of};
use crate::autograd::{Context, Fact, Facts, Gradients, Grads, SavedTensor, at_once_if, keeping_both, record, telling};
use crate::backend;
use crate::error::Result;
use crate::kernel::{ConvGeometry, ConvPass, Kernel};
use crate::memory_format::MemoryFormat;
use crate::tensor::Tensor;

use super::super::expr::conjugate;
use super::super::reduce::sum;
use super::super::view;
use super::{many, samples};

fn launch(
    op: &'static str,
    pass: ConvPass,
    geometry: &ConvGeometry,
    inputs: &[Operand],
    (shape, format): (&[usize], MemoryFormat),
    like: &Array,
) -> Result<Tensor> {
    if shape.len() > geometry.stride.len() + 2 {
        return Ok(Tensor::from_array(samples::launch(op, pass, geometry, inputs, shape)?));
    }
    let kernel = Kernel::Conv { pass, geometry };
    let [out] = backend::compute(op, &kernel, inputs, [(format.layout(shape)?, like.dtype)], like.device())?;
    Ok(Tensor::from_array(out))
}

/// Which way a convolution goes: from what it slides over to its sums, or back, as a transposed one does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Transposed,
}

impl Way {
    fn back(self) -> Way {
        if self == Way::Forward { Way::Transposed } else { Way::Forward }
    }

    fn pass(self) -> ConvPass {
        if self == Way::Forward { ConvPass::Forward } else { ConvPass::GradInput }
    }

    /// The sums and what is slid over, by what comes out and what goes in.
    fn sums_and_slid<'a>(self, out: &'a Tensor, x: &'a Tensor) -> [&'a Tensor; 2] {
        if self == Way::Forward { [out, x] } else { [x, out] }
    }
}

/// A convolution to a result of this shape and format. Each way is differentiated by the other.
pub(super) fn convolve(
    op: &'static str,
    way: Way,
    x: &Tensor,
    w: &Tensor,
    bias: Option<&Tensor>,
    geometry: &ConvGeometry,
    shape: &[usize],
    format: MemoryFormat,
) -> Result<Tensor> {
    let inputs = [x.operand(), w.operand(), Tensor::operand_of(bias)];
    let out = launch(op, way.pass(), geometry, &inputs, (shape, format), &x.array())?;
    let inputs: SmallVec<[&Tensor; 3]> = [x, w].into_iter().chain(bias).collect();
    let has_one_weight = shape.len() == geometry.stride.len() + 2;
    record("ConvolutionBackward0", &inputs, &[&out], || {
        let facts = facts_of(way, geometry, [&x.shape(), &w.shape(), shape], bias);
        let (geometry, of_tangents) = (geometry.clone(), geometry.clone());
        let kept = [("input", SavedTensor::input(x)), ("weight", SavedTensor::input(w))];
        let back = move |cx: &Context, [x, w]: &[SavedTensor; 2], g: &Tensor| {
            let (x, w) = (conjugate(x.get(cx)?).into_tensor()?, conjugate(w.get(cx)?).into_tensor()?);
            let of_x = |g: &Tensor, shape: &[usize]| convolve(op, way.back(), g, &w, None, &geometry, shape, format);
            let of_w = |g: &Tensor, x: &Tensor, shape: &[usize]| {
                let [sums, slid] = way.sums_and_slid(g, x);
                weight_gradient(op, sums, slid, &geometry, shape, format)
            };
            Grads::new(cx)
                .set(0, || many::of_input(cx.lead, g, &x.shape(), of_x))?
                .set(1, || many::of_weight(cx.lead, way, [g, &x], geometry.groups, &w.shape(), of_w))?
                .set(2, || of_bias(cx.lead, g, &geometry))?
                .done()
        };
        let rule = keeping_both(kept, back, move |cx, kept, tangents| {
            let shape = &cx.outputs[0].shape;
            with_bias(cx, kept, tangents, &of_tangents, |x, w, bias| convolve(op, way, x, w, bias, &of_tangents, shape, format))
        });
        at_once_if(has_one_weight, telling(facts, rule))
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
    let out = launch(op, ConvPass::GradWeight, geometry, &inputs, (shape, format), &x.array())?;
    record("ConvolutionBackwardBackward0", &[g, x], &[&out], || {
        let (geometry, of_tangents) = (geometry.clone(), geometry.clone());
        let kept = [("grad_output", SavedTensor::input(g)), ("input", SavedTensor::input(x))];
        let back = move |cx: &Context, [g, x]: &[SavedTensor; 2], gw: &Tensor| {
            let (g, x) = (conjugate(g.get(cx)?).into_tensor()?, conjugate(x.get(cx)?).into_tensor()?);
            Grads::new(cx)
                .set(0, || convolve(op, Way::Forward, &x, gw, None, &geometry, &g.shape(), format))?
                .set(1, || convolve(op, Way::Transposed, &g, gw, None, &geometry, &x.shape(), format))?
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

/// What the node of a convolution shows of its geometry, by the shapes of input, weight and result.
fn facts_of(way: Way, geometry: &ConvGeometry, [x, w, out]: [&[usize]; 3], bias: Option<&Tensor>) -> Facts<7> {
    let dims = geometry.stride.len();
    // A transposed convolution's result is longer than the windows reach by the padding of the output.
    let beyond = |d: usize| match way {
        Way::Forward => 0,
        Way::Transposed => {
            let [x, w, out] = [x, w, out].map(|shape| shape[shape.len() - dims + d]);
            let reach = (x - 1) * geometry.stride[d] + geometry.dilation[d] * (w - 1) + 1;
            (out + 2 * geometry.padding[d]).saturating_sub(reach) as i64
        }
    };
    [
        ("stride", Fact::list(&geometry.stride)),
        ("padding", Fact::list(&geometry.padding)),
        ("dilation", Fact::list(&geometry.dilation)),
        ("transposed", (way == Way::Transposed).into()),
        ("output_padding", Fact::Numbers((0..dims).map(beyond).collect())),
        ("groups", Fact::of(geometry.groups)),
        ("bias_sym_sizes_opt", Fact::list(&[bias.map_or(0, Tensor::numel)])),
    ]
}

/// The tangent of a convolution with a bias: the bias's is added along with the input's.
fn with_bias(
    cx: &Context,
    [x, w]: &[SavedTensor; 2],
    tangents: &[Option<Tensor>],
    geometry: &ConvGeometry,
    pass: impl Fn(&Tensor, &Tensor, Option<&Tensor>) -> Result<Tensor>,
) -> Result<Gradients> {
    let bias = tangents.get(2).and_then(Option::as_ref);
    let by_weight = tangents[1].as_ref().map(|tangent| pass(&x.get(cx)?, tangent, None)).transpose()?;
    let by_input = match (&tangents[0], bias) {
        (Some(tangent), bias) => Some(pass(tangent, &w.get(cx)?, bias)?),
        (None, Some(bias)) => {
            let ndim = cx.outputs[0].shape.len();
            let mut per_channel: SmallVec<[i64; 6]> = SmallVec::from_elem(1, ndim);
            per_channel[channels(ndim, geometry)] = -1;
            Some(view::reshape(bias, &per_channel)?)
        }
        (None, None) => None,
    };
    Ok(smallvec![sum_of(by_input, by_weight)?])
}

/// Which dimension has the channels.
fn channels(ndim: usize, geometry: &ConvGeometry) -> usize {
    ndim - geometry.stride.len() - 1
}

/// The gradient of the bias: a sum over all that is not a channel.
fn of_bias(lead: usize, g: &Tensor, geometry: &ConvGeometry) -> Result<Tensor> {
    let channels = channels(g.ndim(), geometry);
    let dims: SmallVec<[i64; 6]> = (lead..g.ndim()).filter(|&d| d != channels).map(|d| d as i64).collect();
    sum(g, Some(&dims), false, None)
}
