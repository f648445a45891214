//! The derivatives of normalisations.

use smallvec::{SmallVec, smallvec};

use crate::array::Array;
use crate::autograd::saved::NOTHING;
use crate::autograd::{Backward, Context, Gradients, Kept, SavedTensor, forward, is_differentiated};
use crate::backend;
use crate::error::Result;
use crate::kernel::Kernel;
use crate::layout::Layout;
use crate::tensor::Tensor;

use super::super::expr::Expr;
use super::super::reduce::{mean, sum};
use super::super::{cast, view};
use super::optional;

/// What a normalisation keeps for backward.
pub(super) struct Normalized {
    pub(super) x: SavedTensor,
    weight: Option<SavedTensor>,
    has_bias: bool,
    pub(super) mean: SavedTensor,
    pub(super) rstd: SavedTensor,
    eps: f64,
    axes: Axes,
}

/// What is normalised together, and how weight and bias lie to it.
pub(super) struct Axes {
    /// The dimensions of a group that has statistics of its own, counted from the end.
    pub(super) over: &'static [i64],
    /// The dimensions that weight and bias do not have, counted from the end.
    pub(super) affine_over: &'static [i64],
    /// The shape of weight and bias among the dimensions of the input.
    pub(super) affine_shape: SmallVec<[i64; 4]>,
    /// Are the statistics constants, and not those of the input?
    pub(super) fixed: bool,
}

/// A rule that reads a [`Normalized`].
pub(super) struct NormRule<F> {
    saved: Normalized,
    /// The gradients by kernels, where they are not differentiated in their turn.
    fused: F,
}

impl<F> Backward for NormRule<F>
where
    F: Fn(&Normalized, &Context, &Tensor) -> Result<Gradients> + Send + Sync,
{
    fn apply(&self, cx: &Context, mut grads: Gradients) -> Result<Gradients> {
        match grads[0].take() {
            // The statistics of no elements are NaN; sums over no elements are 0.
            Some(g) if cx.lead > 0 || is_differentiated() || g.numel() == 0 => self.saved.composed_gradients(cx, &g),
            Some(g) => (self.fused)(&self.saved, cx, &g),
            None => Ok(SmallVec::from_elem(None, cx.needs.len())),
        }
    }

    fn takes_many(&self) -> bool {
        true
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        self.saved.tangent(cx, tangents)
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let Normalized { x, weight, mean, rstd, .. } = &self.saved;
        let saved = [("input", Some(x)), ("weight", weight.as_ref()), ("result1", Some(mean)), ("result2", Some(rstd))];
        for (name, saved) in saved {
            see(name, Kept::Tensor(saved.unwrap_or(&NOTHING)));
        }
    }
}

impl Normalized {
    pub(super) fn rule<F>(self, fused: F) -> NormRule<F>
    where
        F: Fn(&Normalized, &Context, &Tensor) -> Result<Gradients> + Send + Sync,
    {
        NormRule { saved: self, fused }
    }

    pub(super) fn new(
        x: &Tensor,
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        mean: &Tensor,
        rstd: &Tensor,
        eps: f64,
        axes: Axes,
    ) -> Normalized {
        Normalized {
            x: SavedTensor::input(x),
            weight: weight.map(SavedTensor::input),
            has_bias: bias.is_some(),
            mean: SavedTensor::input(mean),
            rstd: SavedTensor::input(rstd),
            eps,
            axes,
        }
    }

    pub(super) fn weight(&self, cx: &Context) -> Result<Option<Tensor>> {
        self.weight.as_ref().map(|w| w.get(cx)).transpose()
    }

    /// Gradients in the order of the inputs: x, then weight and bias where they were given.
    pub(super) fn in_order(&self, of_x: Option<Tensor>, of_weight: Option<Tensor>, of_bias: Option<Tensor>) -> Gradients {
        let mut out: Gradients = smallvec![of_x];
        if self.weight.is_some() {
            out.push(of_weight);
        }
        if self.has_bias {
            out.push(of_bias);
        }
        out
    }

    /// By one kernel; the gradient of x lies as `layout` says.
    fn fused(
        &self,
        cx: &Context,
        g: &Tensor,
        op: &'static str,
        kernel: Kernel,
        features: usize,
        layout: Layout,
    ) -> Result<Gradients> {
        let g = cast::contiguous(g)?;
        let x = self.x.get(cx)?.array();
        let weight = self.weight(cx)?;
        let like_weight = || Array::empty(&[features], x.dtype, x.device());
        let outputs = [Array::empty_with(layout, x.dtype, x.device())?, like_weight()?, like_weight()?];
        let operands =
            [g.operand(), x.into(), self.mean.get(cx)?.operand(), self.rstd.get(cx)?.operand(), optional(weight.as_ref())];
        let affine = self.weight.is_some() || self.has_bias;
        let count = if affine || matches!(kernel, Kernel::BatchNormGrad { .. }) { 3 } else { 1 };
        backend::launch(op, &kernel, &operands, &outputs[..count])?;
        let [of_x, of_weight, of_bias] = outputs.map(Tensor::from_array);
        Ok(self.in_order(Some(of_x), Some(of_weight), Some(of_bias)))
    }

