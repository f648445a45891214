//! Declarations of ops, and the operator objects that are made from them.

use std::sync::OnceLock;

use ferrotorch_core::Row;
use ferrotorch_core::autograd::composite::{self, Moment};
use ferrotorch_core::autograd::{self, inplace};
use ferrotorch_core::ops::output::{self, Fit};
use ferrotorch_core::ops::pointwise::can_cast;
use ferrotorch_core::overlap::{self, Reads};
use ferrotorch_core::row::Interface;
use ferrotorch_core::{DType, Tensor, interrupt};
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::args::Args;
use crate::autograd::function::interned;
use crate::autograd::shown::retell_call;
use crate::batching::{self, Batching};
use crate::errors::{Outcome, runtime_error, type_error};
use crate::ffi::op_type::{Arguments, Callable};
use crate::intercept::target::{Style, Target, What};
use crate::intercept::{self, dispatch, is_watched};
use crate::objects::tuples;
use crate::ops::pointwise::run_row;
use crate::ops::rows::{row_doc, row_signatures};
use crate::ops::{self, details};
use crate::parser;
use crate::signature::Signature;
use crate::tensor::PyTensor;
use crate::value::Value;

/// What an overload runs.
pub(crate) type Run = for<'x, 's, 'a, 'py> fn(&'x Args<'s, 'a, 'py>) -> Outcome<Value>;

/// Where the function form lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Torch,
    Linalg,
    Special,
    Fft,
    Nn,
}

impl Place {
    /// Every place, with the attribute of `_C` that holds it.
    pub(crate) const ALL: [(Place, &'static str); 5] = [
        (Place::Torch, "torch"),
        (Place::Linalg, "_linalg"),
        (Place::Special, "_special"),
        (Place::Fft, "_fft"),
        (Place::Nn, "_nn"),
    ];

    /// Its name.
    fn module(self) -> &'static str {
        Place::ALL.iter().find(|(other, _)| *other == self).map_or("", |(_, name)| name.trim_start_matches('_'))
    }
}

/// One op: names, signatures, code, and in which forms it exists.
pub(crate) struct Decl {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) place: Place,
    pub(crate) function: bool,
    pub(crate) method: bool,
    /// Is there `Tensor.name_`?
    pub(crate) in_place: bool,
    /// Is there `torch.name_`?
    pub(crate) in_place_function: bool,
    /// Does the op exist only in the form that writes into its first argument? Its name then ends in `_`.
    pub(crate) only_in_place: bool,
    pub(crate) out: bool,
    /// Must `out` have the very dtype of the result?
    pub(crate) out_of_own_dtype: bool,
    pub(crate) fit: Fit,
    /// Where the first tensor may lie in what is written, and where all others may. In place the first one is the target.
    pub(crate) reads: [Reads; 2],
    /// The name of the node that it is, where it is composed of ops that have nodes of their own.
    pub(crate) node: Option<&'static str>,
    /// What its node shows of the call ([`retell_call`]), where its rule does not.
    pub(crate) shows: &'static [&'static str],
    /// How it runs on batched tensors, where that is not as of most of its family (`ops::FAMILIES`).
    pub(crate) batching: Option<Batching>,
    pub(crate) doc: &'static str,
    pub(crate) overloads: &'static [(&'static str, Run)],
}

/// Declares an op that exists as function and as method.
pub(crate) const fn op(name: &'static str, doc: &'static str, overloads: &'static [(&'static str, Run)]) -> Decl {
    Decl {
        name,
        aliases: &[],
        place: Place::Torch,
        function: true,
        method: true,
        in_place: false,
        in_place_function: false,
        only_in_place: false,
        out: false,
        out_of_own_dtype: false,
        fit: Fit::Warned,
        reads: [Reads::InStep; 2],
        node: None,
        shows: &[],
        batching: None,
        doc,
        overloads,
    }
}

