//! Sorting, selecting, searching, counting.

use ferrotorch_core::ops::{search, sort, unique};
use ferrotorch_core::{Scalar, Tensor};
use smallvec::{SmallVec, smallvec};

use crate::args::Args;
use crate::errors::Outcome;
use crate::op::{Decl, op};
use crate::value::Value;

fn sorted(a: &Args<'_, '_, '_>, dim: usize, descending: usize) -> Outcome<Value> {
    let (x, dim, descending) = (a.tensor(0)?, a.int(dim)?, a.bool(descending)?);
    Ok(Value::pair("sort", a.run(|| sort::sort(x, dim, descending))?))
}

fn order(a: &Args<'_, '_, '_>, dim: usize, descending: usize) -> Outcome<Value> {
    let (x, dim, descending) = (a.tensor(0)?, a.int(dim)?, a.bool(descending)?);
    Ok(a.run(|| sort::argsort(x, dim, descending))?.into())
}

/// A selection along a dimension that yields values and indices.
macro_rules! along {
    ($name:literal, $run:path) => {
        |a| {
            let (x, dim, keepdim) = (a.tensor(0)?, a.int(1)?, a.bool(2)?);
            Ok(Value::pair($name, a.run(|| $run(x, dim, keepdim))?))
        }
    };
}

/// A tensor argument that may be a number.
fn tensor_or_number(a: &Args<'_, '_, '_>, i: usize) -> Outcome<Tensor> {
    match a.opt_tensor(i) {
        Some(tensor) => Ok(tensor.clone()),
        None => Ok(Tensor::from_scalar(a.scalar(i)?, ferrotorch_core::Device::CPU)?),
    }
}

fn distinct(a: &Args<'_, '_, '_>, consecutive: bool, inverse: usize, counts: usize, dim: usize) -> Outcome<Value> {
    let (x, dim) = (a.tensor(0)?, a.opt_int(dim)?);
    let found = a.run(|| match (dim, consecutive) {
        (Some(dim), false) => unique::unique_dim(x, dim),
        (Some(dim), true) => unique::unique_consecutive_dim(x, dim),
        (None, false) => unique::unique(x),
        (None, true) => unique::unique_consecutive(x),
    })?;
    let mut out: SmallVec<[Tensor; 3]> = smallvec![found.values];
    if a.bool(inverse)? {
        out.push(found.inverse);
    }
    if a.bool(counts)? {
        out.push(found.counts);
    }
    Ok(if out.len() == 1 { out.remove(0).into() } else { Value::Tuple(out) })
}

fn quantiles(a: &Args<'_, '_, '_>, skip_nan: bool) -> Outcome<Value> {
    let x = a.tensor(0)?;
    let q = match a.opt_tensor(1) {
        Some(q) => q.clone(),
        None => Tensor::full(&[], Scalar::Float(a.float(1)?), x.dtype(), x.device())?,
    };
    let (dim, keepdim, interpolation) = (a.opt_int(2)?, a.bool(3)?, search::Interpolation::parse(a.str(4)?.unwrap_or("linear"))?);
    Ok(a.run(|| search::quantile(x, &q, dim, keepdim, interpolation, skip_nan))?.into())
}

