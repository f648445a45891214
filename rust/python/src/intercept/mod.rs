//! Where a call is intercepted: every way into the library asks [`call`] first.
//!
//! A call with tensors of the very class `Tensor` and Python's own objects, while no mode is on, is let through by a look at
//! the types and one relaxed flag. Everything else is decided in [`ask`]: modes first, the innermost before the others, then
//! `__torch_function__` of the arguments' classes, subclasses before their bases, by the rules of `torch.overrides`; below them
//! autocasting, and what computes with opaque tensors (`crate::opaque`).

mod answers;
mod autocast;
mod convert;
pub(crate) mod dispatch;
pub(crate) mod modes;
mod overloads;
pub(crate) mod python;
pub(crate) mod target;

use pyo3::prelude::*;

use crate::ffi::op_type::Arguments;
use crate::opaque;
pub(crate) use modes::is_watched;
use target::{Style, Target};

/// The answer of a mode or of an argument to a call, if one wants to give it: an override's result or error.
#[inline]
pub(crate) fn call<'py>(args: Arguments<'_, 'py>, target: &Target<'_>) -> Option<PyResult<Py<PyAny>>> {
    if !is_watched() && args.are_plain() { None } else { ask(args, target) }
}

/// Asks modes and arguments.
#[cold]
fn ask(args: Arguments<'_, '_>, target: &Target<'_>) -> Option<PyResult<Py<PyAny>>> {
    let switches = modes::switches();
    let is_in_mode = modes::is_in_mode();
    let overloaded = match switches.subclasses && target.style != Style::ModesOnly {
        true => overloads::collect(args, false),
        false => Vec::new(),
    };
    if !is_in_mode && overloaded.is_empty() || modes::skips() {
        let by_rule = autocast::call(args, target).or_else(|| dispatch::by_op(args, target));
        return by_rule.or_else(|| opaque::call(args, target));
    }
    Some(answers::of(args, target, overloaded, is_in_mode))
}