impl Decl {
    /// Further names.
    pub(crate) const fn alias(mut self, names: &'static [&'static str]) -> Decl {
        self.aliases = names;
        self
    }

    /// Function only.
    pub(crate) const fn function(mut self) -> Decl {
        self.method = false;
        self
    }

    /// Method only.
    pub(crate) const fn method(mut self) -> Decl {
        self.function = false;
        self
    }

    /// With `Tensor.name_`.
    pub(crate) const fn in_place(mut self) -> Decl {
        self.in_place = true;
        self
    }

    /// With `Tensor.name_` and `torch.name_`.
    pub(crate) const fn in_place_both(mut self) -> Decl {
        self.in_place = true;
        self.in_place_function = true;
        self
    }

    /// With the form that writes into the first argument only.
    pub(crate) const fn only_in_place(mut self) -> Decl {
        self.only_in_place = true;
        self
    }

    /// Where the first tensor may lie in what is written, and where all others may.
    pub(crate) const fn reads(mut self, first: Reads, others: Reads) -> Decl {
        self.reads = [first, others];
        self
    }

    /// What happens to an `out` of another size than the result's.
    pub(crate) const fn fit(mut self, fit: Fit) -> Decl {
        self.fit = fit;
        self
    }

    /// With the keyword `out`.
    pub(crate) const fn out(mut self) -> Decl {
        self.out = true;
        self
    }

    /// With the keyword `out`, which must have the dtype of the result: PyTorch converts for most ops, but not for these.
    pub(crate) const fn out_of_own_dtype(mut self) -> Decl {
        self.out = true;
        self.out_of_own_dtype = true;
        self
    }

    /// One node of this name in the graph.
    pub(crate) const fn node(mut self, name: &'static str) -> Decl {
        self.node = Some(name);
        self
    }

    /// What its node shows of the call.
    pub(crate) const fn shows(mut self, names: &'static [&'static str]) -> Decl {
        self.shows = names;
        self
    }

    /// Runs so on batched tensors.
    pub(crate) const fn batched(mut self, batching: Batching) -> Decl {
        self.batching = Some(batching);
        self
    }

    /// A function of a submodule.
    pub(crate) const fn at(mut self, place: Place) -> Decl {
        self.place = place;
        self.method = false;
        self
    }
}

