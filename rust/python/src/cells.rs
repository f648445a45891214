//! All steps of a direction of a recurrent layer: `ferrotorch._C._cells`. What they compute is described in
//! `ferrotorch/nn/functional/recurrent_cells.py`.

use ferrotorch_core::autograd::mode::no_grad;
use ferrotorch_core::ops::cells;
use ferrotorch_core::{Result, Tensor, interrupt};
use pyo3::prelude::*;

use crate::errors::Outcome;
use crate::tensor::{PyTensor, wrap};

type Argument<'a, 'py> = &'a Bound<'py, PyTensor>;
type Arguments<'py, const N: usize> = [Bound<'py, PyTensor>; N];
type Found = Outcome<Vec<Py<PyAny>>>;

fn tensor<'a>(argument: Argument<'a, '_>) -> &'a Tensor {
    argument.get().tensor()
}

fn tensors<'a, const N: usize>(arguments: &'a Arguments<'_, N>) -> [&'a Tensor; N] {
    std::array::from_fn(|i| tensor(&arguments[i]))
}

/// Tensors that nobody has yet: their computation may be stopped.
fn found<const N: usize>(py: Python<'_>, compute: impl FnOnce() -> Result<[Tensor; N]>) -> Found {
    let found = interrupt::with(true, || no_grad(compute))?;
    Ok(found.into_iter().map(|tensor| wrap(py, tensor)).collect::<PyResult<_>>()?)
}

/// Has the device of a tensor kernels for cells of its dtype?
#[pyfunction]
#[pyo3(signature = (tensor, /))]
fn applies(tensor: &Bound<'_, PyTensor>) -> bool {
    cells::applies(tensor.get().tensor())
}

/// All steps of an LSTM: the hidden states, and the gates and cell states that the gradient needs.
#[pyfunction]
#[pyo3(signature = (projected, state, weight, reverse, keep, /))]
fn lstm(
    py: Python<'_>,
    projected: Argument<'_, '_>,
    state: Arguments<'_, 2>,
    weight: Argument<'_, '_>,
    reverse: bool,
    keep: bool,
) -> Found {
    found(py, || cells::lstm(tensor(projected), tensors(&state), tensor(weight), reverse, keep))
}

/// The gradients by what was projected, the hidden and the cell state.
#[pyfunction]
#[pyo3(signature = (grads, weight, cell, kept, reverse, /))]
fn lstm_backward(
    py: Python<'_>,
    grads: Arguments<'_, 2>,
    weight: Argument<'_, '_>,
    cell: Argument<'_, '_>,
    kept: Arguments<'_, 2>,
    reverse: bool,
) -> Found {
    found(py, || cells::lstm_grad(tensors(&grads), tensor(weight), tensor(cell), tensors(&kept), reverse))
}

/// All steps of a GRU: the states, and what the gradient needs.
#[pyfunction]
#[pyo3(signature = (projected, state, weight, bias, reverse, keep, /))]
fn gru(
    py: Python<'_>,
    projected: Argument<'_, '_>,
    state: Argument<'_, '_>,
    weight: Argument<'_, '_>,
    bias: Option<Argument<'_, '_>>,
    reverse: bool,
    keep: bool,
) -> Found {
    found(py, || cells::gru(tensor(projected), tensor(state), tensor(weight), bias.map(tensor), reverse, keep))
}

/// The gradients by what was projected, by what came of the state, and by the state.
#[pyfunction]
#[pyo3(signature = (grad, weight, state, kept, reverse, /))]
fn gru_backward(
    py: Python<'_>,
    grad: Argument<'_, '_>,
    weight: Argument<'_, '_>,
    state: Argument<'_, '_>,
    kept: Arguments<'_, 2>,
    reverse: bool,
) -> Found {
    found(py, || cells::gru_grad(tensor(grad), tensor(weight), tensor(state), tensors(&kept), reverse))
}

/// Adds the module `_cells`.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let inner = PyModule::new(module.py(), "_cells")?;
    for function in [
        wrap_pyfunction!(applies, &inner)?,
        wrap_pyfunction!(lstm, &inner)?,
        wrap_pyfunction!(lstm_backward, &inner)?,
        wrap_pyfunction!(gru, &inner)?,
        wrap_pyfunction!(gru_backward, &inner)?,
    ] {
        inner.add_function(function)?;
    }
    module.add("_cells", inner)
}
