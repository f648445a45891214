//! Reductions, scans, softmax.

use ferrotorch_core::ops::pointwise::arithmetic::{MAXIMUM, MINIMUM};
use ferrotorch_core::ops::{cast, extremum, reduce, scan, softmax, vector};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::{DType, Error, Result, Row, Scalar, Tensor};

use crate::args::{Args, Ints, Target};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, Place, Run, op};
use crate::value::Value;

/// A reduction, which may write where its input lies.
const fn reduction(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).reads(Reads::Anywhere, Reads::Anywhere)
}

const WITH_DTYPE: &str = "(Tensor input, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)";
const OVER_DIMS: &str = "(Tensor input, int[1]? dim=None, bool keepdim=False)";
const AT_ONE: &str = "(Tensor input, int? dim=None, bool keepdim=False)";
const RUNNING: &str = "(Tensor input, int dim, *, dtype? dtype=None)";

type Dims<'d> = Option<&'d [i64]>;

fn with_dtype(a: &Args<'_, '_, '_>, run: fn(&Tensor, Dims<'_>, bool, Option<DType>) -> Result<Tensor>) -> Outcome<Value> {
    a.run4(|x: &Tensor, dims: Option<Ints>, keepdim: bool, dtype: Option<DType>| run(x, dims.as_deref(), keepdim, dtype))
}

fn over_dims(a: &Args<'_, '_, '_>, run: fn(&Tensor, Dims<'_>, bool) -> Result<Tensor>) -> Outcome<Value> {
    a.run3(|x: &Tensor, dims: Option<Ints>, keepdim: bool| run(x, dims.as_deref(), keepdim))
}

/// Both overloads of `sum`, the second of which has an `out`.
fn sum(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, dims, keepdim, dtype) = (a.tensor(0)?, a.opt_ints(1)?, a.bool(2)?, a.dtype_of_sum("sum", 3)?);
    Ok(a.run(|| reduce::sum(x, dims.as_deref(), keepdim, dtype))?.into())
}

/// Of half numbers the mean is formed in the dtype of `out`.
fn mean(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, dims, keepdim) = (a.tensor(0)?, a.opt_ints(1)?, a.bool(2)?);
    let dtype = if x.dtype().is_half() { a.dtype_of_sum("mean", 3)? } else { a.dtype(3)? };
    Ok(a.run(|| reduce::mean(x, dims.as_deref(), keepdim, dtype))?.into())
}

fn prod(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, dim, keepdim, dtype) = (a.tensor(0)?, a.opt_int(1)?, a.bool(2)?, a.dtype_of_sum("prod", 3)?);
    Ok(a.run(|| reduce::prod(x, dim, keepdim, dtype))?.into())
}

/// What is computed of a variance and the mean.
#[derive(Clone, Copy)]
struct Spread {
    op: &'static str,
    /// The standard deviation instead?
    sqrt: bool,
    /// The mean as well?
    mean: bool,
}

impl Spread {
    const VAR: Spread = Spread { op: "var", sqrt: false, mean: false };
    const STD: Spread = Spread { op: "std", sqrt: true, mean: false };
    const VAR_MEAN: Spread = Spread { op: "var_mean", sqrt: false, mean: true };
    const STD_MEAN: Spread = Spread { op: "std_mean", sqrt: true, mean: true };

    /// `(Tensor input, int[1]? dim=None, *, float? correction=1, bool keepdim=False)`
    fn corrected(self, a: &Args<'_, '_, '_>) -> Outcome<Value> {
        a.run4(|x: &Tensor, dims: Option<Ints>, correction: Option<f64>, keepdim: bool| {
            self.of(x, dims.as_deref(), correction.unwrap_or(1.0), keepdim)
        })
    }

    /// `(Tensor input, bool unbiased)`
    fn of_all(self, a: &Args<'_, '_, '_>) -> Outcome<Value> {
        a.run2(|x: &Tensor, unbiased: bool| self.of(x, None, f64::from(unbiased), false))
    }

    /// `(Tensor input, int[1]? dim, bool unbiased=True, bool keepdim=False)`
    fn unbiased(self, a: &Args<'_, '_, '_>) -> Outcome<Value> {
        a.run4(|x: &Tensor, dims: Option<Ints>, unbiased: bool, keepdim: bool| {
            self.of(x, dims.as_deref(), f64::from(unbiased), keepdim)
        })
    }

    fn of(self, x: &Tensor, dims: Dims<'_>, correction: f64, keepdim: bool) -> Result<Value> {
        let (spread, mean) = reduce::var_mean(self.op, x, dims, correction, keepdim, self.sqrt)?;
        Ok(if self.mean { (spread, mean).into() } else { spread.into() })
    }
}