/// What an operator object runs.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// A declaration.
    Decl(&'static Decl),
    /// A row of the pointwise table that needs no declaration.
    Row(&'static Row),
}

/// One operator object.
pub(crate) struct Op {
    pub(crate) name: &'static str,
    /// The name as PyTorch's schemas and messages have it: functions of submodules are called by theirs as well.
    schema_name: &'static str,
    pub(crate) place: Place,
    pub(crate) body: Body,
    pub(crate) in_place: bool,
    /// Is it the method of `Tensor`?
    pub(crate) is_method: bool,
    signatures: OnceLock<Vec<Signature>>,
    batching: OnceLock<Batching>,
}

impl Op {
    pub(crate) fn new(name: &'static str, place: Place, body: Body, in_place: bool, is_method: bool) -> Op {
        let schema_name = match place {
            Place::Torch | Place::Nn => name,
            Place::Linalg | Place::Special | Place::Fft => Box::leak(format!("{}_{name}", place.module()).into_boxed_str()),
        };
        Op { name, schema_name, place, body, in_place, is_method, signatures: OnceLock::new(), batching: OnceLock::new() }
    }

    /// Its signatures, parsed when first needed.
    pub(crate) fn signatures(&self) -> &[Signature] {
        self.signatures.get_or_init(|| match &self.body {
            Body::Decl(decl) => {
                decl.overloads.iter().map(|(text, _)| Signature::parse(text, decl.out && !self.in_place)).collect()
            }
            Body::Row(row) => {
                let has_out = !self.in_place && !row.interface.has(Interface::NO_OUT);
                row_signatures(row, self.in_place).iter().map(|text| Signature::parse(text, has_out)).collect()
            }
        })
    }

    /// How it runs on batched tensors.
    pub(crate) fn batching(&self) -> Batching {
        *self.batching.get_or_init(|| match &self.body {
            Body::Decl(decl) => ops::batching(decl),
            Body::Row(_) => Batching::Broadcast,
        })
    }

    /// The name that it is declared under.
    pub(crate) fn declared_name(&self) -> &'static str {
        match &self.body {
            Body::Decl(decl) => decl.name,
            Body::Row(row) => row.op.name,
        }
    }

    /// The operator object of its name.
    pub(crate) fn object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.is_method {
            return py.get_type::<PyTensor>().getattr(self.name);
        }
        let find = py.import("ferrotorch._C")?.getattr("_find_op")?;
        find.call1((self.place_name(), self.name))
    }

    fn place_name(&self) -> &'static str {
        Place::ALL.iter().find(|(place, _)| *place == self.place).map_or("torch", |(_, name)| name)
    }

    pub(crate) fn run(&self, overload: usize, args: &Args<'_, '_, '_>) -> Outcome<Value> {
        match &self.body {
            Body::Decl(Decl { shows, .. }) if !shows.is_empty() && !args.in_place && autograd::is_enabled() => {
                let since = Moment::now();
                let value = self.run_body(overload, args)?;
                value.tensors().iter().take(1).for_each(|result| retell_call(result, since, shows, args));
                Ok(value)
            }
            _ => self.run_body(overload, args),
        }
    }

    fn run_body(&self, overload: usize, args: &Args<'_, '_, '_>) -> Outcome<Value> {
        match &self.body {
            Body::Decl(Decl { node: Some(node), overloads, .. }) => as_one_node(node, || overloads[overload].1(args)),
            Body::Decl(decl) => decl.overloads[overload].1(args),
            Body::Row(row) => run_row(args, row),
        }
    }

    fn invoke<'py>(&self, py: Python<'py>, call: Arguments<'_, 'py>) -> Outcome<Py<PyAny>> {
        let (overload, mut args) = parser::bind(self.schema_name, self.signatures(), call, self.is_method)?;
        args.in_place = self.in_place;
        if batching::is_on()
            && let Some(result) = batching::gate::call(self, py, overload, &args)?
        {
            return Ok(result);
        }
        if is_watched()
            && let Some(answer) = dispatch::op(py, self.schema_name, args.signature(), &args)
        {
            return Ok(answer?);
        }
        self.refuse_overlap(&args)?;
        // What is written into new tensors only may be left half way.
        let stoppable = !self.in_place && !self.name.ends_with('_') && args.out().is_none();
        let value = interrupt::with(stoppable, || self.run(overload, &args))?;
        if self.in_place {
            return self.finish_in_place(&args, value);
        }
        match args.out() {
            Some(out) => self.finish_out(&args, out, value),
            None => Ok(value.into_python(py)?),
        }
    }

    /// Refuses tensors among the arguments that lie where they must not in what is written to.
    fn refuse_overlap(&self, args: &Args<'_, '_, '_>) -> Outcome<()> {
        // Rows of the pointwise table are looked after by the core.
        let Body::Decl(decl) = &self.body else { return Ok(()) };
        if self.in_place {
            return args
                .each_tensor(|i, input| if i == 0 { Ok(()) } else { self.refuse_shared(args.tensor(0)?, input, decl.reads[1]) });
        }
        let Some(out) = args.out() else { return Ok(()) };
        for target in out_tensors(out)? {
            let target = target.get().tensor();
            if decl.reads[0] == Reads::Apart {
                // Ops that read elements wherever they lie look at a target as it comes, others once it has its size.
                target.with_array(|array| overlap::refuse_repeats(self.name, array))?;
            }
            args.each_tensor(|i, input| self.refuse_shared(target, input, decl.reads[(i > 0) as usize]))?;
        }
        Ok(())
    }

    fn refuse_shared(&self, target: &Tensor, input: &Tensor, reads: Reads) -> Outcome<()> {
        let shared = if input.is(target) {
            // The same lock must not be taken twice.
            if reads == Reads::Apart {
                target.with_array(|array| overlap::refuse_shared(self.name, array, array, reads))
            } else {
                Ok(())
            }
        } else {
            target.with_array(|out| input.with_array(|array| overlap::refuse_shared(self.name, out, array, reads)))
        };
        Ok(shared?)
    }

    pub(crate) fn finish_in_place(&self, args: &Args<'_, '_, '_>, value: Value) -> Outcome<Py<PyAny>> {
        if let Value::Tensor(result) = &value {
            let target = args.tensor(0)?;
            let (shape, dtype) = (result.shape(), result.dtype());
            if target.shape() != shape {
                return Err(runtime_error(format!(
                    "{}(): output with shape {:?} doesn't match the broadcast shape {:?}",
                    self.name,
                    &target.shape()[..],
                    &shape[..]
                )));
            }
            if !can_cast(dtype, target.dtype()) {
                return Err(runtime_error(format!(
                    "{}(): result type {} can't be cast to the desired output type {}",
                    self.name,
                    dtype.legacy_name(),
                    target.dtype().legacy_name()
                )));
            }
            inplace::assign(self.name, target, result)?;
        }
        match args.object(0) {
            Some(target) => Ok(target.clone().unbind()),
            None => Err(type_error(format!("{}() needs a tensor", self.name))),
        }
    }

    fn finish_out(&self, args: &Args<'_, '_, '_>, out: &Bound<'_, PyAny>, value: Value) -> Outcome<Py<PyAny>> {
        if !matches!(value, Value::Stored) {
            let targets = out_tensors(out)?;
            let results = value.tensors();
            if targets.len() != results.len() {
                return Err(type_error(format!(
                    "{}(): out= must be {} tensors, got {}",
                    self.name,
                    results.len(),
                    targets.len()
                )));
            }
            for (target, result) in targets.iter().zip(results) {
                let target = target.get().tensor();
                self.check_out_dtype(target, result)?;
                output::store(self.name, target, result, self.fit(), args.all_tensors())?;
            }
            if let Value::Named(name, _) = value {
                return Ok(tuples::of_objects(out.py(), name, PyTuple::new(out.py(), targets)?)?.unbind());
            }
        }
        Ok(out.clone().unbind())
    }
}

