//! Every shader that the backend can ask for, validated without a GPU.

mod attention;
mod chain;
mod images;
mod order;

use ferrotorch_core::ops::pointwise::table as rows;
use ferrotorch_kernel::DType;
use ferrotorch_kernel::pointwise::{Form, Pointwise, ResultType};
use naga::valid::{Capabilities, ValidationFlags, Validator};

use super::family::Family;
use super::stored::Stored;
use super::variant::{MAX_SLOTS, STATUS, Slot, Variant, Words};
use crate::family::pointwise::has_shader;
use crate::family::reductions::{Needs, RULES, Rule};
use crate::family::{
    arg_reduce, batch_norm, cells, class_loss, concat, conv, copy, fill, gather, layer_norm, matmul, optimize, pointwise,
    product, radix, random, range, reduce, scatter, segments, softmax,
};

const REAL: [Stored; 10] = [
    Stored::Bool,
    Stored::UInt8,
    Stored::Int8,
    Stored::Int16,
    Stored::Int32,
    Stored::Int64,
    Stored::Float16,
    Stored::BFloat16,
    Stored::Float32,
    Stored::Float64,
];
const RAW: [Stored; 5] = [Stored::UInt8, Stored::Int16, Stored::Int32, Stored::Pair, Stored::Quad];

/// Panics with the validator's words if the text of a variant is not a valid shader, or needs more than its types do.
fn validate(variant: Variant) {
    let source = variant.source();
    let module = match naga::front::wgsl::parse_str(&source) {
        Ok(module) => module,
        Err(e) => panic!("{variant:?}\n{source}\n{}", e.emit_to_string(&source)),
    };
    // Unpacking float16 is part of every adapter's float32 arithmetic.
    let mut capabilities = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    if variant.uses(Stored::Int64) {
        capabilities |= Capabilities::SHADER_INT64;
    }
    if variant.uses(Stored::Float64) || variant.uses(Stored::Complex128) {
        capabilities |= Capabilities::FLOAT64 | Capabilities::SHADER_INT64;
    }
    if source.contains("subgroup_invocation_id") {
        capabilities |= Capabilities::SUBGROUP;
    }
    if let Err(e) = Validator::new(ValidationFlags::all(), capabilities).validate(&module) {
        panic!("{variant:?}\n{source}\n{}", e.emit_to_string(&source));
    }
}

/// A variant whose operands each have their own binding.
fn variant(family: &'static Family, op: &'static str, compute: Stored, outputs: &[Stored], inputs: &[Stored]) -> Variant {
    let mut slots = [Slot::Absent; MAX_SLOTS];
    for (k, &stored) in outputs.iter().chain(inputs).enumerate() {
        let var = k as u8;
        slots[k] = if k < outputs.len() { Slot::Write { stored, var } } else { Slot::Read { stored, var } };
    }
    Variant {
        family,
        op,
        compute,
        slots,
        outputs: outputs.len() as u8,
        operands: (outputs.len() + inputs.len()) as u8,
        walks: (outputs.len() + inputs.len()) as u8,
        packed: None,
        rank: 0,
        mode: 0,
    }
}

/// Both ways to write the output, where there are two, and both to find elements.
fn validate_elementwise(variant: Variant) {
    validate(variant);
    for rank in 1..=Variant::MAX_RANK {
        validate(Variant { rank, ..variant });
    }
    if variant.slots[0].stored().is_some_and(Stored::is_narrow) {
        validate(Variant { packed: Some(Words::Own), ..variant });
        validate(Variant { packed: Some(Words::Shared), ..variant });
    }
}

#[test]
fn fills_ranges_and_copies_are_valid() {
    for raw in RAW {
        validate_elementwise(variant(&fill::FILL, "", raw, &[raw], &[]));
        validate_elementwise(variant(&copy::COPY, "", raw, &[raw], &[raw]));
    }
    for to in REAL {
        for compute in [Stored::Int32, Stored::Int64, Stored::Float64] {
            validate_elementwise(variant(&range::RANGE, "", compute, &[to], &[]));
        }
        for from in REAL {
            validate_elementwise(variant(&copy::COPY, "", from, &[to], &[from]));
        }
    }
}

