//! The only modules that speak to Python's C interface, or to foreign memory, directly.

pub(crate) mod attach;
pub(crate) mod dlpack;
mod doors;
pub(crate) mod foreign;
pub(crate) mod lent;
pub(crate) mod members;
pub(crate) mod op_type;
pub(crate) mod overridable;
pub(crate) mod owner;
pub(crate) mod plain;
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) mod recycle;
pub(crate) mod slots;