/// Runs an op that is composed of others, and makes its results those of one node.
pub(crate) fn as_one_node(node: &'static str, run: impl FnOnce() -> Outcome<Value>) -> Outcome<Value> {
    if !autograd::is_enabled() {
        return run();
    }
    let since = Moment::now();
    let mut value = run()?;
    let results = composite::as_one_node(node, since, value.tensors())?;
    value.tensors_mut().iter_mut().zip(results).for_each(|(tensor, result)| *tensor = result);
    Ok(value)
}

impl Op {
    /// The name as PyTorch's messages about overrides have it.
    #[cold]
    fn name_in_messages(&self) -> String {
        match self.place {
            Place::Torch if self.is_method => format!("torch.Tensor.{}", self.name),
            Place::Torch => format!("torch.{}", self.name),
            Place::Nn => format!("torch.nn.{}", self.name),
            place => format!("torch.{}.{}", place.module(), self.schema_name),
        }
    }

    fn fit(&self) -> Fit {
        match &self.body {
            Body::Decl(decl) => decl.fit,
            Body::Row(_) => Fit::Warned,
        }
    }

    fn check_out_dtype(&self, target: &Tensor, result: &Tensor) -> Outcome<()> {
        let (got, own) = (target.dtype(), result.dtype());
        match &self.body {
            Body::Decl(decl) if decl.out_of_own_dtype => check_own_dtype(self.name, got, own),
            _ => Ok(()),
        }
    }
}

