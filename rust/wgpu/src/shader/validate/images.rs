//! Pooling, resizing and sampling.

use super::super::stored::Stored;
use super::super::variant::Variant;
use super::{FLOATS, REAL, accumulate, validate, validate_elementwise, variant};
use crate::family::{grid_sample, pool, resize};

#[test]
fn resizing_is_valid() {
    for stored in FLOATS {
        for op in resize::OPS {
            validate_elementwise(variant(&resize::RESIZE, op, accumulate(stored), &[stored], &[stored]));
            validate_elementwise(variant(&resize::GRAD, op, accumulate(stored), &[stored], &[stored]));
        }
    }
}

#[test]
fn sampling_is_valid() {
    for stored in FLOATS {
        let compute = accumulate(stored);
        for op in ["nearest", "linear", "cubic"] {
            for padding in [0, grid_sample::BORDER, grid_sample::REFLECTION] {
                for mode in [padding, padding | grid_sample::ALIGNED | grid_sample::PLANAR] {
                    validate_elementwise(Variant { mode, ..variant(&grid_sample::SAMPLE, op, compute, &[stored], &[stored; 2]) });
                    validate_elementwise(Variant {
                        mode,
                        ..variant(&grid_sample::GRAD_GRID, op, compute, &[stored], &[stored; 3])
                    });
                    let outputs = [compute, Stored::Pair, Stored::Pair];
                    validate(Variant { mode, ..variant(&grid_sample::PARTS, op, compute, &outputs, &[stored; 2]) });
                }
            }
        }
    }
}

#[test]
fn pooling_is_valid() {
    for stored in REAL {
        let compute = accumulate(stored);
        for adaptive in [0, pool::ADAPTIVE] {
            let mode = adaptive;
            validate(Variant { mode, ..variant(&pool::MAX, "", compute, &[stored, Stored::Pair], &[stored]) });
        }
        let inside = variant(&pool::MAX, "", compute, &[stored, Stored::Pair], &[stored]);
        validate(Variant { mode: pool::few(&[2, 3]), rank: 2, ..inside });
    }
    for stored in FLOATS {
        let compute = accumulate(stored);
        for mode in [0, pool::ADAPTIVE, pool::PADDING_COUNTS, pool::DIVISOR, pool::DIVISOR | pool::PADDING_COUNTS] {
            for family in [&pool::AVERAGE, &pool::AVERAGE_GRAD] {
                validate_elementwise(Variant { mode, ..variant(family, "", compute, &[stored], &[stored]) });
            }
            validate(Variant { mode, ..variant(&pool::AVERAGE_GRAD_APART, "", compute, &[stored], &[stored]) });
            let inputs = [stored, Stored::Pair];
            validate_elementwise(Variant { mode, ..variant(&pool::MAX_GRAD, "", compute, &[stored], &inputs) });
            validate(Variant { mode, ..variant(&pool::MAX_GRAD_APART, "", compute, &[stored], &inputs) });
            let mode = mode | pool::few(&[2, 3]);
            validate(Variant { mode, rank: 3, ..variant(&pool::MAX_GRAD_APART, "", compute, &[stored], &inputs) });
            validate(Variant { mode, rank: 3, ..variant(&pool::AVERAGE_GRAD_APART, "", compute, &[stored], &[stored]) });
        }
    }
}
