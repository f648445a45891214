//! Derivative of `scatter_reduce`.

use smallvec::smallvec;

use crate::autograd::{Context, Gradients, Kept, OneOutput, SavedTensor};
use crate::error::Result;
use crate::scalar::Scalar;
use crate::tensor::Tensor;

use super::expr::{Expr, conjugate, select};
use super::gather::gather;
use super::pointwise::{self, arithmetic::DIV_FLOOR};
use super::scatter::{Reduce, scatter_add, scatter_reduce, scatter_value};
use super::{arithmetic, cast, creation};

/// What `scatter_reduce` keeps for its backward.
pub(super) struct ScatterReduceBackward {
    pub(super) input: SavedTensor,
    pub(super) src: SavedTensor,
    pub(super) out: SavedTensor,
    pub(super) index: SavedTensor,
    pub(super) dim: i64,
    pub(super) reduce: Reduce,
    pub(super) include_self: bool,
}

/// How many elements each place was reduced from; places that received none count one.
pub(super) fn counts(like: &Tensor, dim: i64, index: &Tensor, include_self: bool) -> Result<Tensor> {
    let start = creation::full_like(like, Scalar::Int(include_self.into()), None, None)?;
    let ones = Tensor::full(&index.shape(), Scalar::Int(1), like.dtype(), like.device())?;
    let counts = Expr::from(scatter_add(&start, dim, index, &ones)?).into_tensor()?;
    if include_self {
        return Ok(counts);
    }
    let one = Tensor::full(&[], Scalar::Int(1), like.dtype(), like.device())?;
    select(Expr::from(&counts).eq(Expr::from(Scalar::Int(0))), one, counts).into_tensor()
}

/// Sums divided by counts; integers are rounded down.
pub(super) fn mean(sums: &Tensor, counts: &Tensor) -> Result<Tensor> {
    if sums.dtype().is_integral() {
        pointwise::run(&DIV_FLOOR, &[sums.into(), counts.into()], &[])
    } else {
        arithmetic::div(sums, counts)
    }
}

impl OneOutput for ScatterReduceBackward {
    fn saved(&self, see: &mut dyn FnMut(&'static str, Kept<'_>)) {
        for (name, saved) in [("self", &self.input), ("src", &self.src), ("result", &self.out), ("index", &self.index)] {
            see(name, Kept::Tensor(saved));
        }
    }

    fn gradients(&self, cx: &Context, g: &Tensor) -> Result<Gradients> {
        let index = self.index.get(cx)?;
        let (of_input, of_src) = match self.reduce {
            Reduce::Sum => (g.clone(), gather(g, self.dim, &index)?),
            Reduce::Mean => {
                let share = arithmetic::div(g, &counts(g, self.dim, &index, self.include_self)?)?;
                (share.clone(), gather(&share, self.dim, &index)?)
            }
            Reduce::Prod => self.of_product(cx, g, &index)?,
            Reduce::Amax | Reduce::Amin => self.of_extremum(cx, g, &index)?,
        };
        let of_input = if self.include_self { of_input } else { scatter_value(&of_input, self.dim, &index, Scalar::Int(0))? };
        Ok(smallvec![Some(of_input), Some(of_src)])
    }
}

impl ScatterReduceBackward {
    /// The gradient is shared evenly among those that are equal to the result.
    fn of_extremum(&self, cx: &Context, g: &Tensor, index: &Tensor) -> Result<(Tensor, Tensor)> {
        let (input, src, out) = (self.input.get(cx)?, self.src.get(cx)?, self.out.get(cx)?);
        let hits = |a: &Tensor, b: &Tensor| cast::to_dtype(&Expr::from(a).eq(b).into_tensor()?, g.dtype());
        let of_input = hits(&input, &out)?;
        let of_src = hits(&src, &gather(&out, self.dim, index)?)?;
        // As in PyTorch the input counts, whether it takes part or not.
        let share = arithmetic::div(g, &scatter_add(&of_input, self.dim, index, &of_src)?)?;
        // A place that nothing reached is equal to itself and to nothing else.
        Ok((arithmetic::mul(&share, &of_input)?, arithmetic::mul(&gather(&share, self.dim, index)?, &of_src)?))
    }

    /// The product of the others: the result over the element, or, where the element is the only zero at its place,
    /// the product with that zero left out.
    fn of_product(&self, cx: &Context, g: &Tensor, index: &Tensor) -> Result<(Tensor, Tensor)> {
        let kept = |saved: &SavedTensor| conjugate(saved.get(cx)?).into_tensor();
        let (input, src, out) = (kept(&self.input)?, kept(&self.src)?, kept(&self.out)?);
        let zero = |t: &Tensor| Expr::from(t).eq(0.0).into_tensor();
        let nonzero = |t: &Tensor| select(Expr::from(zero(t)?), 1.0, t).into_tensor();
        let reduced = |base: &Tensor, src: &Tensor| scatter_reduce(base, self.dim, index, src, Reduce::Prod, self.include_self);

        let safe_input = nonzero(&input)?;
        let others = arithmetic::div(&reduced(&safe_input, &src)?, &safe_input)?;
        let of_input = arithmetic::mul(g, &others)?;

        let zeros = cast::to_dtype(&zero(&src)?, g.dtype())?;
        let zeros_there = gather(&scatter_add(&creation::zeros_like(g, None, None)?, self.dim, index, &zeros)?, self.dim, index)?;
        let only_zero = Expr::from(&zeros_there).eq(1.0).and(Expr::from(zero(&src)?)).into_tensor()?;
        let without_zero = reduced(&input, &select(Expr::from(&only_zero), 1.0, &src).into_tensor()?)?;
        let at_zero = gather(&arithmetic::mul(g, &without_zero)?, self.dim, index)?;
        let elsewhere = arithmetic::div(&gather(&arithmetic::mul(g, &out)?, self.dim, index)?, &nonzero(&src)?)?;
        Ok((of_input, select(Expr::from(only_zero), at_zero, elsewhere).into_tensor()?))
    }
}
