//! Ops whose parameters count dimensions or give sizes: both are put in terms of all dimensions, the hidden ones in front.

use ferrotorch_core::Result;
use ferrotorch_core::ops::view;
use ferrotorch_core::shape::wrap_dim;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::gate::{Call, Changed};
use super::tensors::Batched;
use super::{Batching, each};
use crate::args::{Ints, items};
use crate::errors::Outcome;
use crate::number;
use crate::signature::{Default, Kind, Param};
use crate::value::Value;

/// The parameters that count dimensions.
fn counts_dims(param: &Param) -> bool {
    const NAMES: [&str; 12] =
        ["dim", "dims", "dim0", "dim1", "dim2", "axis0", "axis1", "start_dim", "end_dim", "source", "destination", "dimension"];
    NAMES.contains(&param.name) && matches!(param.kind, Kind::Int | Kind::Ints | Kind::IntOrInts | Kind::IntVarargs)
}

/// The parameter that gives the size of the result.
fn gives_size(param: &Param) -> bool {
    matches!(param.name, "size" | "shape") && matches!(param.kind, Kind::Ints | Kind::IntOrInts | Kind::IntVarargs)
}

/// Runs a call of an op with such parameters.
pub(super) fn run(call: &Call<'_, '_, '_, '_>, batching: Batching) -> Outcome<Py<PyAny>> {
    let rank = call.first().map_or(0, |first| first.rank());
    if batching == Batching::Sizes {
        return sized(call, rank);
    }
    if !call.args.params().any(counts_dims) {
        return call.by_rule();
    }
    if rank == 0 && batching == Batching::Parts {
        return each::run(call);
    }
    let hidden = call.levels.count();
    let flat = batching == Batching::Dims && flattens(call);
    // A sample of no dimension has one for as long as the op runs, and so has one whose elements are all taken together.
    let single = batching == Batching::Dims && (rank == 0 || flat);
    let counted = if single { 1 } else { rank + usize::from(batching == Batching::Inserts) };
    let changed = call.with_tensors(|_, tensor| {
        let own = tensor.rank();
        // A tensor that says where to take a part apart is the same for all samples.
        if batching == Batching::Parts && tensor.levels.is_none() {
            return Ok(tensor.tensor);
        }
        let whole = tensor.spread(call.levels, &call.sizes, 0)?;
        Ok(match own {
            0 if single => view::unsqueeze(&whole, -1)?,
            _ if flat => view::flatten(&whole, hidden as i64, -1)?,
            _ => whole,
        })
    })?;
    let changed = changed.changed(|param, object| match counts_dims(param) {
        true if object.is_none() && counts_from_the_end(call, param) => Ok(None),
        true => shifted(call, param, object, counted).map(Some),
        false => Ok(object.cloned()),
    })?;
    // What is gathered has the shape of the indices.
    let is_shaped = call.op.name == "gather" && call.args.object(2).and_then(Batched::of).is_some_and(|index| index.rank() > 0);
    if !single || is_shaped || call.target().is_some_and(|target| target.rank() > 0) {
        return call.finish(&changed);
    }
    // A dimension that stood for a sample of none goes; one that all elements were taken together in was, if it is kept, all.
    let kept = if keeps_dims(call)? { rank } else { 1 };
    let mut value = call.run(&changed)?;
    for tensor in value.tensors_mut().iter_mut().filter(|tensor| tensor.ndim() > hidden && (rank == 0 || kept != 1)) {
        let ones = std::iter::repeat_n(1, if rank == 0 { 0 } else { kept });
        let sizes: Vec<i64> = tensor.shape().iter().take(hidden).map(|&n| n as i64).chain(ones).collect();
        *tensor = view::reshape(tensor, &sizes)?;
    }
    finish_single(call, &changed, value)
}

/// In place, a sample of no dimension is a view of one element.
fn finish_single<'s, 'a, 'py>(call: &Call<'_, 's, 'a, 'py>, changed: &Changed<'s, 'a, 'py>, value: Value) -> Outcome<Py<PyAny>> {
    if !call.args.in_place {
        return call.give(changed, value);
    }
    if let (Some(target), Value::Tensor(result)) = (call.target(), &value) {
        ferrotorch_core::autograd::inplace::assign(call.op.name, &target.tensor, result)?;
    }
    call.itself()
}

