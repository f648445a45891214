//! Order: sorting, searching, counting, triangles.

use ferrotorch_core::ops::pointwise::Arg;
use ferrotorch_core::ops::quantile::{self, Interpolation};
use ferrotorch_core::ops::search;
use ferrotorch_core::ops::unique::{self, Distinct};
use ferrotorch_core::ops::{cast, sort, triangle};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::promote::Promotion;
use ferrotorch_core::{Error, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyInt, PySequence};
use smallvec::SmallVec;

use crate::args::{Args, Ints};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error, type_error};
use crate::op::{Decl, as_one_node, op};
use crate::value::Value;

/// Quantiles, of all or of what is not NaN.
fn quantile(a: &Args<'_, '_, '_>, skips_nan: bool) -> Outcome<Value> {
    let (x, dim, keepdim, how) = (a.tensor(0)?, a.opt_int(2)?, a.bool(3)?, interpolation(a, 4)?);
    let q = match a.operand(1)? {
        Arg::Tensor(q) => q.clone(),
        Arg::Scalar(q) => Tensor::full(&[], q, x.dtype(), x.device())?,
    };
    Ok(a.run(|| quantile::quantile(x, &q, dim, keepdim, how, skips_nan))?.into())
}

const QUANTILE: &str = "(Tensor input, Operand q, int? dim=None, bool keepdim=False, *, str interpolation=linear)";
const TRIANGLE: &str = "(Tensor input, int diagonal=0)";

fn interpolation(a: &Args<'_, '_, '_>, i: usize) -> Outcome<Interpolation> {
    Ok(Interpolation::parse(a.str(i)?.unwrap_or("linear"))?)
}

fn sorted(a: &Args<'_, '_, '_>, dim: usize, descending: usize) -> Outcome<Value> {
    let (x, dim, descending) = (a.tensor(0)?, a.int(dim)?, a.bool(descending)?);
    // PyTorch has another op for the sort that asks to be stable, which all are here.
    let node = if a.params().zip(0..).any(|(param, i)| param.name == "stable" && a.object(i).is_some()) {
        "SortBackward1"
    } else {
        "SortBackward0"
    };
    as_one_node(node, || Ok(Value::pair("sort", a.run(|| sort::sort(x, dim, descending))?)))
}

/// What the flags ask for: the values alone, or with inverse and counts.
fn distinct(found: Distinct, inverse: bool, counts: bool) -> Value {
    if !inverse && !counts {
        return found.values.into();
    }
    let mut parts: SmallVec<[Tensor; 3]> = SmallVec::new();
    parts.push(found.values);
    if inverse {
        parts.extend(found.inverse);
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
            let dtype = Promotion::default().tensor(tensor.dtype(), tensor.ndim()).scalar(x).result()?;
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
    let invert = a.bool(3)?;
    Ok(a.run(|| search::isin(&elements, &tests, invert))?.into())
}

/// A shape that may be one size.
fn sizes(shape: &Bound<'_, PyAny>) -> Outcome<Ints> {
    if shape.is_instance_of::<PyInt>() {
        return Ok(SmallVec::from_elem(shape.extract()?, 1));
    }
    let Ok(sizes) = shape.cast::<PySequence>() else {
        return Err(type_error(format!("expected 'shape' to be int or sequence of ints, but got {}", shape.get_type())));
    };
    let size = |size: PyResult<Bound<'_, PyAny>>| match size? {
        size if size.is_instance_of::<PyInt>() => Ok(size.extract()?),
        other => Err(type_error(format!("expected 'shape' sequence to only contain ints, but got {}", other.get_type()))),
    };
    sizes.try_iter()?.map(size).collect()
}

fn unravel_index(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (indices, shape) = (a.tensor(0)?, a.object(1).map_or_else(|| Ok(Ints::new()), sizes)?);
    Ok(a.run(|| search::unravel_index(indices, &shape))?.into())
}

