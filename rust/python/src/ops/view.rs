//! Views and the order of dimensions.

use ferrotorch_core::memory_format::MemoryFormat;
use ferrotorch_core::ops::view::{self, Division};
use ferrotorch_core::ops::{cast, complex, repeat, strided};
use ferrotorch_core::overlap::Reads;
use ferrotorch_core::{DType, Layout, Result, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use smallvec::SmallVec;

use crate::args::{Args, Ints};
use crate::batching::Batching;
use crate::errors::{Outcome, runtime_error, type_error};
use crate::objects::storage;
use crate::op::{Decl, Place, Run, op};
use crate::parser::type_name;
use crate::tensor::PyTensor;
use crate::value::Value;

/// A method that changes the tensor's metadata in place.
const fn metadata(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    changing(name, doc, overloads).method()
}

/// [`metadata`] that is a function, too.
const fn changing(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    op(name, doc, overloads).only_in_place().reads(Reads::Anywhere, Reads::Anywhere)
}

/// What a change of metadata returns.
fn stored(done: Result<()>) -> Outcome<Value> {
    done?;
    Ok(Value::Stored)
}

const ONE: &str = "(Tensor input)";
const SEVERAL: &str = "(Tensor... tensors=()) -> Tensor[]";
const SECTIONS: &str = "(Tensor input, int sections) -> Tensor[]";
const INDICES: &str = "(Tensor input, int... indices) -> Tensor[]";

/// The same of each tensor.
fn each(a: &Args<'_, '_, '_>, run: fn(&Tensor) -> Result<Tensor>) -> Outcome<Value> {
    a.view1(|tensors: Vec<Tensor>| tensors.iter().map(run).collect::<Result<Vec<Tensor>>>())
}

fn in_sections(a: &Args<'_, '_, '_>, run: fn(&Tensor, Division<'_>) -> Result<Vec<Tensor>>) -> Outcome<Value> {
    a.view2(|x: &Tensor, sections: i64| run(x, Division::Sections(sections)))
}

fn at_indices(a: &Args<'_, '_, '_>, run: fn(&Tensor, Division<'_>) -> Result<Vec<Tensor>>) -> Outcome<Value> {
    a.view2(|x: &Tensor, indices: Ints| run(x, Division::Indices(&indices)))
}

fn contiguous(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, format) = (a.tensor(0)?, a.memory_format(1)?.unwrap_or(MemoryFormat::Contiguous));
    if format == MemoryFormat::Preserve && !x.with_array(|array| array.layout.is_contiguous()) {
        return Err(runtime_error("preserve memory format is unsupported by the contiguous operator"));
    }
    Ok(a.run(|| cast::in_format(x, format))?.into())
}

fn squeezed(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let x = a.tensor(0)?;
    let is_list = a.object(1).is_some_and(|dims| dims.is_instance_of::<PyTuple>() || dims.is_instance_of::<PyList>());
    Ok(match a.opt_ints(1)? {
        Some(dims) if !is_list && dims.len() == 1 => view::squeeze_dim(x, dims[0])?,
        Some(dims) => view::squeeze_dims(x, &dims)?,
        None => view::squeeze(x)?,
    }
    .into())
}

fn moved(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (from, to) = (a.ints(1)?, a.ints(2)?);
    Ok(view::movedim(a.tensor(0)?, &from, &to)?.into())
}

fn moved_one(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    Ok(view::movedim(a.tensor(0)?, &[a.int(1)?], &[a.int(2)?])?.into())
}

fn split_by_sizes(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    Ok(view::split_with_sizes(a.tensor(0)?, &a.ints(1)?, a.int(2)?)?.into())
}

fn viewed(a: &Args<'_, '_, '_>) -> Outcome<Value> {
    Ok(view::view(a.tensor(0)?, &a.ints(1)?)?.into())
}

fn strides(values: &[i64]) -> Vec<isize> {
    values.iter().map(|&s| s as isize).collect()
}