/// Are all elements taken together, because no dimension was named of those of which the op takes one?
fn flattens(call: &Call<'_, '_, '_, '_>) -> bool {
    call.args.absent().any(|param| counts_dims(param) && param.kind == Kind::Int && param.default == Default::None)
}

/// Are the dimensions that an absent argument stands for the last ones, hidden ones in front or not? So they are where sizes for the
/// transformed ones are given alone.
fn counts_from_the_end(call: &Call<'_, '_, '_, '_>, param: &Param) -> bool {
    param.default == Default::LastTwo || call.args.given().any(|(_, param)| param.name == "s" && param.kind == Kind::IntOrInts)
}

fn keeps_dims(call: &Call<'_, '_, '_, '_>) -> Outcome<bool> {
    match call.args.given().find(|(_, param)| param.name == "keepdim") {
        Some((object, _)) => Ok(object.is_truthy()?),
        None => Ok(false),
    }
}

/// A parameter that counts dimensions, as a list or a number that counts the hidden ones too.
fn shifted<'py>(
    call: &Call<'_, '_, '_, 'py>,
    param: &Param,
    object: Option<&Bound<'py, PyAny>>,
    rank: usize,
) -> Outcome<Bound<'py, PyAny>> {
    let (py, hidden) = (call.py, call.levels.count() as i64);
    let shift = |dim: i64| wrap_dim(call.op.name, dim, rank).map(|dim| dim as i64 + hidden);
    let number = |dim: i64| -> Outcome<Bound<'py, PyAny>> { Ok(shift(dim)?.into_pyobject(py).map_err(PyErr::from)?.into_any()) };
    let all = || -> Outcome<Bound<'py, PyAny>> { Ok(PyTuple::new(py, (0..rank).map(|dim| dim as i64 + hidden))?.into_any()) };
    match (object, param.default) {
        (Some(object), _) if object.is_instance_of::<PyTuple>() || object.is_instance_of::<PyList>() => {
            let dims: Ints = items(object, number::int)?;
            // Where no dimension stands for all of them; not so for those to squeeze.
            let stands_for_all = param.nullable && call.op.name != "squeeze" || call.op.name == "logsumexp";
            if dims.is_empty() && param.kind == Kind::IntOrInts && stands_for_all {
                return all();
            }
            let dims = dims.into_iter().map(shift).collect::<Result<Vec<_>>>()?;
            Ok(PyTuple::new(py, dims)?.into_any())
        }
        (Some(object), _) => number(number::int(object)?),
        (None, Default::Number(dim)) => number(dim as i64),
        (None, _) if param.kind == Kind::Int => number(0),
        (None, _) => all(),
    }
}

/// Runs an op that is given the size of its result.
fn sized(call: &Call<'_, '_, '_, '_>, rank: usize) -> Outcome<Py<PyAny>> {
    let mut wanted = Ints::new();
    for (object, param) in call.args.given() {
        if gives_size(param) {
            wanted = match object.is_instance_of::<PyTuple>() || object.is_instance_of::<PyList>() {
                true => items(object, number::int)?,
                false => [number::int(object)?].into_iter().collect(),
            };
        }
    }
    if !call.args.params().any(gives_size) {
        return if rank == 0 { each::run(call) } else { call.finish(&call.spread()?) };
    }
    // What is expanded may have fewer dimensions than it is to have.
    let changed = call.with_tensors(|_, tensor| Ok(tensor.spread(call.levels, &call.sizes, wanted.len())?))?;
    let size: Vec<i64> = call.sizes.iter().map(|&n| n as i64).chain(wanted).collect();
    let changed = changed.changed(|param, object| match gives_size(param) {
        true => Ok(Some(PyTuple::new(call.py, &size)?.into_any())),
        false => Ok(object.cloned()),
    })?;
    call.finish(&changed)
}
