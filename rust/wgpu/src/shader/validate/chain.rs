//! Pointwise ops one after the other.

use ferrotorch_kernel::pointwise::{Pointwise, ResultType};
use smallvec::smallvec;

use super::super::stored::Stored;
use super::super::variant::{Variant, Words};
use super::{REAL, computes, ops, pointwise as single, table, validate, variant};
use crate::family::chain::{CHAIN, Chain, Origin, Step, Use};
use crate::family::pointwise::has_shader;

/// The chain as a launch has it, in each way to write and to find elements.
fn validate_chain(chain: Chain) {
    let (outputs, compute) = (chain.outputs(), chain.compute);
    let mut slots: Vec<(usize, Stored)> =
        (0..chain.arrays.len()).filter_map(|k| Some((chain.operand(k)?, chain.arrays[k].0))).collect();
    slots.sort_by_key(|&(operand, _)| operand);
    let stored: Vec<Stored> = slots.into_iter().map(|(_, stored)| stored).collect();
    let lanes = chain.lanes();
    let launch = variant(&CHAIN, chain.named(), compute, &stored[..outputs], &stored[outputs..]);
    for rank in 0..=Variant::MAX_RANK {
        validate(Variant { rank, ..launch });
        if lanes.is_some_and(|lanes| lanes > 1) {
            validate(Variant { rank, packed: Some(Words::Own), ..launch });
        }
    }
}

fn step(op: &'static Pointwise, compute: Stored, inputs: &[Origin], out: u8) -> Step {
    Step { op: op.name, mode: single(op, compute, compute).mode, inputs: inputs.into(), out }
}

fn named(name: &str) -> &'static Pointwise {
    let Some(op) = table().find(|op| op.name == name) else { panic!("the table has no {name}") };
    op
}

#[test]
fn every_op_is_valid_between_others() {
    let add = named("add");
    for op in ops() {
        for compute in computes(op).map(Stored::of).filter(|&c| has_shader(op, c) && has_shader(add, c) && c != Stored::Bool) {
            let result = if op.result == ResultType::Bool { Stored::Bool } else { compute };
            let inputs = [Origin::Array(0), Origin::Array(1), Origin::Number];
            let steps = vec![
                step(add, compute, &[Origin::Array(0), Origin::Number], 1),
                step(op, compute, &inputs[..op.arity], 2),
                step(add, compute, &[Origin::Array(2), Origin::Array(1)], 3),
            ];
            let arrays = smallvec![(compute, Use::Read), (compute, Use::Passing), (result, Use::Passing), (compute, Use::Write)];
            validate_chain(Chain { compute, arrays, steps });
        }
    }
}

#[test]
fn conditions_and_outputs_of_every_type_are_valid() {
    let (add, lt, choose) = (named("add"), named("lt"), named("where"));
    for compute in REAL.into_iter().filter(|&c| c != Stored::Bool) {
        for other in REAL {
            let steps = vec![
                step(lt, compute, &[Origin::Array(0), Origin::Number], 1),
                step(choose, compute, &[Origin::Array(1), Origin::Array(0), Origin::Number], 0),
                step(choose, compute, &[Origin::Array(2), Origin::Array(0), Origin::Number], 3),
                step(add, compute, &[Origin::Array(3), Origin::Array(3)], 4),
            ];
            let arrays = smallvec![
                (compute, Use::Write),
                (Stored::Bool, Use::Passing),
                (other, Use::Read),
                (other, Use::Write),
                (compute, Use::Write)
            ];
            validate_chain(Chain { compute, arrays, steps });
        }
    }
}