pub(super) static OPS: &[Decl] = &[
    op("sort", "Sorted values and where they stood.", &[
        ("(Tensor input, int dim=-1, bool descending=False, bool stable=False)", |a| sorted(a, 1, 2)),
        ("(Tensor input, *, bool? stable, int dim=-1, bool descending=False)", |a| sorted(a, 2, 3)),
    ])
    .out(),
    op("argsort", "Where sorted values stood.", &[
        ("(Tensor input, int dim=-1, bool descending=False, bool stable=False)", |a| order(a, 1, 2)),
        ("(Tensor input, *, bool stable, int dim=-1, bool descending=False)", |a| order(a, 2, 3)),
    ]),
    op("msort", "Values sorted along the first dimension.", &[("(Tensor input)", |a| Ok(sort::msort(a.tensor(0)?)?.into()))]).out(),
    op("topk", "The `k` largest (or smallest) along a dimension, in order.", &[(
        "(Tensor input, int k, int dim=-1, bool largest=True, bool sorted=True)",
        |a| {
            let (x, k, dim, largest) = (a.tensor(0)?, a.int(1)?, a.int(2)?, a.bool(3)?);
            Ok(Value::pair("topk", a.run(|| sort::topk(x, k, dim, largest))?))
        },
    )])
    .out(),
    op("kthvalue", "The `k`-th smallest along a dimension.", &[("(Tensor input, int k, int dim=-1, bool keepdim=False)", |a| {
        let (x, k, dim, keepdim) = (a.tensor(0)?, a.int(1)?, a.int(2)?, a.bool(3)?);
        Ok(Value::pair("kthvalue", a.run(|| sort::kthvalue(x, k, dim, keepdim))?))
    })])
    .out(),
    op("median", "The lower median of all elements, or along a dimension.", &[
        ("(Tensor input)", |a| Ok(sort::median_all(a.tensor(0)?)?.into())),
        ("(Tensor input, int dim, bool keepdim=False)", along!("median", sort::median)),
    ])
    .out(),
    op("nanmedian", "The lower median of what is not NaN.", &[
        ("(Tensor input)", |a| Ok(sort::nanmedian_all(a.tensor(0)?)?.into())),
        ("(Tensor input, int dim, bool keepdim=False)", along!("nanmedian", sort::nanmedian)),
    ])
    .out(),
    op("mode", "The most frequent value along a dimension.", &[("(Tensor input, int dim=-1, bool keepdim=False)", along!("mode", sort::mode))]).out(),
    op("searchsorted", "Where values belong in a sorted sequence.", &[(
        "(Tensor sorted_sequence, Operand input, *, bool out_int32=False, bool right=False, str? side=None, Tensor? sorter=None)",
        |a| {
            let (sorted, values, int32) = (a.tensor(0)?, tensor_or_number(a, 1)?, a.bool(2)?);
            let right = a.bool(3)? || a.str(4)? == Some("right");
            let sorter = a.opt_tensor(5);
            Ok(a.run(|| search::searchsorted(sorted, &values, right, int32, sorter))?.into())
        },
    )])
    .function()
    .out(),
    op("bucketize", "Which interval between boundaries values fall into.", &[(
        "(Operand input, Tensor boundaries, *, bool out_int32=False, bool right=False)",
        |a| {
            let (values, boundaries, int32, right) = (tensor_or_number(a, 0)?, a.tensor(1)?, a.bool(2)?, a.bool(3)?);
            Ok(a.run(|| search::bucketize(&values, boundaries, int32, right))?.into())
        },
    )])
    .function()
    .out(),
    op("isin", "Which elements are among the test elements.", &[(
        "(Operand elements, Operand test_elements, *, bool assume_unique=False, bool invert=False)",
        |a| {
            let (elements, tests, invert) = (tensor_or_number(a, 0)?, tensor_or_number(a, 1)?, a.bool(3)?);
            Ok(a.run(|| search::isin(&elements, &tests, invert))?.into())
        },
    )])
    .function()
    .out(),
    op("bincount", "How often each number occurs, or the sum of its weights.", &[("(Tensor input, Tensor? weights=None, int minlength=0)", |a| {
        let (x, weights, least) = (a.tensor(0)?, a.opt_tensor(1), a.int(2)?);
        Ok(a.run(|| search::bincount(x, weights, least))?.into())
    })]),
    op("histc", "Counts in equal bins between two bounds.", &[("(Tensor input, int bins=100, float min=0, float max=0)", |a| {
        let (x, bins, min, max) = (a.tensor(0)?, a.int(1)?, a.float(2)?, a.float(3)?);
        Ok(a.run(|| search::histc(x, bins, min, max))?.into())
    })])
    .out(),
    op("quantile", "Quantiles of all elements, or along a dimension.", &[(
        "(Tensor input, Operand q, int? dim=None, bool keepdim=False, *, str interpolation=linear)",
        |a| quantiles(a, false),
    )])
    .out(),
    op("nanquantile", "Quantiles of what is not NaN.", &[(
        "(Tensor input, Operand q, int? dim=None, bool keepdim=False, *, str interpolation=linear)",
        |a| quantiles(a, true),
    )])
    .out(),
    op("unravel_index", "Coordinates of flat indices.", &[("(Tensor indices, int[1] shape)", |a| {
        Ok(search::unravel_index(a.tensor(0)?, &a.ints(1)?)?.into())
    })])
    .function(),
    op("unique", "The distinct elements, sorted.", &[(
        "(Tensor input, bool sorted=True, bool return_inverse=False, bool return_counts=False, int? dim=None)",
        |a| distinct(a, false, 2, 3, 4),
    )]),
    op("unique_consecutive", "Elements that differ from the one before.", &[(
        "(Tensor input, bool return_inverse=False, bool return_counts=False, int? dim=None)",
        |a| distinct(a, true, 1, 2, 3),
    )]),
];
