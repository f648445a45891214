//! Fused optimizer steps: `ferrotorch._C._optim`. What they compute is described in `ferrotorch/optim/_fused.py`.

use ferrotorch_core::autograd::mode::no_grad;
use ferrotorch_core::kernel::OptimizerRule;
use ferrotorch_core::ops::{arithmetic, optimizer};
use ferrotorch_core::{Scalar, Tensor};
use pyo3::prelude::*;

use crate::errors::{Outcome, value_error};
use crate::tensor::PyTensor;

type List<'py> = Vec<Bound<'py, PyTensor>>;

/// The parameters of a call with their gradients and states.
struct Group<'g> {
    op: &'static str,
    params: Vec<&'g Tensor>,
    grads: Vec<Tensor>,
    /// One list a kind of state.
    states: Vec<Vec<&'g Tensor>>,
}

fn tensors<'g>(list: &'g List<'_>) -> Vec<&'g Tensor> {
    list.iter().map(|t| t.get().tensor()).collect()
}

impl<'g> Group<'g> {
    /// `None` where a gradient is missing.
    fn new(
        op: &'static str,
        params: &'g List<'_>,
        grads: Option<&List<'_>>,
        states: &[Option<&'g List<'_>>],
    ) -> Outcome<Option<Group<'g>>> {
        let params = tensors(params);
        let grads = match grads {
            Some(grads) => grads.iter().map(|g| g.get().tensor().clone()).collect(),
            None => match params.iter().map(|p| p.grad()).collect::<Option<Vec<_>>>() {
                Some(grads) => grads,
                None => return Ok(None),
            },
        };
        let states: Vec<Vec<&Tensor>> = states.iter().flatten().map(|list| tensors(list)).collect();
        for n in std::iter::once(grads.len()).chain(states.iter().map(Vec::len)) {
            if n != params.len() {
                return Err(value_error(format!("{op}(): {} parameters, but a list of {n} gradients or states", params.len())));
            }
        }
        Ok(Some(Group { op, params, grads, states }))
    }

    fn step(&self, rule: &OptimizerRule, members: &[usize]) -> ferrotorch_core::Result<()> {
        let params: Vec<&Tensor> = members.iter().map(|&i| self.params[i]).collect();
        let grads: Vec<&Tensor> = members.iter().map(|&i| &self.grads[i]).collect();
        let states: Vec<&Tensor> = members.iter().flat_map(|&i| self.states.iter().map(move |list| list[i])).collect();
        optimizer::step(self.op, rule, &params, &grads, &states)
    }

    fn all(&self) -> Vec<usize> {
        (0..self.params.len()).collect()
    }

    /// Counts a step for each parameter, and runs the parameters with equal counts together.
    fn counted(&self, steps: &List<'_>, rule: impl Fn(f64) -> OptimizerRule) -> Outcome<()> {
        let steps = tensors(steps);
        if steps.len() != self.params.len() {
            return Err(value_error(format!("{}(): {} parameters, but {} step counts", self.op, self.params.len(), steps.len())));
        }
        let mut groups: Vec<(f64, Vec<usize>)> = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            no_grad(|| arithmetic::add_(step, Scalar::Int(1)))?;
            let count = step.item()?.to_f64();
            match groups.iter_mut().find(|(other, _)| *other == count) {
                Some((_, members)) => members.push(i),
                None => groups.push((count, vec![i])),
            }
        }
        Ok(groups.iter().try_for_each(|(count, members)| self.step(&rule(*count), members))?)
    }
}

/// Stochastic gradient descent.
#[pyfunction]
#[pyo3(signature = (params, grads, momentum_buffers, lr, momentum, dampening, weight_decay, nesterov, maximize, first, /))]
fn sgd(
    params: List<'_>,
    grads: Option<List<'_>>,
    momentum_buffers: Option<List<'_>>,
    lr: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    nesterov: bool,
    maximize: bool,
    first: bool,
) -> Outcome<bool> {
    let Some(group) = Group::new("sgd", &params, grads.as_ref(), &[momentum_buffers.as_ref()])? else { return Ok(false) };
    let rule = OptimizerRule::Sgd { lr, momentum, dampening, weight_decay, nesterov, maximize, first };
    group.step(&rule, &group.all())?;
    Ok(true)
}

/// Adam, and AdamW with `decoupled`.
#[pyfunction]
#[pyo3(signature = (params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, steps, lr, beta1, beta2, eps, weight_decay, maximize, decoupled, /))]
fn adam(
    params: List<'_>,
    grads: Option<List<'_>>,
    exp_avgs: List<'_>,
    exp_avg_sqs: List<'_>,
    max_exp_avg_sqs: Option<List<'_>>,
    steps: List<'_>,
    lr: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    maximize: bool,
    decoupled: bool,
) -> Outcome<bool> {
    let states = [Some(&exp_avgs), Some(&exp_avg_sqs), max_exp_avg_sqs.as_ref()];
    let Some(group) = Group::new("adam", &params, grads.as_ref(), &states)? else { return Ok(false) };
    let amsgrad = max_exp_avg_sqs.is_some();
    group.counted(&steps, |step| OptimizerRule::Adam {
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

/// RMSprop.
#[pyfunction]
#[pyo3(signature = (params, grads, square_avgs, momentum_buffers, grad_avgs, steps, lr, alpha, eps, weight_decay, momentum, maximize, /))]
fn rmsprop(
    params: List<'_>,
    grads: Option<List<'_>>,
    square_avgs: List<'_>,
    momentum_buffers: Option<List<'_>>,
    grad_avgs: Option<List<'_>>,
    steps: List<'_>,
    lr: f64,
    alpha: f64,
    eps: f64,
    weight_decay: f64,
    momentum: f64,
    maximize: bool,
) -> Outcome<bool> {
    let states = [Some(&square_avgs), momentum_buffers.as_ref(), grad_avgs.as_ref()];
    let Some(group) = Group::new("rmsprop", &params, grads.as_ref(), &states)? else { return Ok(false) };
    let centered = grad_avgs.is_some();
    group.counted(&steps, |_| OptimizerRule::RmsProp { lr, alpha, eps, weight_decay, momentum, centered, maximize })?;
    Ok(true)
}

/// Adagrad.
#[pyfunction]
#[pyo3(signature = (params, grads, state_sums, steps, lr, lr_decay, weight_decay, eps, maximize, /))]
fn adagrad(
    params: List<'_>,
    grads: Option<List<'_>>,
    state_sums: List<'_>,
    steps: List<'_>,
    lr: f64,
    lr_decay: f64,
    weight_decay: f64,
    eps: f64,
    maximize: bool,
) -> Outcome<bool> {
    let Some(group) = Group::new("adagrad", &params, grads.as_ref(), &[Some(&state_sums)])? else { return Ok(false) };
    group.counted(&steps, |step| OptimizerRule::Adagrad {
        lr: lr / (1.0 + (step - 1.0) * lr_decay),
        eps,
        weight_decay,
        maximize,
    })?;
    Ok(true)
}

/// Adds the module `_optim`.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let inner = PyModule::new(module.py(), "_optim")?;
    for function in [
        wrap_pyfunction!(sgd, &inner)?,
        wrap_pyfunction!(adam, &inner)?,
        wrap_pyfunction!(rmsprop, &inner)?,
        wrap_pyfunction!(adagrad, &inner)?,
    ] {
        inner.add_function(function)?;
    }
    module.add("_optim", inner)
}