/// A running sum or product; in place, where the tensor must keep its dtype, of a copy that a node may save.
fn running(a: &Args<'_, '_, '_>, name: &str, run: fn(&Tensor, i64, Option<DType>) -> Result<Tensor>) -> Outcome<Value> {
    let (x, dim, dtype) = (a.unwritten(0)?, a.int(1)?, a.dtype_of_sum(name, 2)?);
    if let (Target::InPlace, Some(dtype)) = (a.target(), dtype)
        && dtype != x.dtype()
    {
        let (own, asked) = (x.dtype().name(), dtype.name());
        return Err(runtime_error(format!("{name}_(): the tensor is {own}, which cannot become {asked}")));
    }
    Ok(a.run(|| run(&x, dim, dtype))?.into())
}

/// `(Tensor input, Tensor other)`
fn larger_or_smaller(a: &Args<'_, '_, '_>, row: &'static Row) -> Outcome<Value> {
    super::pointwise::run(a, row, &[a.tensor(0)?.into(), a.tensor(1)?.into()], &[])
}

pub(super) static OPS: &[Decl] = &[
    op(
        "sum",
        "Sum over dimensions, or of all elements.",
        &[
            ("(Tensor input, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None) !out", sum),
            ("(Tensor input, int[1]? dim, bool keepdim=False, *, dtype? dtype=None)", sum),
        ],
    )
    .out()
    .reads(Reads::Anywhere, Reads::Anywhere),
    reduction("mean", "Mean over dimensions, or of all elements.", &[(WITH_DTYPE, mean)]).out(),
    reduction("nansum", "Sum of what is not NaN.", &[(WITH_DTYPE, |a| with_dtype(a, reduce::nansum))])
        .out()
        .node("NansumBackward0")
        .shows(&["self=input", "dim:1", "keepdim"]),
    reduction("nanmean", "Mean of what is not NaN.", &[(WITH_DTYPE, |a| with_dtype(a, reduce::nanmean))]).out(),
    op(
        "prod",
        "Product of all elements, or along a dimension.",
        &[
            ("(Tensor input, int? dim=None, bool keepdim=False, *, dtype? dtype=None) !out", prod),
            ("(Tensor input, int dim, bool keepdim=False, *, dtype? dtype=None)", prod),
        ],
    )
    .out()
    .reads(Reads::Anywhere, Reads::Anywhere),
    reduction("any", "Is any element not zero?", &[(OVER_DIMS, |a| over_dims(a, reduce::any))]).out_of_own_dtype(),
    reduction("all", "Is every element not zero?", &[(OVER_DIMS, |a| over_dims(a, reduce::all))]).out_of_own_dtype(),
    reduction("amax", "Largest over dimensions.", &[(OVER_DIMS, |a| over_dims(a, reduce::amax))]).out_of_own_dtype(),
    reduction("amin", "Smallest over dimensions.", &[(OVER_DIMS, |a| over_dims(a, reduce::amin))]).out_of_own_dtype(),
    op(
        "count_nonzero",
        "Number of elements that are not zero.",
        &[("(Tensor input, int[1]? dim=None)", |a| {
            a.run2(|x: &Tensor, dims: Option<Ints>| reduce::count_nonzero(x, dims.as_deref()))
        })],
    ),
    op(
        "logsumexp",
        "`log(sum(exp(x)))` without overflow.",
        &[("(Tensor input, int[1] dim, bool keepdim=False)", |a| {
            a.run3(|x: &Tensor, dims: Ints, keepdim: bool| reduce::logsumexp(x, &dims, keepdim))
        })],
    )
    .out()
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "var",
        "Variance.",
        &[
            ("(Tensor input, int[1]? dim=None, *, float? correction=1, bool keepdim=False) -> Tensor", |a| {
                Spread::VAR.corrected(a)
            }),
            ("(Tensor input, bool unbiased) !out -> Tensor", |a| Spread::VAR.of_all(a)),
            ("(Tensor input, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor", |a| Spread::VAR.unbiased(a)),
        ],
    )
    .out()
    .node("VarBackward0")
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "std",
        "Standard deviation.",
        &[
            ("(Tensor input, int[1]? dim=None, *, float? correction=1, bool keepdim=False) -> Tensor", |a| {
                Spread::STD.corrected(a)
            }),
            ("(Tensor input, bool unbiased) !out -> Tensor", |a| Spread::STD.of_all(a)),
            ("(Tensor input, int[1]? dim, bool unbiased=True, bool keepdim=False) -> Tensor", |a| Spread::STD.unbiased(a)),
        ],
    )
    .out()
    .node("StdBackward0")
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "var_mean",
        "Variance and mean.",
        &[
            ("(Tensor input, int[1]? dim=None, *, float? correction=1, bool keepdim=False) -> (Tensor, Tensor)", |a| {
                Spread::VAR_MEAN.corrected(a)
            }),
            ("(Tensor input, bool unbiased) !out -> (Tensor, Tensor)", |a| Spread::VAR_MEAN.of_all(a)),
            ("(Tensor input, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)", |a| {
                Spread::VAR_MEAN.unbiased(a)
            }),
        ],
    )
    .node("VarMeanBackward0")
    .function(),
    op(
        "std_mean",
        "Standard deviation and mean.",
        &[
            ("(Tensor input, int[1]? dim=None, *, float? correction=1, bool keepdim=False) -> (Tensor, Tensor)", |a| {
                Spread::STD_MEAN.corrected(a)
            }),
            ("(Tensor input, bool unbiased) !out -> (Tensor, Tensor)", |a| Spread::STD_MEAN.of_all(a)),
            ("(Tensor input, int[1]? dim, bool unbiased=True, bool keepdim=False) -> (Tensor, Tensor)", |a| {
                Spread::STD_MEAN.unbiased(a)
            }),
        ],
    )
    .node("StdMeanBackward0")
    .function(),
    reduction(
        "max",
        "Largest element; or largest along a dimension with its index; or larger of two tensors.",
        &[
            ("(Tensor input)", |a| a.run1(reduce::max_all)),
            // Before the next: a 0-dim tensor would pass for a dimension, too.
            ("(Tensor input, Tensor other)", |a| larger_or_smaller(a, &MAXIMUM)),
            ("(Tensor input, int dim, bool keepdim=False) -> max", |a| a.run3(extremum::max)),
        ],
    )
    .out_of_own_dtype(),
    reduction(
        "min",
        "Smallest element; or smallest along a dimension with its index; or smaller of two tensors.",
        &[
            ("(Tensor input)", |a| a.run1(reduce::min_all)),
            // Before the next: a 0-dim tensor would pass for a dimension, too.
            ("(Tensor input, Tensor other)", |a| larger_or_smaller(a, &MINIMUM)),
            ("(Tensor input, int dim, bool keepdim=False) -> min", |a| a.run3(extremum::min)),
        ],
    )
    .out_of_own_dtype(),
    reduction("argmax", "Index of the largest.", &[(AT_ONE, |a| a.run3(extremum::argmax))]).out_of_own_dtype(),
    reduction("argmin", "Index of the smallest.", &[(AT_ONE, |a| a.run3(extremum::argmin))]).out_of_own_dtype(),
    op(
        "aminmax",
        "Smallest and largest.",
        &[("(Tensor input, *, int? dim=None, bool keepdim=False) -> aminmax", |a| {
            a.run3(|x: &Tensor, dim: Option<i64>, keepdim: bool| {
                ferrotorch_core::ensure!(
                    !x.dtype().is_complex(),
                    Type,
                    "aminmax not implemented for {}",
                    x.dtype().legacy_name()
                );
                let dims = dim.as_ref().map(std::slice::from_ref);
                Ok::<_, Error>((reduce::amin(x, dims, keepdim)?, reduce::amax(x, dims, keepdim)?))
            })
        })],
    )
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere)
    .node("AminmaxBackward0")
    .shows(&["self=input", "dim", "keepdim"]),
    op("cumsum", "Running sum.", &[(RUNNING, |a| running(a, "cumsum", scan::cumsum))]).in_place().out(),
    op("cumprod", "Running product.", &[(RUNNING, |a| running(a, "cumprod", scan::cumprod))]).in_place().out(),
    op("logcumsumexp", "`log(cumsum(exp(x)))`.", &[("(Tensor input, int dim)", |a| a.run2(scan::logcumsumexp))])
        .out_of_own_dtype(),
    op("cummax", "Running maximum and its index.", &[("(Tensor input, int dim) -> cummax", |a| a.run2(scan::cummax))])
        .out_of_own_dtype(),
    op("cummin", "Running minimum and its index.", &[("(Tensor input, int dim) -> cummin", |a| a.run2(scan::cummin))])
        .out_of_own_dtype(),
    reduction(
        "vector_norm",
        "Norm of vectors: `sum(|x|^ord)^(1/ord)` over dimensions, or of all elements.",
        &[("(Tensor input, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", |a| {
            a.run5(|x: &Tensor, ord: Scalar, dims: Option<Ints>, keepdim: bool, dtype: Option<DType>| {
                vector::vector_norm(x, ord, dims.as_deref(), keepdim, dtype)
            })
        })],
    )
    .at(Place::Linalg)
    .out_of_own_dtype(),
    op(
        "softmax",
        "`exp(x) / sum(exp(x))` along a dimension.",
        &[("(Tensor input, int dim, dtype? dtype=None)", |a| a.run3(softmax::softmax))],
    )
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "log_softmax",
        "Logarithm of softmax.",
        &[("(Tensor input, int dim, dtype? dtype=None)", |a| a.run3(softmax::log_softmax))],
    )
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "sum_to_size",
        "Sums to a size that broadcasts to the tensor's.",
        &[("(Tensor input, int... size)", |a| {
            let (x, size) = (a.tensor(0)?, a.size(1)?);
            let sum = || {
                // Sums of integers are int64, as those of `sum`; a tensor of that size is its own sum,
                // unless it has no dimensions.
                let x = if x.dtype().is_integral() && (size.is_empty() || x.shape()[..] != size[..]) {
                    cast::to_dtype(x, DType::Int64)?
                } else {
                    x.clone()
                };
                reduce::sum_to_size(&x, &size)
            };
            Ok(a.run(sum)?.into())
        })],
    )
    .method()
    .batched(Batching::Rule),
];
