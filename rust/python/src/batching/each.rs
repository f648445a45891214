//! Calls on one sample after the other.

use ferrotorch_core::Tensor;
use ferrotorch_core::ops::{join, view};
use pyo3::prelude::*;

use super::gate::{self, Call};
use super::levels::{Levels, Sizes};
use super::tensors::Batched;
use crate::errors::{Outcome, batching_error};
use crate::value::Value;

/// Runs the op on every sample, and stacks what it returns.
pub(super) fn run(call: &Call<'_, '_, '_, '_>) -> Outcome<Py<PyAny>> {
    let name = call.op.name;
    let count = call.sizes.iter().product::<usize>();
    if count == 0 {
        return Err(batching_error(format!(
            "vmap: {name}() runs on one sample after the other, which needs at least one sample"
        )));
    }
    let mut values = Vec::with_capacity(count);
    for i in 0..count {
        let at = coordinates(i, &call.sizes);
        let changed = call.with_tensors(|_, tensor| Ok(sample(&tensor, call.levels, &at)?))?;
        let value = call.run(&changed)?;
        if call.args.in_place {
            call.op.finish_in_place(&changed, value)?;
        } else {
            values.push(value);
        }
    }
    if call.args.in_place {
        return call.itself();
    }
    let value = stacked(call, values)?;
    call.give(call.args, value)
}

/// The place of sample number `i` along each level.
fn coordinates(mut i: usize, sizes: &Sizes) -> Sizes {
    let mut at: Sizes = sizes
        .iter()
        .rev()
        .map(|&n| {
            let place = i % n;
            i /= n;
            place
        })
        .collect();
    at.reverse();
    at
}

/// One sample of a tensor: a view.
fn sample(batched: &Batched, levels: Levels, at: &Sizes) -> ferrotorch_core::Result<Tensor> {
    levels
        .numbers()
        .zip(at)
        .filter(|(level, _)| batched.levels.holds(Levels::one(*level)))
        .try_fold(batched.tensor.clone(), |tensor, (_, &i)| view::select(&tensor, 0, i as i64))
}

/// One value of the values for all samples.
fn stacked(call: &Call<'_, '_, '_, '_>, mut values: Vec<Value>) -> Outcome<Value> {
    let name = call.op.name;
    let parts: Vec<Vec<Tensor>> = values.iter().map(|value| value.tensors().to_vec()).collect();
    let mut whole = values.swap_remove(0);
    if let Value::Bool(_) | Value::Scalar(_) = whole {
        return Err(gate::value_needed(name));
    }
    for (i, tensor) in whole.tensors_mut().iter_mut().enumerate() {
        let column: Option<Vec<Tensor>> = parts.iter().map(|part| part.get(i).cloned()).collect();
        let column = column.filter(|column| column.iter().all(|other| other.shape() == tensor.shape()));
        let Some(column) = column else { return Err(gate::dynamic(name)) };
        let sizes: Vec<i64> = call.sizes.iter().copied().chain(tensor.shape()).map(|n| n as i64).collect();
        *tensor = view::reshape(&join::stack(&column, 0)?, &sizes)?;
    }
    Ok(whole)
}
