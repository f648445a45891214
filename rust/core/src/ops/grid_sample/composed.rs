//! Sampling composed of other ops: for devices that have no kernel for it, and for derivatives of its gradients.

use smallvec::smallvec;

use crate::autograd::engine::{self, Options};
use crate::autograd::{Context, Gradients};
use crate::dtype::DType;
use crate::error::Result;
use crate::grid::{GridMode, GridPadding, GridSampling};
use crate::scalar::Scalar;
use crate::shape::Shape;
use crate::tensor::Tensor;

use super::super::expr::{Expr, select};
use super::super::pointwise::{arithmetic, rounding};
use super::super::reduce::as_i64;
use super::super::{cast, gather, masked, view};

/// As [`super::grid_sample`].
pub(super) fn grid_sample(input: &Tensor, grid: &Tensor, sampling: GridSampling) -> Result<Tensor> {
    let dtype = input.dtype().accumulate();
    let image = Image {
        flat: view::flatten(&cast::to_dtype(input, dtype)?, 2, -1)?,
        sizes: input.shape()[2..].iter().copied().collect(),
        sampling,
    };
    let grid = cast::to_dtype(grid, dtype)?;
    let dims = image.sizes.len();
    let mut axes = Vec::with_capacity(dims);
    for dim in 0..dims {
        let coordinate = view::select(&grid, -1, (dims - 1 - dim) as i64)?;
        axes.push(image.taps(dim, image.position(dim, &coordinate))?);
    }
    let sum = image.weighted_sum(&axes)?;
    cast::contiguous(&cast::to_dtype(&sum, input.dtype())?)
}

/// Gradients that can be differentiated: those of the composition.
pub(super) fn gradients(cx: &Context, input: &Tensor, grid: &Tensor, g: &Tensor, sampling: GridSampling) -> Result<Gradients> {
    // Views: the grid may depend on the image, and that way is the outer walk's.
    let view_of = |t: &Tensor| view::squeeze_dim(&view::unsqueeze(t, 0)?, 0);
    let (input, grid) = (&view_of(input)?, &view_of(grid)?);
    let out = grid_sample(input, grid, sampling)?;
    let wanted: Vec<Tensor> =
        [input, grid].into_iter().zip(cx.needs).filter(|(_, needed)| **needed).map(|(t, _)| t.clone()).collect();
    let options = Options { retain_graph: true, create_graph: true, many: None };
    let mut found = engine::grad(&[out], &[Some(g.clone())], &wanted, options)?.into_iter();
    let mut next = |needed: bool| if needed { found.next().flatten() } else { None };
    Ok(smallvec![next(cx.needs[0]), next(cx.needs[1])])
}

struct Image {
    /// (N, C, pixels).
    flat: Tensor,
    sizes: Shape,
    sampling: GridSampling,
}

/// The position of a tap in one dimension, and its weight.
type Tap = (Tensor, Tensor);

impl Image {
    /// The position of a coordinate in a dimension.
    fn position(&self, dim: usize, coordinate: &Tensor) -> Expr {
        let size = self.sizes[dim] as f64;
        let from_edge = Expr::from(coordinate) + 1.0;
        if self.sampling.align_corners { from_edge / 2.0 * (size - 1.0) } else { (from_edge * size - 1.0) / 2.0 }
    }

    /// The taps of positions in a dimension.
    fn taps(&self, dim: usize, position: Expr) -> Result<Vec<Tap>> {
        let position = position.into_tensor()?;
        let p = || Expr::from(&position);
        match self.sampling.mode {
            GridMode::Nearest => {
                let inside = self.bring_inside(dim, &position)?;
                let nearest = Expr::from(&inside).map(&rounding::ROUND);
                // A weight of 1 whose derivative is 0 rather than none.
                let one = select(always(&position)?, 1.0, p());
                Ok(vec![(nearest.into_tensor()?, one.into_tensor()?)])
            }
            GridMode::Linear => {
                let inside = self.bring_inside(dim, &position)?;
                let low = Expr::from(inside.detach()).floor().into_tensor()?;
                let share = (Expr::from(inside) - Expr::from(&low)).into_tensor()?;
                let next = (Expr::from(&low) + 1.0).into_tensor()?;
                Ok(vec![(low, (1.0 - Expr::from(&share)).into_tensor()?), (next, share)])
            }
            GridMode::Cubic => {
                let low = Expr::from(position.detach()).floor().into_tensor()?;
                let share = (p() - Expr::from(&low)).into_tensor()?;
                let s = || Expr::from(&share);
                let weights = [keys(s() + 1.0, true), keys(s(), false), keys(1.0 - s(), false), keys(2.0 - s(), true)];
                // Each tap by itself is brought inside, as the taps of one point may lie on both sides of the border.
                let tap = |(k, weight): (usize, Expr)| {
                    let at = (Expr::from(&low) + (k as f64 - 1.0)).into_tensor()?;
                    Ok((self.bring_inside(dim, &at)?, weight.into_tensor()?))
                };
                weights.into_iter().enumerate().map(tap).collect()
            }
        }
    }