fn offset(a: &Args<'_, '_, '_>) -> Outcome<Option<usize>> {
    match a.opt_int(3)? {
        Some(n) if n < 0 => Err(runtime_error(format!("as_strided: Negative storage offset is not supported, got {n}"))),
        other => Ok(other.map(|n| n as usize)),
    }
}

/// `set_` in its forms: nothing, a tensor, a storage, or a window of either.
fn set(a: &Args<'_, '_, '_>, target: &Tensor) -> Outcome<()> {
    let Some(source) = a.object(1) else { return Ok(view::set_empty_(target)?) };
    let storage = match PyTensor::get(source) {
        Some(tensor) if !a.has(3) || tensor.dtype() != target.dtype() => return Ok(view::set_(target, tensor)?),
        Some(tensor) => tensor.storage(),
        None => {
            let Some((storage, dtype)) = storage::of_object(source) else {
                let given = type_name(source);
                return Err(type_error(format!("set_(): argument 'source' must be Tensor or Storage, not {given}")));
            };
            storage::require_dtype(target.dtype(), dtype)?;
            storage
        }
    };
    let size = if a.has(3) { a.size(3)? } else { SmallVec::from_elem(storage.bytes() / target.dtype().size(), 1) };
    let layout = match a.opt_ints(4)? {
        Some(stride) if stride.len() != size.len() => {
            return Err(runtime_error(format!("set_(): size {size:?} and stride {stride:?} must have the same length")));
        }
        Some(stride) => Layout::strided(&size, &strides(&stride), 0),
        None => Layout::contiguous(&size),
    };
    let offset = usize::try_from(a.int(2)?).map_err(|_| runtime_error("set_(): Tensor: invalid storage offset"))?;
    Ok(view::set_window_(target, storage, &Layout::strided(&size, layout.strides(), offset))?)
}

/// Refuses a tensor that cannot say where `tensor_split` splits.
fn check_places(at: &Tensor) -> Outcome<()> {
    let fault = if at.ndim() > 1 {
        format!("to be a zero-dimensional or one-dimensional tensor, but got a tensor with {} dims", at.ndim())
    } else if at.dtype() != DType::Int64 {
        format!("to have dtype of long, but got {}", at.dtype().legacy_name())
    } else if !at.device().is_cpu() {
        format!("to be on cpu, but it's on {}", at.device())
    } else {
        return Ok(());
    };
    Err(runtime_error(format!("tensor_split expected tensor_indices_or_sections {fault}")))
}

