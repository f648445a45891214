//! Scans, sorts and what follows from order; Fourier transforms and complex numbers.

use crate::family::{copy, fft, nonzero, pointwise, range, scan, search, segments, sort, triangle};

use super::{
    DType, RAW, REAL, ResultType, Rule, Slot, Stored, Variant, accumulate, has_shader, table, validate, validate_elementwise,
    variant,
};

#[test]
fn points_triangles_searches_and_coordinates_are_valid() {
    for raw in RAW {
        validate_elementwise(variant(&triangle::TRIANGLE, "", raw, &[raw], &[raw]));
    }
    for stored in REAL {
        let compute = if stored.value() == "f32" { Stored::Float32 } else { Stored::Float64 };
        validate_elementwise(variant(&range::LINSPACE, "", compute, &[stored], &[]));
        validate(variant(&search::SEARCH, "", stored, &[Stored::Pair], &[stored, stored]));
    }
    validate(variant(&nonzero::NONZERO, "", Stored::Int32, &[Stored::Pair], &[Stored::Bool, Stored::Int32]));
}

#[test]
fn scans_are_valid() {
    for op in ["sum", "prod", "log_sum_exp"] {
        for stored in REAL.into_iter().chain([Stored::Complex64, Stored::Complex128]).filter(|&s| s != Stored::Bool) {
            let compute = accumulate(stored);
            if !Rule::named(op).is_computed_in(compute) {
                continue;
            }
            let kept = Stored::of(segments::kept_as(compute).0);
            for (mode, outputs, inputs) in [(0, stored, vec![stored]), (1, kept, vec![stored]), (2, stored, vec![stored, kept])] {
                validate(Variant { mode, ..variant(&scan::SCAN, op, compute, &[outputs], &inputs) });
            }
        }
    }
    for mode in 8..11 {
        let inputs = [Stored::Bool, Stored::Int32];
        let inputs = &inputs[..1 + (mode == 10) as usize];
        validate(Variant { mode, ..variant(&scan::SCAN, "sum", Stored::Int32, &[Stored::Int32], inputs) });
    }
}

#[test]
fn running_extrema_are_valid() {
    for stored in REAL {
        let (kept, index) = (segments::kept_as(stored).1, Stored::Int32);
        for op in ["max", "min"] {
            let scan = |mode, outputs: &[Stored], inputs: &[Stored]| {
                validate(Variant { mode, ..variant(&scan::SCAN, op, stored, outputs, inputs) });
            };
            scan(0, &[stored, Stored::Pair], &[stored]);
            scan(1, &[kept, index], &[stored]);
            scan(2, &[stored, Stored::Pair], &[stored, kept, index]);
            scan(4, &[kept, index], &[kept, index]);
            scan(5, &[kept, index], &[kept, index]);
            scan(6, &[kept, index], &[kept, index, kept, index]);
        }
    }
}

#[test]
fn sorts_are_valid() {
    let (pair, word) = (Stored::Pair, Stored::Int32);
    let keys = REAL.into_iter().map(|stored| match stored {
        Stored::Int64 => (pair, "int64"),
        Stored::Float64 => (pair, "float64"),
        stored => (stored, stored.value()),
    });
    for (form, key) in keys {
        for (mode, outputs) in [(0, &[form, pair][..]), (1, &[word])] {
            let mut blocks = Variant { mode, ..variant(&sort::BLOCKS, key, form, outputs, &[form, word]) };
            validate(blocks);
            blocks.slots[outputs.len() + 1] = Slot::Absent;
            validate(blocks);
        }
        let mut keys = variant(&sort::KEYS, key, word, &[word], &[form, word]);
        validate(keys);
        keys.slots[2] = Slot::Absent;
        validate(keys);
    }
    validate(variant(&sort::INDEX, "", pair, &[pair], &[word]));
}

#[test]
fn fourier_transforms_are_valid() {
    for (both, real) in [(Stored::Complex64, Stored::Float32), (Stored::Complex128, Stored::Float64)] {
        for (mode, out, input) in [(0, both, both), (1, both, real), (6, real, both)] {
            validate(Variant { mode, ..variant(&fft::LINE, "", both, &[out], &[input]) });
            for chirp in [0, 8] {
                validate(Variant { mode: mode & 3 | chirp, ..variant(&fft::BEGIN, "", both, &[both], &[input]) });
                validate(Variant { mode: mode & 4 | chirp, ..variant(&fft::END, "", both, &[out], &[both]) });
            }
        }
        validate(variant(&fft::STAGE, "", both, &[both], &[both]));
        validate(variant(&fft::FILTER, "", both, &[both], &[]));
        validate(variant(&fft::PRODUCT, "", both, &[both], &[both, both]));
    }
}

#[test]
fn complex_numbers_are_valid() {
    for (complex, real, dtype) in
        [(Stored::Complex64, Stored::Float32, DType::Complex64), (Stored::Complex128, Stored::Float64, DType::Complex128)]
    {
        for op in table().filter(|op| has_shader(op, complex)) {
            let out = match op.result {
                ResultType::Bool => Stored::Bool,
                ResultType::Real => real,
                _ => complex,
            };
            validate_elementwise(Variant { mode: pointwise::mode(op, dtype), ..super::pointwise(op, complex, out) });
        }
        for stored in REAL.into_iter().chain([Stored::Complex64, Stored::Complex128]).filter(|&stored| stored != complex) {
            validate_elementwise(variant(&copy::COPY, "", stored, &[complex], &[stored]));
            validate_elementwise(variant(&copy::COPY, "", complex, &[stored], &[complex]));
        }
    }
}
