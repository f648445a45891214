//! The fused optimizer steps, `_C._optim`; `ferrotorch/optim/_fused.py` describes them.

use ferrotorch_core::autograd::mode::no_grad;
use ferrotorch_core::kernel::OptimizerRule;
use ferrotorch_core::ops::{creation, optimizer};
use ferrotorch_core::{Scalar, Tensor};
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::errors::{Outcome, type_error, value_error};
use crate::tensor::PyTensor;

/// A list of tensors.
type List<'a, 'py> = &'a Bound<'py, PyList>;

/// The tensors of a list that runs parallel to the parameters.
fn tensors(op: &'static str, what: &str, list: List<'_, '_>, count: usize) -> Outcome<Vec<Tensor>> {
    if list.len() != count {
        return Err(value_error(format!("{op}(): {count} parameters need as many {what}, got {}", list.len())));
    }
    list.iter()
        .map(|item| match PyTensor::get(&item) {
            Some(tensor) => Ok(tensor.clone()),
            None => Err(type_error(format!("{op}(): {what} must be tensors"))),
        })
        .collect()
}

/// The parameters and their gradients; `None` where a gradient is asked of a parameter that has none.
fn params_and_grads(
    op: &'static str,
    params: List<'_, '_>,
    grads: Option<List<'_, '_>>,
) -> Outcome<Option<(Vec<Tensor>, Vec<Tensor>)>> {
    let params = tensors(op, "parameters", params, params.len())?;
    if let Some(i) = params.iter().position(|p| !p.dtype().is_float()) {
        return Err(type_error(format!("{op}(): parameter {i} must be of a floating dtype, got {}", params[i].dtype().name())));
    }
    let grads = match grads {
        Some(grads) => Some(tensors(op, "gradients", grads, params.len())?),
        None => params.iter().map(Tensor::grad).collect(),
    };
    Ok(grads.map(|grads| (params, grads)))
}

/// What one call works on: parameters, gradients, and one list for each kind of state.
struct Batch {
    op: &'static str,
    params: Vec<Tensor>,
    grads: Vec<Tensor>,
    states: Vec<Vec<Tensor>>,
}

impl Batch {
    /// `None` where a gradient is asked of a parameter that has none.
    fn new(
        op: &'static str,
        params: List<'_, '_>,
        grads: Option<List<'_, '_>>,
        states: &[Option<List<'_, '_>>],
    ) -> Outcome<Option<Batch>> {
        let Some((params, grads)) = params_and_grads(op, params, grads)? else { return Ok(None) };
        let states =
            states.iter().flatten().map(|list| tensors(op, "state tensors", list, params.len())).collect::<Outcome<_>>()?;
        Ok(Some(Batch { op, params, grads, states }))
    }

    /// One step of the parameters with these numbers.
    fn step(&self, py: Python<'_>, rule: &OptimizerRule, members: &[usize]) -> Outcome<()> {
        let params: Vec<&Tensor> = members.iter().map(|&i| &self.params[i]).collect();
        let grads: Vec<&Tensor> = members.iter().map(|&i| &self.grads[i]).collect();
        let states: Vec<&Tensor> = members.iter().flat_map(|&i| self.states.iter().map(move |list| &list[i])).collect();
        let work = || optimizer::step(self.op, rule, &params, &grads, &states);
        let elements: usize = params.iter().map(|p| p.numel()).sum();
        if elements > DETACH_ELEMENTS {
            py.detach(work)?
        } else {
            work()?
        }
        Ok(())
    }

    /// One step of each group of parameters that have made equally many.
    fn step_by_count(&self, py: Python<'_>, counts: &[f64], rule: impl Fn(f64) -> OptimizerRule) -> Outcome<()> {
        let mut rest: Vec<usize> = (0..counts.len()).collect();
        while let Some(&first) = rest.first() {
            let now = counts[first];
            let members: Vec<usize> = rest.iter().copied().filter(|&i| counts[i] == now).collect();
            rest.retain(|&i| counts[i] != now);
            self.step(py, &rule(now), &members)?;
        }
        Ok(())
    }

    fn all(&self) -> Vec<usize> {
        (0..self.params.len()).collect()
    }
}

/// Adds 1 to every counter and returns the new values.
fn count(op: &'static str, steps: List<'_, '_>, params: usize) -> Outcome<Vec<f64>> {
    let steps = tensors(op, "step counters", steps, params)?;
    no_grad(|| {
        let next = |counter: &Tensor| {
            let next = counter.item()?.to_f64() + 1.0;
            creation::fill_(counter, Scalar::Float(next))?;
            Ok(next)
        };
        steps.iter().map(next).collect()
    })
}

