//! Losses of alignments: `ferrotorch._C._ctc`. What they are is described in `ferrotorch/nn/functional/loss/ctc.py`.

use ferrotorch_core::Tensor;
use ferrotorch_core::autograd::mode::no_grad;
use ferrotorch_core::ops::ctc;
use pyo3::prelude::*;

use crate::errors::Outcome;
use crate::tensor::{PyTensor, wrap};

type Argument<'a, 'py> = &'a Bound<'py, PyTensor>;
type Arguments<'py, const N: usize> = [Bound<'py, PyTensor>; N];

fn tensors<'a, const N: usize>(arguments: &'a Arguments<'_, N>) -> [&'a Tensor; N] {
    std::array::from_fn(|i| arguments[i].get().tensor())
}

/// Has the device of a tensor kernels for these losses in its dtype?
#[pyfunction]
#[pyo3(signature = (tensor, /))]
fn applies(tensor: Argument<'_, '_>) -> bool {
    ctc::applies(tensor.get().tensor())
}

/// The losses, and what their gradient needs.
#[pyfunction]
#[pyo3(signature = (scores, targets, blank, /))]
fn losses(py: Python<'_>, scores: Argument<'_, '_>, targets: Arguments<'_, 3>, blank: i64) -> Outcome<(Py<PyAny>, Py<PyAny>)> {
    let [losses, sums] = no_grad(|| ctc::losses(scores.get().tensor(), tensors(&targets), blank))?;
    Ok((wrap(py, losses)?, wrap(py, sums)?))
}

/// The gradient.
#[pyfunction]
#[pyo3(signature = (grad, found, scores, targets, blank, zero_infinity, /))]
fn gradient(
    py: Python<'_>,
    grad: Argument<'_, '_>,
    found: Arguments<'_, 2>,
    scores: Argument<'_, '_>,
    targets: Arguments<'_, 3>,
    blank: i64,
    zero_infinity: bool,
) -> Outcome<Py<PyAny>> {
    let (grad, scores, call) = (grad.get().tensor(), scores.get().tensor(), (blank, zero_infinity));
    let of_scores = no_grad(|| ctc::gradient(grad, tensors(&found), scores, tensors(&targets), call))?;
    Ok(wrap(py, of_scores)?)
}

/// Adds the module `_ctc`.
pub(crate) fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let inner = PyModule::new(module.py(), "_ctc")?;
    for function in [wrap_pyfunction!(applies, &inner)?, wrap_pyfunction!(losses, &inner)?, wrap_pyfunction!(gradient, &inner)?] {
        inner.add_function(function)?;
    }
    module.add("_ctc", inner)
}
