//! Pointwise ops whose Python signature says more than the row of the table.

use ferrotorch_core::Row;
use ferrotorch_core::error::Class;
use ferrotorch_core::ops::pointwise::{
    self as core, Arg, activation, arithmetic, comparison, exponential, rounding, selection, special,
};
use ferrotorch_core::ops::{cast, check, complex, masked, reduce};
use ferrotorch_core::pointwise::ResultType;
use ferrotorch_core::promote::Promotion;
use ferrotorch_core::row::Interface;
use ferrotorch_core::{DType, Error, Result, Scalar, Tensor};

use crate::args::{Args, Target};
use crate::batching::Batching;
use crate::compose;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, as_one_node, check_own_dtype, op};
use crate::value::Value;

/// Runs a row where the call wants its result.
pub(crate) fn run(args: &Args<'_, '_, '_>, row: &'static Row, inputs: &[Arg<'_>], params: &[Scalar]) -> Outcome<Value> {
    match args.target() {
        Target::New => Ok(Value::Tensor(args.run(|| core::run(row, inputs, params))?)),
        Target::InPlace => {
            let target = args.tensor(0)?;
            args.run(|| core::run_in_place(row, target, &inputs[1..], params))?;
            Ok(Value::Stored)
        }
        Target::Out(out) => {
            if let Some(own) = dtype_of_out(row, inputs) {
                check_own_dtype(row.op.name, out.dtype(), own)?;
            }
            args.run(|| core::run_out(row, inputs, params, out))?;
            Ok(Value::Stored)
        }
    }
}

/// The one dtype that `out` may have, if the row does not convert.
fn dtype_of_out(row: &'static Row, inputs: &[Arg<'_>]) -> Option<DType> {
    match (inputs, row.op.result) {
        _ if !row.interface.has(Interface::OUT_OF_OWN_DTYPE) => None,
        ([Arg::Tensor(_)], ResultType::Bool) => Some(DType::Bool),
        ([Arg::Tensor(input)], ResultType::Real) if input.dtype().is_complex() => None,
        ([Arg::Tensor(input)], _) => Some(input.dtype()),
        _ => None,
    }
}

/// Runs a row that has no declaration of its own.
pub(crate) fn run_row(args: &Args<'_, '_, '_>, row: &'static Row) -> Outcome<Value> {
    let first = args.operand(0)?;
    match row.op.arity {
        1 => run(args, row, &[first], &[]),
        _ => run(args, row, &[first, args.operand(1)?], &[]),
    }
}

/// `row(a, b)` with a factor for `b`; says which arguments these are.
fn scaled(args: &Args<'_, '_, '_>, row: &'static Row, [a, b, alpha]: [usize; 3]) -> Outcome<Value> {
    let (a, b, alpha) = (args.operand(a)?, args.operand(b)?, args.scalar(alpha)?);
    let dtype = promoted(promoted(Promotion::default(), a), b).result()?;
    check_factor(dtype, alpha)?;
    run(args, row, &[a, b], &[alpha.fitting(dtype)?.cast(dtype)])
}

pub(super) fn promoted(so_far: Promotion, operand: Arg<'_>) -> Promotion {
    match operand {
        Arg::Tensor(tensor) => so_far.tensor(tensor.dtype(), tensor.ndim()),
        Arg::Scalar(x) => so_far.scalar(x),
    }
}

/// A factor may not be of a higher category than the result, and a truth value only where the result is one.
fn check_factor(result: DType, alpha: Scalar) -> Outcome<()> {
    match alpha {
        Scalar::Bool(_) if result != DType::Bool => Err(runtime_error("Boolean alpha only supported for Boolean results.")),
        Scalar::Float(_) | Scalar::Complex(_) if result.is_integral() => {
            Err(runtime_error("For integral input tensors, argument alpha must not be a floating point number."))
        }
        Scalar::Complex(_) if !result.is_complex() => {
            Err(runtime_error("For non-complex input tensors, argument alpha must not be a complex number."))
        }
        _ => Ok(()),
    }
}