fn table() -> impl Iterator<Item = &'static Pointwise> {
    rows().map(|row| &row.op)
}

fn pointwise(op: &'static Pointwise, compute: Stored, out: Stored) -> Variant {
    let is_float = matches!(compute.value(), "f32" | "f64");
    let mode = pointwise::mode(op, if is_float { DType::Float32 } else { DType::Int32 });
    let inputs = [compute; 3];
    Variant { mode, ..variant(&pointwise::POINTWISE, op.name, compute, &[out], &inputs[..op.arity]) }
}

/// The types that a row is computed in on some device.
fn computes(op: &Pointwise) -> impl Iterator<Item = DType> {
    DType::ALL.into_iter().filter(|d| {
        !d.is_complex() && !d.is_barebones() && op.accepts.contains(*d) && (op.result != ResultType::Float || d.is_float())
    })
}

/// The rows and what else computes them; not all of the latter have shaders.
fn ops() -> impl Iterator<Item = &'static Pointwise> {
    table().flat_map(|op| std::iter::once(op).chain(op.forms.iter().map(Form::op)))
}

#[test]
fn every_row_of_the_pointwise_table_has_a_shader() {
    for op in table().filter(|op| !op.is_unbounded()) {
        for compute in computes(op) {
            assert!(has_shader(op, Stored::of(compute)), "{} has no op_{} in {}", op.name, op.name, compute.name());
        }
    }
}

#[test]
fn pointwise_shaders_are_valid() {
    for op in ops() {
        for compute in computes(op).map(Stored::of).filter(|&c| has_shader(op, c)) {
            let out = if op.result == ResultType::Bool { Stored::Bool } else { compute };
            validate_elementwise(pointwise(op, compute, out));
            validate(pointwise(op, compute, Stored::Float32));
        }
    }
}

#[test]
fn inputs_may_be_numbers_or_share_the_binding_of_the_output() {
    let Some(add) = table().find(|op| op.name == "add") else { panic!("the table has no add") };
    for compute in [Stored::Float32, Stored::Float16, Stored::UInt8, Stored::Int64] {
        let mut variant = pointwise(add, compute, compute);
        variant.slots[1] = Slot::Read { stored: compute, var: 0 };
        validate_elementwise(variant);
        variant.slots[2] = Slot::Absent;
        validate_elementwise(variant);
    }
}

#[test]
fn reductions_are_valid() {
    for complex in [Stored::Complex64, Stored::Complex128] {
        for rule in RULES {
            if rule.needs != Needs::Truth && rule.is_computed_in(complex) {
                validate_reduction(rule, complex, complex);
            }
            if rule.name.starts_with("norm") {
                validate_reduction(rule, if complex == Stored::Complex64 { Stored::Float32 } else { Stored::Float64 }, complex);
            }
        }
    }
    for rule in RULES {
        for compute in [Stored::Float32, Stored::Float64, Stored::Int32, Stored::Int64, Stored::UInt8, Stored::Bool] {
            if rule.is_computed_in(compute) {
                validate_reduction(rule, if rule.needs == Needs::Truth { Stored::Bool } else { compute }, compute);
            }
        }
        if rule.is_computed_in(Stored::Float32) && rule.needs != Needs::Truth {
            validate_reduction(rule, Stored::Float32, Stored::Float16);
        }
    }
}

fn validate_reduction(rule: &Rule, compute: Stored, input: Stored) {
    let (op, out) = (rule.name, if rule.needs == Needs::Truth { Stored::Bool } else { compute });
    let kept = if compute.is_narrow() { Stored::Int32 } else { compute };
    for mode in 0..16 {
        let out = if mode & 2 != 0 { kept } else { out };
        validate(Variant { mode, ..variant(&reduce::REDUCE, op, compute, &[out], &[input]) });
    }
    validate(variant(&reduce::MERGE, op, compute, &[out], &[kept]));
    // The mean as well.
    if rule.components == 3 {
        validate(variant(&reduce::REDUCE, op, compute, &[out, out], &[input]));
        validate(variant(&reduce::MERGE, op, compute, &[out, out], &[kept]));
    }
}

