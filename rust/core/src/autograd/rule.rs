//! Backward rules made of closures.

use smallvec::SmallVec;

use crate::error::Result;
use crate::tensor::Tensor;

use super::{Backward, Context, Gradients, Kept, SavedTensor};

impl<F> Backward for F
where
    F: Fn(&Context, Gradients) -> Result<Gradients> + Send + Sync,
{
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        self(cx, grads)
    }
}

/// The gradients of a node's inputs, each computed only if it is asked for.
pub struct Grads<'a> {
    needs: &'a [bool],
    of_inputs: Gradients,
}

impl<'a> Grads<'a> {
    /// Nothing yet.
    pub fn new(cx: &Context<'a>) -> Grads<'a> {
        Grads { needs: cx.needs, of_inputs: SmallVec::from_elem(None, cx.needs.len()) }
    }

    /// Computes the gradient of an input, if the node has that input and its gradient is asked for.
    pub fn set(mut self, input: usize, gradient: impl FnOnce() -> Result<Tensor>) -> Result<Self> {
        if self.needs.get(input) == Some(&true) {
            self.of_inputs[input] = Some(gradient()?);
        }
        Ok(self)
    }

    /// All of them, for the end of a rule.
    pub fn done(self) -> Result<Gradients> {
        Ok(self.of_inputs)
    }
}

/// The rule of an op with one output.
pub trait OneOutput: Send + Sync + 'static {
    /// Gradients of the inputs from that of the output.
    fn gradients(&self, cx: &Context, grad: &Tensor) -> Result<Gradients>;

    /// As [`Backward::saved`].
    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let _ = see;
    }

    /// As [`Backward::keeps_nothing`].
    fn keeps_nothing(&self) -> bool {
        false
    }
}

impl<F> OneOutput for F
where
    F: Fn(&Context, &Tensor) -> Result<Gradients> + Send + Sync + 'static,
{
    fn gradients(&self, cx: &Context, grad: &Tensor) -> Result<Gradients> {
        self(cx, grad)
    }
}

/// A rule of which it is known that it keeps no tensor.
pub struct Free<R>(R);

/// Says of a rule that it keeps no tensor.
pub fn free<R: Backward>(rule: R) -> Free<R> {
    Free(rule)
}

impl<R: Backward> Backward for Free<R> {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        self.0.apply(cx, grads)
    }

    fn takes_many(&self) -> bool {
        self.0.takes_many()
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        self.0.push(cx, tangents)
    }

    fn keeps_nothing(&self) -> bool {
        true
    }
}

/// The rule of an op with one output, as a rule of any number of them.
pub struct OfOne<R>(R);

/// The rule of an op with one output, as such a rule.
pub fn one<R: OneOutput>(rule: R) -> OfOne<R> {
    OfOne(rule)
}

impl<R: OneOutput> Backward for OfOne<R> {
    fn apply(&self, cx: &Context, mut grads: Gradients) -> Result<Gradients> {
        match grads[0].take() {
            Some(grad) => self.0.gradients(cx, &grad),
            None => Ok(SmallVec::from_elem(None, cx.needs.len())),
        }
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.0.saved(see);
    }

    fn keeps_nothing(&self) -> bool {
        self.0.keeps_nothing()
    }
}

