//! Asking overrides one after the other.

use std::fmt::Write as _;

use pyo3::exceptions::{PyDeprecationWarning, PyRuntimeError, PyTypeError, PyUserWarning};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::modes;
use super::overloads::{classes, collect};
use super::target::{Style, Target};
use crate::ffi::op_type::Arguments;

const PLAIN_METHOD: &std::ffi::CStr = c"Defining your `__torch_function__ as a plain method is deprecated and \
    will be an error in future, please define it as a classmethod.";

/// One call, in the objects that overrides are given.
struct Question<'py> {
    function: Bound<'py, PyAny>,
    types: Bound<'py, PyTuple>,
    args: Bound<'py, PyTuple>,
    kwargs: Option<Bound<'py, PyDict>>,
}

impl<'py> Question<'py> {
    fn new(args: Arguments<'_, 'py>, target: &Target<'_>, overloaded: &[Bound<'py, PyAny>]) -> PyResult<Self> {
        let py = args.python();
        let kwargs = (target.style == Style::Composed || args.keywords() > 0).then(|| PyDict::new(py));
        for i in 0..args.keywords() {
            let (name, value) = args.keyword(i);
            if let Some(kwargs) = &kwargs {
                kwargs.set_item(name, value)?;
            }
        }
        let function = target.object(py, args.callable())?;
        let types = PyTuple::new(py, classes(overloaded))?;
        let args = PyTuple::new(py, (0..args.len()).map(|i| args.get(i)))?;
        if target.style == Style::Composed {
            let arranged = py.import(intern!(py, "ferrotorch._interception"))?.getattr(intern!(py, "arranged"))?;
            let (args, kwargs) = arranged.call1((&function, args, kwargs))?.extract()?;
            return Ok(Question { function, types, args, kwargs: Some(kwargs) });
        }
        Ok(Question { function, types, args, kwargs })
    }

    /// The answer of a mode; none if it declines.
    fn put_to_mode(&self, mode: &Bound<'py, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = mode.py();
        let method = mode.getattr(intern!(py, "__torch_function__"))?;
        if method.getattr_opt(intern!(py, "__self__"))?.is_some_and(|bound| bound.is_instance_of::<PyType>()) {
            return Err(PyRuntimeError::new_err(
                "Defining your mode's `__torch_function__` as a classmethod is not supported, please make it a plain method",
            ));
        }
        self.put(mode)
    }

    /// The answer of an argument; none if it declines.
    fn put(&self, whom: &Bound<'py, PyAny>) -> PyResult<Option<Py<PyAny>>> {
        let py = whom.py();
        let method = whom.getattr(intern!(py, "__torch_function__"))?;
        let answer = match &self.kwargs {
            Some(kwargs) => method.call1((&self.function, &self.types, &self.args, kwargs))?,
            None => method.call1((&self.function, &self.types, &self.args))?,
        };
        Ok((!answer.is(py.NotImplemented())).then(|| answer.unbind()))
    }
}

/// The answer of whoever gives one first.
pub(super) fn of<'py>(
    args: Arguments<'_, 'py>,
    target: &Target<'_>,
    mut overloaded: Vec<Bound<'py, PyAny>>,
    is_in_mode: bool,
) -> PyResult<Py<PyAny>> {
    let py = args.python();
    if target.style == Style::Composed && modes::switches().subclasses {
        overloaded = collect(args, true);
    }
    let question = Question::new(args, target, &overloaded)?;
    let of_mode = match is_in_mode {
        true => modes::outside(py, |mode| question.put_to_mode(mode)).transpose()?.flatten(),
        false => None,
    };
    if let Some(answer) = of_mode {
        return Ok(answer);
    }
    for object in &overloaded {
        warn_of_plain_method(object, target.style)?;
        if let Some(answer) = question.put(object)? {
            return Ok(answer);
        }
    }
    Err(refused(py, target, &overloaded, is_in_mode))
}

/// A method of the instance instead of one of the class is on its way out.
fn warn_of_plain_method(object: &Bound<'_, PyAny>, style: Style) -> PyResult<()> {
    let py = object.py();
    let method = object.getattr(intern!(py, "__torch_function__"))?;
    let is_bound = method.getattr_opt(intern!(py, "__self__"))?.is_some_and(|bound| bound.is(object));
    if !is_bound {
        return Ok(());
    }
    let category = match style {
        Style::Composed => py.get_type::<PyDeprecationWarning>(),
        _ => py.get_type::<PyUserWarning>(),
    };
    PyErr::warn(py, &category, PLAIN_METHOD, 1)
}

/// The `TypeError` where everyone declined.
#[cold]
fn refused(py: Python<'_>, target: &Target<'_>, overloaded: &[Bound<'_, PyAny>], is_in_mode: bool) -> PyErr {
    let mode = if is_in_mode { modes::depth().checked_sub(1).and_then(|last| modes::at(py, last)) } else { None };
    let (name, classes) = (target.name(), classes(overloaded));
    let mut text;
    if target.style == Style::Composed {
        let list: Vec<String> = classes.iter().map(ToString::to_string).collect();
        text = format!("no implementation found for '{name}' on types that implement __torch_function__: [{}]", list.join(", "));
        if let Some(mode) = mode {
            let _ = write!(text, " nor in mode {mode}");
        }
    } else {
        text = format!("Multiple dispatch failed for '{name}'; all __torch_function__ handlers returned NotImplemented:\n\n");
        if let Some(mode) = mode {
            let _ = writeln!(text, "  - mode object {mode}");
        }
        for class in classes {
            let _ = writeln!(text, "  - tensor subclass {class}");
        }
    }
    PyTypeError::new_err(text)
}