fn divided(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let row = match args.str(2)? {
        None => &arithmetic::DIV,
        Some("floor") => &arithmetic::DIV_FLOOR,
        Some("trunc") => &arithmetic::DIV_TRUNC,
        Some(mode) => {
            return Err(runtime_error(format!(
                "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'"
            )));
        }
    };
    run(args, row, &[args.operand(0)?, args.operand(1)?], &[])
}

fn remainder(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    run(args, &arithmetic::REMAINDER, &[args.operand(0)?, args.operand(1)?], &[])
}

fn power(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (base, exponent) = (args.operand(0)?, args.operand(1)?);
    if let (Arg::Tensor(base), Arg::Scalar(Scalar::Bool(exponent)), Target::New) = (base, exponent, args.target())
        && base.dtype() == DType::Bool
    {
        return Ok(compose::power_of_truth(base, exponent)?.into());
    }
    run(args, &arithmetic::POW, &[base, exponent], &[])
}

fn rounded(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let x = args.tensor(0)?;
    match args.int(1)? {
        0 if args.object(1).is_none() => run(args, &rounding::ROUND, &[x.into()], &[]),
        0 => as_one_node("RoundBackward1", || run(args, &rounding::ROUND, &[x.into()], &[])),
        decimals => run(args, &rounding::ROUND_DECIMALS, &[x.into()], &[decimals.into()]),
    }
}

/// What a tensor is subtracted from may be a number.
fn subtracted_from(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let node = if matches!(args.operand(1)?, Arg::Scalar(_)) { "RsubBackward1" } else { "RsubBackward0" };
    as_one_node(node, || scaled(args, &arithmetic::SUB, [1, 0, 2]))
}

fn nan_to_num(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let x = args.tensor(0)?;
    if x.dtype().is_complex() {
        // Each part by itself; what is overwritten must not be what the gradient needs.
        let x = if matches!(args.target(), Target::InPlace) { &cast::clone_dense(x)? } else { x };
        let limit = |i| -> Outcome<Option<f64>> { args.opt_float(i) };
        let (nan, high, low) = (args.float(1)?, limit(2)?, limit(3)?);
        return as_one_node("NanToNumBackward0", || Ok(compose::finite_parts(x, nan, high, low)?.into()));
    }
    let (low, high) = match x.dtype() {
        DType::Float16 => (-65504.0, 65504.0),
        DType::BFloat16 => (-3.3895313892515355e38, 3.3895313892515355e38),
        DType::Float32 => (f32::MIN as f64, f32::MAX as f64),
        _ => (f64::MIN, f64::MAX),
    };
    let params = [args.float(1)?, args.opt_float(2)?.unwrap_or(high), args.opt_float(3)?.unwrap_or(low)].map(Scalar::Float);
    if x.dtype().is_integral() {
        return Ok(cast::clone_dense(x)?.into());
    }
    run(args, &selection::NAN_TO_NUM, &[x.into()], &params)
}

fn lerp(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (a, b) = (args.tensor(0)?, args.tensor(1)?);
    if a.dtype() != b.dtype() {
        return Err(runtime_error(format!("expected dtype {} for `end` but got dtype {}", a.dtype().name(), b.dtype().name())));
    }
    let weight = args.operand(2)?;
    match weight {
        Arg::Tensor(weight) if weight.ndim() > 0 && weight.dtype() != a.dtype() => {
            let (own, other) = (a.dtype().name(), weight.dtype().name());
            return Err(runtime_error(format!("expected dtype {own} for `weight` but got dtype {other}")));
        }
        Arg::Scalar(weight) if !a.dtype().is_integral() => drop(weight.storable(a.dtype())?),
        Arg::Scalar(_) | Arg::Tensor(_) => {}
    }
    if a.dtype().is_integral() {
        return Err(Error::dtype("lerp", a.dtype(), "convert to a float dtype first").into());
    }
    run(args, &arithmetic::LERP, &[a.into(), b.into(), weight], &[])
}