#[test]
fn matrix_products_and_convolutions_are_valid() {
    for stored in REAL.into_iter().filter(|&s| s != Stored::Bool) {
        let compute = accumulate(stored);
        for mode in product::modes().filter(|&mode| compute.bytes() <= 4 || product::share_of(mode).is_none()) {
            for (out, addend) in [(stored, stored), (compute, stored), (compute, compute)] {
                let inputs = [stored, stored, addend];
                for own in [0, product::ADD | product::ALONG_DEPTH, matmul::ROW_SUMS, matmul::ROW_SUMS | product::ADD] {
                    let operands = &inputs[..2 + (own & product::ADD) as usize];
                    let outputs = &[out; 2][..1 + (own & matmul::ROW_SUMS != 0) as usize];
                    validate(Variant { mode: mode | own, ..variant(&matmul::MATMUL, "", compute, outputs, operands) });
                }
            }
            for own in 0..8 {
                let inputs = [stored; 3];
                let operands = &inputs[..2 + (own & product::ADD) as usize];
                validate(Variant { mode: mode | own, ..variant(&conv::CONV, "", compute, &[stored], operands) });
            }
        }
        let kept = if compute.is_narrow() { Stored::Int32 } else { compute };
        validate_elementwise(variant(&product::SPLIT_SUM, "", compute, &[stored], &[kept]));
        validate_elementwise(variant(&product::SPLIT_SUM, "", compute, &[stored], &[kept, stored]));
    }
}

const FLOATS: [Stored; 4] = [Stored::Float16, Stored::BFloat16, Stored::Float32, Stored::Float64];

/// The type that long sums are carried in.
fn accumulate(stored: Stored) -> Stored {
    if matches!(stored, Stored::Float16 | Stored::BFloat16) { Stored::Float32 } else { stored }
}

#[test]
fn extrema_are_valid() {
    for stored in REAL {
        for op in ["max", "min"] {
            for mode in 0..4 {
                let position = if mode & 2 != 0 { Stored::Int32 } else { Stored::Pair };
                let inputs = [stored, Stored::Int32];
                let inputs = &inputs[..1 + (mode & 1) as usize];
                validate(Variant { mode, ..variant(&arg_reduce::ARG_REDUCE, op, stored, &[stored, position], inputs) });
            }
        }
    }
}

#[test]
fn reading_and_writing_by_index_is_valid() {
    let index = [Stored::Pair; 5];
    for stored in [Stored::Int32, Stored::Float32] {
        for rank in 0..=Variant::MAX_RANK {
            let inputs = [Stored::Pair, stored];
            validate(Variant { rank, ..variant(&scatter::SCATTER_ATOMIC, "add", stored, &[stored], &inputs) });
        }
    }
    for raw in RAW {
        validate_elementwise(variant(&gather::GATHER, "", raw, &[raw], &[raw, Stored::Pair]));
        validate(variant(&scatter::SCATTER, "assign", raw, &[raw], &[Stored::Pair, raw]));
        for k in 1..=5 {
            let inputs: Vec<Stored> = std::iter::once(raw).chain(index[..k].iter().copied()).collect();
            validate_elementwise(variant(&gather::INDEX, "", raw, &[raw], &inputs));
            validate(variant(&scatter::INDEX_PUT, "assign", raw, &[raw], &inputs));
        }
    }
    for stored in REAL {
        for op in ["add", "mul", "maximum", "minimum"] {
            validate(variant(&scatter::SCATTER, op, stored, &[stored], &[Stored::Pair, stored]));
            validate(variant(&scatter::INDEX_PUT, op, stored, &[stored], &[stored, Stored::Pair, Stored::Pair]));
        }
    }
}

