//! Python's operators on batched tensors.

use ferrotorch_core::Row;
use ferrotorch_core::ops::pointwise::{Arg, run, run_in_place};
use ferrotorch_core::{Scalar, Tensor};
use pyo3::prelude::*;

use super::gate::{as_dimensioned, promoted, unbatched_target};
use super::levels::Levels;
use super::tensors::{Batched, settled, show};
use crate::errors::Outcome;
use crate::tensor::PyTensor;

/// An operand: a tensor, and the levels by which it is batched, or a number.
pub(crate) enum Operand {
    Tensor(Batched),
    Number(Scalar),
}

impl Operand {
    /// The operand of an object that is known to be one of these.
    pub(crate) fn new(object: &Bound<'_, PyAny>, arg: Arg<'_>) -> Operand {
        match arg {
            Arg::Tensor(tensor) => Operand::Tensor(Batched { tensor: tensor.clone(), levels: PyTensor::levels_of(object) }),
            Arg::Scalar(x) => Operand::Number(x),
        }
    }

    fn tensor(&self) -> Option<&Batched> {
        match self {
            Operand::Tensor(tensor) => Some(tensor),
            Operand::Number(_) => None,
        }
    }
}

/// The union of the operands' levels.
pub(crate) fn levels(operands: &[Operand]) -> Levels {
    operands.iter().filter_map(Operand::tensor).fold(Levels::NONE, |levels, tensor| levels.union(tensor.levels))
}

enum Aligned {
    Tensor(Tensor),
    Number(Scalar),
}

impl Aligned {
    fn arg(&self) -> Arg<'_> {
        match self {
            Aligned::Tensor(tensor) => Arg::Tensor(tensor),
            Aligned::Number(x) => Arg::Scalar(*x),
        }
    }
}

fn aligned(operands: &[Operand], levels: Levels) -> Outcome<Vec<Aligned>> {
    let tensors: Vec<Batched> = operands.iter().filter_map(Operand::tensor).cloned().collect();
    let (rank, dtype) = (tensors.iter().map(Batched::rank).max().unwrap_or(0), promoted(&tensors)?);
    let one = |operand: &Operand| {
        Ok(match operand {
            Operand::Tensor(tensor) => Aligned::Tensor(as_dimensioned(tensor, dtype)?.aligned(levels, rank)?),
            Operand::Number(x) => Aligned::Number(*x),
        })
    };
    operands.iter().map(one).collect()
}

/// A row on operands of which one is batched.
#[cold]
pub(crate) fn compute(py: Python<'_>, row: &'static Row, params: &[Scalar], operands: &[Operand]) -> Outcome<Py<PyAny>> {
    let levels = levels(operands);
    let sizes = levels.sizes(row.op.name)?;
    let aligned = aligned(operands, levels)?;
    let args: Vec<Arg<'_>> = aligned.iter().map(Aligned::arg).collect();
    Ok(show(py, settled(&run(row, &args, params)?, &sizes)?, levels)?)
}

/// A row that writes into its first operand, where one is batched.
#[cold]
pub(crate) fn write(target: &Bound<'_, PyTensor>, row: &'static Row, params: &[Scalar], other: Operand) -> Outcome<()> {
    let own = target.get().levels();
    let operands = [Operand::Tensor(Batched { tensor: target.get().tensor().clone(), levels: own }), other];
    let levels = levels(&operands);
    levels.sizes(row.op.name)?;
    if levels != own {
        return Err(unbatched_target(&format!("{}_", row.op.name)));
    }
    let aligned = aligned(&operands, levels)?;
    let others: Vec<Arg<'_>> = aligned[1..].iter().map(Aligned::arg).collect();
    Ok(run_in_place(row, target.get().tensor(), &others, params)?)
}

/// The matrix product of two tensors of which one is batched.
#[cold]
pub(crate) fn product(a: &Bound<'_, PyAny>, b: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
    let matmul = a.py().import(pyo3::intern!(a.py(), "ferrotorch._C"))?.getattr(pyo3::intern!(a.py(), "matmul"))?;
    Ok(matmul.call1((a, b))?.unbind())
}
