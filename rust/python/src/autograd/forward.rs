//! Forward mode as Python sees it.

use ferrotorch_core::autograd::forward;
use pyo3::prelude::*;

use crate::errors::Outcome;
use crate::ffi::attach::detached;
use crate::tensor::{PyTensor, wrap};

/// Opens a level of forward mode; returns its number.
#[pyfunction]
pub(crate) fn _enter_dual_level() -> usize {
    forward::enter_level()
}

/// Closes a level, which must be the innermost; its tangents are gone.
#[pyfunction]
pub(crate) fn _exit_dual_level(py: Python<'_>, level: usize) -> Outcome<()> {
    Ok(detached(py, || forward::exit_level(level))?)
}

/// A tensor with the data of one and a tangent at a level.
#[pyfunction]
pub(crate) fn _make_dual(
    py: Python<'_>,
    tensor: &Bound<'_, PyTensor>,
    tangent: &Bound<'_, PyTensor>,
    level: usize,
) -> Outcome<Py<PyAny>> {
    Ok(wrap(py, forward::make_dual(tensor.get().tensor(), tangent.get().tensor(), level)?)?)
}

/// A tensor without its tangent at a level, and the tangent, or None.
#[pyfunction]
pub(crate) fn _unpack_dual(
    py: Python<'_>,
    tensor: &Bound<'_, PyTensor>,
    level: usize,
) -> Outcome<(Py<PyAny>, Option<Py<PyAny>>)> {
    let (primal, tangent) = forward::unpack_dual(tensor.get().tensor(), level)?;
    Ok((wrap(py, primal)?, tangent.map(|tangent| wrap(py, tangent)).transpose()?))
}

/// The tangent of a tensor at a level; None where it has none, or where there is no such level.
#[pyfunction]
pub(crate) fn _fw_grad(py: Python<'_>, tensor: &Bound<'_, PyTensor>, level: usize) -> Outcome<Option<Py<PyAny>>> {
    let tangent = forward::tangent(tensor.get().tensor(), level)?;
    Ok(tangent.map(|tangent| wrap(py, tangent)).transpose()?)
}

/// Has a tensor a tangent at a level that takes part on this thread now?
#[pyfunction]
pub(crate) fn _is_dual(tensor: &Bound<'_, PyTensor>) -> bool {
    forward::is_on() && tensor.get().tensor().has_tangents()
}

/// Do results get tangents on this thread?
#[pyfunction]
pub(crate) fn _is_fwd_grad_enabled() -> bool {
    forward::is_turned_on()
}

/// Turns tangents of results on or off; returns what it was.
#[pyfunction]
pub(crate) fn _set_fwd_grad_enabled(mode: bool) -> bool {
    forward::set_enabled(mode)
}