/// Refuses an `out=` of another dtype than the result's.
pub(crate) fn check_own_dtype(op: &str, got: DType, own: DType) -> Outcome<()> {
    if got == own {
        return Ok(());
    }
    let (wanted, found) = (own.legacy_name(), got.legacy_name());
    Err(runtime_error(format!(
        "{op}(): Expected out tensor to have dtype {}, but got {} instead (scalar type {wanted}, not {found})",
        own.name(),
        got.name()
    )))
}

/// Writes the result of a composed function into its `out=`, which is resized with a warning if its shape is another.
#[pyfunction]
pub(crate) fn _store_out(name: &str, result: &Bound<'_, PyTensor>, out: &Bound<'_, PyTensor>) -> Outcome<()> {
    let (result, out) = (result.get().tensor(), out.get().tensor());
    Ok(output::store(interned(name), out, result, Fit::Warned, std::iter::empty())?)
}

/// Refuses a target of a composed function in which inputs partly lie, or with `apart` lie at all.
#[pyfunction]
pub(crate) fn _refuse_overlap(
    name: &str,
    target: &Bound<'_, PyTensor>,
    inputs: Vec<Bound<'_, PyTensor>>,
    apart: bool,
) -> Outcome<()> {
    let target = target.get().tensor().array();
    let reads = if apart { Reads::Apart } else { Reads::InStep };
    overlap::refuse_repeats(name, &target)?;
    Ok(inputs.iter().try_for_each(|input| overlap::refuse_shared(name, &target, &input.get().tensor().array(), reads))?)
}

pub(crate) fn out_tensors<'py>(out: &Bound<'py, PyAny>) -> Outcome<Vec<Bound<'py, PyTensor>>> {
    if let Ok(tensor) = out.cast::<PyTensor>() {
        return Ok(vec![tensor.clone()]);
    }
    crate::args::items(out, |item| Ok(item.cast::<PyTensor>()?.clone()))
}

impl Callable for Op {
    fn call<'py>(&self, py: Python<'py>, args: Arguments<'_, 'py>) -> PyResult<Py<PyAny>> {
        let name = || self.name_in_messages();
        if let Some(answer) = intercept::call(args, &Target { style: Style::Native, what: What::Callable(&name) }) {
            return answer;
        }
        self.invoke(py, args).map_err(Into::into)
    }

    fn name(&self) -> &str {
        self.name
    }

    fn qualname(&self) -> String {
        if self.is_method { format!("Tensor.{}", self.name) } else { self.name.to_owned() }
    }

    fn doc(&self) -> String {
        let doc = match &self.body {
            Body::Decl(decl) => match details::of(decl.name) {
                Some(details) => format!("{}\n\n{details}", decl.doc),
                None => decl.doc.to_owned(),
            },
            Body::Row(row) => row_doc(row, self.in_place),
        };
        let signatures: Vec<String> = self.signatures().iter().map(|s| format!("{}{s}", self.name)).collect();
        format!("{}\n\n{doc}", signatures.join("\n"))
    }

    fn text_signature(&self) -> String {
        self.signatures().first().map(Signature::to_string).unwrap_or_default()
    }

    fn declarations(&self) -> String {
        let declarations: Vec<String> = self.signatures().iter().map(Signature::declaration).collect();
        declarations.join("\n")
    }

    fn batching(&self) -> String {
        Op::batching(self).name().to_owned()
    }

    fn signature(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        let text = self.text_signature();
        let from_text = py.import("ferrotorch._signature")?.getattr("from_text")?;
        Ok(from_text.call1((text,))?.unbind())
    }

    fn reduce(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        if self.is_method {
            let getattr = py.import("builtins")?.getattr("getattr")?;
            return Ok((getattr, (py.get_type::<PyTensor>(), self.name)).into_pyobject(py)?.into_any().unbind());
        }
        let find = py.import("ferrotorch._C")?.getattr("_find_op")?;
        Ok(PyTuple::new(py, [find, PyTuple::new(py, [self.place_name(), self.name])?.into_any()])?.into_any().unbind())
    }
}
