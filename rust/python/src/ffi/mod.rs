//! The only modules that speak to Python's C interface, or to foreign memory, directly.

pub(crate) mod attach;
pub(crate) mod dlpack;
pub(crate) mod foreign;
pub(crate) mod op_type;
pub(crate) mod owner;
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) mod recycle;
