//! Pointwise ops: one loop an op, type and instruction set, driven over arrays of any strides and dtypes.

mod choose;
mod drive;
mod halves;
mod in_place;
mod kernel;
mod ops;
mod sheets;
mod table;
mod tiles;

#[cfg(test)]
mod tests;

use ferrotorch_kernel::dtype::{Category, DType};
use ferrotorch_kernel::pointwise::Pointwise;
use ferrotorch_kernel::{Array, Error, Operand, Result, Scalar, ensure};

use crate::lane::match_lane;
use drive::{Call, Facts};
use kernel::{AnyLoop, MAX_PARAMS, Params};
pub(crate) use ops::complex_log_add;
use table::Tabled;

/// Runs [`ferrotorch_kernel::kernel::Kernel::Pointwise`].
pub(crate) fn pointwise(
    op: &'static Pointwise,
    compute: DType,
    params: &[Scalar],
    inputs: &[Operand],
    out: &Array,
) -> Result<()> {
    if op.chooses() && compute == out.dtype && choose::choose(inputs, out)? {
        return Ok(());
    }
    match_lane!(compute, T => run::<T>(op, compute, params, inputs, out))
}

fn run<T: Tabled>(op: &'static Pointwise, compute: DType, params: &[Scalar], inputs: &[Operand], out: &Array) -> Result<()> {
    ensure!(
        inputs.len() == op.arity && params.len() == op.params,
        Runtime,
        "{}(): wrong number of inputs or parameters",
        op.name
    );
    let (form, inputs) = op.form(compute, inputs);
    let with_truth = if op.chooses() { with_truth(inputs)? } else { None };
    let inputs = with_truth.as_deref().unwrap_or(inputs);
    let Some(entry) = T::table().get(form) else {
        return Err(Error::unsupported(format!("{} in {}", form.name, compute.name())));
    };
    let swapped = if entry.commutes { swapped(inputs) } else { None };
    let inputs = swapped.as_ref().map_or(inputs, |swapped| swapped);
    let mut lanes: Params<T> = [T::zeroed(); MAX_PARAMS];
    params.iter().zip(&mut lanes).for_each(|(&p, lane)| *lane = T::param(p));
    let facts = Facts {
        heavy: form.is_heavy(),
        divides: form.divides() && T::DTYPE.category() == Category::Integer,
        repeats: entry.repeats,
        keeps_numbers: op.keeps_numbers(),
    };
    let call = Call { name: op.name, compute, inputs, out, params: &lanes, facts };
    if let Some(loops) = entry.halves
        && halves::drive(&call, loops)?
    {
        return Ok(());
    }
    if let Some(run) = entry.in_place
        && in_place::drive(&call, run)?
    {
        return Ok(());
    }
    match entry.loops {
        AnyLoop::Same(run) => drive::drive(&call, run),
        AnyLoop::Truth(run) => drive::drive(&call, run),
        AnyLoop::Real(run) => drive::drive(&call, run),
    }
}

/// The two inputs in the other order, where it is the first that repeats its elements along the last dimension.
fn swapped(inputs: &[Operand]) -> Option<[Operand; 2]> {
    let repeats = |array: &Array| array.layout.strides().last() == Some(&0) && array.shape().last() != Some(&1);
    match inputs {
        [Operand::Array(a), Operand::Array(b)] if repeats(a) && !repeats(b) => Some([b.clone().into(), a.clone().into()]),
        _ => None,
    }
}

/// Inputs whose first one chooses between the others: it is true or false before it is converted to what they are computed in.
/// `None` where it is so already.
fn with_truth(inputs: &[Operand]) -> Result<Option<Vec<Operand>>> {
    let truth = match inputs.first() {
        Some(Operand::Array(condition)) if condition.dtype != DType::Bool => condition.to_dtype(DType::Bool)?.into(),
        Some(Operand::Scalar(condition)) => Scalar::Bool(condition.to_bool()).into(),
        _ => return Ok(None),
    };
    Ok(Some(std::iter::once(truth).chain(inputs[1..].iter().cloned()).collect()))
}

/// Copies an array into one of another dtype.
pub(crate) fn convert(input: &Operand, out: &Array) -> Result<()> {
    match_lane!(out.dtype, T => drive::convert::<T>(std::slice::from_ref(input), out))
}
