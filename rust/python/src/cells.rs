//! Steps of recurrent layers: `ferrotorch._C._cells`. What they compute is described in `ferrotorch/nn/functional/recurrent_cells.py`.

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::mode::no_grad;
use ferrotorch_core::ops::cells;
use pyo3::prelude::*;

use crate::errors::Outcome;
use crate::tensor::PyTensor;

type Argument<'a, 'py> = &'a Bound<'py, PyTensor>;

fn tensor<'a>(argument: Argument<'a, '_>) -> &'a Tensor {
    argument.get().tensor()
}

/// Has the device of a tensor kernels for cells of its dtype?
#[pyfunction]
#[pyo3(signature = (tensor, /))]
fn applies(tensor: &Bound<'_, PyTensor>) -> bool {
    cells::applies(tensor.get().tensor())
}

/// A step of an LSTM.
#[pyfunction]
#[pyo3(signature = (entering, state, gates, next, hidden, /))]
fn lstm(
    entering: Argument<'_, '_>,
    state: Argument<'_, '_>,
    gates: Argument<'_, '_>,
    next: Argument<'_, '_>,
    hidden: Argument<'_, '_>,
) -> Outcome<()> {
    Ok(no_grad(|| cells::lstm_step_(tensor(entering), tensor(state), [gates, next, hidden].map(tensor)))?)
}

/// Its gradients.
#[pyfunction]
#[pyo3(signature = (of_hidden, of_next, gates, state, next, of_gates, of_state, /))]
fn lstm_backward(
    of_hidden: Argument<'_, '_>,
    of_next: Option<Argument<'_, '_>>,
    gates: Argument<'_, '_>,
    state: Argument<'_, '_>,
    next: Argument<'_, '_>,
    of_gates: Argument<'_, '_>,
    of_state: Argument<'_, '_>,
) -> Outcome<()> {
    let (kept, found) = ([gates, state, next].map(tensor), [of_gates, of_state].map(tensor));
    Ok(no_grad(|| cells::lstm_step_grad_(tensor(of_hidden), of_next.map(tensor), kept, found))?)
}

/// A step of a GRU.
#[pyfunction]
#[pyo3(signature = (by_input, by_hidden, state, next, kept, /))]
fn gru(
    by_input: Argument<'_, '_>,
    by_hidden: Argument<'_, '_>,
    state: Argument<'_, '_>,
    next: Argument<'_, '_>,
    kept: Argument<'_, '_>,
) -> Outcome<()> {
    let [by_input, by_hidden, state, next, kept] = [by_input, by_hidden, state, next, kept].map(tensor);
    Ok(no_grad(|| cells::gru_step_(by_input, by_hidden, state, next, kept))?)
}

/// Its gradients.
#[pyfunction]
#[pyo3(signature = (of_next, kept, state, more, of_input, of_hidden, of_state, /))]
fn gru_backward(
    of_next: Argument<'_, '_>,
    kept: Argument<'_, '_>,
    state: Argument<'_, '_>,
    more: Option<Argument<'_, '_>>,
    of_input: Argument<'_, '_>,
    of_hidden: Argument<'_, '_>,
    of_state: Argument<'_, '_>,
) -> Outcome<()> {
    let (kept, found) = ([kept, state].map(tensor), [of_input, of_hidden, of_state].map(tensor));
    Ok(no_grad(|| cells::gru_step_grad_(tensor(of_next), kept, more.map(tensor), found))?)
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
