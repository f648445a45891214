//! The declarations of ops, one file a family as in the core.

mod creation;
mod matmul;
mod nn;
pub(crate) mod pointwise;
mod reduce;
mod scatter;
mod sort;
mod view;

use crate::op::Decl;

/// Every declaration.
pub(crate) fn table() -> impl Iterator<Item = &'static Decl> {
    [pointwise::OPS, reduce::OPS, view::OPS, creation::OPS, scatter::OPS, sort::OPS, matmul::OPS, nn::OPS].into_iter().flatten()
}
