//! The bound arguments of a call, with typed getters for the functions that run ops.

use ferrotorch_core::autograd;
use ferrotorch_core::memory::room_for;
use ferrotorch_core::memory_format::MemoryFormat;
use ferrotorch_core::ops::cast;
use ferrotorch_core::ops::pointwise::Arg;
use ferrotorch_core::outside::LONG;
use ferrotorch_core::random::Generator;
use ferrotorch_core::{DType, Device, Scalar, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use smallvec::SmallVec;

use crate::errors::{Failure, Outcome, runtime_error, type_error};
use crate::ffi::attach::detached;
use crate::number;
use crate::objects::device::device_of;
use crate::objects::dtype::dtype_of;
use crate::objects::generator::PyGenerator;
use crate::objects::layout::PyMemoryFormat;
use crate::op::check_own_dtype;
use crate::signature::{Default, Kind, Param, Signature};
use crate::tensor::PyTensor;
use crate::value::Value;

/// An argument: borrowed from the caller, or a list collected from several.
#[derive(Clone)]
pub(crate) enum Slot<'a, 'py> {
    Borrowed(Borrowed<'a, 'py, PyAny>),
    Owned(Bound<'py, PyAny>),
}

impl<'a, 'py> From<Borrowed<'a, 'py, PyAny>> for Slot<'a, 'py> {
    fn from(object: Borrowed<'a, 'py, PyAny>) -> Self {
        Slot::Borrowed(object)
    }
}

impl<'py> From<Bound<'py, PyAny>> for Slot<'_, 'py> {
    fn from(object: Bound<'py, PyAny>) -> Self {
        Slot::Owned(object)
    }
}

impl<'py> Slot<'_, 'py> {
    fn object(&self) -> &Bound<'py, PyAny> {
        match self {
            Slot::Borrowed(object) => object,
            Slot::Owned(object) => object,
        }
    }
}

/// One slot a parameter; `None` where nothing, or Python's None, was given.
pub(crate) type Slots<'a, 'py> = SmallVec<[Option<Slot<'a, 'py>>; 6]>;

/// A short list of integers.
pub(crate) type Ints = SmallVec<[i64; 5]>;

/// Where a result goes.
pub(crate) enum Target<'t> {
    /// Into a new tensor.
    New,
    /// Into the first argument (`name_`).
    InPlace,
    /// Into the tensor given as `out=`.
    Out(&'t Tensor),
}

/// Bound arguments.
pub(crate) struct Args<'s, 'a, 'py> {
    /// Does the op write into its first argument?
    pub(crate) in_place: bool,
    signature: &'s Signature,
    slots: Slots<'a, 'py>,
}

impl<'s, 'a, 'py> Args<'s, 'a, 'py> {
    pub(crate) fn new(signature: &'s Signature, slots: Slots<'a, 'py>) -> Self {
        Args { in_place: false, signature, slots }
    }

