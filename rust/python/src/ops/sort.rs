//! Order: sorting, searching, counting, triangles.

use ferrotorch_core::Tensor;
use ferrotorch_core::ops::pointwise::Arg;
use ferrotorch_core::ops::search::{self, Interpolation};
use ferrotorch_core::ops::unique::{self, Distinct};
use ferrotorch_core::ops::{cast, sort, triangle};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::promote::Promotion;
use smallvec::SmallVec;

use crate::args::Args;
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, op};
use crate::value::Value;

macro_rules! median {
    ($name:literal, $doc:literal, $along:path, $all:path) => {
        op(
            $name,
            $doc,
            &[
                ("(Tensor input) !out", |a| {
                    let x = a.tensor(0)?;
                    Ok(a.run(|| $all(x))?.into())
                }),
                (concat!("(Tensor input, int dim, bool keepdim=False) -> ", $name), |a| {
                    let (x, dim, keepdim) = (a.tensor(0)?, a.int(1)?, a.bool(2)?);
                    Ok(Value::pair($name, a.run(|| $along(x, dim, keepdim))?))
                }),
            ],
        )
        .out_of_own_dtype()
    };
}

macro_rules! triangle {
    ($name:literal, $doc:literal, $run:path) => {
        op(
            $name,
            $doc,
            &[("(Tensor input, int diagonal=0)", |a| {
                let (x, diagonal) = (a.tensor(0)?, a.int(1)?);
                Ok(a.run(|| $run(x, diagonal))?.into())
            })],
        )
    };
}

macro_rules! quantile {
    ($name:literal, $doc:literal, $skip:literal) => {
        op(
            $name,
            $doc,
            &[("(Tensor input, Operand q, int? dim=None, bool keepdim=False, *, str interpolation=linear)", |a| {
                let (x, dim, keepdim, how) = (a.tensor(0)?, a.opt_int(2)?, a.bool(3)?, interpolation(a, 4)?);
                let q = match a.operand(1)? {
                    Arg::Tensor(q) => q.clone(),
                    Arg::Scalar(q) => Tensor::full(&[], q, x.dtype(), x.device())?,
                };
                Ok(a.run(|| search::quantile(x, &q, dim, keepdim, how, $skip))?.into())
            })],
        )
        .out_of_own_dtype()
    };
}

fn interpolation(a: &Args<'_, '_, '_>, i: usize) -> Outcome<Interpolation> {
    Ok(Interpolation::parse(a.str(i)?.unwrap_or("linear"))?)
}

fn sorted(a: &Args<'_, '_, '_>, dim: usize, descending: usize) -> Outcome<Value> {
    let (x, dim, descending) = (a.tensor(0)?, a.int(dim)?, a.bool(descending)?);
    Ok(Value::pair("sort", a.run(|| sort::sort(x, dim, descending))?))
}

/// What the flags ask for: the values alone, or with inverse and counts.
fn distinct(found: Distinct, inverse: bool, counts: bool) -> Value {
    if !inverse && !counts {
        return found.values.into();
    }
    let mut parts: SmallVec<[Tensor; 3]> = SmallVec::new();
    parts.push(found.values);
    if inverse {
        parts.push(found.inverse);
    }
    if counts {
        parts.push(found.counts);
    }
    Value::Tuple(parts)
}

/// A tensor and what is compared with it; where that is a number, both in the dtype that the two are promoted to.
fn comparable(tensor: &Tensor, other: Arg<'_>) -> Outcome<(Tensor, Tensor)> {
    Ok(match other {
        Arg::Tensor(other) => (tensor.clone(), other.clone()),
        Arg::Scalar(x) => {
            let dtype = Promotion::default().tensor(tensor.dtype(), tensor.ndim()).scalar(x).result();
            (cast::to_dtype(tensor, dtype)?, Tensor::full(&[], x, dtype, tensor.device())?)
        }
    })
}

