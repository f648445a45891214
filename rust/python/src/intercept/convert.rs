//! Results as instances of a subclass of `Tensor`.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple, PyType};

use crate::ffi::plain;
use crate::tensor::{PyTensor, subclassed};

/// A tensor, or those in a list or tuple, as instances of `class`; what is no tensor stays. `holders` is the number of
/// references to an object that nobody else has seen: it becomes an instance itself. Others are shared by a new instance.
pub(crate) fn to_class<'py>(
    object: Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
    holders: isize,
) -> PyResult<Bound<'py, PyAny>> {
    if class.is(object.py().get_type::<PyTensor>()) {
        return Ok(object);
    }
    if PyTensor::check(&object) {
        return if object.is_instance(class)? { Ok(object) } else { one(object, class, holders) };
    }
    if !object.is_instance_of::<PyTuple>() && !object.is_instance_of::<PyList>() {
        return Ok(object);
    }
    let kind = object.get_type();
    // Each item is held by the list or tuple, too.
    let is_unseen = plain::references(&object) == holders;
    let mut changed = false;
    let items = plain::items(&object)
        .map(|item| {
            let before = item.as_ptr();
            let item = to_class(item, class, if is_unseen { 2 } else { 0 })?;
            changed |= item.as_ptr() != before;
            Ok(item)
        })
        .collect::<PyResult<Vec<_>>>()?;
    if changed { kind.call1((PyTuple::new(object.py(), items)?,)) } else { Ok(object) }
}

fn one<'py>(object: Bound<'py, PyAny>, class: &Bound<'py, PyType>, holders: isize) -> PyResult<Bound<'py, PyAny>> {
    let shared = |object: Bound<'py, PyAny>| subclassed(object.cast::<PyTensor>()?, class).map(Bound::into_any);
    plain::reclassify(object, class, holders).or_else(shared)
}
