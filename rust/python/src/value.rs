//! What ops return, and how it becomes a Python object.

use ferrotorch_core::{Scalar, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyTuple};
use smallvec::{SmallVec, smallvec};

use crate::number;
use crate::objects::tuples;
use crate::tensor::wrap;

/// The result of an op.
pub(crate) enum Value {
    /// A tensor.
    Tensor(Tensor),
    /// The result is already where it belongs: in the first argument, or in `out=`.
    Stored,
    /// Several tensors as a tuple.
    Tuple(SmallVec<[Tensor; 3]>),
    /// Several tensors as the class of that name in `return_types`.
    Named(&'static str, SmallVec<[Tensor; 3]>),
    /// A truth value.
    Bool(bool),
    /// A number.
    Scalar(Scalar),
}

impl Value {
    /// Two tensors with names.
    pub(crate) fn pair(name: &'static str, (a, b): (Tensor, Tensor)) -> Value {
        Value::Named(name, smallvec![a, b])
    }

    /// To Python. `Stored` is resolved by the caller.
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        Ok(match self {
            Value::Tensor(tensor) => return wrap(py, tensor),
            Value::Stored => py.None(),
            Value::Tuple(tensors) => PyTuple::new(py, wrap_all(py, tensors)?)?.into_any().unbind(),
            Value::Named(name, tensors) => tuples::named(py, name, tensors)?.unbind(),
            Value::Bool(b) => PyBool::new(py, b).to_owned().into_any().unbind(),
            Value::Scalar(x) => number::to_python(py, x)?,
        })
    }

    /// The tensors in it.
    pub(crate) fn tensors(&self) -> &[Tensor] {
        match self {
            Value::Tensor(tensor) => std::slice::from_ref(tensor),
            Value::Tuple(tensors) | Value::Named(_, tensors) => tensors,
            _ => &[],
        }
    }
}

impl Value {
    /// The tensors in it, to be replaced.
    pub(crate) fn tensors_mut(&mut self) -> &mut [Tensor] {
        match self {
            Value::Tensor(tensor) => std::slice::from_mut(tensor),
            Value::Tuple(tensors) | Value::Named(_, tensors) => tensors,
            _ => &mut [],
        }
    }
}

fn wrap_all(py: Python<'_>, tensors: impl IntoIterator<Item = Tensor>) -> PyResult<Vec<Py<PyAny>>> {
    tensors.into_iter().map(|tensor| wrap(py, tensor)).collect()
}

impl From<Tensor> for Value {
    fn from(tensor: Tensor) -> Self {
        Value::Tensor(tensor)
    }
}

impl From<(Tensor, Tensor)> for Value {
    fn from((a, b): (Tensor, Tensor)) -> Self {
        Value::Tuple(smallvec![a, b])
    }
}

impl From<(Tensor, Tensor, Tensor)> for Value {
    fn from((a, b, c): (Tensor, Tensor, Tensor)) -> Self {
        Value::Tuple(smallvec![a, b, c])
    }
}

impl<const N: usize> From<[Tensor; N]> for Value {
    fn from(tensors: [Tensor; N]) -> Self {
        Value::Tuple(tensors.into_iter().collect())
    }
}

impl From<Vec<Tensor>> for Value {
    fn from(tensors: Vec<Tensor>) -> Self {
        Value::Tuple(tensors.into())
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Value::Bool(b)
    }
}

impl From<i64> for Value {
    fn from(x: i64) -> Self {
        Value::Scalar(Scalar::Int(x))
    }
}