pub(super) static OPS: &[Decl] = &[
    op("sort", "Sorted along a dimension, with the indices.", &[
        ("(Tensor input, int dim=-1, bool descending=False, bool stable=False) -> sort", |a| sorted(a, 1, 2)),
        ("(Tensor input, *, bool? stable, int dim=-1, bool descending=False) -> sort", |a| sorted(a, 2, 3)),
    ])
    .out_of_own_dtype(),
    op("argsort", "Indices that sort a dimension.", &[("(Tensor input, int dim=-1, bool descending=False, bool stable=False)", |a| a.run3(sort::argsort))])
    .out_of_own_dtype(),
    op("msort", "Sorted along the first dimension.", &[("(Tensor input)", |a| a.run1(sort::msort))]).out_of_own_dtype().batched(Batching::Rule),
    op("topk", "The `k` largest or smallest, with their indices.", &[("(Tensor input, int k, int dim=-1, bool largest=True, bool sorted=True) -> topk", |a| a.run4(sort::topk))])
    .out_of_own_dtype(),
    op("kthvalue", "The `k`-th smallest, with its index.", &[("(Tensor input, int k, int dim=-1, bool keepdim=False) -> kthvalue", |a| a.run4(sort::kthvalue))])
    .out_of_own_dtype(),
    op("median", "The lower median.", &[
        ("(Tensor input) !out", |a| a.run1(sort::median_all)),
        ("(Tensor input, int dim, bool keepdim=False) -> median", |a| a.run3(sort::median)),
    ])
    .out_of_own_dtype(),
    op("nanmedian", "The lower median of what is not NaN.", &[
        ("(Tensor input) !out", |a| a.run1(sort::nanmedian_all)),
        ("(Tensor input, int dim, bool keepdim=False) -> nanmedian", |a| a.run3(sort::nanmedian)),
    ])
    .out_of_own_dtype(),
    op("mode", "The most frequent, with an index.", &[("(Tensor input, int dim=-1, bool keepdim=False) -> mode", |a| a.run3(sort::mode))])
    .out_of_own_dtype(),
    op("searchsorted", "Insertion points in sorted rows.", &[(
        "(Tensor sorted_sequence, Operand input, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None)",
        searched,
    )])
    .function()
    .out_of_own_dtype().batched(Batching::Rule),
    op("bucketize", "Numbers of the intervals between boundaries.", &[("(Operand input, Tensor boundaries, *, bool out_int32=False, bool right=False)", |a| {
        let (boundaries, values) = comparable(a.tensor(1)?, a.operand(0)?)?;
        let (int32, right) = (a.bool(2)?, a.bool(3)?);
        Ok(a.run(|| search::bucketize(&values, &boundaries, int32, right))?.into())
    })])
    .function()
    .out_of_own_dtype().batched(Batching::Rule),
    op("isin", "Is each element among others?", &[
        ("(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool invert=False)", is_among),
        ("(Scalar element, Tensor test_elements, *, bool assume_unique=False, bool invert=False)", is_among),
        ("(Tensor elements, Scalar test_element, *, bool assume_unique=False, bool invert=False)", is_among),
    ])
    .function()
    .out_of_own_dtype().batched(Batching::Rule),
    op("bincount", "How often each integer occurs.", &[("(Tensor input, Tensor? weights=None, int minlength=0)", |a| a.run3(search::bincount))]).batched(Batching::Loop),
    op("histc", "Counts of equal intervals.", &[("(Tensor input, int bins=100, float min=0, float max=0)", |a| a.run4(search::histc))])
    .out_of_own_dtype()
    .reads(Reads::Anywhere, Reads::Anywhere).batched(Batching::Rule),
    op("quantile", "Quantiles.", &[(QUANTILE, |a| quantile(a, false))]).out_of_own_dtype().batched(Batching::Rule),
    op("nanquantile", "Quantiles of what is not NaN.", &[(QUANTILE, |a| quantile(a, true))]).out_of_own_dtype().batched(Batching::Rule),
    op("unravel_index", "Coordinates of flat indices.", &[("(Tensor indices, Any shape) -> Tensor[]", unravel_index)])
        .function().batched(Batching::Leading),
    op("unique", "Distinct elements, or entries of a dimension.", &[(
        "(Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any",
        |a| {
            a.run5(|x: &Tensor, _sorted: bool, inverse: bool, counts: bool, dim: Option<i64>| {
                let found = match dim {
                    Some(dim) => unique::unique_dim(x, dim)?,
                    None => unique::unique(x, inverse)?,
                };
                Ok::<_, Error>(distinct(found, inverse, counts))
            })
        },
    )]).batched(Batching::Dynamic),
    op("unique_consecutive", "Without repetitions of neighbours.", &[("(Tensor input, bool return_inverse=False, bool return_counts=False, int? dim=None) -> Any", |a| {
        a.run4(|x: &Tensor, inverse: bool, counts: bool, dim: Option<i64>| {
            let found = match dim {
                Some(dim) => unique::unique_consecutive_dim(x, dim)?,
                None => unique::unique_consecutive(x)?,
            };
            Ok::<_, Error>(distinct(found, inverse, counts))
        })
    })]).batched(Batching::Dynamic),
    op("tril", "The lower triangle.", &[(TRIANGLE, |a| a.run2(triangle::tril))]).in_place().out_of_own_dtype().reads(Reads::Anywhere, Reads::Anywhere).batched(Batching::Leading),
    op("triu", "The upper triangle.", &[(TRIANGLE, |a| a.run2(triangle::triu))]).in_place().out_of_own_dtype().reads(Reads::Anywhere, Reads::Anywhere).batched(Batching::Leading),
    op("diag", "A diagonal, or a matrix with one.", &[(TRIANGLE, |a| a.run2(triangle::diag))]).out_of_own_dtype().reads(Reads::Anywhere, Reads::Anywhere).batched(Batching::Rule),
    op("diagflat", "A matrix with a diagonal.", &[("(Tensor input, int offset=0)", |a| a.run2(triangle::diagflat))]).batched(Batching::Rule),
    op("diag_embed", "Matrices with diagonals.", &[("(Tensor input, int offset=0, int dim1=-2, int dim2=-1)", |a| a.run4(triangle::diag_embed))]).node("DiagEmbedBackward0").batched(Batching::Inserts),
    op("trace", "Sum of the diagonal.", &[("(Tensor input)", |a| a.run1(triangle::trace))]).node("TraceBackward0").batched(Batching::Rule),
];
