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

use crate::batching::Batching;
use crate::op::Decl;

/// The declarations by family, with how most of a family run on batched tensors.
const FAMILIES: [(Batching, &[Decl]); 10] = [
    (Batching::Broadcast, pointwise::OPS),
    (Batching::Broadcast, clamp::OPS),
    (Batching::Dims, reduce::OPS),
    (Batching::Parts, view::OPS),
    (Batching::Rule, join::OPS),
    (Batching::Leading, creation::OPS),
    (Batching::Rule, matmul::OPS),
    (Batching::Rule, nn::OPS),
    (Batching::Dims, index::OPS),
    (Batching::Dims, sort::OPS),
];

/// Every declaration.
pub(crate) fn table() -> impl Iterator<Item = &'static Decl> {
    FAMILIES.into_iter().flat_map(|(_, family)| family)
}

/// How a declared op runs on batched tensors.
pub(crate) fn batching(decl: &'static Decl) -> Batching {
    let of_family =
        || FAMILIES.iter().find(|(_, family)| family.iter().any(|own| std::ptr::eq(own, decl))).map(|(batching, _)| *batching);
    decl.batching.or_else(of_family).unwrap_or(Batching::Loop)
}
