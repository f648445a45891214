//! Draws from weighted categories.

use crate::autograd::mode;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Distribution;
use crate::random::Generator;
use crate::tensor::Tensor;

use super::expr::Expr;
use super::random::{filled, filled_like};
use super::{arithmetic, cast, check, extremum, reduce, scan, search, sort, view};

/// `count` indices drawn from each row of weights.
pub fn multinomial(weights: &Tensor, count: i64, replacement: bool, generator: Option<&Generator>) -> Result<Tensor> {
    let ndim = weights.ndim();
    ensure!(ndim == 1 || ndim == 2, Runtime, "multinomial(): prob_dist must be 1 or 2 dim, got shape {:?}", &weights.shape()[..]);
    ensure!(
        weights.dtype().is_float(),
        Runtime,
        "multinomial(): only supports floating-point dtypes for input, got: {}",
        weights.dtype().legacy_name()
    );
    ensure!(count > 0, Runtime, "multinomial(): cannot sample n_sample <= 0 samples");
    let categories = weights.size(ndim - 1) as i64;
    ensure!(
        replacement || count <= categories,
        Runtime,
        "multinomial(): cannot sample n_sample > prob_dist.size(-1) samples without replacement"
    );
    mode::no_grad(|| {
        check_weights(weights)?;
        if replacement && count > 1 {
            draw_by_inversion(weights, count, generator)
        } else {
            draw_by_race(weights, count, generator)
        }
    })
}

fn check_weights(weights: &Tensor) -> Result<()> {
    let is_weight = Expr::from(weights).ge(0.0).and(Expr::from(weights).lt(f64::INFINITY));
    let text = "multinomial(): probability tensor contains either `inf`, `nan` or element < 0";
    check::require("multinomial", is_weight, text)?;
    let has_any = Expr::from(reduce::sum(weights, Some(&[-1]), false, None)?).ne(0.0);
    let text = "multinomial(): invalid multinomial distribution (sum of probabilities <= 0)";
    check::require("multinomial", has_any, text)
}

/// Without replacement: the largest of `weight / Exp(1)`, as PyTorch draws.
fn draw_by_race(weights: &Tensor, count: i64, generator: Option<&Generator>) -> Result<Tensor> {
    let race = Distribution::Exponential { rate: 1.0 };
    let times = filled_like("multinomial", weights, race, generator)?;
    let scores = arithmetic::div(weights, &times)?;
    if count == 1 {
        return Ok(extremum::max(&scores, -1, true)?.1);
    }
    Ok(sort::topk(&scores, count, -1, true)?.1)
}

/// With replacement: each draw inverts the cumulative distribution at a uniform float64.
fn draw_by_inversion(weights: &Tensor, count: i64, generator: Option<&Generator>) -> Result<Tensor> {
    let running = scan::cumsum(weights, -1, None)?;
    let n = weights.ndim();
    let total = view::narrow(&running, -1, weights.size(n - 1) as i64 - 1, 1)?;
    let shares = cast::to_dtype(&arithmetic::div(&running, &total)?, DType::Float64)?;
    let mut shape = weights.shape();
    shape[n - 1] = count as usize;
    let uniform = Distribution::Uniform { low: 0.0, high: 1.0 };
    let draws = filled("multinomial", &shape, DType::Float64, weights.device(), uniform, generator)?;
    search::searchsorted(&shares, &draws, false, false, None)
}
