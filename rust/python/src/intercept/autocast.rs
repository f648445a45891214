//! Autocasting: calls of functions that `torch.autocast` has rules for go to these rules. What they do is Python, in
//! `ferrotorch.amp`; while a rule runs, its thread is out of autocasting, so that it can call the function.

use std::cell::{Cell, RefCell};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::modes::{unwatch, watch};
use super::target::{Target, What};
use crate::ffi::op_type::Arguments;

/// The rules of a thread by the names of functions. That there are some is a reason to look at calls.
#[derive(Default)]
struct Rules(RefCell<Option<Py<PyDict>>>);

impl Drop for Rules {
    fn drop(&mut self) {
        if self.0.take().is_some() {
            unwatch();
        }
    }
}

thread_local! {
    /// Is a rule running?
    static PAUSED: Cell<bool> = const { Cell::new(false) };
    static RULES: Rules = Rules::default();
}

/// Sets the rules of this thread: what is called with `(function, args, kwargs)` in the place of a function, by its name.
#[pyfunction]
#[pyo3(signature = (rules))]
pub(crate) fn _set_autocast_rules(rules: Option<Py<PyDict>>) {
    if rules.is_some() {
        watch();
    }
    if RULES.with(|own| own.0.replace(rules)).is_some() {
        unwatch();
    }
}

/// The answer of the rule for what is called; none if there is no such rule.
pub(super) fn call<'py>(args: Arguments<'_, 'py>, target: &Target<'_>) -> Option<PyResult<Py<PyAny>>> {
    let py = args.python();
    let rules = RULES.with(|own| own.0.borrow().as_ref().map(|rules| rules.clone_ref(py)))?;
    if PAUSED.get() || matches!(target.what, What::Accessor(..)) {
        return None;
    }
    let path = target.name();
    let name = path.rsplit('.').next().unwrap_or(&path);
    let rule = rules.bind(py).get_item(name).transpose()?;
    Some(rule.and_then(|rule| outside(|| put(&rule, args, target))))
}

/// Does work out of autocasting.
fn outside<R>(work: impl FnOnce() -> R) -> R {
    PAUSED.set(true);
    let done = work();
    PAUSED.set(false);
    done
}

fn put<'py>(rule: &Bound<'py, PyAny>, args: Arguments<'_, 'py>, target: &Target<'_>) -> PyResult<Py<PyAny>> {
    let py = args.python();
    let function = target.object(py, args.callable())?;
    let positional = PyTuple::new(py, (0..args.len()).map(|i| args.get(i)))?;
    let keywords = PyDict::new(py);
    for i in 0..args.keywords() {
        let (name, value) = args.keyword(i);
        keywords.set_item(name, value)?;
    }
    rule.call1((function, positional, keywords)).map(Bound::unbind)
}
