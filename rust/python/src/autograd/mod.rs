//! Differentiation as Python sees it: walks, modes, nodes, hooks, functions of one's own.

mod attributes;
pub(crate) mod forward;
pub(crate) mod function;
pub(crate) mod garbage;
pub(crate) mod hooks;
pub(crate) mod node;
pub(crate) mod saved;
pub(crate) mod shown;

use ferrotorch_core::autograd::composite::{self, Moment};
use ferrotorch_core::autograd::engine::Options;
use ferrotorch_core::autograd::{self, anomaly, mode, nesting, origin};
use ferrotorch_core::{Tensor, interrupt};
use pyo3::intern;
use pyo3::prelude::*;

use crate::batching::tensors::show;
use crate::batching::{Levels, levels};
use crate::errors::{Outcome, foreign, runtime_error};
use crate::ffi::attach::{detached, in_callback};
use crate::tensor::{PyTensor, wrap};

type Tensors<'py> = Vec<Bound<'py, PyTensor>>;
type Seeds<'py> = Vec<Option<Bound<'py, PyTensor>>>;

fn core(tensors: &Tensors<'_>) -> Vec<Tensor> {
    tensors.iter().map(|t| t.get().tensor().clone()).collect()
}

fn core_seeds(seeds: &Seeds<'_>) -> Vec<Option<Tensor>> {
    seeds.iter().map(|seed| seed.as_ref().map(|t| t.get().tensor().clone())).collect()
}

/// Runs a walk, which may be stopped between its nodes and in their kernels.
fn stoppable<T: Send>(py: Python<'_>, walk: impl FnOnce() -> T + Send) -> T {
    detached(py, || interrupt::with(true, walk))
}

/// Accumulates gradients into the leaves.
#[pyfunction]
pub(crate) fn _backward(
    py: Python<'_>,
    roots: Tensors<'_>,
    seeds: Seeds<'_>,
    inputs: Tensors<'_>,
    retain_graph: bool,
    create_graph: bool,
) -> Outcome<()> {
    let (roots, seeds, inputs) = (core(&roots), core_seeds(&seeds), core(&inputs));
    Ok(stoppable(py, || autograd::backward(&roots, &seeds, &inputs, Options { retain_graph, create_graph, many: None }))?)
}

#[pymethods]
impl PyTensor {
    /// Accumulate into `.grad` of the leaves the gradient of this tensor, weighted by `gradient`.
    ///
    /// The usual call, without weight or inputs, needs nothing that `autograd.backward` would look at.
    #[pyo3(signature = (gradient = None, retain_graph = None, create_graph = false, inputs = None))]
    fn backward(
        slf: &Bound<'_, Self>,
        gradient: Option<Bound<'_, PyAny>>,
        retain_graph: Option<bool>,
        create_graph: bool,
        inputs: Option<Bound<'_, PyAny>>,
    ) -> Outcome<()> {
        let py = slf.py();
        if gradient.is_some() || inputs.is_some() || levels::transforms() > 0 {
            let module = py.import(intern!(py, "ferrotorch.autograd"))?;
            let args = (slf, gradient, retain_graph, create_graph, py.None(), inputs);
            module.call_method1(intern!(py, "backward"), args)?;
            return Ok(());
        }
        let root = slf.get().tensor().clone();
        let options = Options { retain_graph: retain_graph.unwrap_or(create_graph), create_graph, many: None };
        Ok(stoppable(py, || autograd::backward(&[root], &[None], &[], options))?)
    }
}

/// Gradients of `roots` by `inputs`; for `many` of them at once, all along a first dimension, which the seeds have, too.
#[pyfunction]
#[pyo3(signature = (roots, seeds, inputs, retain_graph, create_graph, many = None))]
pub(crate) fn _grad(
    py: Python<'_>,
    roots: Tensors<'_>,
    seeds: Seeds<'_>,
    inputs: Tensors<'_>,
    retain_graph: bool,
    create_graph: bool,
    many: Option<usize>,
) -> Outcome<Vec<Option<Py<PyAny>>>> {
    let (roots, seeds, inputs) = (core(&roots), core_seeds(&seeds), core(&inputs));
    let grads = stoppable(py, || autograd::grad(&roots, &seeds, &inputs, Options { retain_graph, create_graph, many }))?;
    Ok(grads.into_iter().map(|grad| grad.map(|g| wrap(py, g)).transpose()).collect::<PyResult<_>>()?)
}

/// A tensor with the data of another that is differentiated by, but is no leaf.
#[pyfunction]
pub(crate) fn _origin(tensor: &Bound<'_, PyTensor>) -> Outcome<Py<PyAny>> {
    Ok(tensor.get().show(tensor.py(), origin::origin(tensor.get().tensor())?)?)
}

/// Does the graph of `roots` lead to a leaf, or to one of `marks`?
#[pyfunction]
pub(crate) fn _leads_beyond(roots: Tensors<'_>, marks: Tensors<'_>) -> bool {
    origin::leads_beyond(&core(&roots), &core(&marks))
}

/// Are ops recorded on this thread?
#[pyfunction]
pub(crate) fn is_grad_enabled() -> bool {
    mode::is_turned_on()
}

/// Turns recording on or off; returns what it was.
#[pyfunction]
pub(crate) fn _set_grad_enabled(mode: bool) -> bool {
    mode::set_enabled(mode)
}