#[test]
fn writing_by_sorted_indices_is_valid() {
    let word = Stored::Int32;
    validate_elementwise(variant(&scatter::SCATTER_KEYS, "", word, &[word], &[Stored::Pair]));
    for k in 1..=5 {
        validate_elementwise(variant(&scatter::INDEX_PUT_KEYS, "", word, &[word], &[Stored::Pair; 5][..k]));
    }
    validate(variant(&radix::COUNT, "", word, &[word], &[word]));
    validate(variant(&radix::SCAN, "", word, &[word], &[]));
    let mut moved = variant(&radix::MOVE, "", word, &[word, word], &[word, word, word]);
    validate(moved);
    moved.slots[3] = Slot::Absent;
    validate(moved);
    let forms = REAL.into_iter().flat_map(|form| ["add", "mul", "maximum", "minimum"].map(|op| (form, op)));
    for (form, op) in forms.chain(RAW.map(|form| (form, "assign"))) {
        let kept = match form.value() {
            "i32" => Stored::Int32,
            "f32" => Stored::Float32,
            _ => form,
        };
        for mode in 0..4 {
            let inputs: &[Stored] = if mode & 1 != 0 { &[word, word, form] } else { &[word, kept] };
            let outputs: &[Stored] = if mode & 2 != 0 { &[form] } else { &[form, kept, word] };
            validate(Variant { mode, ..variant(&segments::SEGMENTS, op, form, outputs, inputs) });
        }
    }
}

#[test]
fn softmax_and_layer_norm_are_valid() {
    for mode in 0..4 {
        for stored in FLOATS {
            let sum = accumulate(stored);
            validate_elementwise(Variant { mode, ..variant(&softmax::SOFTMAX, "", sum, &[stored], &[stored]) });
            validate_elementwise(Variant { mode, ..variant(&softmax::SOFTMAX_GRAD, "", sum, &[stored], &[stored, stored]) });
        }
    }
    for stored in FLOATS {
        let sum = accumulate(stored);
        for out in [sum, stored] {
            validate(variant(&layer_norm::WEIGHTS, "", sum, &[out, out], &[stored, stored, sum, sum]));
            validate(variant(&layer_norm::MERGE, "", sum, &[out, out], &[sum, sum]));
        }
        for mode in 0..2 {
            let mut forward = Variant { mode, ..variant(&layer_norm::LAYER_NORM, "", sum, &[stored, sum, sum], &[stored; 3]) };
            let mut backward = Variant {
                mode,
                ..variant(&layer_norm::LAYER_NORM_GRAD, "", sum, &[stored], &[stored, stored, sum, sum, stored])
            };
            validate_elementwise(forward);
            for slot in [5, 4] {
                forward.slots[slot] = Slot::Absent;
                validate_elementwise(forward);
            }
            validate_elementwise(backward);
            backward.slots[5] = Slot::Absent;
            validate_elementwise(backward);
        }
    }
}