/// Elements from which on the interpreter is left while the step runs.
const DETACH_ELEMENTS: usize = 1 << 13;

/// Stochastic gradient descent.
#[pyfunction]
#[pyo3(signature = (params, grads, momentum_buffers, lr, momentum, dampening, weight_decay, nesterov, maximize, first, /))]
fn sgd(
    py: Python<'_>,
    params: List<'_, '_>,
    grads: Option<List<'_, '_>>,
    momentum_buffers: Option<List<'_, '_>>,
    lr: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
    maximize: bool,
    first: bool,
) -> Outcome<bool> {
    let Some(batch) = Batch::new("sgd", params, grads, &[momentum_buffers])? else { return Ok(false) };
    batch.step(py, &OptimizerRule::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, first }, &batch.all())?;
    Ok(true)
}

/// Adam, and AdamW with decoupled weight decay.
#[pyfunction]
#[pyo3(signature = (params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps, lr, beta1, beta2, eps, weight_decay, maximize, decoupled, /))]
fn adam(
    py: Python<'_>,
    params: List<'_, '_>,
    grads: Option<List<'_, '_>>,
    exp_avgs: List<'_, '_>,
    exp_avg_sqs: List<'_, '_>,
    max_exp_avg_sqs: Option<List<'_, '_>>,
    steps: List<'_, '_>,
    lr: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    maximize: bool,
    decoupled: bool,
) -> Outcome<bool> {
    let states = [Some(exp_avgs), Some(exp_avg_sqs), max_exp_avg_sqs];
    let Some(batch) = Batch::new("adam", params, grads, &states)? else { return Ok(false) };
    let amsgrad = max_exp_avg_sqs.is_some();
    let counts = count("adam", steps, batch.params.len())?;
    batch.step_by_count(py, &counts, |step| OptimizerRule::Adam {
        lr,
        beta1,
        beta2,
        eps,
        weight_decay,
        amsgrad,
        maximize,
        decoupled,
        step,
    })?;
    Ok(true)
}

/// RMSprop, centered where `grad_avgs` is given.
#[pyfunction]
#[pyo3(signature = (params, grads, square_avgs, momentum_buffers, grad_avgs, steps, lr, alpha, eps, weight_decay, momentum, maximize, /))]
fn rmsprop(
    py: Python<'_>,
    params: List<'_, '_>,
    grads: Option<List<'_, '_>>,
    square_avgs: List<'_, '_>,
    momentum_buffers: Option<List<'_, '_>>,
    grad_avgs: Option<List<'_, '_>>,
    steps: List<'_, '_>,
    lr: f64,
    alpha: f64,
    eps: f64,
    weight_decay: f64,
    momentum: f64,
    maximize: bool,
) -> Outcome<bool> {
    let Some(batch) = Batch::new("rmsprop", params, grads, &[Some(square_avgs), momentum_buffers, grad_avgs])? else {
        return Ok(false);
    };
    count("rmsprop", steps, batch.params.len())?;
    let centered = grad_avgs.is_some();
    batch.step(py, &OptimizerRule::RmsProp { lr, alpha, eps, weight_decay, momentum, centered, maximize }, &batch.all())?;
    Ok(true)
}

/// Adagrad.
#[pyfunction]
#[pyo3(signature = (params, grads, state_sums, steps, lr, lr_decay, weight_decay, eps, maximize, /))]
fn adagrad(
    py: Python<'_>,
    params: List<'_, '_>,
    grads: Option<List<'_, '_>>,
    state_sums: List<'_, '_>,
    steps: List<'_, '_>,
    lr: f64,
    lr_decay: f64,
    weight_decay: f64,
    eps: f64,
    maximize: bool,
) -> Outcome<bool> {
    let Some(batch) = Batch::new("adagrad", params, grads, &[Some(state_sums)])? else { return Ok(false) };
    let counts = count("adagrad", steps, batch.params.len())?;
    batch.step_by_count(py, &counts, |step| OptimizerRule::Adagrad {
        lr: lr / (1.0 + (step - 1.0) * lr_decay),
        eps,
        weight_decay,
        maximize,
    })?;
    Ok(true)
}

/// Makes the submodule.
pub(crate) fn module(py: Python<'_>) -> PyResult<Bound<'_, PyModule>> {
    let module = PyModule::new(py, "_optim")?;
    module.add_function(wrap_pyfunction!(sgd, &module)?)?;
    module.add_function(wrap_pyfunction!(adam, &module)?)?;
    module.add_function(wrap_pyfunction!(rmsprop, &module)?)?;
    module.add_function(wrap_pyfunction!(adagrad, &module)?)?;
    Ok(module)
}
