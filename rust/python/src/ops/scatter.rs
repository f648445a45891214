//! Writing by index, triangles and diagonals.

use ferrotorch_core::ops::scatter::{self, Reduce};
use ferrotorch_core::ops::{gather, index, masked, triangle, window_scatter};

use crate::args::Args;
use crate::errors::{Outcome, value_error};
use crate::op::{Decl, op};
use crate::value::Value;

fn reduction(a: &Args<'_, '_, '_>, i: usize) -> Outcome<Reduce> {
    match a.str(i)? {
        Some(name) => Ok(Reduce::parse("scatter_reduce", name)?),
        None => Err(value_error("reduce must be given")),
    }
}

fn scatter_op(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, dim, at) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?);
    let reduce = a.str(4)?.map(Reduce::parse_scatter).transpose()?;
    let out = match (a.opt_tensor(3), reduce) {
        (Some(src), None) => a.run(|| scatter::scatter(x, dim, at, src))?,
        (Some(src), Some(reduce)) => a.run(|| scatter::scatter_reduce(x, dim, at, src, reduce, true))?,
        (None, None) => {
            let value = a.scalar(3)?;
            a.run(|| scatter::scatter_value(x, dim, at, value))?
        }
        (None, Some(reduce)) => {
            let value = a.scalar(3)?;
            a.run(|| scatter::scatter_reduce_value(x, dim, at, value, reduce))?
        }
    };
    Ok(out.into())
}

fn index_fill(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, dim, at) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?);
    match a.opt_tensor(3) {
        Some(value) => Ok(a.run(|| index::index_fill_tensor(x, dim, at, value))?.into()),
        None => {
            let value = a.scalar(3)?;
            Ok(a.run(|| index::index_fill(x, dim, at, value))?.into())
        }
    }
}

/// An op with an input and one integer.
macro_rules! with_int {
    ($run:path) => {
        |a| {
            let (x, k) = (a.tensor(0)?, a.int(1)?);
            Ok(a.run(|| $run(x, k))?.into())
        }
    };
}

pub(super) static OPS: &[Decl] = &[
    op(
        "scatter",
        "Writes values at indices along a dimension.",
        &[
            ("(Tensor input, int dim, Tensor index, Operand src, *, str? reduce=None)", scatter_op),
            ("(Tensor input, int dim, Tensor index, Operand value, *, str? reduce=None)", scatter_op),
        ],
    )
    .in_place()
    .out(),
    op(
        "scatter_reduce",
        "Combines values into the elements at indices along a dimension.",
        &[("(Tensor input, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)", |a| {
            let (x, dim, at, src) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.tensor(3)?);
            let (reduce, include_self) = (reduction(a, 4)?, a.bool(5)?);
            Ok(a.run(|| scatter::scatter_reduce(x, dim, at, src, reduce, include_self))?.into())
        })],
    )
    .in_place()
    .out(),
    op(
        "take_along_dim",
        "Elements at indices along a dimension, broadcasting.",
        &[("(Tensor input, Tensor indices, int? dim=None)", |a| {
            let (x, at, dim) = (a.tensor(0)?, a.tensor(1)?, a.opt_int(2)?);
            Ok(a.run(|| gather::take_along_dim(x, at, dim))?.into())
        })],
    )
    .out(),
    op(
        "take",
        "Elements of the flattened tensor at indices.",
        &[("(Tensor input, Tensor index)", |a| {
            let (x, at) = (a.tensor(0)?, a.tensor(1)?);
            Ok(a.run(|| index::take(x, at))?.into())
        })],
    )
    .out(),
    op(
        "put",
        "Writes values into the flattened tensor at indices.",
        &[("(Tensor input, Tensor index, Tensor source, bool accumulate=False)", |a| {
            let (x, at, source, accumulate) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.bool(3)?);
            Ok(a.run(|| index::put(x, at, source, accumulate))?.into())
        })],
    )
    .in_place(),
    op(
        "index_copy",
        "Writes entries of a dimension at indices.",
        &[("(Tensor input, int dim, Tensor index, Tensor source)", |a| {
            let (x, dim, at, source) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.tensor(3)?);
            Ok(a.run(|| index::index_copy(x, dim, at, source))?.into())
        })],
    )
    .in_place()
    .out(),
    op(
        "index_fill",
        "Writes one value into entries of a dimension.",
        &[("(Tensor input, int dim, Tensor index, Operand value)", index_fill)],
    )
    .in_place()
    .out(),
    op(
        "index_reduce",
        "Combines entries into a dimension at indices.",
        &[("(Tensor input, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True)", |a| {
            let (x, dim, at, source) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.tensor(3)?);
            let (reduce, include_self) = (reduction(a, 4)?, a.bool(5)?);
            Ok(a.run(|| index::index_reduce(x, dim, at, source, reduce, include_self))?.into())
        })],
    )
    .in_place()
    .out(),
    op(
        "masked_scatter",
        "Writes values in order where a mask is true.",
        &[("(Tensor input, Tensor mask, Tensor source)", |a| {
            let (x, mask, source) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?);
            Ok(a.run(|| masked::masked_scatter(x, mask, source))?.into())
        })],
    )
    .in_place(),
    op("argwhere", "Coordinates of what is not zero.", &[("(Tensor input)", |a| Ok(masked::argwhere(a.tensor(0)?)?.into()))]),
    op("tril", "The lower triangle, 0 elsewhere.", &[("(Tensor input, int diagonal=0)", with_int!(triangle::tril))])
        .in_place()
        .out(),
    op("triu", "The upper triangle, 0 elsewhere.", &[("(Tensor input, int diagonal=0)", with_int!(triangle::triu))])
        .in_place()
        .out(),
    op(
        "diag",
        "The diagonal of a matrix, or the matrix of a diagonal.",
        &[("(Tensor input, int diagonal=0)", with_int!(triangle::diag))],
    )
    .out(),
    op(
        "diagflat",
        "The matrix with the flattened input as its diagonal.",
        &[("(Tensor input, int offset=0)", with_int!(triangle::diagflat))],
    ),
    op(
        "diag_embed",
        "Matrices with the last dimension as their diagonals.",
        &[("(Tensor input, int offset=0, int dim1=-2, int dim2=-1)", |a| {
            Ok(triangle::diag_embed(a.tensor(0)?, a.int(1)?, a.int(2)?, a.int(3)?)?.into())
        })],
    ),
    op("trace", "Sum of the diagonal.", &[("(Tensor input)", |a| Ok(triangle::trace(a.tensor(0)?)?.into()))]),
    op(
        "select_scatter",
        "The input with one entry of a dimension replaced.",
        &[("(Tensor input, Tensor src, int dim, int index)", |a| {
            Ok(window_scatter::select_scatter(a.tensor(0)?, a.tensor(1)?, a.int(2)?, a.int(3)?)?.into())
        })],
    ),
    op(
        "slice_scatter",
        "The input with a slice of a dimension replaced.",
        &[("(Tensor input, Tensor src, int dim=0, int? start=None, int? end=None, int step=1)", |a| {
            Ok(window_scatter::slice_scatter(a.tensor(0)?, a.tensor(1)?, a.int(2)?, a.opt_int(3)?, a.opt_int(4)?, a.int(5)?)?
                .into())
        })],
    ),
    op(
        "diagonal_scatter",
        "The input with a diagonal replaced.",
        &[("(Tensor input, Tensor src, int offset=0, int dim1=0, int dim2=1)", |a| {
            Ok(window_scatter::diagonal_scatter(a.tensor(0)?, a.tensor(1)?, a.int(2)?, a.int(3)?, a.int(4)?)?.into())
        })],
    ),
];