fn chosen<'x>(args: &'x Args<'_, '_, '_>, condition: &'x Tensor, input: Arg<'x>, other: Arg<'x>) -> Outcome<Value> {
    if !matches!(condition.dtype(), DType::Bool | DType::UInt8) {
        return Err(runtime_error(format!(
            "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
            condition.dtype().legacy_name()
        )));
    }
    let dtype = promoted(promoted(Promotion::default(), input), other).result()?;
    for operand in [input, other] {
        if let Arg::Scalar(x) = operand
            && dtype.is_integral()
        {
            x.fitting(dtype)?;
        }
    }
    run(args, &selection::WHERE, &[condition.into(), input, other], &[])
}

fn heaviside(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (x, values) = (args.tensor(0)?, args.tensor(1)?);
    if x.dtype().is_complex() || values.dtype().is_complex() {
        return Err(Error::message(Class::NotImplemented, "heaviside is not yet implemented for complex tensors.").into());
    }
    if x.dtype() != values.dtype() {
        return Err(runtime_error(format!(
            "heaviside is not yet implemented for tensors with different dtypes, got {} and {}",
            x.dtype().name(),
            values.dtype().name()
        )));
    }
    run(args, &arithmetic::HEAVISIDE, &[x.into(), values.into()], &[])
}

/// `input + value * tensor1 * tensor2`, or the like; says which arguments the last three are.
fn with_product(args: &Args<'_, '_, '_>, row: &'static Row, [a, b, value]: [usize; 3]) -> Outcome<Value> {
    let (x, a, b) = (args.tensor(0)?, args.tensor(a)?, args.tensor(b)?);
    let dtype = [x, a, b].into_iter().fold(Promotion::default(), |p, t| promoted(p, t.into())).result()?;
    run(args, row, &[x.into(), a.into(), b.into()], &[args.scalar(value)?.storable(dtype)?])
}

fn polygamma(a: &Args<'_, '_, '_>, n: i64, input: usize) -> Outcome<Value> {
    let x = a.tensor(input)?;
    match n {
        n if n < 0 => Err(runtime_error(format!("polygamma(n, x) does not support negative n, got {n}"))),
        0 => run(a, &special::DIGAMMA, &[x.into()], &[]),
        1 => run(a, &special::TRIGAMMA, &[x.into()], &[]),
        n => run(a, &special::POLYGAMMA, &[x.into()], &[n.into()]),
    }
}

/// Is every element true?
fn are_all(truths: &Tensor) -> Result<bool> {
    Ok(reduce::all(truths, None, false)?.item()?.to_bool())
}

/// Complex numbers, whose `out` must be of their dtype.
fn of_parts(a: &Args<'_, '_, '_>, run: fn(&Tensor, &Tensor) -> Result<Tensor>) -> Outcome<Value> {
    let (first, second) = (a.tensor(0)?, a.tensor(1)?);
    if let (Target::Out(out), Some(own)) = (a.target(), first.dtype().complex())
        && out.dtype() != own
    {
        let (own, got) = (own.legacy_name(), out.dtype().legacy_name());
        return Err(runtime_error(format!("Expected object of scalar type {own} but got scalar type {got} for argument 'out'")));
    }
    Ok(a.run(|| run(first, second))?.into())
}

