//! Where calls with batched tensors turn off: the op runs on whole tensors, with arguments that account for the hidden
//! dimensions, and what it returns hides them again.

use ferrotorch_core::autograd::inplace;
use ferrotorch_core::ops::cast;
use ferrotorch_core::promote::Promotion;
use ferrotorch_core::{DType, Tensor};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::levels::{self, Levels, Sizes};
use super::tensors::{Batched, bare, settled, show};
use super::{Batching, dims, each};
use crate::args::{Args, items};
use crate::errors::{Failure, Outcome, batching_error, type_error};
use crate::op::Op;
use crate::signature::{Kind, Param};
use crate::tensor::PyTensor;
use crate::value::Value;

/// A call with batched tensors among its arguments.
pub(super) struct Call<'c, 's, 'a, 'py> {
    pub(super) op: &'c Op,
    pub(super) py: Python<'py>,
    pub(super) overload: usize,
    pub(super) args: &'c Args<'s, 'a, 'py>,
    /// The levels of all tensors, and their sizes.
    pub(super) levels: Levels,
    pub(super) sizes: Sizes,
}

/// The bound arguments of a changed call.
pub(super) type Changed<'s, 'a, 'py> = Args<'s, 'a, 'py>;

/// Runs a call if it meets batched tensors, or draws random numbers inside a `vmap`; otherwise there is nothing to do.
#[cold]
pub(crate) fn call<'py>(op: &Op, py: Python<'py>, overload: usize, args: &Args<'_, '_, 'py>) -> Outcome<Option<Py<PyAny>>> {
    let levels = levels_of(args)?;
    let batching = op.batching();
    if batching == Batching::Random && levels::runs() {
        return drawn(op, py, args).map(Some);
    }
    if levels.is_none() {
        return Ok(None);
    }
    let call = Call { op, py, overload, args, levels, sizes: levels.sizes(op.name)? };
    call.check(batching)?;
    match batching {
        Batching::Rule | Batching::Random => call.by_rule(),
        Batching::Loop => each::run(&call),
        Batching::Broadcast => call.finish(&call.broadcast()?),
        // Hidden dimensions must not stand in for those of a matrix: the op itself says what a sample lacks.
        Batching::Matrices if call.first().is_some_and(|first| first.rank() < 2) => each::run(&call),
        Batching::Leading | Batching::Matrices => call.finish(&call.spread()?),
        _ => dims::run(&call, batching),
    }
    .map(Some)
}

/// The levels of all tensors among the arguments.
fn levels_of(args: &Args<'_, '_, '_>) -> Outcome<Levels> {
    let mut levels = Levels::NONE;
    for (object, param) in args.given() {
        levels = levels.union(PyTensor::levels_of(object));
        if param.kind.holds_tensors() || param.name == "indices" && param.kind == Kind::Any {
            let found: Vec<Levels> = items(object, |item| Ok(PyTensor::levels_of(item)))?;
            levels = found.into_iter().fold(levels, Levels::union);
        }
    }
    Ok(levels)
}

