//! The declarations of ops, one file a family as in the core.

mod clamp;
mod creation;
pub(crate) mod details;
mod fft;
mod index;
mod join;
mod linalg;
mod matmul;
mod nn;
pub(crate) mod pointwise;
mod reduce;
pub(crate) mod rows;
mod sort;
mod view;

use crate::batching::Batching;
use crate::op::Decl;

/// The declarations by family, with how most of a family run on batched tensors. A static, for `batching` compares
/// addresses: of a constant each unit of code generation may have a copy.
static FAMILIES: [(Batching, &[Decl]); 12] = [
    (Batching::Broadcast, pointwise::OPS),
    (Batching::Broadcast, clamp::OPS),
    (Batching::Dims, reduce::OPS),
    (Batching::Parts, view::OPS),
    (Batching::Rule, join::OPS),
    (Batching::Leading, creation::OPS),
    (Batching::Rule, matmul::OPS),
    (Batching::Matrices, linalg::OPS),
    (Batching::Rule, nn::OPS),
    (Batching::Dims, index::OPS),
    (Batching::Dims, sort::OPS),
    (Batching::Parts, fft::OPS),
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

#[cfg(test)]
mod tests {
    use crate::signature::{Param, Signature};

    #[test]
    fn every_declaration_is_understood() {
        let rows = ferrotorch_core::ops::pointwise::table();
        let of_rows = rows.flat_map(|row| [false, true].map(|in_place| super::rows::row_signatures(row, in_place))).flatten();
        let declared = super::table().flat_map(|decl| decl.overloads).map(|(text, _)| text);
        for text in declared.chain(of_rows) {
            let signature = Signature::parse(text, false);
            assert!(text.starts_with('(') && !signature.params.iter().any(Param::is_unknown), "{text}");
        }
    }
}
