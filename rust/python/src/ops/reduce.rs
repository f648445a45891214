//! Reductions, scans, softmax.

use ferrotorch_core::DType;
use ferrotorch_core::ops::{cast, extremum, reduce, scan, softmax};
use ferrotorch_core::overlap::Reads;

use crate::args::{Args, Target};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, op};
use crate::value::Value;

/// The correction of a variance: `unbiased`, unless `correction` says otherwise.
fn correction(args: &Args<'_, '_, '_>, i: usize) -> Outcome<f64> {
    Ok(args.opt_float(i)?.unwrap_or(1.0))
}

fn spread_pair(args: &Args<'_, '_, '_>, op: &'static str, sqrt: bool) -> Outcome<Value> {
    let dims = args.opt_ints(1)?;
    let (x, correction, keepdim) = (args.tensor(0)?, correction(args, 2)?, args.bool(3)?);
    Ok(args.run(|| reduce::var_mean(op, x, dims.as_deref(), correction, keepdim, sqrt))?.into())
}

fn unbiased_pair(args: &Args<'_, '_, '_>, op: &'static str, sqrt: bool, dims: Option<usize>) -> Outcome<Value> {
    let (unbiased, keepdim) = if dims.is_some() { (2, args.bool(3)?) } else { (1, false) };
    let dims = dims.map(|i| args.opt_ints(i)).transpose()?.flatten();
    let (x, correction) = (args.tensor(0)?, args.bool(unbiased)? as i64 as f64);
    Ok(args.run(|| reduce::var_mean(op, x, dims.as_deref(), correction, keepdim, sqrt))?.into())
}

fn sum(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (dims, x, keepdim, dtype) = (a.opt_ints(1)?, a.tensor(0)?, a.bool(2)?, a.dtype_of_sum("sum", 3)?);
    Ok(a.run(|| reduce::sum(x, dims.as_deref(), keepdim, dtype))?.into())
}

fn prod(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, dim, keepdim, dtype) = (a.tensor(0)?, a.opt_int(1)?, a.bool(2)?, a.dtype_of_sum("prod", 3)?);
    Ok(a.run(|| reduce::prod(x, dim, keepdim, dtype))?.into())
}

fn first(value: Value) -> Outcome<Value> {
    match value {
        Value::Tuple(tensors) => match tensors.into_iter().next() {
            Some(tensor) => Ok(tensor.into()),
            None => Err(crate::errors::runtime_error("a reduction returned nothing")),
        },
        other => Ok(other),
    }
}

macro_rules! spread {
    ($name:literal, $doc:literal, $returns:literal, $sqrt:literal, $finish:expr) => {
        op(
            $name,
            $doc,
            &[
                (concat!("(Tensor input, int[1]? dim=None, *, float? correction=1, bool keepdim=False) -> ", $returns), |a| {
                    $finish(spread_pair(a, $name, $sqrt)?)
                }),
                (concat!("(Tensor input, bool unbiased) !out -> ", $returns), |a| $finish(unbiased_pair(a, $name, $sqrt, None)?)),
                (concat!("(Tensor input, int[1]? dim, bool unbiased=True, bool keepdim=False) -> ", $returns), |a| {
                    $finish(unbiased_pair(a, $name, $sqrt, Some(1))?)
                }),
            ],
        )
    };
}

macro_rules! with_dtype {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[("(Tensor input, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", |a| {
                let (dims, x, keepdim, dtype) = (a.opt_ints(1)?, a.tensor(0)?, a.bool(2)?, a.dtype(3)?);
                Ok(a.run(|| $run(x, dims.as_deref(), keepdim, dtype))?.into())
            })],
        )
        .out()
        .reads(Reads::Anywhere, Reads::Anywhere)
    };
}

macro_rules! over_dims {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[("(Tensor input, int[1]? dim=None, bool keepdim=False)", |a| {
                let (dims, x, keepdim) = (a.opt_ints(1)?, a.tensor(0)?, a.bool(2)?);
                Ok(a.run(|| $run(x, dims.as_deref(), keepdim))?.into())
            })],
        )
        .out_of_own_dtype()
        .reads(Reads::Anywhere, Reads::Anywhere)
    };
}

