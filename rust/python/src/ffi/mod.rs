//! The only modules that speak to Python's C interface, or to foreign memory, directly.

pub(crate) mod dlpack;
pub(crate) mod foreign;
pub(crate) mod op_type;
pub(crate) mod owner;
