//! Shaders: which there are, and how their text is put together.

pub(crate) mod family;
pub(crate) mod stored;
pub(crate) mod template;
#[cfg(test)]
mod validate;
pub(crate) mod variant;

pub(crate) use family::{Family, Fault, Harness, Values};
pub(crate) use stored::Stored;
pub(crate) use variant::{Slot, Variant, Words};