fn searched(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (boundaries, values) = comparable(a.tensor(0)?, a.operand(1)?)?;
    let right = match a.str(4)? {
        None => a.bool(3)?,
        Some("right") => true,
        Some("left") if a.bool(3)? => {
            return Err(runtime_error(
                "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True",
            ));
        }
        Some("left") => false,
        Some(other) => {
            return Err(runtime_error(format!("torch.searchsorted(): side can only be 'left' or 'right' but got {other}")));
        }
    };
    let (int32, sorter) = (a.bool(2)?, a.opt_tensor(5));
    Ok(a.run(|| search::searchsorted(&boundaries, &values, right, int32, sorter))?.into())
}

fn is_among(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (elements, tests) = match a.operand(0)? {
        Arg::Tensor(elements) => comparable(elements, a.operand(1)?)?,
        number => {
            let (tests, elements) = comparable(a.tensor(1)?, number)?;
            (elements, tests)
        }
    };
    Ok(search::isin(&elements, &tests, a.bool(3)?)?.into())
}

pub(super) static OPS: &[Decl] = &[
    op("sort", "Sorted along a dimension, with the indices.", &[
        ("(Tensor input, int dim=-1, bool descending=False, bool stable=False) -> sort", |a| sorted(a, 1, 2)),
        ("(Tensor input, *, bool? stable, int dim=-1, bool descending=False) -> sort", |a| sorted(a, 2, 3)),
    ])
    .out_of_own_dtype(),
    op("argsort", "Indices that sort a dimension.", &[("(Tensor input, int dim=-1, bool descending=False, bool stable=False)", |a| {
        let (x, dim, descending) = (a.tensor(0)?, a.int(1)?, a.bool(2)?);
        Ok(a.run(|| sort::argsort(x, dim, descending))?.into())
    })]),
    op("msort", "Sorted along the first dimension.", &[("(Tensor input)", |a| Ok(sort::msort(a.tensor(0)?)?.into()))]).batched(Batching::Rule).out_of_own_dtype(),
    op("topk", "The `k` largest or smallest, with their indices.", &[("(Tensor input, int k, int dim=-1, bool largest=True, bool sorted=True) -> topk", |a| {
        let (x, k, dim, largest) = (a.tensor(0)?, a.int(1)?, a.int(2)?, a.bool(3)?);
        Ok(Value::pair("topk", a.run(|| sort::topk(x, k, dim, largest))?))
    })])
    .out_of_own_dtype(),
    op("kthvalue", "The `k`-th smallest, with its index.", &[("(Tensor input, int k, int dim=-1, bool keepdim=False) -> kthvalue", |a| {
        let (x, k, dim, keepdim) = (a.tensor(0)?, a.int(1)?, a.int(2)?, a.bool(3)?);
        Ok(Value::pair("kthvalue", a.run(|| sort::kthvalue(x, k, dim, keepdim))?))
    })])
    .out_of_own_dtype(),
    median!("median", "The lower median.", sort::median, sort::median_all),
    median!("nanmedian", "The lower median of what is not NaN.", sort::nanmedian, sort::nanmedian_all),
    op("mode", "The most frequent, with an index.", &[("(Tensor input, int dim=-1, bool keepdim=False) -> mode", |a| {
        let (x, dim, keepdim) = (a.tensor(0)?, a.int(1)?, a.bool(2)?);
        Ok(Value::pair("mode", a.run(|| sort::mode(x, dim, keepdim))?))
    })])
    .out_of_own_dtype(),
    op("searchsorted", "Insertion points in sorted rows.", &[(
        "(Tensor sorted_sequence, Operand input, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None)",
        searched,
    )]).batched(Batching::Rule)
    .function()
    .out_of_own_dtype(),
    op("bucketize", "Numbers of the intervals between boundaries.", &[("(Operand input, Tensor boundaries, *, bool out_int32=False, bool right=False)", |a| {
        let (boundaries, values) = comparable(a.tensor(1)?, a.operand(0)?)?;
        Ok(search::bucketize(&values, &boundaries, a.bool(2)?, a.bool(3)?)?.into())
    })]).batched(Batching::Rule)
    .function()
    .out_of_own_dtype(),
    op("isin", "Is each element among others?", &[
        ("(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool invert=False)", is_among),
        ("(Scalar element, Tensor test_elements, *, bool assume_unique=False, bool invert=False)", is_among),
        ("(Tensor elements, Scalar test_element, *, bool assume_unique=False, bool invert=False)", is_among),
    ]).batched(Batching::Rule)
    .function()
    .out_of_own_dtype(),
    op("bincount", "How often each integer occurs.", &[("(Tensor input, Tensor? weights=None, int minlength=0)", |a| {
        Ok(search::bincount(a.tensor(0)?, a.opt_tensor(1), a.int(2)?)?.into())
    })]).batched(Batching::Dynamic),
    op("histc", "Counts of equal intervals.", &[("(Tensor input, int bins=100, float min=0, float max=0)", |a| {
        Ok(search::histc(a.tensor(0)?, a.int(1)?, a.float(2)?, a.float(3)?)?.into())
    })]).batched(Batching::Loop)
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere),
    quantile!("quantile", "Quantiles.", false).batched(Batching::Rule),
    quantile!("nanquantile", "Quantiles of what is not NaN.", true).batched(Batching::Rule),
    op("unravel_index", "Coordinates of flat indices.", &[("(Tensor indices, int[1] shape) -> Tensor[]", |a| Ok(search::unravel_index(a.tensor(0)?, &a.ints(1)?)?.into()))]).batched(Batching::Leading)
        .function(),
    op("unique", "Distinct elements, or entries of a dimension.", &[(
        "(Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any",
        |a| {
            let x = a.tensor(0)?;
            let found = match a.opt_int(4)? {
                Some(dim) => unique::unique_dim(x, dim)?,
                None => unique::unique(x)?,
            };
            Ok(distinct(found, a.bool(2)?, a.bool(3)?))
        },
    )]).batched(Batching::Dynamic),
    op("unique_consecutive", "Without repetitions of neighbours.", &[("(Tensor input, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any", |a| {
        let x = a.tensor(0)?;
        let found = match a.opt_int(3)? {
            Some(dim) => unique::unique_consecutive_dim(x, dim)?,
            None => unique::unique_consecutive(x)?,
        };
        Ok(distinct(found, a.bool(1)?, a.bool(2)?))
    })]).batched(Batching::Dynamic),
    triangle!("tril", "The lower triangle.", triangle::tril).batched(Batching::Leading).in_place().out_of_own_dtype().reads(Reads::Anywhere, Reads::Anywhere),
    triangle!("triu", "The upper triangle.", triangle::triu).batched(Batching::Leading).in_place().out_of_own_dtype().reads(Reads::Anywhere, Reads::Anywhere),
    triangle!("diag", "A diagonal, or a matrix with one.", triangle::diag).batched(Batching::Rule).out_of_own_dtype().reads(Reads::Anywhere, Reads::Anywhere),
    op("diagflat", "A matrix with a diagonal.", &[("(Tensor input, int offset=0)", |a| Ok(triangle::diagflat(a.tensor(0)?, a.int(1)?)?.into()))]).batched(Batching::Rule),
    op("diag_embed", "Matrices with diagonals.", &[("(Tensor input, int offset=0, int dim1=-2, int dim2=-1)", |a| {
        Ok(triangle::diag_embed(a.tensor(0)?, a.int(1)?, a.int(2)?, a.int(3)?)?.into())
    })]).batched(Batching::Inserts),
    op("trace", "Sum of the diagonal.", &[("(Tensor input)", |a| Ok(triangle::trace(a.tensor(0)?)?.into()))]).batched(Batching::Rule).node("TraceBackward0"),
];
