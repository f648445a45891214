//! Fused optimizer steps.

use crate::array::{Array, Operand};
use crate::autograd::inplace;
use crate::autograd::mode::no_grad;
use crate::backend;
use crate::ensure;
use crate::error::Result;
use crate::kernel::{Kernel, OptimizerRule};
use crate::tensor::Tensor;

/// One step for all parameters at once. `states` holds the states of each parameter one after another, as many each as
/// [`OptimizerRule::states`] says; all tensors of a parameter have its shape, dtype and device.
pub fn step(op: &'static str, rule: &OptimizerRule, params: &[&Tensor], grads: &[&Tensor], states: &[&Tensor]) -> Result<()> {
    let each = rule.states();
    ensure!(
        grads.len() == params.len() && states.len() == each * params.len(),
        Runtime,
        "{op}(): {} parameters need as many gradients and {each} state tensors each, got {} and {}",
        params.len(),
        grads.len(),
        states.len()
    );
    no_grad(|| {
        let mut outputs: Vec<Array> = Vec::with_capacity(params.len() * (1 + each));
        let mut inputs: Vec<Operand> = Vec::with_capacity(params.len());
        for (i, param) in params.iter().enumerate() {
            let array = param.array();
            check(op, i, param, &array, grads[i])?;
            inputs.push(grads[i].operand());
            outputs.push(array.clone());
            for state in &states[i * each..(i + 1) * each] {
                check(op, i, state, &array, state)?;
                outputs.push(state.array());
            }
        }
        launch_by_device(op, rule, inputs, &outputs)?;
        outputs.iter().for_each(|array| array.storage.bump(op));
        Ok(())
    })
}

fn check(op: &'static str, i: usize, target: &Tensor, param: &Array, other: &Tensor) -> Result<()> {
    inplace::check(op, target, &[])?;
    other.with_array(|a| {
        ensure!(
            a.shape() == param.shape() && a.dtype == param.dtype && a.device() == param.device(),
            Runtime,
            "{op}(): parameter {i} is {} of shape {:?} on {}, but its gradient or state is {} of shape {:?} on {}",
            param.dtype.name(),
            param.shape(),
            param.device(),
            a.dtype.name(),
            a.shape(),
            a.device()
        );
        Ok(())
    })
}

/// Parameters may live on several devices; each gets one launch.
fn launch_by_device(op: &'static str, rule: &OptimizerRule, inputs: Vec<Operand>, outputs: &[Array]) -> Result<()> {
    let each = 1 + rule.states();
    let Some(first) = outputs.first() else { return Ok(()) };
    if outputs.iter().all(|a| a.device() == first.device()) {
        return backend::launch(op, &Kernel::Optimize { rule }, &inputs, outputs);
    }
    inputs
        .iter()
        .zip(outputs.chunks(each))
        .try_for_each(|(grad, group)| backend::launch(op, &Kernel::Optimize { rule }, std::slice::from_ref(grad), group))
}
