//! Limits: `clamp` and its one-sided forms, by numbers and by tensors.

use ferrotorch_core::Row;
use ferrotorch_core::ops::cast;
use ferrotorch_core::ops::pointwise::{self as core, Arg, arithmetic};
use ferrotorch_core::promote::Promotion;
use ferrotorch_core::{DType, Scalar};

use super::pointwise::{promoted, run};
use crate::args::Args;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, as_one_node, op};
use crate::value::Value;

/// A side of the range.
#[derive(Clone, Copy)]
enum Side {
    Min,
    Max,
}

impl Side {
    const BOTH: [Side; 2] = [Side::Min, Side::Max];

    /// The parameter of `clamp` that limits this side.
    fn param(self) -> usize {
        1 + self as usize
    }

    fn name(self) -> &'static str {
        match self {
            Side::Min => "min",
            Side::Max => "max",
        }
    }

    /// What PyTorch calls the nodes of the function for this side alone: by a number, and by a tensor.
    fn nodes(self) -> [&'static str; 2] {
        match self {
            Side::Min => ["ClampMinBackward0", "ClampMinBackward1"],
            Side::Max => ["ClampMaxBackward0", "ClampMaxBackward1"],
        }
    }

    /// The row that limits this side by another tensor.
    fn row(self) -> &'static Row {
        match self {
            Side::Min => &arithmetic::MAXIMUM,
            Side::Max => &arithmetic::MINIMUM,
        }
    }
}

fn clamped(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    if !Side::BOTH.iter().any(|side| args.has(side.param())) {
        return Err(runtime_error("torch.clamp: At least one of 'min' or 'max' must not be None"));
    }
    let mut operands = [None, None];
    for side in Side::BOTH {
        if args.has(side.param()) {
            operands[side as usize] = Some(args.operand(side.param())?);
        }
    }
    limited(args, operands, ["ClampBackward1", "ClampBackward0"])
}

/// Limited on one side, by the second argument.
fn one_sided(args: &Args<'_, '_, '_>, side: Side) -> Outcome<Value> {
    let mut operands = [None, None];
    operands[side as usize] = Some(args.operand(1)?);
    limited(args, operands, side.nodes())
}

/// `nodes`: the names of the node for numbers and for tensors.
fn limited(args: &Args<'_, '_, '_>, operands: [Option<Arg<'_>>; 2], nodes: [&'static str; 2]) -> Outcome<Value> {
    let dtype = args.tensor(0)?.dtype();
    let operands = [real(dtype, operands[0])?, real(dtype, operands[1])?];
    match numbers(dtype, operands)? {
        Some(limits) => as_one_node(nodes[0], || clamp_to(args, limits)),
        None => as_one_node(nodes[1], || clamp_by_tensors(args, operands)),
    }
}

/// Both limits as numbers that do not raise the dtype; an absent one is beyond every element.
fn numbers(dtype: DType, operands: [Option<Arg<'_>>; 2]) -> Outcome<Option<[Scalar; 2]>> {
    let mut limits = beyond(dtype);
    for (side, operand) in Side::BOTH.into_iter().zip(operands) {
        match operand {
            None => {}
            Some(Arg::Scalar(x)) if x.category() <= dtype.category() => limits[side as usize] = within(dtype, side, x)?,
            Some(_) => return Ok(None),
        }
    }
    Ok(Some(limits))
}

/// A limit of real elements, which may not have an imaginary part.
fn real(dtype: DType, operand: Option<Arg<'_>>) -> Outcome<Option<Arg<'_>>> {
    match operand {
        Some(Arg::Scalar(x @ Scalar::Complex(z))) if !dtype.is_complex() => {
            x.fitting(DType::Float64)?;
            Ok(Some(z.re.into()))
        }
        other => Ok(other),
    }
}

/// A limit as the dtype holds it. One beyond the integers of the dtype limits nothing, or leaves nothing, which is refused.
fn within(dtype: DType, side: Side, x: Scalar) -> Outcome<Scalar> {
    let Some((low, high)) = dtype.integer_bounds() else { return Ok(x.fitting(dtype)?) };
    let beyond_int64 = matches!(x, Scalar::Unsigned(_)) && dtype != DType::UInt64;
    let (below, above) = (x.to_f64() < low as f64, x.to_f64() > high as f64 || beyond_int64);
    match side {
        Side::Min if below => Ok(Scalar::integer(low)),
        Side::Max if above => Ok(Scalar::integer(high)),
        _ if below || above => Err(runtime_error(format!(
            "Clamp {} value {x} is outside the representable range of {}",
            side.name(),
            dtype.legacy_name()
        ))),
        _ => Ok(x),
    }
}

/// Limits that no element of a dtype exceeds.
fn beyond(dtype: DType) -> [Scalar; 2] {
    match dtype.integer_bounds() {
        Some((low, high)) => [Scalar::integer(low), Scalar::integer(high)],
        None => [Scalar::Float(f64::NEG_INFINITY), Scalar::Float(f64::INFINITY)],
    }
}

/// Clamped to two numbers; one that is NaN makes every element NaN.
fn clamp_to(args: &Args<'_, '_, '_>, limits: [Scalar; 2]) -> Outcome<Value> {
    let x = Arg::Tensor(args.tensor(0)?);
    if limits.iter().any(|limit| limit.to_f64().is_nan()) {
        return run(args, &arithmetic::MAXIMUM, &[x, f64::NAN.into()], &[]);
    }
    run(args, &arithmetic::CLAMP, &[x], &limits)
}

fn clamp_by_tensors(args: &Args<'_, '_, '_>, operands: [Option<Arg<'_>>; 2]) -> Outcome<Value> {
    let limits = || Side::BOTH.into_iter().zip(operands).filter_map(|(side, operand)| Some((side.row(), operand?)));
    let x = args.tensor(0)?;
    if let [(row, limit)] = limits().collect::<Vec<_>>()[..] {
        return run(args, row, &[x.into(), limit], &[]);
    }
    // Input and limits are promoted together: of two limits the second may be the wider one.
    let dtype = limits().fold(promoted(Promotion::default(), x.into()), |so_far, (_, limit)| promoted(so_far, limit)).result()?;
    let mut x = cast::to_dtype(&args.unwritten(0)?, dtype)?;
    for (row, limit) in limits() {
        x = core::run(row, &[(&x).into(), limit], &[])?;
    }
    Ok(x.into())
}

pub(super) static OPS: &[Decl] = &[
    op(
        "clamp",
        "Limits to `[min, max]`; either may be absent.",
        &[("(Tensor input, Operand? min=None, Operand? max=None)", clamped)],
    )
    .alias(&["clip"])
    .in_place_both()
    .out(),
    op("clamp_min", "Not below `min`.", &[("(Tensor input, Operand min)", |a| one_sided(a, Side::Min))]).in_place_both().out(),
    op("clamp_max", "Not above `max`.", &[("(Tensor input, Operand max)", |a| one_sided(a, Side::Max))]).in_place_both().out(),
];
