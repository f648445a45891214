//! The declarations of ops, one file a family as in the core.

mod clamp;
mod creation;
pub(crate) mod details;
mod index;
mod join;
mod matmul;
mod nn;
pub(crate) mod pointwise;
mod reduce;
pub(crate) mod rows;
mod sort;
mod view;

use crate::op::Decl;

/// Every declaration.
pub(crate) fn table() -> impl Iterator<Item = &'static Decl> {
    [pointwise::OPS, clamp::OPS, reduce::OPS, view::OPS, join::OPS, creation::OPS, matmul::OPS, nn::OPS, index::OPS, sort::OPS]
        .into_iter()
        .flatten()
}