    pub(super) fn fused_row_gradients(&self, cx: &Context, g: &Tensor) -> Result<Gradients> {
        let layout = Layout::contiguous(&g.shape());
        self.fused(cx, g, "layer_norm", Kernel::LayerNormGrad, g.size(1), layout)
    }

    pub(super) fn fused_channel_gradients(&self, cx: &Context, g: &Tensor, training: bool, layout: Layout) -> Result<Gradients> {
        self.fused(cx, g, "batch_norm", Kernel::BatchNormGrad { training }, g.size(1), layout)
    }

    /// The normalised input, before weight and bias, and the reciprocal of the standard deviation, in tensor ops.
    fn normal(&self, cx: &Context) -> Result<(Tensor, Tensor)> {
        let (x, Axes { over, affine_shape, fixed, .. }) = (self.x.get(cx)?, &self.axes);
        let (centre, rstd) = if *fixed {
            (view::reshape(&self.mean.get(cx)?, affine_shape)?, view::reshape(&self.rstd.get(cx)?, affine_shape)?)
        } else {
            let centre = mean(&x, Some(over), true, None)?;
            let variance = mean(&(Expr::from(&x) - Expr::from(&centre)).square().into_tensor()?, Some(over), true, None)?;
            (centre, (Expr::from(variance) + self.eps).rsqrt().into_tensor()?)
        };
        let normal = ((Expr::from(&x) - Expr::from(&centre)) * Expr::from(&rstd)).into_tensor()?;
        Ok((normal, rstd))
    }

    /// The derivative of `n = (x - mean) * rstd` in a direction, which is symmetric: `rstd * (h - mean(h) - n * mean(h * n))`,
    /// or `rstd * h` where the statistics are constants.
    fn along(&self, h: &Tensor, normal: &Tensor, rstd: &Tensor) -> Result<Tensor> {
        let Axes { over, fixed, .. } = self.axes;
        if fixed {
            return (Expr::from(h) * Expr::from(rstd)).into_tensor();
        }
        let along = mean(&(Expr::from(h) * Expr::from(normal)).into_tensor()?, Some(over), true, None)?;
        let offset = mean(h, Some(over), true, None)?;
        (Expr::from(rstd) * (Expr::from(h) - Expr::from(offset) - Expr::from(normal) * Expr::from(along))).into_tensor()
    }

    /// Something of the result's shape times the weight, if there is one.
    fn weighted(&self, cx: &Context, x: &Tensor) -> Result<Tensor> {
        match self.weight(cx)? {
            Some(w) => (Expr::from(x) * Expr::from(view::reshape(&w, &self.axes.affine_shape)?)).into_tensor(),
            None => Ok(x.clone()),
        }
    }

    /// In tensor ops, to be differentiated again, or for many gradients at once.
    fn composed_gradients(&self, cx: &Context, g: &Tensor) -> Result<Gradients> {
        let (normal, rstd) = self.normal(cx)?;
        let summed = |x: &Tensor| sum(x, Some(self.axes.affine_over), false, None);
        let of_x = if cx.needs[0] { Some(self.along(&self.weighted(cx, g)?, &normal, &rstd)?) } else { None };
        let (mut of_weight, mut of_bias) = (None, None);
        if cx.needs[1..].contains(&true) {
            of_weight = Some(summed(&(Expr::from(g) * Expr::from(&normal)).into_tensor()?)?);
            of_bias = Some(summed(g)?);
        }
        Ok(self.in_order(of_x, of_weight, of_bias))
    }

    /// The tangent of the result.
    fn tangent(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        let (normal, rstd) = self.normal(cx)?;
        let mut affine = tangents[1..].iter();
        let mut next = |given: bool| if given { affine.next().and_then(Option::as_ref) } else { None };
        let (weight, bias) = (next(self.weight.is_some()), next(self.has_bias));
        let laid = |t: &Tensor| view::reshape(t, &self.axes.affine_shape);
        let by_x = tangents[0].as_ref().map(|t| self.weighted(cx, &self.along(t, &normal, &rstd)?)).transpose()?;
        let by_weight = weight.map(|t| (Expr::from(&normal) * Expr::from(laid(t)?)).into_tensor()).transpose()?;
        let by_bias = bias.map(laid).transpose()?;
        Ok(smallvec![forward::sum(forward::sum(by_x, by_weight)?, by_bias)?])
    }
}
