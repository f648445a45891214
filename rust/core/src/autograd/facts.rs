//! What nodes show besides tensors: the arguments of their ops, under PyTorch's names (`grad_fn._saved_dim`).

use smallvec::SmallVec;

use crate::error::Result;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::{Backward, Context, Gradients, Kept, OneOutput};

/// An argument of an op.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// None that the node has: overloads of an op share their rule.
    Absent,
    /// One that was not given.
    Nothing,
    /// A number.
    Number(Scalar),
    /// A word.
    Text(Box<str>),
    /// Some integers: sizes, dimensions.
    Numbers(SmallVec<[i64; 4]>),
    /// The shape of an input, where the edges of the node lead.
    SizesOf(usize),
    /// The number of elements of an input.
    ElementsOf(usize),
}

impl<N: Into<Scalar>> From<N> for Fact {
    fn from(number: N) -> Fact {
        Fact::Number(number.into())
    }
}

impl Fact {
    /// Of a dimension or a size.
    pub fn of(number: usize) -> Fact {
        Fact::Number(Scalar::Int(number as i64))
    }

    /// Of sizes or dimensions.
    pub fn list(numbers: &[usize]) -> Fact {
        Fact::Numbers(numbers.iter().map(|&n| n as i64).collect())
    }

    /// Of integers.
    pub fn integers(numbers: &[i64]) -> Fact {
        Fact::Numbers(SmallVec::from_slice(numbers))
    }
}

/// The arguments of an op that its node shows, each under its name.
pub type Facts<const N: usize> = [(&'static str, Fact); N];

/// A rule with the arguments of its op.
pub struct Telling<R, const N: usize> {
    rule: R,
    facts: Facts<N>,
}

/// A rule whose node shows arguments of its op.
pub fn telling<R, const N: usize>(facts: Facts<N>, rule: R) -> Telling<R, N> {
    Telling { rule, facts }
}

impl<R, const N: usize> Telling<R, N> {
    fn show(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        let shown = self.facts.iter().filter(|(_, fact)| *fact != Fact::Absent);
        shown.for_each(|(name, fact)| see(name, Kept::Fact(fact)));
    }
}

impl<R: Backward, const N: usize> Backward for Telling<R, N> {
    fn apply(&self, cx: &Context, grads: Gradients) -> Result<Gradients> {
        self.rule.apply(cx, grads)
    }

    fn takes_many(&self) -> bool {
        self.rule.takes_many()
    }

    fn push(&self, cx: &Context, tangents: &[Option<Tensor>]) -> Result<Gradients> {
        self.rule.push(cx, tangents)
    }

    fn keeps_nothing(&self) -> bool {
        self.rule.keeps_nothing()
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.rule.saved(see);
        self.show(see);
    }

    fn is_attribute(&self, input: usize) -> bool {
        self.rule.is_attribute(input)
    }
}

impl<R: OneOutput, const N: usize> OneOutput for Telling<R, N> {
    fn gradients(&self, cx: &Context, grad: &Tensor) -> Result<Gradients> {
        self.rule.gradients(cx, grad)
    }

    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        self.rule.saved(see);
        self.show(see);
    }

    fn keeps_nothing(&self) -> bool {
        self.rule.keeps_nothing()
    }
}
