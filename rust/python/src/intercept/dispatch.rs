//! Dispatch modes: they see each op as it is run, below all overrides; and launches that no op of the binding asked for, such as
//! those of a backward pass.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use ferrotorch_core::autograd::inplace;
use ferrotorch_core::autograd::mode::no_grad;
use ferrotorch_core::kernel::Kernel;
use ferrotorch_core::observe::{self, Launch, Observer};
use ferrotorch_core::{Array, Error, Operand, Result, Tensor, cost};
use pyo3::exceptions::PyRuntimeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyTuple};

use super::modes::{switches, unwatch, watch};
use super::target::{Target, What};
use crate::args::Args;
use crate::errors::{Failure, foreign};
use crate::ffi::attach::{Lent, in_callback, lend};
use crate::ffi::op_type::Arguments;
use crate::launch;
use crate::number;
use crate::signature::{Default as Preset, Kind, Param, Signature};
use crate::tensor::{PyTensor, wrap};

thread_local! {
    static MODES: RefCell<Vec<Py<PyAny>>> = const { RefCell::new(Vec::new()) };
}

/// Number of dispatch modes of this thread.
#[pyfunction]
pub(crate) fn _len_torch_dispatch_stack() -> usize {
    MODES.with_borrow(Vec::len)
}

/// Is a mode of this thread to be asked?
fn is_on() -> bool {
    switches().dispatch && _len_torch_dispatch_stack() > 0
}

/// A dispatch mode by its place, the outermost first.
#[pyfunction]
pub(crate) fn _get_dispatch_stack_at(py: Python<'_>, index: usize) -> PyResult<Py<PyAny>> {
    let found = MODES.with_borrow(|modes| modes.get(index).map(|mode| mode.clone_ref(py)));
    found.ok_or_else(|| pyo3::exceptions::PyIndexError::new_err(format!("there is no mode number {index}")))
}

/// Enters a dispatch mode.
#[pyfunction]
pub(crate) fn _push_on_torch_dispatch_stack(mode: Py<PyAny>) {
    watch();
    let is_first = MODES.with_borrow_mut(|modes| {
        modes.push(mode);
        modes.len() == 1
    });
    if is_first {
        observe::push(LAUNCHES.clone());
    }
}

/// Leaves the innermost dispatch mode, and returns it.
#[pyfunction]
pub(crate) fn _pop_torch_dispatch_stack() -> PyResult<Py<PyAny>> {
    let (mode, is_last) = MODES.with_borrow_mut(|modes| (modes.pop(), modes.is_empty()));
    let mode = mode.ok_or_else(|| PyRuntimeError::new_err("trying to pop from empty mode stack"))?;
    unwatch();
    if is_last {
        observe::remove(&LAUNCHES);
    }
    Ok(mode)
}

/// Asks the innermost mode, outside of which `question` is put to it.
fn ask<'py>(
    py: Python<'py>,
    question: impl FnOnce(Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>>,
) -> Option<PyResult<Bound<'py, PyAny>>> {
    let mode = if is_on() { MODES.with_borrow_mut(Vec::pop)? } else { return None };
    let answer = mode.bind(py).getattr(intern!(py, "__torch_dispatch__")).and_then(question);
    MODES.with_borrow_mut(|modes| modes.push(mode));
    Some(answer)
}

/// The answer of a dispatch mode to an op that is about to run with bound arguments; none if there is no mode.
#[cold]
pub(crate) fn op<'py>(
    py: Python<'py>,
    name: &str,
    signature: &Signature,
    args: &Args<'_, '_, 'py>,
) -> Option<PyResult<Py<PyAny>>> {
    if name.starts_with('_') {
        // What such ops are made of is seen as it is launched.
        return None;
    }
    let put = |mode: Bound<'py, PyAny>| {
        let (positional, keywords) = arguments(py, signature, args)?;
        let overload_of = py.import("ferrotorch._ops")?.getattr("overload_of")?;
        let function = overload_of.call1((name, signature.declaration(), &positional, &keywords))?;
        mode.call1((function, PyTuple::empty(py), positional, keywords))
    };
    Some(ask(py, put)?.map(Bound::unbind))
}

/// The answer of the op that a slot or an attribute of `Tensor` stands for, by which a dispatch mode sees it; none if
/// there is no mode, or no such op.
pub(super) fn by_op<'py>(args: Arguments<'_, 'py>, target: &Target<'_>) -> Option<PyResult<Py<PyAny>>> {
    if !is_on() {
        return None;
    }
    match target.what {
        What::Member(name) => by_function(args, name),
        What::Accessor(name, "__get__") => by_rule(args, name).transpose(),
        _ => None,
    }
}

/// The answer of the op of this name.
fn by_function<'py>(args: Arguments<'_, 'py>, name: &str) -> Option<PyResult<Py<PyAny>>> {
    let py = args.python();
    let function = py.get_type::<PyTensor>().getattr(name).ok()?;
    let is_op = function.hasattr(intern!(py, "_declarations")).unwrap_or(false);
    let call = || function.call1(PyTuple::new(py, (0..args.len()).map(|i| args.get(i)))?).map(Bound::unbind);
    is_op.then(call)
}

/// The answer of what an attribute of this name is made of.
fn by_rule<'py>(args: Arguments<'_, 'py>, name: &str) -> PyResult<Option<Py<PyAny>>> {
    let py = args.python();
    let rules = py.import(intern!(py, "ferrotorch._aten.lowering.attributes"))?;
    let answer = rules.call_method1(intern!(py, "answer"), (name, args.get(0)))?;
    Ok((!answer.is(py.NotImplemented())).then(|| answer.unbind()))
}