/// A rule with the tensors that it saved, by name.
pub struct Keeping<const N: usize, F> {
    names: [&'static str; N],
    kept: [SavedTensor; N],
    rule: F,
}

impl<const N: usize, F> Keeping<N, F> {
    fn new(kept: [(&'static str, SavedTensor); N], rule: F) -> Keeping<N, F> {
        let names = std::array::from_fn(|i| kept[i].0);
        Keeping { names, kept: kept.map(|(_, saved)| saved), rule }
    }

    /// Has it nothing in all places of tensors, as no gradient that is asked for reads them?
    fn is_empty(&self) -> bool {
        self.kept.iter().all(SavedTensor::is_nothing)
    }

    fn show(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.names.iter().zip(&self.kept).for_each(|(name, saved)| see(name, Kept::Tensor(saved)));
    }
}

/// A rule that gets the tensors which it saved. They have the names under which PyTorch's nodes show them.
pub fn keeping<const N: usize, F>(kept: [(&'static str, SavedTensor); N], rule: F) -> Keeping<N, F>
where
    F: Fn(&Context, &[SavedTensor; N], Gradients) -> Result<Gradients> + Send + Sync,
{
    Keeping::new(kept, rule)
}

/// [`keeping`] for an op with one output.
pub fn keeping_one<const N: usize, F>(kept: [(&'static str, SavedTensor); N], rule: F) -> KeepingOne<N, F>
where
    F: Fn(&Context, &[SavedTensor; N], &Tensor) -> Result<Gradients> + Send + Sync + 'static,
{
    KeepingOne(Keeping::new(kept, rule))
}

/// [`Keeping`] for an op with one output.
pub struct KeepingOne<const N: usize, F>(Keeping<N, F>);

impl<const N: usize, F> Backward for Keeping<N, F>
where
    F: Fn(&Context, &[SavedTensor; N], Gradients) -> Result<Gradients> + Send + Sync,
{
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        (self.rule)(cx, &self.kept, grads)
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.show(see);
    }

    fn keeps_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<const N: usize, F> OneOutput for KeepingOne<N, F>
where
    F: Fn(&Context, &[SavedTensor; N], &Tensor) -> Result<Gradients> + Send + Sync + 'static,
{
    fn gradients(&self, cx: &Context, grad: &Tensor) -> Result<Gradients> {
        (self.0.rule)(cx, &self.0.kept, grad)
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.0.show(see);
    }

    fn keeps_nothing(&self) -> bool {
        self.0.is_empty()
    }
}

/// [`keeping_one`] with a way of its own to send tangents along, which gets the tensors, too.
pub fn keeping_both<const N: usize, F, P>(kept: [(&'static str, SavedTensor); N], rule: F, push: P) -> impl Backward
where
    F: Fn(&Context, &[SavedTensor; N], &Tensor) -> Result<Gradients> + Send + Sync + 'static,
    P: Fn(&Context, &[SavedTensor; N], &[Option<Tensor>]) -> Result<Gradients> + Send + Sync,
{
    pushing(one(keeping_one(kept, rule)), move |rule: &OfOne<KeepingOne<N, F>>, cx, tangents| push(cx, &rule.0.0.kept, tangents))
}

/// A rule with a way of its own to send tangents along.
pub struct Pushing<R, P> {
    rule: R,
    push: P,
}

/// A rule, and how it sends tangents along.
pub fn pushing<R: Backward, P>(rule: R, push: P) -> Pushing<R, P>
where
    P: Fn(&R, &Context, &[Option<Tensor>]) -> Result<Gradients> + Send + Sync,
{
    Pushing { rule, push }
}

impl<R: Backward, P> Backward for Pushing<R, P>
where
    P: Fn(&R, &Context, &[Option<Tensor>]) -> Result<Gradients> + Send + Sync,
{
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        self.rule.apply(cx, grads)
    }

    fn takes_many(&self) -> bool {
        self.rule.takes_many()
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        (self.push)(&self.rule, cx, tangents)
    }

    fn keeps_nothing(&self) -> bool {
        self.rule.keeps_nothing()
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.rule.saved(see);
    }
}

/// [`keeping`] with a way of its own to send tangents along, which gets the tensors, too.
pub fn keeping_pushing<const N: usize, F, P>(kept: [(&'static str, SavedTensor); N], rule: F, push: P) -> impl Backward
where
    F: Fn(&Context, &[SavedTensor; N], Gradients) -> Result<Gradients> + Send + Sync,
    P: Fn(&Context, &[SavedTensor; N], &[Option<Tensor>]) -> Result<Gradients> + Send + Sync,
{
    pushing(keeping(kept, rule), move |rule: &Keeping<N, F>, cx, tangents| push(cx, &rule.kept, tangents))
}

/// The rule of an op with one input and one output that is linear in the input, and keeps no tensor.
pub struct Linear<A, F> {
    adjoint: A,
    forward: F,
}

impl<A, F> Linear<A, F> {
    /// `adjoint` takes a gradient back, which has so many dimensions in front of the output's; `forward` a tangent along.
    pub fn new(adjoint: A, forward: F) -> Linear<A, F> {
        Linear { adjoint, forward }
    }
}

impl<A, F> Backward for Linear<A, F>
where
    A: Fn(&Tensor, usize) -> Result<Tensor> + Send + Sync,
    F: Fn(&Tensor) -> Result<Tensor> + Send + Sync,
{
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        grads.iter().map(|grad| grad.as_ref().map(|grad| (self.adjoint)(grad, cx.lead)).transpose()).collect()
    }

    fn takes_many(&self) -> bool {
        true
    }

    fn keeps_nothing(&self) -> bool {
        true
    }

    fn push(&self, _: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        tangents.iter().map(|tangent| tangent.as_ref().map(&self.forward).transpose()).collect()
    }
}

/// The rule of an op with one input and one output that is linear in the input, and reads tensors that it saved: `adjoint`
/// takes a gradient back, `forward` a tangent along.
pub fn keeping_linear<const N: usize>(
    kept: [(&'static str, SavedTensor); N],
    adjoint: impl Fn(&Context, &[SavedTensor; N], &Tensor) -> Result<Tensor> + Send + Sync + 'static,
    forward: impl Fn(&Context, &[SavedTensor; N], &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> impl Backward + 'static {
    let rule = keeping(kept, move |cx, kept, grads| {
        grads.iter().map(|grad| grad.as_ref().map(|g| adjoint(cx, kept, g)).transpose()).collect()
    });
    pushing(rule, move |rule: &Keeping<N, _>, cx, tangents| {
        tangents.iter().map(|tangent| tangent.as_ref().map(|t| forward(cx, &rule.kept, t)).transpose()).collect()
    })
}