macro_rules! running {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[("(Tensor input, int dim, *, dtype? dtype=None)", |a| {
                let (x, dim, dtype) = (a.unwritten(0)?, a.int(1)?, a.dtype_of_sum($name, 2)?);
                if let (Target::InPlace, Some(dtype)) = (a.target(), dtype)
                    && dtype != x.dtype()
                {
                    let (own, asked) = (x.dtype().name(), dtype.name());
                    return Err(runtime_error(format!(
                        concat!($name, "_(): the tensor is {}, which cannot become {}"),
                        own, asked
                    )));
                }
                Ok(a.run(|| $run(&x, dim, dtype))?.into())
            })],
        )
        .in_place()
        .out()
    };
}

macro_rules! extreme {
    ($name:literal, $doc:literal, $along:path, $all:path, $row:path) => {
        op(
            $name,
            $doc,
            &[
                ("(Tensor input)", |a| {
                    let x = a.tensor(0)?;
                    Ok(a.run(|| $all(x))?.into())
                }),
                // Before the next: a 0-dim tensor would pass for a dimension, too.
                ("(Tensor input, Tensor other)", |a| {
                    super::pointwise::run(a, &$row, &[a.tensor(0)?.into(), a.tensor(1)?.into()], &[])
                }),
                (concat!("(Tensor input, int dim, bool keepdim=False) -> ", $name), |a| {
                    let (x, dim, keepdim) = (a.tensor(0)?, a.int(1)?, a.bool(2)?);
                    Ok(Value::pair($name, a.run(|| $along(x, dim, keepdim))?))
                }),
            ],
        )
        .out_of_own_dtype()
        .reads(Reads::Anywhere, Reads::Anywhere)
    };
}

macro_rules! position {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[("(Tensor input, int? dim=None, bool keepdim=False)", |a| {
                let (x, dim, keepdim) = (a.tensor(0)?, a.opt_int(1)?, a.bool(2)?);
                Ok(a.run(|| $run(x, dim, keepdim))?.into())
            })],
        )
        .out_of_own_dtype()
        .reads(Reads::Anywhere, Reads::Anywhere)
    };
}

macro_rules! running_extreme {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[(concat!("(Tensor input, int dim) -> ", $name), |a| {
                let (x, dim) = (a.tensor(0)?, a.int(1)?);
                Ok(Value::pair($name, a.run(|| $run(x, dim))?))
            })],
        )
        .out_of_own_dtype()
    };
}

use ferrotorch_core::ops::pointwise::arithmetic::{MAXIMUM, MINIMUM};