/// Is inference mode on?
#[pyfunction]
pub(crate) fn is_inference_mode_enabled() -> bool {
    mode::is_inference()
}

/// Turns inference mode on or off; returns what it was.
#[pyfunction]
pub(crate) fn _set_inference_mode(mode: bool) -> bool {
    mode::set_inference(mode)
}

/// Is anomaly mode on?
#[pyfunction]
pub(crate) fn is_anomaly_enabled() -> bool {
    anomaly::is_enabled()
}

/// Does anomaly mode look for NaN?
#[pyfunction]
pub(crate) fn is_anomaly_check_nan_enabled() -> bool {
    anomaly::checks_nan()
}

/// Turns anomaly mode on or off.
#[pyfunction]
#[pyo3(signature = (mode, check_nan = true))]
pub(crate) fn set_anomaly_enabled(mode: bool, check_nan: bool) {
    anomaly::set(mode, check_nan);
}

/// Number of nodes of graphs that are alive, for tests of what keeps them so.
#[pyfunction]
pub(crate) fn _live_nodes() -> usize {
    autograd::arena::len()
}

/// Calls `function(complete)` when the present walk over the graph ends; `complete`: without an error.
#[pyfunction]
pub(crate) fn _call_after_walk(function: Py<PyAny>) -> Outcome<()> {
    let call = move |complete: bool| in_callback(|py| function.call1(py, (complete,)).map(drop).map_err(foreign));
    match nesting::after_walk(Box::new(call)) {
        None => Ok(()),
        Some(_) => Err(runtime_error("no backward is running after which to call a function")),
    }
}

/// A moment in the recording of ops, for [`_as_one_node`].
#[pyfunction]
pub(crate) fn _moment() -> u64 {
    Moment::now().number()
}

/// The results of a function that is composed of ops, and began at a moment, as outputs of one node.
#[pyfunction]
pub(crate) fn _as_one_node(py: Python<'_>, name: &str, since: u64, results: Tensors<'_>) -> Outcome<Vec<Py<PyAny>>> {
    // Results of samples stay results of samples.
    let levels: Vec<Levels> = results.iter().map(|result| PyTensor::levels_of(result)).collect();
    let results = composite::as_one_node(function::interned(name), Moment::of(since), &core(&results))?;
    Ok(results.into_iter().zip(levels).map(|(result, levels)| show(py, result, levels)).collect::<PyResult<_>>()?)
}

/// A number of the walk that this thread is in; -1 where it is in none.
#[pyfunction]
pub(crate) fn _current_graph_task_id() -> i64 {
    nesting::current_walk().map_or(-1, |id| id as i64)
}

/// Does the present walk, if any, accumulate into every leaf?
#[pyfunction]
pub(crate) fn _is_checkpoint_valid() -> bool {
    nesting::all_accumulate()
}

/// Notes a write to a tensor that no op made.
#[pyfunction]
pub(crate) fn _increment_version(tensor: &Bound<'_, PyTensor>) {
    tensor.get().tensor().storage().bump("increment_version");
}

/// Adds the functions of this module to `_C`.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    for function in [
        wrap_pyfunction!(function::_attach_function, module)?,
        wrap_pyfunction!(_backward, module)?,
        wrap_pyfunction!(_grad, module)?,
        wrap_pyfunction!(_live_nodes, module)?,
        wrap_pyfunction!(_origin, module)?,
        wrap_pyfunction!(_leads_beyond, module)?,
        wrap_pyfunction!(forward::_enter_dual_level, module)?,
        wrap_pyfunction!(forward::_exit_dual_level, module)?,
        wrap_pyfunction!(forward::_make_dual, module)?,
        wrap_pyfunction!(forward::_unpack_dual, module)?,
        wrap_pyfunction!(forward::_fw_grad, module)?,
        wrap_pyfunction!(forward::_is_dual, module)?,
        wrap_pyfunction!(forward::_is_fwd_grad_enabled, module)?,
        wrap_pyfunction!(forward::_set_fwd_grad_enabled, module)?,
        wrap_pyfunction!(node::_tensor_at_edge, module)?,
        wrap_pyfunction!(_call_after_walk, module)?,
        wrap_pyfunction!(_increment_version, module)?,
        wrap_pyfunction!(saved::_push_saved_tensors_hooks, module)?,
        wrap_pyfunction!(saved::_pop_saved_tensors_hooks, module)?,
        wrap_pyfunction!(saved::_any_saved_tensors_hooks, module)?,
        wrap_pyfunction!(saved::_save_tensor, module)?,
        wrap_pyfunction!(_current_graph_task_id, module)?,
        wrap_pyfunction!(_moment, module)?,
        wrap_pyfunction!(_as_one_node, module)?,
        wrap_pyfunction!(shown::_retell, module)?,
        wrap_pyfunction!(_is_checkpoint_valid, module)?,
        wrap_pyfunction!(is_grad_enabled, module)?,
        wrap_pyfunction!(_set_grad_enabled, module)?,
        wrap_pyfunction!(is_inference_mode_enabled, module)?,
        wrap_pyfunction!(_set_inference_mode, module)?,
        wrap_pyfunction!(is_anomaly_enabled, module)?,
        wrap_pyfunction!(is_anomaly_check_nan_enabled, module)?,
        wrap_pyfunction!(set_anomaly_enabled, module)?,
    ] {
        module.add_function(function)?;
    }
    Ok(())
}