impl<'s, 'a, 'py> Call<'_, 's, 'a, 'py> {
    /// Refuses what no rule could do.
    fn check(&self, batching: Batching) -> Outcome<()> {
        let name = self.op.name;
        let returns_several_sizes = batching == Batching::Broadcast && self.args.returns() == "Tensor[]";
        match batching {
            Batching::Number => return Err(value_needed(name)),
            Batching::Fixed => {
                return Err(batching_error(format!(
                    "vmap: {name}() is not supported: it changes the size or memory of a tensor itself. Use an out-of-place operation."
                )));
            }
            _ if batching == Batching::Dynamic || returns_several_sizes => return Err(dynamic(name)),
            _ => {}
        }
        if self.args.out().is_some() {
            return Err(batching_error(format!(
                "vmap: {name}(): out= is not supported for batched tensors (the fallback path doesn't work on out= or view \
                 ops). Use the result of the call instead."
            )));
        }
        match self.target() {
            Some(target) if !target.levels.holds(self.levels) => Err(unbatched_target(name)),
            _ => Ok(()),
        }
    }

    /// The tensor that is written to, of an op that works in place.
    pub(super) fn target(&self) -> Option<Batched> {
        let writes = self.args.in_place || self.op.name.ends_with('_');
        self.args.object(0).filter(|_| writes).and_then(Batched::of)
    }

    /// The first tensor among the arguments, or in a list of them.
    pub(super) fn first(&self) -> Option<Batched> {
        self.args.given().find_map(|(object, param)| match param.kind.holds_tensors() {
            true => object.get_item(0).ok().and_then(|item| Batched::of(&item)),
            false => Batched::of(object),
        })
    }

    /// The call with `change` in the place of its tensors, also of those in lists. Memory formats are those of all
    /// dimensions, and are left out.
    pub(super) fn with_tensors(&self, change: impl Fn(&Param, Batched) -> Outcome<Tensor>) -> Outcome<Changed<'s, 'a, 'py>> {
        let one = |param: &Param, object: &Bound<'py, PyAny>| match Batched::of(object) {
            Some(tensor) => bare(self.py, change(param, tensor)?).map_err(Failure::from),
            None => Ok(object.clone()),
        };
        self.args.changed(|param, object| {
            let Some(object) = object.filter(|_| param.kind != Kind::MemoryFormat) else { return Ok(None) };
            if !param.kind.holds_tensors() {
                return one(param, object).map(Some);
            }
            let list: Vec<Bound<'py, PyAny>> = items(object, |item| one(param, item))?;
            Ok(Some(PyList::new(self.py, list)?.into_any()))
        })
    }

    /// All tensors with all hidden dimensions.
    pub(super) fn spread(&self) -> Outcome<Changed<'s, 'a, 'py>> {
        self.with_tensors(|_, tensor| Ok(tensor.spread(self.levels, &self.sizes, 0)?))
    }

    /// All tensors with the same number of dimensions, those that are hidden in front.
    fn broadcast(&self) -> Outcome<Changed<'s, 'a, 'py>> {
        let operands: Vec<Batched> = self.args.given().filter_map(|(object, _)| Batched::of(object)).collect();
        let target = self.target();
        let rank = operands.iter().map(Batched::rank).max().unwrap_or(0);
        let dtype = promoted(&operands)?;
        self.with_tensors(|param, operand| {
            if target.as_ref().is_some_and(|target| target.tensor.is(&operand.tensor)) {
                return Ok(operand.tensor);
            }
            let chooses = matches!(param.name, "condition" | "mask");
            Ok(as_dimensioned(&operand, if chooses { None } else { dtype })?.aligned(self.levels, rank)?)
        })
    }

    /// Runs a call with changed arguments.
    pub(super) fn run(&self, changed: &Changed<'s, 'a, 'py>) -> Outcome<Value> {
        self.op.run(self.overload, changed)
    }

    /// Runs a call with changed arguments, and hides the leading dimensions of what it returns.
    pub(super) fn finish(&self, changed: &Changed<'s, 'a, 'py>) -> Outcome<Py<PyAny>> {
        let value = self.run(changed)?;
        self.give(changed, value)
    }

    /// A result with all hidden dimensions, to Python; in place, to the target.
    pub(super) fn give(&self, changed: &Changed<'s, 'a, 'py>, mut value: Value) -> Outcome<Py<PyAny>> {
        if self.args.in_place {
            self.op.finish_in_place(changed, value)?;
            return self.itself();
        }
        if let Value::Bool(_) | Value::Scalar(_) = value {
            return Err(value_needed(self.op.name));
        }
        // The objects are found again when the value is taken apart.
        let mut objects = Vec::with_capacity(value.tensors().len());
        for tensor in value.tensors_mut() {
            let object = show(self.py, settled(tensor, &self.sizes)?, self.levels)?;
            if let Some(shown) = PyTensor::get(object.bind(self.py)) {
                *tensor = shown.clone();
            }
            objects.push(object);
        }
        Ok(value.into_python(self.py)?)
    }

    /// The first argument as it came.
    pub(super) fn itself(&self) -> Outcome<Py<PyAny>> {
        match self.args.object(0) {
            Some(target) => Ok(target.clone().unbind()),
            None => Err(type_error(format!("{}() needs a tensor", self.op.name))),
        }
    }

    /// Runs the rule of the op; one that has no answer returns `NotImplemented`.
    pub(super) fn by_rule(&self) -> Outcome<Py<PyAny>> {
        let answer = rules(self.py)?.call_method1("apply", (self.op.declared_name(), named(self.py, self.args)?))?;
        if answer.is(self.py.NotImplemented()) {
            return each::run(self);
        }
        if !self.args.in_place {
            return Ok(answer.unbind());
        }
        let (Some(target), Some(result)) = (self.target(), Batched::of(&answer)) else { return self.itself() };
        if !result.tensor.is(&target.tensor) {
            let value = result.spread(target.levels, &target.levels.sizes(self.op.name)?, target.rank())?;
            inplace::assign(self.op.name, &target.tensor, &value)?;
        }
        self.itself()
    }
}