#[allow(clippy::needless_question_mark, reason = "what finishes a pair may be `Ok` itself")]
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
    with_dtype!("mean", "Mean over dimensions, or of all elements.", reduce::mean),
    with_dtype!("nansum", "Sum of what is not NaN.", reduce::nansum).node("NansumBackward0"),
    with_dtype!("nanmean", "Mean of what is not NaN.", reduce::nanmean),
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
    over_dims!("any", "Is any element not zero?", reduce::any),
    over_dims!("all", "Is every element not zero?", reduce::all),
    over_dims!("amax", "Largest over dimensions.", reduce::amax),
    over_dims!("amin", "Smallest over dimensions.", reduce::amin),
    op(
        "count_nonzero",
        "Number of elements that are not zero.",
        &[("(Tensor input, int[1]? dim=None)", |a| {
            let (dims, x) = (a.opt_ints(1)?, a.tensor(0)?);
            Ok(a.run(|| reduce::count_nonzero(x, dims.as_deref()))?.into())
        })],
    ),
    op(
        "logsumexp",
        "`log(sum(exp(x)))` without overflow.",
        &[("(Tensor input, int[1] dim, bool keepdim=False)", |a| {
            let (dims, x, keepdim) = (a.ints(1)?, a.tensor(0)?, a.bool(2)?);
            Ok(a.run(|| reduce::logsumexp(x, &dims, keepdim))?.into())
        })],
    )
    .out()
    .reads(Reads::Anywhere, Reads::Anywhere),
    spread!("var", "Variance.", "Tensor", false, first).out().node("VarBackward0").reads(Reads::Anywhere, Reads::Anywhere),
    spread!("std", "Standard deviation.", "Tensor", true, first)
        .out()
        .node("StdBackward0")
        .reads(Reads::Anywhere, Reads::Anywhere),
    spread!("var_mean", "Variance and mean.", "(Tensor, Tensor)", false, Ok).function(),
    spread!("std_mean", "Standard deviation and mean.", "(Tensor, Tensor)", true, Ok).function(),
    extreme!(
        "max",
        "Largest element; or largest along a dimension with its index; or larger of two tensors.",
        extremum::max,
        reduce::max_all,
        MAXIMUM
    ),
    extreme!(
        "min",
        "Smallest element; or smallest along a dimension with its index; or smaller of two tensors.",
        extremum::min,
        reduce::min_all,
        MINIMUM
    ),
    position!("argmax", "Index of the largest.", extremum::argmax),
    position!("argmin", "Index of the smallest.", extremum::argmin),
    op(
        "aminmax",
        "Smallest and largest.",
        &[("(Tensor input, *, int? dim=None, bool keepdim=False) -> aminmax", |a| {
            let (x, dim, keepdim) = (a.tensor(0)?, a.opt_int(1)?, a.bool(2)?);
            let dims = dim.map(|d| [d]);
            let dims = dims.as_ref().map(|d| &d[..]);
            Ok(Value::pair("aminmax", (reduce::amin(x, dims, keepdim)?, reduce::amax(x, dims, keepdim)?)))
        })],
    )
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere)
    .node("AminmaxBackward0"),
    running!("cumsum", "Running sum.", scan::cumsum),
    running!("cumprod", "Running product.", scan::cumprod),
    op(
        "logcumsumexp",
        "`log(cumsum(exp(x)))`.",
        &[("(Tensor input, int dim)", |a| {
            let (x, dim) = (a.tensor(0)?, a.int(1)?);
            Ok(a.run(|| scan::logcumsumexp(x, dim))?.into())
        })],
    )
    .out_of_own_dtype(),
    running_extreme!("cummax", "Running maximum and its index.", scan::cummax),
    running_extreme!("cummin", "Running minimum and its index.", scan::cummin),
    op(
        "_vector_norm",
        "Vector norm.",
        &[("(Tensor input, float ord=2.0, int[1]? dim=None, bool keepdim=False, *, dtype? dtype=None)", |a| {
            let (x, p, dims, keepdim, dtype) = (a.tensor(0)?, a.float(1)?, a.opt_ints(2)?, a.bool(3)?, a.dtype(4)?);
            Ok(a.run(|| reduce::vector_norm(x, p, dims.as_deref(), keepdim, dtype))?.into())
        })],
    )
    .function(),
    op(
        "softmax",
        "`exp(x) / sum(exp(x))` along a dimension.",
        &[("(Tensor input, int dim, dtype? dtype=None)", |a| {
            let (x, dim, dtype) = (a.tensor(0)?, a.int(1)?, a.dtype(2)?);
            Ok(a.run(|| softmax::softmax(x, dim, dtype))?.into())
        })],
    )
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "log_softmax",
        "Logarithm of softmax.",
        &[("(Tensor input, int dim, dtype? dtype=None)", |a| {
            let (x, dim, dtype) = (a.tensor(0)?, a.int(1)?, a.dtype(2)?);
            Ok(a.run(|| softmax::log_softmax(x, dim, dtype))?.into())
        })],
    )
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "sum_to_size",
        "Sums to a size that broadcasts to the tensor's.",
        &[("(Tensor input, int... size)", |a| {
            let size = a.size(1)?;
            let x = a.tensor(0)?;
            // Sums of integers are int64, as those of `sum`.
            let x = if x.dtype().is_integral() { cast::to_dtype(x, DType::Int64)? } else { x.clone() };
            Ok(reduce::sum_to_size(&x, &size)?.into())
        })],
    )
    .batched(Batching::Rule)
    .method(),
];
