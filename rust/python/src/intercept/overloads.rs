//! The arguments of a call whose classes override it.

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::ffi::op_type::Arguments;
use crate::ffi::plain;

/// The arguments, and the items of lists and tuples among them, that override the call: one of each class, in the order of
/// the call, but subclasses before their bases. `with_tensors`: the class `Tensor` counts too.
pub(crate) fn collect<'py>(args: Arguments<'_, 'py>, with_tensors: bool) -> Vec<Bound<'py, PyAny>> {
    let mut found = Vec::new();
    let positional = (0..args.len()).map(|i| args.get(i));
    for object in positional.chain((0..args.keywords()).map(|i| args.keyword(i).1)) {
        add(&mut found, &object, with_tensors);
        plain::items(&object).for_each(|item| add(&mut found, &item, with_tensors));
    }
    found
}

fn add<'py>(found: &mut Vec<Bound<'py, PyAny>>, object: &Bound<'py, PyAny>, with_tensors: bool) {
    let overrides = if with_tensors { plain::any_override(object) } else { plain::own_override(object) };
    let class = object.get_type();
    if overrides.is_none() || found.iter().any(|other| other.get_type().is(&class)) {
        return;
    }
    let is_below = |other: &Bound<'py, PyAny>| class.is_subclass(&other.get_type()).unwrap_or(false);
    let place = found.iter().position(is_below).unwrap_or(found.len());
    found.insert(place, object.clone());
}

/// Their classes.
pub(crate) fn classes<'py>(overloaded: &[Bound<'py, PyAny>]) -> Vec<Bound<'py, PyType>> {
    overloaded.iter().map(Bound::get_type).collect()
}
