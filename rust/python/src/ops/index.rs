//! Elements by index: gathers, scatters, masks, windows that are written to.

use ferrotorch_core::ops::pointwise::Arg;
use ferrotorch_core::ops::scatter::{self, Reduce};
use ferrotorch_core::ops::{gather, index, masked, view, window_scatter};
use ferrotorch_core::overlap::{self, Reads};
use ferrotorch_core::{Result, Tensor};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::args::{Args, items};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error, type_error};
use crate::op::{Decl, Run, as_one_node, op};
use crate::tensor::PyTensor;
use crate::value::Value;

const fn written(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).in_place().out_of_own_dtype().reads(Reads::InStep, Reads::Apart)
}

/// An op along a dimension with index and source, into a new tensor or in place.
fn along(
    a: &Args<'_, '_, '_>,
    run: fn(&Tensor, i64, &Tensor, &Tensor) -> Result<Tensor>,
    run_in_place: fn(&Tensor, i64, &Tensor, &Tensor) -> Result<()>,
) -> Outcome<Value> {
    let (x, dim, index, source) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.tensor(3)?);
    a.run_form(|| run(x, dim, index, source), || run_in_place(x, dim, index, source))
}

/// The reduction named by an argument, by the names that the op knows: `scatter` has its own.
fn reduction(op: &'static str, a: &Args<'_, '_, '_>, i: usize) -> Outcome<Reduce> {
    let name = a.str(i)?.unwrap_or_default();
    Ok(if op == "scatter" { Reduce::parse_scatter(name)? } else { Reduce::parse(op, name)? })
}

fn scattered_value(a: &Args<'_, '_, '_>, reduce: Option<usize>) -> Outcome<Value> {
    let (x, dim, index, value) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.scalar(3)?);
    let reduce = reduce.map(|i| reduction("scatter", a, i)).transpose()?;
    match reduce {
        Some(reduce) => a.run_form(
            || scatter::scatter_reduce_value(x, dim, index, value, reduce),
            || scatter::scatter_reduce_value_(x, dim, index, value, reduce),
        ),
        None => a.run_form(|| scatter::scatter_value(x, dim, index, value), || scatter::scatter_value_(x, dim, index, value)),
    }
}

fn reduced(op: &'static str, a: &Args<'_, '_, '_>, include_self: bool) -> Outcome<Value> {
    let (x, dim, index, source, reduce) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.tensor(3)?, reduction(op, a, 4)?);
    a.run_form(
        || scatter::scatter_reduce(x, dim, index, source, reduce, include_self),
        || scatter::scatter_reduce_(x, dim, index, source, reduce, include_self),
    )
}

fn filled(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, dim, at) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?);
    match a.operand(3)? {
        Arg::Scalar(value) => a.run_form(|| index::index_fill(x, dim, at, value), || index::index_fill_(x, dim, at, value)),
        Arg::Tensor(value) => as_one_node("IndexFillBackward1", || {
            a.run_form(|| index::index_fill_tensor(x, dim, at, value), || index::index_fill_tensor_(x, dim, at, value))
        }),
    }
}

fn mask_filled(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, mask, value) = (a.tensor(0)?, a.tensor(1)?, a.operand(2)?);
    match value {
        Arg::Scalar(value) => a.run_form(|| masked::masked_fill(x, mask, value), || masked::masked_fill_(x, mask, value)),
        Arg::Tensor(value) => as_one_node("MaskedFillBackward1", || {
            a.run_form(|| masked::masked_fill_tensor(x, mask, value), || masked::masked_fill_tensor_(x, mask, value))
        }),
    }
}

/// The indices of `index_put`: tensors, or None for a whole dimension.
fn indices(object: &Bound<'_, PyAny>) -> Outcome<Vec<Option<Tensor>>> {
    if !object.is_instance_of::<PyList>() && !object.is_instance_of::<pyo3::types::PyTuple>() {
        return Err(type_error(format!(
            "index_put(): argument 'indices' (position 2) must be tuple of Tensors, not {}",
            object.get_type()
        )));
    }
    items(object, |item| match PyTensor::get(item) {
        Some(tensor) => Ok(Some(tensor.clone())),
        None if item.is_none() => Ok(None),
        None => Err(type_error(format!("index_put(): expected a Tensor or None among the indices, got {}", item.get_type()))),
    })
}