fn rules(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    py.import(intern!(py, "ferrotorch._batching"))
}

/// The arguments that were given, by the names of the parameters.
fn named<'py>(py: Python<'py>, args: &Args<'_, '_, 'py>) -> PyResult<Bound<'py, PyDict>> {
    let named = PyDict::new(py);
    for (object, param) in args.given() {
        named.set_item(param.name, object)?;
    }
    Ok(named)
}

/// Random numbers inside a `vmap`.
fn drawn<'py>(op: &Op, py: Python<'py>, args: &Args<'_, '_, 'py>) -> Outcome<Py<PyAny>> {
    Ok(rules(py)?.call_method1("draw", (op.name, op.object(py)?, named(py, args)?))?.unbind())
}

/// The dtype that operands are promoted to, if their hidden dimensions could make it another.
pub(super) fn promoted(operands: &[Batched]) -> ferrotorch_core::Result<Option<DType>> {
    let Some(first) = operands.first().map(|operand| operand.tensor.dtype()) else { return Ok(None) };
    if operands.iter().all(|operand| operand.tensor.dtype() == first) {
        return Ok(None);
    }
    let add = |so_far: Promotion, operand: &Batched| so_far.tensor(operand.tensor.dtype(), operand.rank());
    operands.iter().fold(Promotion::default(), add).result().map(Some)
}

/// A sample of no dimension counts for less where dtypes are promoted, which its hidden dimensions must not change.
pub(super) fn as_dimensioned(operand: &Batched, dtype: Option<DType>) -> ferrotorch_core::Result<Batched> {
    match dtype {
        Some(dtype) if operand.rank() == 0 => {
            Ok(Batched { tensor: cast::to_dtype(&operand.tensor, dtype)?, levels: operand.levels })
        }
        _ => Ok(operand.clone()),
    }
}

/// The error for what needs the value of a batched tensor.
#[cold]
pub(crate) fn value_needed(op: &str) -> Failure {
    let words = match op {
        "item" | "__float__" | "__int__" | "__index__" | "__complex__" | "float" | "int" | "index" | "complex" => {
            "vmap: It looks like you're calling .item() on a Tensor. We don't support vmap over calling .item() on a Tensor, please \
             try to rewrite what you're doing with other operations. If error is occurring somewhere inside PyTorch internals, please \
             file a bug report."
        }
        "bool" | "is_nonzero" => {
            "vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that yet, \
             please file an issue at https://github.com/pytorch/pytorch/issues ."
        }
        "tolist" | "numpy" => "Cannot access data pointer of Tensor that doesn't have storage",
        _ => return values_needed(op),
    };
    batching_error(words)
}

#[cold]
fn values_needed(op: &str) -> Failure {
    batching_error(format!(
        "vmap: It looks like you're either (1) calling .item() on a Tensor or (2) attempting to use a Tensor in some \
         data-dependent control flow or (3) encountering this error in PyTorch internals ({op}() needs the value of a batched \
         tensor, which has one for each sample). For (1): we don't support vmap over calling .item() on a Tensor, please try \
         to rewrite what you're doing with other operations. For (2): we don't support data-dependent control flow in vmap \
         yet, use torch.where or masks instead."
    ))
}

#[cold]
pub(crate) fn dynamic(op: &str) -> Failure {
    if op == "index" {
        return batching_error(
            "vmap: We do not support batching operators that can support dynamic shape. Attempting to batch over indexing with a \
             boolean mask.",
        );
    }
    batching_error(format!(
        "vmap: We do not support batching operators that can output dynamic shape. Attempted to vmap over {op}(), the size of \
         whose result depends on values. Please use an operation with a result of a fixed size, such as torch.where."
    ))
}

#[cold]
pub(crate) fn unbatched_target(op: &str) -> Failure {
    batching_error(format!(
        "vmap: {op}(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that has more \
         elements than `self`. This happened due to `other` being vmapped over but `self` not being vmapped over in a vmap. \
         Please try to use out-of-place operators instead of {op}. If said operator is being called inside the PyTorch \
         framework, please file a bug report instead."
    ))
}
