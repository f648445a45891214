//! Quantiles: values at ranks, or between them.

use crate::autograd::mode;
use crate::bail;
use crate::dtype::DType;
use crate::ensure;
use crate::error::Result;
use crate::kernel::Rank;
use crate::scalar::Scalar;
use crate::shape;
use crate::tensor::Tensor;

use super::expr::{Expr, select};
use super::gather::gather;
use super::pointwise;
use super::pointwise::arithmetic::LERP;
use super::pointwise::rounding::{CEIL, ROUND};
use super::{cast, check, creation, join, reduce, sort, view};

/// What a quantile between two elements is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpolation {
    /// On the line between them.
    Linear,
    /// The lower one.
    Lower,
    /// The higher one.
    Higher,
    /// Their mean.
    Midpoint,
    /// The nearer one; of equally near ones that of even rank.
    Nearest,
}

impl Interpolation {
    /// By name.
    pub fn parse(name: &str) -> Result<Interpolation> {
        Ok(match name {
            "linear" => Interpolation::Linear,
            "lower" => Interpolation::Lower,
            "higher" => Interpolation::Higher,
            "midpoint" => Interpolation::Midpoint,
            "nearest" => Interpolation::Nearest,
            _ => bail!(
                Runtime,
                "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {name}"
            ),
        })
    }
}

/// Quantiles along `dim`, or of all elements. `q`, of the input's dtype, is 0-dim or 1-D; a vector adds a first dimension to
/// the result. A row with a NaN answers NaN, unless `skip_nan`.
pub fn quantile(
    input: &Tensor,
    q: &Tensor,
    dim: Option<i64>,
    keepdim: bool,
    interpolation: Interpolation,
    skip_nan: bool,
) -> Result<Tensor> {
    let op = if skip_nan { "nanquantile" } else { "quantile" };
    ensure!(input.numel() > 0, Runtime, "{op}() input tensor must be non-empty");
    check_quantile(op, input, q)?;
    let ndim = input.ndim();
    let (rows, d) = match dim {
        Some(dim) => {
            let d = shape::wrap_dim(op, dim, ndim)?;
            (view::movedim(&view::atleast_1d(input)?, &[d as i64], &[-1])?, Some(d))
        }
        None => (view::ravel(input)?, None),
    };
    let n = rows.size(rows.ndim() - 1);
    let q_values = view::atleast_1d(q)?;
    let values = match few_ranks(&rows, &q_values, n)? {
        Some(rank) => between(&rank, interpolation, |rank| looked_for(&rows, rank))?,
        None => {
            let (sorted, _) = sort::sort(&rows, -1, false)?;
            let rank = ranks(&sorted, &q_values, n, skip_nan)?;
            between(&rank, interpolation, |rank| gather(&sorted, -1, rank))?
        }
    };
    let values = view::movedim(&values, &[-1], &[0])?;
    let mut values = if q.ndim() == 0 { view::squeeze_dim(&values, 0)? } else { values };
    if keepdim {
        let lead = q.ndim();
        match d {
            Some(d) if ndim > 0 => values = view::unsqueeze(&values, (d + lead) as i64)?,
            Some(_) => {}
            None => {
                let size: Vec<i64> = values.shape().iter().map(|&n| n as i64).chain(std::iter::repeat_n(1, ndim)).collect();
                values = view::reshape(&values, &size)?;
            }
        }
    }
    Ok(values)
}

fn check_quantile(op: &'static str, input: &Tensor, q: &Tensor) -> Result<()> {
    ensure!(
        matches!(input.dtype(), DType::Float32 | DType::Float64),
        Runtime,
        "{op}() input tensor must be either float or double dtype, got {}",
        input.dtype().name()
    );
    ensure!(q.ndim() <= 1, Runtime, "{op}() q must be a scalar or 1D tensor, got shape {:?}", &q.shape()[..]);
    ensure!(q.dtype() == input.dtype(), Runtime, "{op}() q tensor must be same dtype as the input tensor");
    ensure!(q.device() == input.device(), Runtime, "{op}() q tensor must be on the same device as the input tensor");
    let in_range = Expr::from(q).ge(0.0).and(Expr::from(q).le(1.0));
    check::require(op, in_range, &format!("{op}() q values must be in the range [0, 1]"))
}

/// The rank, `(.., k)`, of each quantile in each sorted row.
fn ranks(sorted: &Tensor, q: &Tensor, n: usize, skip_nan: bool) -> Result<Tensor> {
    let is_nan = mode::no_grad(|| Expr::from(sorted).isnan().into_tensor())?;
    let last = Scalar::Float(n as f64 - 1.0);
    if skip_nan {
        let missing = reduce::sum(&is_nan, Some(&[-1]), true, None)?;
        let present = (Expr::from(last) - Expr::from(cast::to_dtype(&missing, q.dtype())?)).into_tensor()?;
        let highest = select(Expr::from(&present).lt(0.0), 0.0, &present);
        return (Expr::from(q) * highest).into_tensor();
    }
    let has_nan = reduce::any(&is_nan, Some(&[-1]), true)?;
    select(Expr::from(has_nan), last, Expr::from(q) * n.saturating_sub(1) as f64).into_tensor()
}

/// More ranks than these are found sooner by sorting.
const FEW: usize = 2;

/// The rank, `(k)`, of each of few quantiles in all rows, where looking for the elements of a rank beats sorting: not where a NaN
/// changes the ranks of its row.
fn few_ranks(rows: &Tensor, q: &Tensor, n: usize) -> Result<Option<Tensor>> {
    if q.numel() > FEW || !rows.device().has_data() || !sort::finds_ranks(rows, rows.ndim() - 1) {
        return Ok(None);
    }
    let is_nan = mode::no_grad(|| reduce::any(&Expr::from(rows).isnan().into_tensor()?, None, false))?;
    if is_nan.item()?.to_bool() {
        return Ok(None);
    }
    (Expr::from(q) * n.saturating_sub(1) as f64).into_tensor().map(Some)
}

/// The elements of each row at whole ranks, `(k)`, that no NaN disturbs.
fn looked_for(rows: &Tensor, rank: &Tensor) -> Result<Tensor> {
    let last = rows.ndim() - 1;
    let found = rank.array().to_vec::<i64>()?.into_iter().map(|rank| {
        let place = sort::places_of_rank("quantile", rows, last, Rank::Nth(rank as usize))?;
        gather(rows, -1, &place)
    });
    join::cat(&found.collect::<Result<Vec<_>>>()?, -1)
}

/// The values at ranks that may lie between elements, of which `at` knows those at whole ranks.
fn between(rank: &Tensor, interpolation: Interpolation, at: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let at = |rank: Expr| at(&cast::to_dtype(&rank.into_tensor()?.detach(), DType::Int64)?);
    let (lower, higher) = (|| at(Expr::from(rank).floor()), || at(Expr::from(rank).map(&CEIL)));
    match interpolation {
        Interpolation::Lower => lower(),
        Interpolation::Higher => higher(),
        Interpolation::Nearest => at(Expr::from(rank).map(&ROUND)),
        Interpolation::Linear => {
            let share = (Expr::from(rank) - Expr::from(rank).floor()).into_tensor()?;
            pointwise::run(&LERP, &[(&lower()?).into(), (&higher()?).into(), (&share).into()], &[])
        }
        Interpolation::Midpoint => {
            let half = creation::full_like(rank, Scalar::Float(0.5), None, None)?;
            pointwise::run(&LERP, &[(&lower()?).into(), (&higher()?).into(), (&half).into()], &[])
        }
    }
}
