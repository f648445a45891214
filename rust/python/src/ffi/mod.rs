//! The only modules that speak to Python's C interface, or to foreign memory, directly.

pub(crate) mod attach;
mod doors;
pub(crate) mod exchange;
pub(crate) mod foreign;
pub(crate) mod members;
pub(crate) mod op_type;
pub(crate) mod overridable;
pub(crate) mod owner;
pub(crate) mod plain;
pub(crate) mod slots;