pub(super) static OPS: &[Decl] = &[
    op("complex", "Complex numbers of their parts.", &[("(Tensor real, Tensor imag)", |a| of_parts(a, complex::from_parts))])
        .function()
        .out_of_own_dtype(),
    op(
        "polar",
        "Complex numbers of absolute values and arguments.",
        &[("(Tensor abs, Tensor angle)", |a| a.run2(complex::polar))],
    )
    .function()
    .out_of_own_dtype()
    .node("PolarBackward0"),
    op(
        "add",
        "`input + alpha * other`.",
        &[
            ("(Operand input, Operand other, *, Scalar alpha=1)", |a| scaled(a, &arithmetic::ADD, [0, 1, 2])),
            ("(Tensor input, Scalar other, Scalar alpha)", |a| scaled(a, &arithmetic::ADD, [0, 1, 2])),
            ("(Tensor input, Scalar alpha, Tensor other) !deprecated", |a| scaled(a, &arithmetic::ADD, [0, 2, 1])),
        ],
    )
    .in_place()
    .out(),
    op(
        "sub",
        "`input - alpha * other`.",
        &[
            ("(Operand input, Operand other, *, Scalar alpha=1)", |a| scaled(a, &arithmetic::SUB, [0, 1, 2])),
            ("(Tensor input, Scalar other, Scalar alpha)", |a| scaled(a, &arithmetic::SUB, [0, 1, 2])),
            ("(Tensor input, Scalar alpha, Tensor other) !deprecated", |a| scaled(a, &arithmetic::SUB, [0, 2, 1])),
        ],
    )
    .alias(&["subtract"])
    .in_place()
    .out(),
    op(
        "rsub",
        "`other - alpha * input`.",
        &[
            ("(Tensor input, Operand other, *, Scalar alpha=1)", subtracted_from),
            ("(Tensor input, Scalar other, Scalar alpha)", |a| scaled(a, &arithmetic::SUB, [1, 0, 2])),
        ],
    )
    .function(),
    op("div", "`input / other`, rounded if asked.", &[("(Operand input, Operand other, *, str? rounding_mode=None)", divided)])
        .alias(&["divide"])
        .in_place()
        .out(),
    op(
        "true_divide",
        "`input / other`.",
        &[("(Operand input, Operand other)", |a| run(a, &arithmetic::DIV, &[a.operand(0)?, a.operand(1)?], &[]))],
    )
    .in_place()
    .out(),
    op(
        "floor_divide",
        "`floor(input / other)`.",
        &[("(Operand input, Operand other)", |a| run(a, &arithmetic::FLOOR_DIVIDE, &[a.operand(0)?, a.operand(1)?], &[]))],
    )
    .in_place()
    .out(),
    op(
        "remainder",
        "`input - other * floor(input / other)`.",
        &[("(Tensor input, Operand other)", remainder), ("(Scalar input, Tensor other)", remainder)],
    )
    .function()
    .out(),
    op("remainder", "`input - other * floor(input / other)`.", &[("(Tensor input, Operand other)", remainder)])
        .method()
        .in_place()
        .out(),
    op("pow", "`input ** exponent`.", &[("(Tensor input, Operand exponent)", power), ("(Scalar input, Tensor exponent)", power)])
        .function()
        .out(),
    op("pow", "`input ** exponent`.", &[("(Tensor input, Operand exponent)", power)]).method().in_place().out(),
    op(
        "round",
        "Nearest integer, or multiple of `10**-decimals`; halves to even.",
        &[("(Tensor input, *, int decimals=0)", rounded)],
    )
    .in_place_both()
    .out(),
    op(
        "nan_to_num",
        "Replaces NaN and infinities.",
        &[("(Tensor input, float? nan=None, float? posinf=None, float? neginf=None)", nan_to_num)],
    )
    .in_place_both()
    .out(),
    op(
        "logit",
        "`log(x / (1 - x))`.",
        &[("(Tensor input, float? eps=None)", |a| {
            let eps = a.opt_float(1)?.unwrap_or(-1.0);
            run(a, &exponential::LOGIT, &[a.tensor(0)?.into()], &[eps.into()])
        })],
    )
    .in_place_both()
    .out(),
    op(
        "square",
        "`input * input`; of truth values int64.",
        &[("(Tensor input)", |a| {
            let x = a.tensor(0)?;
            let is_truth = x.dtype() == DType::Bool;
            if is_truth && matches!(a.target(), Target::InPlace) {
                return Err(runtime_error("square_(): result type Long can't be cast to the desired output type Bool"));
            }
            let x = if is_truth { cast::to_dtype(x, DType::Int64)? } else { x.clone() };
            run(a, &arithmetic::SQUARE, &[(&x).into()], &[])
        })],
    )
    .in_place_both()
    .out(),
    op(
        "heaviside",
        "0, `values` or 1 for a negative, zero or positive `input`.",
        &[("(Tensor input, Tensor values)", heaviside)],
    )
    .in_place()
    .out(),
    op(
        "conj_physical",
        "The complex conjugate; a real tensor itself.",
        &[("(Tensor input)", |a| {
            let x = a.tensor(0)?;
            match a.target() {
                Target::New if !x.dtype().is_complex() => Ok(x.clone().into()),
                _ => run(a, &arithmetic::CONJ, &[x.into()], &[]),
            }
        })],
    )
    .in_place_both()
    .out(),
    op("lerp", "`input + weight * (end - input)`.", &[("(Tensor input, Tensor end, Operand weight)", lerp)]).in_place().out(),
    op(
        "addcmul",
        "`input + value * tensor1 * tensor2`.",
        &[
            ("(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", |a| {
                with_product(a, &arithmetic::ADDCMUL, [1, 2, 3])
            }),
            ("(Tensor input, Scalar value, Tensor tensor1, Tensor tensor2) !deprecated", |a| {
                with_product(a, &arithmetic::ADDCMUL, [2, 3, 1])
            }),
        ],
    )
    .in_place()
    .out(),
    op(
        "addcdiv",
        "`input + value * tensor1 / tensor2`.",
        &[
            ("(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", |a| {
                with_product(a, &arithmetic::ADDCDIV, [1, 2, 3])
            }),
            ("(Tensor input, Scalar value, Tensor tensor1, Tensor tensor2) !deprecated", |a| {
                with_product(a, &arithmetic::ADDCDIV, [2, 3, 1])
            }),
        ],
    )
    .in_place()
    .out(),
    op(
        "where",
        "`input` where the condition holds, `other` elsewhere.",
        &[
            ("(Tensor condition, Operand input, Operand other)", |a| chosen(a, a.tensor(0)?, a.operand(1)?, a.operand(2)?)),
            ("(Tensor condition) !out -> Tensor[]", |a| a.run1(masked::nonzero_tuple)),
        ],
    )
    .function()
    .out(),
    op(
        "where",
        "The tensor where the condition holds, `other` elsewhere.",
        &[("(Tensor input, Tensor condition, Operand other)", |a| chosen(a, a.tensor(1)?, a.tensor(0)?.into(), a.operand(2)?))],
    )
    .method(),
    op(
        "polygamma",
        "Derivative number `n` of the digamma function.",
        &[("(int n, Tensor input)", |a| polygamma(a, a.int(0)?, 1))],
    )
    .function()
    .out(),
    op(
        "polygamma",
        "Derivative number `n` of the digamma function.",
        &[("(Tensor input, int n)", |a| polygamma(a, a.int(1)?, 0))],
    )
    .method()
    .in_place(),
    op(
        "isclose",
        "`|input - other| <= atol + rtol * |other|`.",
        &[("(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False)", |a| {
            a.run5(compose::isclose)
        })],
    ),
    op(
        "allclose",
        "Are all elements close?",
        &[("(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> bool", |a| {
            a.run5(|x: &Tensor, y: &Tensor, rtol: f64, atol: f64, equal_nan: bool| {
                are_all(&compose::isclose(x, y, rtol, atol, equal_nan)?)
            })
        })],
    )
    .batched(Batching::Number),
    op(
        "equal",
        "Same shape and elements?",
        &[("(Tensor input, Tensor other) -> bool", |a| {
            a.run2(|x: &Tensor, y: &Tensor| {
                check::require_values("equal", x)?;
                match x.shape() == y.shape() {
                    true => are_all(&core::run(&comparison::EQ, &[x.into(), y.into()], &[])?),
                    false => Ok(false),
                }
            })
        })],
    )
    .batched(Batching::Number),
    op(
        "relu6",
        "`min(max(x, 0), 6)`.",
        &[("(Tensor input)", |a| run(a, &activation::HARDTANH, &[a.tensor(0)?.into()], &[0.0.into(), 6.0.into()]))],
    )
    .at(crate::op::Place::Nn),
];