#[test]
fn steps_of_recurrent_layers_are_valid() {
    for s in [Stored::Float16, Stored::BFloat16, Stored::Float32] {
        let families: [(&'static Family, usize, usize); 4] =
            [(&cells::LSTM, 3, 2), (&cells::LSTM_GRAD, 2, 5), (&cells::GRU, 2, 3), (&cells::GRU_GRAD, 3, 4)];
        for (family, outputs, inputs) in families {
            let mut step = variant(family, "", Stored::Float32, &vec![s; outputs], &vec![s; inputs]);
            validate(step);
            // The gradients of one direction may be all there are.
            step.slots[if outputs == 2 { 3 } else { 6 }] = Slot::Absent;
            if inputs > 3 {
                validate(step);
            }
        }
    }
}

#[test]
fn joining_is_valid() {
    for raw in RAW {
        for pieces in 2..=concat::MAX_PIECES {
            validate_elementwise(variant(&concat::CONCAT, "", raw, &[raw], &vec![raw; pieces]));
        }
    }
}

#[test]
fn losses_of_classes_are_valid() {
    for stored in FLOATS {
        let sum = accumulate(stored);
        for out in [stored, sum] {
            validate_loss(variant(&class_loss::OF_LOGARITHMS, "", sum, &[out, sum], &[stored, Stored::Pair, stored]));
            validate(variant(&class_loss::TOTAL, "", sum, &[out, sum], &[sum, sum]));
            for mode in 0..4 {
                let outputs = [out, sum, sum];
                let of_scores = variant(&class_loss::OF_SCORES, "", sum, &outputs, &[stored, Stored::Pair, stored]);
                validate_loss(Variant { mode, ..of_scores });
            }
        }
        let inputs = [stored, stored, Stored::Pair, stored, sum, sum, stored];
        for mode in [0, class_loss::SMOOTH, class_loss::LOGARITHMS] {
            let mut gradient = Variant { mode, ..variant(&class_loss::GRAD, "", sum, &[stored], &inputs) };
            validate_elementwise(gradient);
            for slot in [6, 4, 7] {
                gradient.slots[slot] = Slot::Absent;
                validate_elementwise(gradient);
            }
        }
    }
}

/// With weights of classes and without.
fn validate_loss(mut loss: Variant) {
    validate(loss);
    loss.slots[loss.operands as usize - 1] = Slot::Absent;
    validate(loss);
}

#[test]
fn batch_norm_is_valid() {
    for stored in FLOATS {
        let sum = accumulate(stored);
        validate(variant(&batch_norm::RSTD, "", sum, &[sum], &[sum]));
        validate(variant(&batch_norm::SUMS, "", sum, &[sum], &[stored, stored, sum, sum]));
        for inputs in [[stored, sum, sum, stored, stored], [stored, sum, sum, sum, sum]] {
            let mut forward = variant(&batch_norm::BATCH_NORM, "", sum, &[stored], &inputs);
            validate_elementwise(forward);
            for slot in [5, 4] {
                forward.slots[slot] = Slot::Absent;
                validate_elementwise(forward);
            }
        }
        let mut backward = variant(&batch_norm::BATCH_NORM_GRAD, "", sum, &[stored], &[stored, stored, sum, sum, sum, stored]);
        validate_elementwise(backward);
        backward.slots[6] = Slot::Absent;
        validate_elementwise(backward);
    }
}

#[test]
fn random_fills_are_valid() {
    for stored in REAL {
        for op in ["uniform", "normal", "log_normal", "exponential", "geometric", "cauchy", "bernoulli"] {
            validate_elementwise(variant(&random::RANDOM, op, Stored::Float32, &[stored], &[]));
        }
        validate_elementwise(variant(&random::RANDOM, "integer", Stored::Int32, &[stored], &[]));
        validate_elementwise(variant(&random::RANDOM, "bernoulli", Stored::Float32, &[stored], &[Stored::Float32]));
    }
    for stored in [Stored::Float16, Stored::BFloat16, Stored::Float32, Stored::Float64] {
        for (op, inputs) in [("poisson", 1), ("gamma", 1), ("binomial", 2)] {
            validate_elementwise(variant(&random::RANDOM, op, accumulate(stored), &[stored], &[stored; 2][..inputs]));
        }
    }
    validate(variant(&random::RANDOM, "integer", Stored::Int64, &[Stored::Int64], &[]));
    for op in ["uniform", "normal", "log_normal", "exponential", "geometric", "cauchy"] {
        validate(variant(&random::RANDOM, op, Stored::Float64, &[Stored::Float64], &[]));
    }
    validate(variant(&random::RANDOM, "bits", Stored::Pair, &[Stored::Pair], &[]));
}

/// A step of one parameter, and of several.
fn validate_step(op: &'static str, mode: u32, stored: Stored, arrays: usize) {
    let compute = accumulate(stored);
    validate(Variant { mode, ..variant(&optimize::OPTIMIZE, op, compute, &vec![stored; arrays], &[stored]) });
    for members in [2, 3, optimize::MEMBERS.min(STATUS / (arrays + 1))] {
        let group = variant(&optimize::OPTIMIZE, op, compute, &vec![stored; members * arrays], &vec![stored; members]);
        validate(Variant { mode: mode | (members as u32) << 4, walks: 1, ..group });
    }
}

#[test]
fn optimizer_steps_are_valid() {
    for stored in FLOATS {
        for mode in 0..8 {
            validate_step("sgd", mode, stored, 1 + (mode & 1) as usize);
        }
        for (mode, states) in [1, 2, 2, 3].into_iter().enumerate() {
            validate_step("rmsprop", mode as u32, stored, 1 + states);
        }
        validate_step("adagrad", 0, stored, 2);
        for mode in 0..2 {
            validate_step("adam", mode, stored, 3 + mode as usize);
        }
    }
}