    /// The position within the image that stands for another; with zero padding, itself.
    fn bring_inside(&self, dim: usize, position: &Tensor) -> Result<Tensor> {
        let last = self.sizes[dim] as f64 - 1.0;
        let position = match self.sampling.padding {
            GridPadding::Zeros => return Ok(position.clone()),
            GridPadding::Border => position.clone(),
            GridPadding::Reflection => self.reflect(dim, position)?,
        };
        // On the border and beyond, where the pixel no longer changes, the position has no gradient. NaN counts as 0.
        let p = || Expr::from(&position);
        let fixed = || Expr::from(position.detach());
        let clamped = Expr::apply(&arithmetic::CLAMP, [fixed()], &[0.0.into(), last.into()]);
        let clamped = select(fixed().isnan(), 0.0, clamped);
        select(p().gt(0.0).and(p().lt(last)), p(), clamped).into_tensor()
    }

    fn reflect(&self, dim: usize, position: &Tensor) -> Result<Tensor> {
        let size = self.sizes[dim] as f64;
        let (low, span) = if self.sampling.align_corners { (0.0, size - 1.0) } else { (-0.5, size) };
        if span == 0.0 {
            return (Expr::from(position) * 0.0).into_tensor();
        }
        let distance = (Expr::from(position) - low).abs().into_tensor()?;
        let flips = (Expr::from(distance.detach()) / span).floor().into_tensor()?;
        let rest = (Expr::from(&distance) - Expr::from(&flips) * span).into_tensor()?;
        let is_even = ((Expr::from(&flips) / 2.0).floor() * 2.0).eq(&flips);
        select(is_even, Expr::from(&rest) + low, span + low - Expr::from(&rest)).into_tensor()
    }

    /// The sum over all combinations of taps.
    fn weighted_sum(&self, axes: &[Vec<Tap>]) -> Result<Tensor> {
        let mut combined: Vec<(Vec<&Tensor>, Option<Tensor>)> = vec![(Vec::new(), None)];
        for axis in axes {
            let mut next = Vec::with_capacity(combined.len() * axis.len());
            for (positions, weight) in combined {
                for (position, factor) in axis {
                    let positions = positions.iter().copied().chain([position]).collect();
                    let product = match &weight {
                        Some(weight) => (Expr::from(weight) * Expr::from(factor)).into_tensor()?,
                        None => factor.clone(),
                    };
                    next.push((positions, Some(product)));
                }
            }
            combined = next;
        }
        let mut sum: Option<Expr> = None;
        for (positions, weight) in combined {
            let Some(weight) = weight else { continue };
            let term = Expr::from(self.pixels(&positions)?) * Expr::from(view::unsqueeze(&weight, 1)?);
            sum = Some(match sum {
                Some(sum) => sum + term,
                None => term,
            });
        }
        sum.unwrap_or(Expr::from(0.0)).into_tensor()
    }

    /// Pixels (N, C, *) at integral positions (N, *) for each dimension; 0 outside of the image.
    fn pixels(&self, positions: &[&Tensor]) -> Result<Tensor> {
        let (mut index, mut inside) = (None::<Expr>, None::<Expr>);
        for (position, &size) in positions.iter().zip(&self.sizes) {
            let last = Scalar::Int(size as i64 - 1);
            let at = cast::to_dtype(&position.detach(), DType::Int64)?;
            let within = Expr::from(&at).ge(Scalar::Int(0)).and(Expr::from(&at).le(last));
            inside = Some(match inside {
                Some(inside) => inside.and(within),
                None => within,
            });
            let at = Expr::apply(&arithmetic::CLAMP, [at.into()], &[Scalar::Int(0), last]);
            index = Some(match index {
                Some(index) => index * Expr::from(Scalar::Int(size as i64)) + at,
                None => at,
            });
        }
        let index = index.unwrap_or(Expr::from(Scalar::Int(0))).into_tensor()?;
        let (n, c) = (self.flat.size(0) as i64, self.flat.size(1) as i64);
        let spread = view::expand(&view::reshape(&index, &[n, 1, -1])?, &[n, c, -1])?;
        let mut shape = as_i64(&index.shape());
        shape.insert(1, c);
        let pixels = view::reshape(&gather::gather(&self.flat, 2, &spread)?, &shape)?;
        let outside = inside.unwrap_or(Expr::from(0.0)).logical_not().into_tensor()?;
        masked::masked_fill(&pixels, &view::unsqueeze(&outside, 1)?, Scalar::Int(0))
    }
}

/// Truth, to be broadcast.
fn always(like: &Tensor) -> Result<Expr> {
    Ok(Tensor::full(&[1], Scalar::Bool(true), DType::Bool, like.device())?.into())
}

/// Keys' kernel (1981) with `a = -0.75`, at a distance below 1, or between 1 and 2.
fn keys(x: Expr, is_far: bool) -> Expr {
    const A: f64 = -0.75;
    let x = match x.into_tensor() {
        Ok(x) => x,
        Err(error) => return Expr::Failed(error),
    };
    let x = || Expr::from(&x);
    if is_far { ((x() - 5.0) * x() + 8.0) * x() * A - 4.0 * A } else { ((A + 2.0) * x() - (A + 3.0)) * x() * x() + 1.0 }
}
