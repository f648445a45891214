//! Normalisation of groups of channels.

use smallvec::{SmallVec, smallvec};

use crate::array::{Array, Operand};
use crate::autograd::{Context, Gradients, needs_record, record};
use crate::backend;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Kernel, Reduction};
use crate::tensor::Tensor;

use super::super::expr::Expr;
use super::super::reduce::{as_i64, sum};
use super::super::{cast, view};
use super::rule::{Axes, Normalized};
use super::{check_float, optional};

/// Normalises groups of neighbouring channels of `(N, C, ..)`; weight and bias have shape `(C)`.
pub fn group_norm(input: &Tensor, groups: i64, weight: Option<&Tensor>, bias: Option<&Tensor>, eps: f64) -> Result<Tensor> {
    let shape = input.shape();
    ensure!(
        shape.len() >= 2,
        Runtime,
        "group_norm(): Expected at least 2 dimensions for input tensor but received {}",
        shape.len()
    );
    ensure!(groups > 0, Runtime, "group_norm(): Expected num groups to be greater than 0, got {groups}");
    let channels = shape[1] as i64;
    ensure!(
        channels % groups == 0,
        Runtime,
        "group_norm(): Expected number of channels in input to be divisible by num_groups, but got input of shape {:?} and num_groups={groups}",
        &shape[..]
    );
    let sizes = Sizes {
        batch: shape[0] as i64,
        groups,
        channels: channels / groups,
        length: shape[2..].iter().product::<usize>() as i64,
    };
    let per_channel = |what: &str, t: &Tensor| {
        ensure!(
            t.numel() as i64 == channels,
            Runtime,
            "group_norm(): Expected {what} to be a vector of size equal to the number of channels in input ({channels})"
        );
        // Half types may have float32 parameters, as in PyTorch.
        let t = if t.dtype() == input.dtype().accumulate() { cast::to_dtype(t, input.dtype())? } else { t.clone() };
        view::reshape(&t, &[groups, sizes.channels])
    };
    let weight = weight.map(|t| per_channel("weight", t)).transpose()?;
    let bias = bias.map(|t| per_channel("bias", t)).transpose()?;
    check_float("group_norm", input, weight.as_ref(), bias.as_ref())?;
    let flat = view::reshape(&cast::contiguous(input)?, &[sizes.batch, groups, sizes.channels, sizes.length])?;
    let out = view::reshape(&normalise(&flat, weight.as_ref(), bias.as_ref(), sizes, eps)?, &as_i64(&shape))?;
    cast::in_format_of(&out, input)
}

/// The input as `(N, G, S, L)`: batch, groups, channels of a group, everything else.
#[derive(Clone, Copy)]
struct Sizes {
    batch: i64,
    groups: i64,
    channels: i64,
    length: i64,
}

impl Sizes {
    /// How many groups there are in the whole batch.
    fn rows(self) -> i64 {
        self.batch * self.groups
    }

    /// `(1, N * C, L)`: each channel of each example as a channel of its own.
    fn by_channel(self, t: &Tensor) -> Result<Array> {
        Ok(view::reshape(t, &[1, self.rows() * self.channels, self.length])?.array())
    }

    /// `(N * G, S * L)`
    fn by_row(self, t: &Tensor) -> Result<Array> {
        Ok(view::reshape(t, &[self.rows(), self.channels * self.length])?.array())
    }

    /// One number a group, as one a channel: `(N * C)`.
    fn of_groups(self, t: &Tensor) -> Result<Tensor> {
        let column = view::reshape(t, &[self.rows(), 1])?;
        view::reshape(&view::expand(&column, &[self.rows(), self.channels])?, &[self.rows() * self.channels])
    }

    /// One number a channel, for each example: `(N * C)`.
    fn of_channels(self, t: &Tensor) -> Result<Tensor> {
        let row = view::reshape(t, &[1, self.groups * self.channels])?;
        view::reshape(&view::expand(&row, &[self.batch, self.groups * self.channels])?, &[self.rows() * self.channels])
    }
}

/// `(N, G, S, L)`, row-major, with weight and bias `(G, S)`.
fn normalise(x: &Tensor, weight: Option<&Tensor>, bias: Option<&Tensor>, sizes: Sizes, eps: f64) -> Result<Tensor> {
    let affine = [weight.map(Tensor::detach), bias.map(Tensor::detach)];
    let at_once = x.device().has_data() && backend::supports(x.device(), &Kernel::GroupNorm { eps }, x.dtype());
    let (y, mean, rstd) = if at_once { by_rows(x, &affine, sizes, eps)? } else { by_channels(x, &affine, sizes, eps)? };
    let inputs: SmallVec<[&Tensor; 3]> = std::iter::once(x).chain(weight).chain(bias).collect();
    if !needs_record(&inputs) {
        return Ok(y);
    }
    record("NativeGroupNormBackward0", &inputs, &[&y], || {
        let affine_shape = smallvec![1, sizes.groups, sizes.channels, 1];
        let axes = Axes { over: &[-2, -1], affine_over: &[-4, -1], affine_shape, fixed: false };
        Normalized::new(x, weight, bias, &mean, &rstd, eps, axes).rule(move |saved, cx, g| gradients(saved, cx, g, sizes))
    })?;
    Ok(y)
}