    /// The signature that they are bound to.
    pub(crate) fn signature(&self) -> &'s Signature {
        self.signature
    }

    /// The argument as it came.
    pub(crate) fn object(&self, i: usize) -> Option<&Bound<'py, PyAny>> {
        self.slots.get(i)?.as_ref().map(Slot::object)
    }

    /// The arguments that were given, with their parameters; without `out`.
    pub(crate) fn given(&self) -> impl Iterator<Item = (&Bound<'py, PyAny>, &Param)> {
        let slots = self.slots.iter().zip(&self.signature.params);
        slots.filter(|(_, param)| param.name != "out").filter_map(|(slot, param)| Some((slot.as_ref()?.object(), param)))
    }

    /// The parameters that no argument was given for.
    pub(crate) fn absent(&self) -> impl Iterator<Item = &Param> {
        self.slots.iter().zip(&self.signature.params).filter(|(slot, _)| slot.is_none()).map(|(_, param)| param)
    }

    /// The parameters.
    pub(crate) fn params(&self) -> impl Iterator<Item = &Param> {
        self.signature.params.iter()
    }

    /// What a call returns, as text.
    pub(crate) fn returns(&self) -> &'static str {
        self.signature.returns
    }

    /// The call with other arguments: `change` is asked for every parameter, and answers with what is to stand for it, or
    /// with nothing where that is to be left out.
    pub(crate) fn changed(
        &self,
        mut change: impl FnMut(&Param, Option<&Bound<'py, PyAny>>) -> Outcome<Option<Bound<'py, PyAny>>>,
    ) -> Outcome<Args<'s, 'a, 'py>> {
        let mut slots = Slots::with_capacity(self.slots.len());
        for (slot, param) in self.slots.iter().zip(&self.signature.params) {
            slots.push(change(param, slot.as_ref().map(Slot::object))?.map(Slot::Owned));
        }
        Ok(Args { in_place: self.in_place, signature: self.signature, slots })
    }

    /// The `out=` argument, always the last parameter.
    pub(crate) fn out(&self) -> Option<&Bound<'py, PyAny>> {
        match self.signature.params.last() {
            Some(param) if param.name == "out" => self.object(self.slots.len() - 1),
            _ => None,
        }
    }

    /// The dtype that a sum or product is formed in: the one asked for, which `out` must have then; otherwise that of `out`.
    pub(crate) fn dtype_of_sum(&self, op: &str, i: usize) -> Outcome<Option<DType>> {
        let asked = self.dtype(i)?;
        let Target::Out(out) = self.target() else { return Ok(asked) };
        if let Some(asked) = asked {
            check_own_dtype(op, out.dtype(), asked)?;
        }
        // In an integer dtype nothing would be recorded, and so nothing refused.
        if !out.dtype().is_differentiable() && autograd::is_enabled() && self.tensor(0)?.requires_grad() {
            return Err(runtime_error(format!(
                "{op}(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires \
                 grad."
            )));
        }
        Ok(Some(out.dtype()))
    }

    /// Where the result goes, for ops that write it themselves.
    pub(crate) fn target(&self) -> Target<'_> {
        if self.in_place {
            return Target::InPlace;
        }
        match self.out().and_then(PyTensor::get) {
            Some(out) => Target::Out(out),
            None => Target::New,
        }
    }

    /// The tensors among the arguments, without `out`.
    pub(crate) fn all_tensors(&self) -> impl Iterator<Item = &Tensor> {
        let params = self.signature.params.iter();
        self.slots
            .iter()
            .zip(params)
            .filter(|(_, p)| p.name != "out")
            .filter_map(|(slot, _)| PyTensor::get(slot.as_ref()?.object()))
    }

    /// Looks at every tensor among the arguments, those in lists too, without `out`. The number is that of the argument.
    pub(crate) fn each_tensor(&self, mut look: impl FnMut(usize, &Tensor) -> Outcome<()>) -> Outcome<()> {
        for (i, (slot, param)) in self.slots.iter().zip(self.signature.params.iter()).enumerate() {
            let Some(object) = slot.as_ref().map(Slot::object) else { continue };
            if param.name == "out" {
                continue;
            }
            match PyTensor::get(object) {
                Some(tensor) => look(i, tensor)?,
                None if param.kind.holds_tensors() => {
                    for tensor in items::<_, Vec<_>>(object, |item| Ok(PyTensor::get(item).cloned()))?.into_iter().flatten() {
                        look(i, &tensor)?;
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Was the argument given?
    pub(crate) fn has(&self, i: usize) -> bool {
        self.slots[i].is_some()
    }

    /// What the signature says of a parameter.
    pub(crate) fn kind(&self, i: usize) -> Option<Kind> {
        self.signature.params.get(i).map(|param| param.kind)
    }

    /// The named tuple that the call returns.
    pub(crate) fn named_result(&self) -> Option<&'static str> {
        let returns = self.signature.returns;
        returns.starts_with(|c: char| c.is_ascii_lowercase()).then_some(returns)
    }

    /// The error of a declaration whose function takes something else than its signature says.
    #[cold]
    pub(crate) fn misdeclared(&self, i: usize, wanted: &str) -> Failure {
        runtime_error(format!("argument {i} of {} is declared as something else than {wanted}", self.signature))
    }

    fn name(&self, i: usize) -> &'static str {
        self.signature.params[i].name
    }

    fn default(&self, i: usize) -> f64 {
        match self.signature.params[i].default {
            Default::Number(number) => number,
            _ => 0.0,
        }
    }

    /// A required tensor.
    pub(crate) fn tensor(&self, i: usize) -> Outcome<&Tensor> {
        match self.object(i).and_then(PyTensor::get) {
            Some(tensor) => Ok(tensor),
            None => Err(type_error(format!("argument '{}' must be Tensor", self.name(i)))),
        }
    }

    /// A tensor that a node may save: a copy of the first argument where that is to be written to and will be recorded.
    pub(crate) fn unwritten(&self, i: usize) -> Outcome<Tensor> {
        let tensor = self.tensor(i)?;
        let copied = self.in_place && i == 0 && ferrotorch_core::autograd::needs_record(&[tensor]);
        Ok(if copied { cast::clone_dense(tensor)? } else { tensor.clone() })
    }

    /// An optional tensor.
    pub(crate) fn opt_tensor(&self, i: usize) -> Option<&Tensor> {
        self.object(i).and_then(PyTensor::get)
    }

    /// A list of tensors.
    pub(crate) fn tensors(&self, i: usize) -> Outcome<Vec<Tensor>> {
        let Some(object) = self.object(i) else { return Ok(Vec::new()) };
        items(object, |item| {
            PyTensor::get(item)
                .cloned()
                .ok_or_else(|| type_error(format!("argument '{}' must be tuple of Tensors", self.name(i))))
        })
    }

    /// A tensor or a number.
    pub(crate) fn operand(&self, i: usize) -> Outcome<Arg<'_>> {
        match self.object(i) {
            Some(object) => match PyTensor::get(object) {
                Some(tensor) => Ok(Arg::Tensor(tensor)),
                None => Ok(Arg::Scalar(number::scalar(object)?)),
            },
            None => Ok(Arg::Scalar(number::from_default(self.default(i)))),
        }
    }

    /// A tensor, or a 0-dim tensor made of a number.
    pub(crate) fn operand_tensor(&self, i: usize) -> Outcome<Tensor> {
        match self.operand(i)? {
            Arg::Tensor(tensor) => Ok(tensor.clone()),
            Arg::Scalar(x) => Ok(Tensor::from_scalar(x, Device::CPU)?),
        }
    }

    /// A number.
    pub(crate) fn scalar(&self, i: usize) -> Outcome<Scalar> {
        match self.object(i) {
            Some(object) => number::scalar(object),
            None => Ok(number::from_default(self.default(i))),
        }
    }

    /// An integer.
    pub(crate) fn int(&self, i: usize) -> Outcome<i64> {
        match self.object(i) {
            Some(object) => number::int(object),
            None => Ok(self.default(i) as i64),
        }
    }

    /// An integer, if one was given or has a default.
    pub(crate) fn opt_int(&self, i: usize) -> Outcome<Option<i64>> {
        match (self.object(i), self.signature.params[i].default) {
            (Some(object), _) => number::int(object).map(Some),
            (None, Default::Number(x)) => Ok(Some(x as i64)),
            (None, _) => Ok(None),
        }
    }

    /// A float.
    pub(crate) fn float(&self, i: usize) -> Outcome<f64> {
        match self.object(i) {
            Some(object) => number::float(object),
            None => Ok(self.default(i)),
        }
    }

    /// A float, if one was given.
    pub(crate) fn opt_float(&self, i: usize) -> Outcome<Option<f64>> {
        self.object(i).map(number::float).transpose()
    }

    /// A truth value.
    pub(crate) fn bool(&self, i: usize) -> Outcome<bool> {
        match self.object(i) {
            Some(object) => Ok(object.is_truthy()?),
            None => Ok(self.default(i) != 0.0),
        }
    }

    /// A string.
    pub(crate) fn str(&self, i: usize) -> Outcome<Option<&str>> {
        match (self.object(i), self.signature.params[i].default) {
            (Some(object), _) => Ok(Some(object.cast::<PyString>()?.to_str()?)),
            (None, Default::Str(text)) => Ok(Some(text)),
            (None, _) => Ok(None),
        }
    }

    /// A list of integers (one integer counts as a list of one); its default, or empty, where none was given.
    pub(crate) fn ints(&self, i: usize) -> Outcome<Ints> {
        match (self.object(i), self.signature.params[i].default) {
            (Some(object), _) => self.unpacked(i, object),
            (None, Default::Number(x)) => Ok(SmallVec::from_slice(&[x as i64])),
            (None, Default::LastTwo) => Ok(SmallVec::from_slice(&[-2, -1])),
            (None, _) => Ok(Ints::new()),
        }
    }

    /// A list of integers, if one was given.
    pub(crate) fn opt_ints(&self, i: usize) -> Outcome<Option<Ints>> {
        self.object(i).map(|object| self.unpacked(i, object)).transpose()
    }

    /// A list of integers that all fit into int64; for one integer by itself the error is another.
    fn unpacked(&self, i: usize, object: &Bound<'py, PyAny>) -> Outcome<Ints> {
        if !object.is_instance_of::<PyTuple>() && !object.is_instance_of::<PyList>() {
            return Ok(SmallVec::from_slice(&[number::int(object)?]));
        }
        let mut at = 0;
        items(object, |item| {
            at += 1;
            number::int(item).map_err(|error| self.not_unpacked(i, at, error))
        })
    }

    #[cold]
    fn not_unpacked(&self, i: usize, at: usize, error: Failure) -> Failure {
        let error = PyErr::from(error);
        type_error(format!("argument '{}' failed to unpack the object at pos {at} with error \"{error}\"", self.name(i)))
    }

    /// A size: no entry may be negative.
    pub(crate) fn size(&self, i: usize) -> Outcome<SmallVec<[usize; 5]>> {
        self.ints(i)?
            .into_iter()
            .map(|n| {
                usize::try_from(n).map_err(|_| runtime_error(format!("Trying to create tensor with negative dimension {n}")))
            })
            .collect()
    }

    /// An element type, if one was given.
    pub(crate) fn dtype(&self, i: usize) -> Outcome<Option<DType>> {
        self.object(i).map(dtype_of).transpose()
    }

    /// A device, if one was given.
    pub(crate) fn device(&self, i: usize) -> Outcome<Option<Device>> {
        self.object(i).map(device_of).transpose()
    }

    /// A memory format, if one was given.
    pub(crate) fn memory_format(&self, i: usize) -> Outcome<Option<MemoryFormat>> {
        self.object(i).map(|object| Ok(object.cast::<PyMemoryFormat>()?.get().0)).transpose()
    }

    /// A generator, if one was given.
    pub(crate) fn generator(&self, i: usize) -> Outcome<Option<Generator>> {
        self.object(i).map(|object| Ok(object.cast::<PyGenerator>()?.get().0.clone())).transpose()
    }

    /// Runs the core's part of a call. The interpreter is left meanwhile if the tensors among the arguments are large.
    pub(crate) fn run<T: Send, E: Into<Failure> + Send>(&self, work: impl FnOnce() -> Result<T, E> + Send) -> Outcome<T> {
        match self.heavy() {
            Some(py) => detached(py, work).map_err(Into::into),
            None => work().map_err(Into::into),
        }
    }

    /// Runs the core's part of a call in the form that was called: `name` makes a new tensor, `name_` writes into the first
    /// argument.
    pub(crate) fn run_form(
        &self,
        new: impl FnOnce() -> ferrotorch_core::Result<Tensor> + Send,
        in_place: impl FnOnce() -> ferrotorch_core::Result<()> + Send,
    ) -> Outcome<Value> {
        if self.in_place {
            self.run(in_place)?;
            return Ok(Value::Stored);
        }
        Ok(Value::Tensor(self.run(new)?))
    }

    fn heavy(&self) -> Option<Python<'py>> {
        let is_large = |object: &&Bound<'py, PyAny>| match PyTensor::get(object) {
            Some(tensor) => tensor.numel() >= LONG,
            None => object.is_exact_instance_of::<PyList>() || object.is_exact_instance_of::<PyTuple>() && first_is_large(object),
        };
        self.slots.iter().flatten().map(Slot::object).find(is_large).map(Bound::py)
    }
}

