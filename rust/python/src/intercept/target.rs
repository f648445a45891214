//! What a call is called for: the public object that overrides are given, and its name in messages.

use pyo3::prelude::*;

use crate::tensor::PyTensor;

/// By which of PyTorch's rules overrides are asked: those of its native functions or those of its Python functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Overrides see keywords only if there are some, and the class `Tensor` is not among the classes.
    Native,
    /// Overrides always see keywords, and the class `Tensor` is among the classes.
    Composed,
    /// Arguments are not asked: the function takes whatever it is given as data.
    ModesOnly,
}

/// What is called.
pub(crate) struct Target<'a> {
    pub(crate) style: Style,
    pub(crate) what: What<'a>,
}

/// The public object.
pub(crate) enum What<'a> {
    /// The callable object itself; what makes its name.
    Callable(&'a dyn Fn() -> String),
    /// `Tensor.<name>`.
    Member(&'static str),
    /// What gets, sets or deletes an attribute: `Tensor.<name>.__get__`.
    Accessor(&'a str, &'static str),
}

impl<'a> Target<'a> {
    /// A method or operator of the class `Tensor`.
    pub(crate) const fn member(name: &'static str) -> Target<'static> {
        Target { style: Style::Native, what: What::Member(name) }
    }

    /// The public object; `callable` is what was called.
    pub(crate) fn object<'py>(&self, py: Python<'py>, callable: Option<Borrowed<'_, 'py, PyAny>>) -> PyResult<Bound<'py, PyAny>> {
        let class = py.get_type::<PyTensor>();
        match (&self.what, callable) {
            (What::Member(name), _) => class.getattr(*name),
            (What::Accessor(name, accessor), _) => class.getattr(*name)?.getattr(*accessor),
            (What::Callable(_), Some(callable)) => Ok(callable.to_owned()),
            (What::Callable(name), None) => Err(pyo3::exceptions::PyRuntimeError::new_err(format!("{}() is not called", name()))),
        }
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        match &self.what {
            What::Callable(name) => name(),
            What::Member(name) => format!("torch.Tensor.{name}"),
            What::Accessor(name, accessor) => format!("torch.Tensor.{name}.{accessor}"),
        }
    }
}