/// Result, means and reciprocal deviations of the groups, the latter two as columns, by one kernel.
fn by_rows(x: &Tensor, affine: &[Option<Tensor>; 2], sizes: Sizes, eps: f64) -> Result<(Tensor, Tensor, Tensor)> {
    let array = x.array();
    let y = Tensor::from_array(Array::empty(array.shape(), array.dtype, array.device())?);
    let row = || Array::empty(&[sizes.rows() as usize], array.dtype.accumulate(), array.device());
    let [mean, rstd] = [row()?, row()?];
    let [weight, bias] = affine;
    let inputs = [sizes.by_row(&x.detach())?.into(), optional(weight.as_ref()), optional(bias.as_ref())];
    let outputs = [sizes.by_row(&y)?, mean, rstd];
    backend::launch("group_norm", &Kernel::GroupNorm { eps }, &inputs, &outputs)?;
    let [_, mean, rstd] = outputs;
    let column = |array| view::reshape(&Tensor::from_array(array), &[sizes.rows(), 1]);
    Ok((y, column(mean)?, column(rstd)?))
}

/// [`by_rows`] on devices that have no such kernel: the statistics found, this is a batch normalisation with given ones, of which each example has its
/// own.
fn by_channels(x: &Tensor, affine: &[Option<Tensor>; 2], sizes: Sizes, eps: f64) -> Result<(Tensor, Tensor, Tensor)> {
    let array = x.array();
    let accumulate = array.dtype.accumulate();
    let plain = x.detach();
    let column = || Array::empty(&[sizes.rows() as usize, 1], accumulate, array.device());
    let statistics = [column()?, column()?];
    let variance = Kernel::Reduce { op: Reduction::Variance { correction: 0.0, sqrt: false } };
    backend::launch("group_norm", &variance, &[sizes.by_row(&plain)?.into()], &statistics)?;
    let [variance, mean] = statistics.map(Tensor::from_array);
    let spread = |t: &Option<Tensor>| t.as_ref().map(|t| sizes.of_channels(t)).transpose();
    let [w, b] = [spread(&affine[0])?, spread(&affine[1])?];
    let inputs = [
        sizes.by_channel(&plain)?.into(),
        optional(w.as_ref()),
        optional(b.as_ref()),
        sizes.of_groups(&mean)?.operand(),
        sizes.of_groups(&variance)?.operand(),
    ];
    let y = Tensor::from_array(Array::empty(array.shape(), array.dtype, array.device())?);
    let per_channel = || Array::empty(&[(sizes.rows() * sizes.channels) as usize], accumulate, array.device());
    let outputs = [sizes.by_channel(&y)?, per_channel()?, per_channel()?];
    backend::launch("group_norm", &Kernel::BatchNorm { eps, training: false }, &inputs, &outputs)?;
    let rstd = (Expr::from(&variance) + eps).rsqrt().into_tensor()?;
    Ok((y, mean, rstd))
}

/// The gradient of x is that of a layer normalisation of the groups, those of weight and bias are sums over the batch of a
/// batch normalisation's.
fn gradients(saved: &Normalized, cx: &Context, g: &Tensor, sizes: Sizes) -> Result<Gradients> {
    let (g, x, weight) = (cast::contiguous(g)?, saved.x.get(cx)?.detach(), saved.weight(cx)?);
    let (mean, rstd) = (saved.mean.get(cx)?, saved.rstd.get(cx)?);
    let empty = |shape: &[usize]| Array::empty(shape, g.dtype(), g.device());
    let (mut of_weight, mut of_bias) = (None, None);
    if cx.needs[1..].contains(&true) {
        let per_channel = [(sizes.rows() * sizes.channels) as usize];
        let outputs = [empty(sizes.by_channel(&x)?.shape())?, empty(&per_channel)?, empty(&per_channel)?];
        let statistics = [sizes.of_groups(&mean)?.operand(), sizes.of_groups(&rstd)?.operand()];
        let [mean, rstd] = statistics;
        let inputs = [sizes.by_channel(&g)?.into(), sizes.by_channel(&x)?.into(), mean, rstd, Operand::None];
        backend::launch("group_norm", &Kernel::BatchNormGrad { training: false }, &inputs, &outputs)?;
        let [_, w, b] = outputs.map(Tensor::from_array);
        let over_batch =
            |t: Tensor| sum(&view::reshape(&t, &[sizes.batch, sizes.groups, sizes.channels])?, Some(&[0]), false, None);
        (of_weight, of_bias) = (Some(over_batch(w)?), Some(over_batch(b)?));
    }
    let scaled = match weight {
        Some(w) => {
            let w = view::reshape(&w, &[1, sizes.groups, sizes.channels, 1])?;
            (Expr::from(&g) * Expr::from(w)).into_tensor()?
        }
        None => g,
    };
    let of_x = Tensor::from_array(Array::empty(&x.shape(), x.dtype(), x.device())?);
    let flat = |t: &Tensor| view::reshape(t, &[sizes.rows()]).map(|t| t.operand());
    let inputs = [sizes.by_row(&scaled)?.into(), sizes.by_row(&x)?.into(), flat(&mean)?, flat(&rstd)?, Operand::None];
    backend::launch("group_norm", &Kernel::LayerNormGrad, &inputs, &[sizes.by_row(&of_x)?])?;
    Ok(saved.in_order(Some(of_x), of_weight, of_bias))
}