/// The arguments as PyTorch's schemas have them: by position up to the last that was given, and keywords.
fn arguments<'py>(
    py: Python<'py>,
    signature: &Signature,
    args: &Args<'_, '_, 'py>,
) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    let given = (0..signature.positional).rev().find(|&i| args.has(i)).map_or(0, |last| last + 1);
    let positional = (0..given).map(|i| match args.object(i) {
        Some(object) => Ok(object.clone()),
        None => preset(py, &signature.params[i]),
    });
    let positional = PyTuple::new(py, positional.collect::<PyResult<Vec<_>>>()?)?;
    let keywords = PyDict::new(py);
    for i in signature.positional..signature.params.len() {
        if let Some(object) = args.object(i) {
            keywords.set_item(signature.params[i].name, object)?;
        }
    }
    Ok((positional, keywords))
}

/// What a parameter is where it was not given.
fn preset<'py>(py: Python<'py>, param: &Param) -> PyResult<Bound<'py, PyAny>> {
    match (param.kind, param.default) {
        (Kind::Bool, Preset::Number(x)) => Ok(PyBool::new(py, x != 0.0).to_owned().into_any()),
        (Kind::Float, Preset::Number(x)) => Ok(PyFloat::new(py, x).into_any()),
        (_, Preset::Number(x)) => Ok(number::to_python(py, number::from_default(x))?.into_bound(py)),
        (_, Preset::Str(text)) => Ok(text.into_pyobject(py)?.into_any()),
        (_, Preset::Empty) => Ok(PyTuple::empty(py).into_any()),
        (_, Preset::LastTwo) => Ok((-2, -1).into_pyobject(py)?.into_any()),
        _ => Ok(py.None().into_bound(py)),
    }
}

/// What stands around the launches of a thread that is in a dispatch mode.
struct Launches;

static LAUNCHES: LazyLock<Arc<dyn Observer>> = LazyLock::new(|| Arc::new(Launches));

impl Observer for Launches {
    fn around(&self, launch: Launch<'_>, run: &mut dyn FnMut() -> Result<()>) -> Result<()> {
        if !is_on() {
            return run();
        }
        no_grad(|| in_callback(|py| ask_about(py, launch, run)))
    }
}

fn ask_about(py: Python<'_>, launch: Launch<'_>, run: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    let mut work = || run().map_err(|error| PyErr::from(Failure::from(error)));
    let asked = lend(py, &mut work, |lent| {
        let given = launch.inputs.iter().rposition(|operand| !matches!(operand, Operand::None)).map_or(0, |last| last + 1);
        let inputs = launch.inputs[..given].iter().map(|operand| operand_object(py, operand, launch.kernel));
        let inputs = inputs.collect::<PyResult<Vec<_>>>()?;
        let outputs = launch.outputs.iter().map(|out| object(py, out, launch.kernel)).collect::<PyResult<Vec<_>>>()?;
        let put = |mode: Bound<'_, PyAny>| {
            let inputs = PyTuple::new(py, &inputs)?;
            let cost = cost::flops(launch.kernel, launch.inputs, launch.outputs);
            let name = launch::name(&launch);
            let of_launch = py.import("ferrotorch._ops")?.getattr("Launch")?;
            let function = of_launch.call1((name, lent, &inputs, PyTuple::new(py, &outputs)?, cost))?;
            Ok(mode.call1((function, PyTuple::empty(py), inputs, PyDict::new(py)))?.unbind().into_bound(py))
        };
        ask(py, put).transpose()
    });
    match asked.map_err(foreign)? {
        Some(answer) => store(&answer, launch),
        None => run(),
    }
}

fn object(py: Python<'_>, array: &Array, kernel: &Kernel) -> PyResult<Py<PyAny>> {
    wrap(py, Tensor::from_array(launch::shown(array, kernel)))
}

fn operand_object(py: Python<'_>, operand: &Operand, kernel: &Kernel) -> PyResult<Py<PyAny>> {
    match operand {
        Operand::Array(array) => object(py, array, kernel),
        Operand::Scalar(x) => number::to_python(py, *x),
        Operand::None => Ok(py.None()),
    }
}

/// Puts what a mode returned where the launch's results belong; the results themselves are there already.
fn store(answer: &Bound<'_, PyAny>, launch: Launch<'_>) -> Result<()> {
    let tensors: Vec<Tensor> = match PyTensor::get(answer) {
        Some(tensor) => vec![tensor.clone()],
        None => {
            answer.cast::<PyTuple>().map(|t| t.iter().filter_map(|x| PyTensor::get(&x).cloned()).collect()).unwrap_or_default()
        }
    };
    if tensors.len() != launch.outputs.len() {
        return Err(Error::runtime(format!(
            "{}(): a dispatch mode has to return {} tensors for this launch, got {}",
            launch.op,
            launch.outputs.len(),
            tensors.len()
        )));
    }
    for (tensor, out) in tensors.iter().zip(launch.outputs) {
        let out = launch::shown(out, launch.kernel);
        let is_there = tensor.with_array(|array| array.storage.id() == out.storage.id() && array.layout == out.layout);
        if !is_there {
            inplace::assign(launch.op, &Tensor::from_array(out), tensor)?;
        }
    }
    Ok(())
}

/// Adds what `torch.utils._python_dispatch` is made of to the module.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Lent>()?;
    module.add_function(wrap_pyfunction!(_len_torch_dispatch_stack, module)?)?;
    module.add_function(wrap_pyfunction!(_get_dispatch_stack_at, module)?)?;
    module.add_function(wrap_pyfunction!(_push_on_torch_dispatch_stack, module)?)?;
    module.add_function(wrap_pyfunction!(_pop_torch_dispatch_stack, module)?)
}