fn first_is_large(object: &Bound<'_, PyAny>) -> bool {
    object.get_item(0).is_ok_and(|first| PyTensor::get(&first).is_some_and(|tensor| tensor.numel() >= LONG))
}

/// Checks that there is memory for a long list, which grows by doubling; short ones need not ask.
fn room_for_items<T>(n: usize) -> Outcome<()> {
    const SHORT: usize = 1 << 10;
    const COPIES: usize = 3;
    if n > SHORT {
        room_for("a call with a long list", n.saturating_mul(COPIES * size_of::<T>()))?;
    }
    Ok(())
}

/// Converts the items of a list or tuple.
pub(crate) fn items<'py, T, C: FromIterator<T>>(
    object: &Bound<'py, PyAny>,
    mut convert: impl FnMut(&Bound<'py, PyAny>) -> Outcome<T>,
) -> Outcome<C> {
    if let Ok(tuple) = object.cast::<PyTuple>() {
        room_for_items::<T>(tuple.len())?;
        return tuple.iter_borrowed().map(|item| convert(&item)).collect();
    }
    if let Ok(list) = object.cast::<PyList>() {
        room_for_items::<T>(list.len())?;
        return list.iter().map(|item| convert(&item)).collect();
    }
    object.try_iter()?.map(|item| convert(&item?)).collect()
}
