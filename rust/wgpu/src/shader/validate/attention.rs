//! The passes of attention.

use super::super::family::Family;
use super::super::stored::Stored;
use super::super::variant::Variant;
use super::{validate, variant};
use crate::family::attention;

/// All ways of a pass of attention, by what it reads besides a mask.
fn validate_attention(family: &'static Family, outputs: &[Stored], inputs: &[Stored]) {
    let chunks =
        (1..=attention::MAX_CHUNKS as u32).chain((1..=attention::MAX_BLOCK_CHUNKS as u32).map(|n| n | attention::BLOCKS));
    for mode in chunks.flat_map(|chunks| [chunks, chunks | attention::DROPOUT]) {
        validate(Variant { mode, ..variant(family, "", Stored::Float32, outputs, inputs) });
        for mask in [Stored::Bool, inputs[0]] {
            let inputs = [inputs, &[mask]].concat();
            let mode = mode | attention::MASKED;
            validate(Variant { mode, ..variant(family, "", Stored::Float32, outputs, &inputs) });
        }
    }
}

#[test]
fn attention_is_valid() {
    let float = Stored::Float32;
    for stored in [Stored::Float16, Stored::BFloat16, float] {
        validate(variant(&attention::DOTS, "", float, &[float], &[stored; 2]));
        validate_attention(&attention::ATTENTION, &[stored, float], &[stored; 3]);
        let inputs = [stored, stored, stored, stored, float, float];
        validate_attention(&attention::GRAD_QUERIES, &[stored], &inputs);
        validate_attention(&attention::GRAD_KEYS, &[stored; 2], &inputs);
    }
}