pub(super) static OPS: &[Decl] = &[
    op(
        "view",
        "The same elements in another shape, without a copy; or their bytes as another dtype.",
        &[
            ("(Tensor input, int... size)", viewed),
            ("(Tensor input, dtype dtype)", |a| match a.dtype(1)? {
                Some(dtype) => Ok(view::view_dtype(a.tensor(0)?, dtype)?.into()),
                None => Err(runtime_error("view() needs a dtype")),
            }),
        ],
    )
    .batched(Batching::Sizes)
    .method(),
    op(
        "reshape",
        "The same elements in another shape, copied where they must be.",
        &[("(Tensor input, int... shape)", |a| {
            let (x, shape) = (a.tensor(0)?, a.ints(1)?);
            Ok(a.run(|| view::reshape(x, &shape))?.into())
        })],
    )
    .batched(Batching::Sizes),
    op("view_as", "`view` in the shape of another tensor.", &[("(Tensor input, Tensor other)", |a| a.view2(view::view_as))])
        .batched(Batching::Rule)
        .method(),
    op(
        "reshape_as",
        "`reshape` to the shape of another tensor.",
        &[("(Tensor input, Tensor other)", |a| a.view2(view::reshape_as))],
    )
    .batched(Batching::Rule)
    .method(),
    op("flatten", "Merges dimensions.", &[("(Tensor input, int start_dim=0, int end_dim=-1)", |a| a.view3(view::flatten))]),
    op("ravel", "All dimensions merged.", &[(ONE, |a| a.view1(view::ravel))]).batched(Batching::Rule),
    op(
        "unflatten",
        "Splits a dimension into several.",
        &[("(Tensor input, int dim, int[] sizes)", |a| Ok(view::unflatten(a.tensor(0)?, a.int(1)?, &a.ints(2)?)?.into()))],
    ),
    op("squeeze", "Without dimensions of size 1.", &[("(Tensor input, int[1]? dim=None)", squeezed)]).batched(Batching::Dims),
    op("unsqueeze", "With a new dimension of size 1.", &[("(Tensor input, int dim)", |a| a.view2(view::unsqueeze))])
        .batched(Batching::Inserts),
    op(
        "expand",
        "Broadcasts to a larger size; -1 keeps a size.",
        &[("(Tensor input, int... size)", |a| a.view2(|x: &Tensor, sizes: Ints| view::expand(x, &sizes)))],
    )
    .batched(Batching::Sizes)
    .method(),
    op(
        "expand_as",
        "Broadcasts to the size of another tensor.",
        &[("(Tensor input, Tensor other)", |a| a.view2(view::expand_as))],
    )
    .batched(Batching::Rule)
    .method(),
    op(
        "broadcast_to",
        "Broadcasts to a size.",
        &[("(Tensor input, int... size)", |a| a.view2(|x: &Tensor, sizes: Ints| view::broadcast_to(x, &sizes)))],
    )
    .batched(Batching::Sizes),
    op(
        "broadcast_tensors",
        "Broadcasts tensors to one size.",
        &[("(Tensor... tensors=()) -> Tensor[]", |a| Ok(view::broadcast_tensors(&a.tensors(0)?)?.into()))],
    )
    .batched(Batching::Rule)
    .function(),
    op(
        "permute",
        "Dimensions in a new order.",
        &[("(Tensor input, int... dims)", |a| a.view2(|x: &Tensor, sizes: Ints| view::permute(x, &sizes)))],
    )
    .batched(Batching::Rule),
    op("transpose", "Two dimensions exchanged.", &[("(Tensor input, int dim0, int dim1)", |a| a.view3(view::transpose))])
        .alias(&["swapdims"]),
    op("swapaxes", "Two dimensions exchanged.", &[("(Tensor input, int axis0, int axis1)", |a| a.view3(view::swapaxes))]),
    op("t", "Transpose of a matrix.", &[(ONE, |a| a.view1(view::t))]).batched(Batching::Rule),
    op("adjoint", "Conjugate transpose of matrices.", &[(ONE, |a| a.view1(view::adjoint))]).batched(Batching::Rule),
    op(
        "movedim",
        "Moves dimensions.",
        &[("(Tensor input, int source, int destination)", moved_one), ("(Tensor input, int[] source, int[] destination)", moved)],
    )
    .alias(&["moveaxis"]),
    op(
        "narrow",
        "`length` entries of a dimension from `start` on.",
        &[
            ("(Tensor input, int dim, Tensor start, int length)", |a| {
                let start = a.tensor(2)?;
                if start.ndim() != 0 || !start.dtype().is_integral() || start.dtype() == DType::Bool {
                    return Err(runtime_error("narrow(): start must be an 0-dim integral Tensor."));
                }
                Ok(view::narrow(a.tensor(0)?, a.int(1)?, start.item()?.to_i64(), a.int(3)?)?.into())
            }),
            ("(Tensor input, int dim, int start, int length)", |a| a.view4(view::narrow)),
        ],
    ),
    op("select", "One entry of a dimension.", &[("(Tensor input, int dim, int index)", |a| a.view3(view::select))]),
    op(
        "diagonal",
        "The diagonal of two dimensions.",
        &[("(Tensor input, int offset=0, int dim1=0, int dim2=1)", |a| a.view4(view::diagonal))],
    ),
    op(
        "diagonal",
        "The diagonals of matrices.",
        &[("(Tensor A, *, int offset=0, int dim1=-2, int dim2=-1)", |a| a.view4(view::diagonal))],
    )
    .at(Place::Linalg),
    op(
        "unfold",
        "Windows along a dimension.",
        &[("(Tensor input, int dimension, int size, int step)", |a| a.view4(view::unfold))],
    )
    .method(),
    op(
        "as_strided",
        "A window into the storage.",
        &[("(Tensor input, int[] size, int[] stride, int? storage_offset=None)", |a| {
            Ok(strided::as_strided(a.tensor(0)?, &a.size(1)?, &strides(&a.ints(2)?), offset(a)?)?.into())
        })],
    )
    .batched(Batching::Rule),
    op(
        "split",
        "Parts of a size, or of sizes.",
        &[
            ("(Tensor tensor, int split_size_or_sections, int dim=0) -> Tensor[]", |a| a.view3(view::split)),
            ("(Tensor input, int split_size, int dim=0) -> Tensor[]", |a| a.view3(view::split)),
            ("(Tensor tensor, int[] split_size_or_sections, int dim=0) -> Tensor[]", split_by_sizes),
            ("(Tensor input, int[] split_size, int dim=0) -> Tensor[]", split_by_sizes),
        ],
    ),
    op(
        "split_with_sizes",
        "Parts of given sizes.",
        &[("(Tensor input, int[] split_sizes, int dim=0) -> Tensor[]", split_by_sizes)],
    ),
    op(
        "chunk",
        "At most so many equal parts.",
        &[("(Tensor input, int chunks, int dim=0) -> Tensor[]", |a| a.view3(view::chunk))],
    ),
    op(
        "unsafe_split",
        "Parts of a size that are no views: in-place changes of them are not seen by the graph of the whole.",
        &[("(Tensor input, int split_size, int dim=0) -> Tensor[]", |a| {
            Ok(view::split_into(view::Parts::Apart, a.tensor(0)?, a.int(1)?, a.int(2)?)?.into())
        })],
    ),
    op(
        "unsafe_split_with_sizes",
        "Parts of given sizes, as of `unsafe_split`.",
        &[("(Tensor input, int[] split_sizes, int dim=0) -> Tensor[]", |a| {
            Ok(view::split_with_sizes_into(view::Parts::Apart, a.tensor(0)?, &a.ints(1)?, a.int(2)?)?.into())
        })],
    ),
    op(
        "unsafe_chunk",
        "At most so many equal parts, as of `unsafe_split`.",
        &[("(Tensor input, int chunks, int dim=0) -> Tensor[]", |a| {
            Ok(view::chunk_into(view::Parts::Apart, a.tensor(0)?, a.int(1)?, a.int(2)?)?.into())
        })],
    ),
    op(
        "tensor_split",
        "So many parts, or parts between indices.",
        &[
            // A tensor comes first: one of a single element could be taken for a number.
            ("(Tensor input, Tensor tensor_indices_or_sections, int dim=0) -> Tensor[]", |a| {
                let at = a.tensor(1)?;
                check_places(at)?;
                let values = at.array().to_vec::<i64>()?;
                let x = a.tensor(0)?;
                Ok(if at.ndim() == 0 {
                    view::tensor_split(x, values[0], a.int(2)?)?
                } else {
                    view::tensor_split_at(x, &values, a.int(2)?)?
                }
                .into())
            }),
            ("(Tensor input, int sections, int dim=0) -> Tensor[]", |a| a.view3(view::tensor_split)),
            ("(Tensor input, int[] indices, int dim=0) -> Tensor[]", |a| {
                Ok(view::tensor_split_at(a.tensor(0)?, &a.ints(1)?, a.int(2)?)?.into())
            }),
        ],
    ),
    op(
        "hsplit",
        "Parts side by side.",
        &[(SECTIONS, |a| in_sections(a, view::hsplit)), (INDICES, |a| at_indices(a, view::hsplit))],
    )
    .batched(Batching::Rule),
    op(
        "vsplit",
        "Parts one above the other.",
        &[(SECTIONS, |a| in_sections(a, view::vsplit)), (INDICES, |a| at_indices(a, view::vsplit))],
    )
    .batched(Batching::Rule),
    op("dsplit", "Parts in depth.", &[(SECTIONS, |a| in_sections(a, view::dsplit)), (INDICES, |a| at_indices(a, view::dsplit))])
        .batched(Batching::Rule),
    op("unbind", "The entries of a dimension.", &[("(Tensor input, int dim=0) -> Tensor[]", |a| a.view2(view::unbind))]),
    op(
        "atleast_1d",
        "With at least one dimension.",
        &[(ONE, |a| a.view1(view::atleast_1d)), (SEVERAL, |a| each(a, view::atleast_1d))],
    )
    .function()
    .batched(Batching::Rule),
    op(
        "atleast_2d",
        "With at least two dimensions.",
        &[(ONE, |a| a.view1(view::atleast_2d)), (SEVERAL, |a| each(a, view::atleast_2d))],
    )
    .function()
    .batched(Batching::Rule),
    op(
        "atleast_3d",
        "With at least three dimensions.",
        &[(ONE, |a| a.view1(view::atleast_3d)), (SEVERAL, |a| each(a, view::atleast_3d))],
    )
    .function()
    .batched(Batching::Rule),
    op("view_as_real", "A complex tensor as pairs of real numbers.", &[(ONE, |a| a.view1(view::view_as_real))])
        .batched(Batching::Leading)
        .function(),
    op("view_as_complex", "Pairs of real numbers as a complex tensor.", &[(ONE, |a| a.view1(view::view_as_complex))]).function(),
    op("conj", "The complex conjugate as a view; a real tensor itself.", &[(ONE, |a| a.view1(complex::conj))])
        .batched(Batching::Leading),
    op("_neg_view", "The negative, as a view.", &[(ONE, |a| a.view1(complex::neg_view))]).batched(Batching::Leading),
    op(
        "resolve_conj",
        "The tensor, or a copy of it if it is still to be conjugated.",
        &[(ONE, |a| a.view1(complex::resolve_conj))],
    )
    .batched(Batching::Leading),
    op("resolve_neg", "The tensor, or a copy of it if it is still to be negated.", &[(ONE, |a| a.view1(complex::resolve_neg))])
        .batched(Batching::Leading),
    op("real", "Real part.", &[(ONE, |a| a.view1(complex::real))]).batched(Batching::Leading).function(),
    op("imag", "Imaginary part.", &[(ONE, |a| a.view1(complex::imag))]).batched(Batching::Leading).function(),
    op(
        "clone",
        "A copy.",
        &[("(Tensor input, *, memory_format? memory_format=None)", |a| {
            let (x, format) = (a.tensor(0)?, a.memory_format(1)?.unwrap_or(MemoryFormat::Preserve));
            Ok(a.run(|| cast::clone_in(x, format))?.into())
        })],
    )
    .batched(Batching::Leading),
    op(
        "contiguous",
        "The tensor if its elements lie in order, else a copy whose elements do.",
        &[("(Tensor input, memory_format? memory_format=None)", contiguous)],
    )
    .batched(Batching::Leading)
    .method(),
    metadata(
        "squeeze_",
        "`squeeze` in place.",
        &[("(Tensor input, int[1]? dim=None)", |a| stored(view::squeeze_(a.tensor(0)?, a.opt_ints(1)?.as_deref())))],
    )
    .batched(Batching::Dims),
    metadata(
        "unsqueeze_",
        "`unsqueeze` in place.",
        &[("(Tensor input, int dim)", |a| stored(view::unsqueeze_(a.tensor(0)?, a.int(1)?)))],
    )
    .batched(Batching::Inserts),
    metadata("t_", "`t` in place.", &[("(Tensor input)", |a| stored(view::t_(a.tensor(0)?)))]).batched(Batching::Rule),
    metadata(
        "transpose_",
        "`transpose` in place.",
        &[("(Tensor input, int dim0, int dim1)", |a| stored(view::transpose_(a.tensor(0)?, a.int(1)?, a.int(2)?)))],
    )
    .alias(&["swapdims_"]),
    metadata(
        "swapaxes_",
        "`swapaxes` in place.",
        &[("(Tensor input, int axis0, int axis1)", |a| stored(view::swapaxes_(a.tensor(0)?, a.int(1)?, a.int(2)?)))],
    ),
    metadata(
        "movedim_",
        "`movedim` in place.",
        &[("(Tensor input, int[1] source, int[1] destination)", |a| {
            stored(view::movedim_(a.tensor(0)?, &a.ints(1)?, &a.ints(2)?))
        })],
    ),
    changing(
        "as_strided_",
        "`as_strided` in place.",
        &[("(Tensor input, int[] size, int[] stride, int? storage_offset=None)", |a| {
            stored(view::as_strided_(a.tensor(0)?, &a.size(1)?, &strides(&a.ints(2)?), offset(a)?))
        })],
    )
    .batched(Batching::Fixed),
    metadata(
        "resize_",
        "Another size, with more memory where it takes more.",
        &[("(Tensor input, int... size, *, memory_format? memory_format=None)", |a| {
            stored(view::resize_(a.tensor(0)?, &a.ints(1)?, a.memory_format(2)?))
        })],
    )
    .batched(Batching::Fixed),
    changing(
        "resize_as_",
        "The size of another tensor.",
        &[("(Tensor input, Tensor the_template, *, memory_format? memory_format=None)", |a| {
            stored(view::resize_as_(a.tensor(0)?, a.tensor(1)?, a.memory_format(2)?))
        })],
    )
    .batched(Batching::Fixed),
    metadata(
        "set_",
        "The memory of another tensor, or a window of a storage.",
        &[("(Tensor input, Any? source=None, int storage_offset=0, int[]? size=None, int[]? stride=None)", |a| {
            set(a, a.tensor(0)?)?;
            Ok(Value::Stored)
        })],
    )
    .batched(Batching::Fixed),
    op(
        "flip",
        "Dimensions reversed.",
        &[("(Tensor input, int... dims)", |a| a.view2(|x: &Tensor, sizes: Ints| repeat::flip(x, &sizes)))],
    )
    .batched(Batching::Dims),
    op("fliplr", "Columns reversed.", &[(ONE, |a| a.view1(repeat::fliplr))]).batched(Batching::Rule),
    op("flipud", "Rows reversed.", &[(ONE, |a| a.view1(repeat::flipud))]).batched(Batching::Rule),
    op(
        "roll",
        "Rotates elements along dimensions.",
        &[("(Tensor input, int[1] shifts, int[1]? dims=None)", |a| {
            Ok(repeat::roll(a.tensor(0)?, &a.ints(1)?, &a.opt_ints(2)?.unwrap_or_default())?.into())
        })],
    )
    .batched(Batching::Rule)
    .node("RollBackward0"),
    op(
        "rot90",
        "Rotates by quarter turns.",
        &[("(Tensor input, int k=1, int[]? dims=None)", |a| {
            let dims = a.opt_ints(2)?;
            Ok(repeat::rot90(a.tensor(0)?, a.int(1)?, dims.as_deref().unwrap_or(&[0, 1]))?.into())
        })],
    )
    .batched(Batching::Rule)
    .node("Rot90Backward0")
    .shows(&["k", "dims"]),
];