fn put(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let given =
        indices(a.object(1).ok_or_else(|| type_error("index_put(): argument 'indices' must be tuple of Tensors, not None"))?)?;
    let (x, values, accumulate) = (a.tensor(0)?, a.tensor(2)?, a.bool(3)?);
    if a.in_place {
        let array = x.array();
        given.iter().flatten().try_for_each(|i| overlap::refuse_shared("index_put_", &array, &i.array(), Reads::Apart))?;
    }
    a.run_form(|| index::index_put(x, &given, values, accumulate), || index::index_put_(x, &given, values, accumulate))
}

pub(super) static OPS: &[Decl] = &[
    op(
        "gather",
        "Elements at indices along a dimension.",
        &[("(Tensor input, int dim, Tensor index, *, bool sparse_grad=False)", |a| a.run3(gather::gather))],
    )
    .out_of_own_dtype()
    .reads(Reads::Apart, Reads::Apart),
    op(
        "take_along_dim",
        "Elements at indices along a dimension, broadcast.",
        &[("(Tensor input, Tensor indices, int? dim=None)", |a| a.run3(gather::take_along_dim))],
    )
    .out_of_own_dtype()
    .reads(Reads::Apart, Reads::Apart)
    .batched(Batching::Rule),
    op(
        "scatter",
        "Writes values at indices along a dimension.",
        &[
            ("(Tensor input, int dim, Tensor index, Tensor src)", |a| along(a, scatter::scatter, scatter::scatter_)),
            ("(Tensor input, int dim, Tensor index, Tensor src, *, str reduce)", |a| reduced("scatter", a, true)),
            ("(Tensor input, int dim, Tensor index, Scalar value)", |a| scattered_value(a, None)),
            ("(Tensor input, int dim, Tensor index, Scalar value, *, str reduce)", |a| scattered_value(a, Some(4))),
        ],
    )
    .in_place()
    .out_of_own_dtype()
    .reads(Reads::InStep, Reads::Apart),
    written(
        "scatter_add",
        "Adds values at indices along a dimension.",
        &[("(Tensor input, int dim, Tensor index, Tensor src)", |a| along(a, scatter::scatter_add, scatter::scatter_add_))],
    ),
    op(
        "scatter_reduce",
        "Combines values at indices along a dimension.",
        &[("(Tensor input, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)", |a| {
            reduced("scatter_reduce", a, a.bool(5)?)
        })],
    )
    .in_place()
    .out_of_own_dtype()
    .reads(Reads::InStep, Reads::Apart),
    op(
        "index_select",
        "Entries of a dimension at indices.",
        &[("(Tensor input, int dim, Tensor index)", |a| a.run3(index::index_select))],
    )
    .out_of_own_dtype()
    .reads(Reads::Apart, Reads::Apart)
    .batched(Batching::Rule),
    op(
        "index_add",
        "Adds entries at indices.",
        &[("(Tensor input, int dim, Tensor index, Tensor source, *, Scalar alpha=1)", |a| {
            let (x, dim, index, source, alpha) = (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.tensor(3)?, a.scalar(4)?);
            a.run_form(|| index::index_add(x, dim, index, source, alpha), || index::index_add_(x, dim, index, source, alpha))
        })],
    )
    .in_place()
    .out_of_own_dtype()
    .reads(Reads::InStep, Reads::Apart)
    .batched(Batching::Rule),
    written(
        "index_copy",
        "Overwrites entries at indices.",
        &[("(Tensor input, int dim, Tensor index, Tensor source)", |a| along(a, index::index_copy, index::index_copy_))],
    )
    .batched(Batching::Rule),
    op("index_fill", "A number at indices of a dimension.", &[("(Tensor input, int dim, Tensor index, Operand value)", filled)])
        .in_place()
        .reads(Reads::Anywhere, Reads::Anywhere)
        .batched(Batching::Rule),
    op(
        "index_reduce",
        "Combines entries at indices.",
        &[("(Tensor input, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True)", |a| {
            let (x, dim, at, source, reduce, include) =
                (a.tensor(0)?, a.int(1)?, a.tensor(2)?, a.tensor(3)?, reduction("index_reduce", a, 4)?, a.bool(5)?);
            a.run_form(
                || index::index_reduce(x, dim, at, source, reduce, include),
                || index::index_reduce_(x, dim, at, source, reduce, include),
            )
        })],
    )
    .node("IndexReduceBackward0")
    .shows(&["self=input", "dim", "index", "source", "reduce", "include_self"])
    .in_place()
    .out_of_own_dtype()
    .reads(Reads::InStep, Reads::Apart)
    .batched(Batching::Rule),
    op(
        "index_put",
        "Writes values at index tensors.",
        &[("(Tensor input, Any indices, Tensor values, bool accumulate=False)", put)],
    )
    .in_place_both()
    .reads(Reads::InStep, Reads::Apart)
    .batched(Batching::Rule),
    op("take", "Elements of the flattened tensor.", &[("(Tensor input, Tensor index)", |a| a.run2(index::take))])
        .out_of_own_dtype()
        .reads(Reads::Apart, Reads::Apart)
        .batched(Batching::Rule),
    op(
        "put",
        "Writes elements of the flattened tensor.",
        &[("(Tensor input, Tensor index, Tensor source, bool accumulate=False)", |a| {
            let (x, at, source, accumulate) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?, a.bool(3)?);
            a.run_form(|| index::put(x, at, source, accumulate), || index::put_(x, at, source, accumulate))
        })],
    )
    .in_place()
    .reads(Reads::InStep, Reads::Apart)
    .batched(Batching::Rule),
    op("masked_fill", "A number where a mask is true.", &[("(Tensor input, Tensor mask, Operand value)", mask_filled)])
        .in_place()
        .reads(Reads::InStep, Reads::Anywhere)
        .batched(Batching::Rule),
    op("masked_select", "Elements where a mask is true.", &[("(Tensor input, Tensor mask)", |a| a.run2(masked::masked_select))])
        .out_of_own_dtype()
        .reads(Reads::Apart, Reads::Apart)
        .node("MaskedSelectBackward0")
        .shows(&["self=input", "mask"])
        .batched(Batching::Dynamic),
    op(
        "masked_scatter",
        "Elements of a source, one after another, where a mask is true.",
        &[("(Tensor input, Tensor mask, Tensor source)", |a| {
            let (x, mask, source) = (a.tensor(0)?, a.tensor(1)?, a.tensor(2)?);
            a.run_form(|| masked::masked_scatter(x, mask, source), || masked::masked_scatter_(x, mask, source))
        })],
    )
    .node("MaskedScatterBackward0")
    .shows(&["mask"])
    .in_place()
    .reads(Reads::InStep, Reads::Anywhere)
    .batched(Batching::Rule),
    op(
        "nonzero",
        "Coordinates of what is not zero.",
        &[("(Tensor input, *, bool as_tuple=False) -> Any", |a| {
            let x = a.tensor(0)?;
            if a.bool(1)? {
                if a.out().is_some() {
                    return Err(runtime_error("nonzero does not support the out kwarg when as_tuple is True"));
                }
                let x = if x.ndim() == 0 { &view::reshape(x, &[1])? } else { x };
                return Ok(a.run(|| masked::nonzero_tuple(x))?.into());
            }
            Ok(a.run(|| masked::nonzero(x))?.into())
        })],
    )
    .out_of_own_dtype()
    .reads(Reads::Apart, Reads::Apart)
    .batched(Batching::Dynamic),
    op("argwhere", "Coordinates of what is not zero.", &[("(Tensor input)", |a| a.run1(masked::argwhere))])
        .batched(Batching::Loop),
    op(
        "nonzero_static",
        "Coordinates of what is not zero, so many rows.",
        &[("(Tensor input, *, int size, int fill_value=-1)", |a| a.run3(masked::nonzero_static))],
    )
    .out_of_own_dtype()
    .reads(Reads::Apart, Reads::Apart)
    .batched(Batching::Rule),
    op(
        "select_scatter",
        "A copy with one entry of a dimension replaced.",
        &[("(Tensor input, Tensor src, int dim, int index)", |a| a.run4(window_scatter::select_scatter))],
    ),
    op(
        "slice_scatter",
        "A copy with a slice replaced.",
        &[("(Tensor input, Tensor src, int dim=0, int? start=None, int? end=None, int step=1)", |a| {
            a.run6(window_scatter::slice_scatter)
        })],
    )
    .out()
    .reads(Reads::Anywhere, Reads::Anywhere),
    op(
        "diagonal_scatter",
        "A copy with a diagonal replaced.",
        &[("(Tensor input, Tensor src, int offset=0, int dim1=0, int dim2=1)", |a| a.run5(window_scatter::diagonal_scatter))],
    ),
    op(
        "as_strided_scatter",
        "A copy with a window replaced.",
        &[("(Tensor input, Tensor src, int[] size, int[] stride, int? storage_offset=None)", |a| {
            let strides: Vec<isize> = a.ints(3)?.iter().map(|&s| s as isize).collect();
            let offset = a.opt_int(4)?.map(|offset| offset.max(0) as usize);
            let (x, source, size) = (a.tensor(0)?, a.tensor(1)?, a.size(2)?);
            Ok(a.run(|| window_scatter::as_strided_scatter(x, source, &size, &strides, offset))?.into())
        })],
    )
    .batched(Batching::Rule),
];
