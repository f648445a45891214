//! Pointwise ops whose Python signature says more than the row of the table.

use ferrotorch_core::autograd::inplace;
use ferrotorch_core::ops::cast;
use ferrotorch_core::ops::pointwise::{
    self as core, Arg, activation, arithmetic, comparison, exponential, rounding, selection, special,
};
use ferrotorch_core::pointwise::{Pointwise, ResultType};
use ferrotorch_core::{DType, Error, Scalar};

use crate::args::{Args, Target};
use crate::compose;
use crate::errors::{Outcome, runtime_error};
use crate::op::{Decl, op};
use crate::value::Value;

/// Runs a row where the call wants its result.
pub(crate) fn run(args: &Args<'_, '_, '_>, row: &'static Pointwise, inputs: &[Arg<'_>], params: &[Scalar]) -> Outcome<Value> {
    match args.target() {
        Target::New => Ok(Value::Tensor(args.run(|| core::run(row, inputs, params))?)),
        Target::InPlace => {
            let target = args.tensor(0)?;
            args.run(|| core::run_in_place(row, target, &inputs[1..], params))?;
            Ok(Value::Stored)
        }
        Target::Out(out) => {
            args.run(|| core::run_out(row, inputs, params, out))?;
            Ok(Value::Stored)
        }
    }
}

/// Runs a row that has no declaration of its own.
pub(crate) fn run_row(args: &Args<'_, '_, '_>, row: &'static Pointwise) -> Outcome<Value> {
    let first = Arg::Tensor(args.tensor(0)?);
    match row.arity {
        1 => run(args, row, &[first], &[]),
        _ => run(args, row, &[first, args.operand(1)?], &[]),
    }
}

/// The docstring of a row: what it computes, in the names of the signature, and for which dtypes.
pub(crate) fn row_doc(row: &Pointwise, in_place: bool) -> String {
    let what = sentence(&in_words_of_the_signature(row.doc.trim()));
    let place = if in_place { " In place: `input` keeps its shape and dtype." } else { "" };
    let shape = match row.arity {
        1 => "the result has the shape of `input`",
        _ => "shapes broadcast, dtypes are promoted",
    };
    let result = match row.result {
        ResultType::Promoted => "",
        ResultType::Float => "; integers and bool are computed in the default float dtype",
        ResultType::Bool => "; the result is bool",
        ResultType::Real => "; a complex `input` gives its real dtype",
    };
    let (accepted, all) = accepted(row);
    let error = if all { "" } else { " RuntimeError for other dtypes." };
    format!("{what}{place}\n\nElement-wise: {shape}. Takes {accepted} tensors{result}.{error}")
}

/// Rows call their inputs `a` and `b`.
fn in_words_of_the_signature(doc: &str) -> String {
    let rename = |word: &str| {
        match word {
            "a" => "input",
            "b" => "other",
            word => word,
        }
        .to_owned()
    };
    // Every second part between backticks is a formula.
    let code = |(i, part): (usize, &str)| if i % 2 == 1 { map_words(part, rename) } else { part.to_owned() };
    doc.split('`').enumerate().map(code).collect::<Vec<_>>().join("`")
}

fn map_words(text: &str, rename: impl Fn(&str) -> String) -> String {
    let (mut out, mut word) = (String::new(), String::new());
    for c in text.chars().chain(['\0']) {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            out += &rename(&std::mem::take(&mut word));
            out.push(c);
        }
    }
    out.pop();
    out
}

/// With a capital at the start and a mark at the end.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return String::new() };
    let end = if text.ends_with(['.', '?']) { "" } else { "." };
    format!("{}{}{end}", first.to_uppercase(), chars.as_str())
}

/// The categories of dtype that a row takes, in words, and whether these are all.
fn accepted(row: &Pointwise) -> (String, bool) {
    let integral = row.result == ResultType::Float;
    let categories = [
        (row.accepts.contains(DType::Bool) || integral, "bool"),
        (row.accepts.contains(DType::Int64) || integral, "integer"),
        (row.accepts.contains(DType::Float32), "float"),
        (row.accepts.contains(DType::Complex64), "complex"),
    ];
    let names: Vec<&str> = categories.iter().filter(|(takes, _)| *takes).map(|(_, name)| *name).collect();
    let text = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    };
    (text, names.len() == categories.len())
}

/// Is a row an op that users call, rather than a helper of derivatives or one that is declared here?
pub(crate) fn is_public(row: &Pointwise) -> bool {
    let helper = row.name.ends_with("_backward")
        || row.name.starts_with("div_")
        || matches!(row.name, "trigamma" | "maximum_grad" | "round_decimals" | "standard_gamma_grad");
    !helper && row.params == 0 && row.arity <= 2 && !NN_ONLY.contains(&row.name)
}

/// Binary rows that take no number for a tensor.
pub(crate) const TENSORS_ONLY: [&str; 16] = [
    "atan2",
    "arctan2",
    "fmax",
    "fmin",
    "maximum",
    "minimum",
    "hypot",
    "logaddexp",
    "logaddexp2",
    "nextafter",
    "heaviside",
    "gcd",
    "lcm",
    "logical_and",
    "logical_or",
    "logical_xor",
];

/// Activations that exist in `torch.nn.functional` only.
const NN_ONLY: [&str; 7] = ["gelu", "gelu_tanh", "silu", "mish", "hardsigmoid", "hardswish", "log_sigmoid"];

/// Other names of rows.
pub(crate) const ALIASES: [(&str, &str); 33] = [
    ("absolute", "abs"),
    ("arccos", "acos"),
    ("arccosh", "acosh"),
    ("arcsin", "asin"),
    ("arcsinh", "asinh"),
    ("arctan", "atan"),
    ("arctan2", "atan2"),
    ("arctanh", "atanh"),
    ("fix", "trunc"),
    ("negative", "neg"),
    ("multiply", "mul"),
    ("greater", "gt"),
    ("greater_equal", "ge"),
    ("less", "lt"),
    ("less_equal", "le"),
    ("not_equal", "ne"),
    ("special_expit", "sigmoid"),
    ("special_exp2", "exp2"),
    ("special_expm1", "expm1"),
    ("special_log1p", "log1p"),
    ("special_erf", "erf"),
    ("special_erfc", "erfc"),
    ("special_erfinv", "erfinv"),
    ("special_gammaln", "lgamma"),
    ("special_digamma", "digamma"),
    ("special_psi", "digamma"),
    ("special_sinc", "sinc"),
    ("special_xlogy", "xlogy"),
    ("special_xlog1py", "xlog1py"),
    ("special_i0", "i0"),
    ("special_i0e", "i0e"),
    ("special_i1", "i1"),
    ("special_i1e", "i1e"),
];

fn scaled(args: &Args<'_, '_, '_>, row: &'static Pointwise) -> Outcome<Value> {
    let alpha = args.scalar(2)?;
    let (a, b) = (args.tensor(0)?, args.operand(1)?);
    if matches!(alpha, Scalar::Float(_)) && a.dtype().is_integral() && matches!(b, Arg::Tensor(t) if t.dtype().is_integral()) {
        return Err(runtime_error("For integral input tensors, argument alpha must not be a floating point number."));
    }
    run(args, row, &[a.into(), b], &[alpha])
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
    run(args, row, &[args.tensor(0)?.into(), args.operand(1)?], &[])
}

fn remainder(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    run(args, &arithmetic::REMAINDER, &[args.operand(0)?, args.operand(1)?], &[])
}

fn power(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let (base, exponent) = (args.operand(0)?, args.operand(1)?);
    if let (Arg::Tensor(base), Arg::Scalar(Scalar::Int(n))) = (base, exponent)
        && n < 0
        && base.dtype().is_integral()
    {
        return Err(runtime_error("Integers to negative integer powers are not allowed."));
    }
    if let (Arg::Tensor(base), Arg::Scalar(Scalar::Bool(exponent)), Target::New) = (base, exponent, args.target())
        && base.dtype() == DType::Bool
    {
        return Ok(compose::power_of_truth(base, exponent)?.into());
    }
    run(args, &arithmetic::POW, &[base, exponent], &[])
}

fn clamped(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let x = args.tensor(0)?;
    match (args.has(1), args.has(2)) {
        (false, false) => Err(runtime_error("torch.clamp: At least one of 'min' or 'max' must not be None")),
        _ => match clamp_numbers(args, x.dtype())? {
            Some(limits) => run(args, &arithmetic::CLAMP, &[x.into()], &limits),
            None => clamp_by_tensors(args),
        },
    }
}

/// Both limits as numbers that do not raise the dtype; an absent one is beyond every element.
fn clamp_numbers(args: &Args<'_, '_, '_>, dtype: DType) -> Outcome<Option<[Scalar; 2]>> {
    let beyond = if dtype.is_integral() {
        [Scalar::Int(i64::MIN), Scalar::Int(i64::MAX)]
    } else {
        [Scalar::Float(f64::NEG_INFINITY), Scalar::Float(f64::INFINITY)]
    };
    let mut limits = beyond;
    for (i, limit) in limits.iter_mut().enumerate() {
        if args.has(i + 1) {
            match args.operand(i + 1)? {
                Arg::Scalar(x) if x.category() <= dtype.category() => *limit = x,
                _ => return Ok(None),
            }
        }
    }
    Ok(Some(limits))
}

fn clamp_by_tensors(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    if let Target::InPlace = args.target() {
        inplace::check("clamp_", args.tensor(0)?, &[])?;
        for (i, row) in [(1, &arithmetic::MAXIMUM), (2, &arithmetic::MINIMUM)] {
            if args.has(i) {
                run(args, row, &[args.tensor(0)?.into(), args.operand(i)?], &[])?;
            }
        }
        return Ok(Value::Stored);
    }
    let mut x = args.tensor(0)?.clone();
    if args.has(1) {
        x = core::run(&arithmetic::MAXIMUM, &[(&x).into(), args.operand(1)?], &[])?;
    }
    if args.has(2) {
        x = core::run(&arithmetic::MINIMUM, &[(&x).into(), args.operand(2)?], &[])?;
    }
    Ok(x.into())
}

fn rounded(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let x = args.tensor(0)?;
    match args.int(1)? {
        0 => run(args, &rounding::ROUND, &[x.into()], &[]),
        decimals => run(args, &rounding::ROUND_DECIMALS, &[x.into()], &[decimals.into()]),
    }
}

fn nan_to_num(args: &Args<'_, '_, '_>) -> Outcome<Value> {
    let x = args.tensor(0)?;
    if let (true, Target::New) = (x.dtype().is_complex(), args.target()) {
        // Each part by itself.
        let limit = |i| -> Outcome<Option<f64>> { args.opt_float(i) };
        return Ok(compose::finite_parts(x, args.float(1)?, limit(2)?, limit(3)?)?.into());
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
    if a.dtype().is_integral() {
        return Err(Error::dtype("lerp", a.dtype(), "convert to a float dtype first").into());
    }
    match weight {
        Arg::Tensor(weight) if weight.ndim() > 0 && weight.dtype() != a.dtype() => {
            let (own, other) = (a.dtype().name(), weight.dtype().name());
            return Err(runtime_error(format!("expected dtype {own} for `weight` but got dtype {other}")));
        }
        Arg::Scalar(weight) => drop(weight.fitting(a.dtype())?),
        Arg::Tensor(_) => {}
    }
    run(args, &arithmetic::LERP, &[a.into(), b.into(), weight], &[])
}

fn with_product(args: &Args<'_, '_, '_>, quotient: bool) -> Outcome<Value> {
    let (x, a, b) = (args.tensor(0)?, args.tensor(1)?, args.tensor(2)?);
    let row = if quotient { &arithmetic::ADDCDIV } else { &arithmetic::ADDCMUL };
    run(args, row, &[x.into(), a.into(), b.into()], &[args.scalar(3)?])
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

pub(super) static OPS: &[Decl] = &[
    op(
        "add",
        "`input + alpha * other`.",
        &[("(Tensor input, Operand other, *, Scalar alpha=1)", |a| scaled(a, &arithmetic::ADD))],
    )
    .in_place()
    .out(),
    op(
        "sub",
        "`input - alpha * other`.",
        &[("(Tensor input, Operand other, *, Scalar alpha=1)", |a| scaled(a, &arithmetic::SUB))],
    )
    .alias(&["subtract"])
    .in_place()
    .out(),
    op(
        "rsub",
        "`other - alpha * input`.",
        &[("(Tensor input, Operand other, *, Scalar alpha=1)", |a| {
            let alpha = a.scalar(2)?;
            run(a, &arithmetic::SUB, &[a.operand(1)?, a.tensor(0)?.into()], &[alpha])
        })],
    )
    .function(),
    op("div", "`input / other`, rounded if asked.", &[("(Tensor input, Operand other, *, str? rounding_mode=None)", divided)])
        .alias(&["divide"])
        .in_place()
        .out(),
    op(
        "true_divide",
        "`input / other`.",
        &[("(Tensor input, Operand other)", |a| run(a, &arithmetic::DIV, &[a.tensor(0)?.into(), a.operand(1)?], &[]))],
    )
    .in_place()
    .out(),
    op(
        "floor_divide",
        "`floor(input / other)`.",
        &[("(Tensor input, Operand other)", |a| run(a, &arithmetic::DIV_FLOOR, &[a.operand(0)?, a.operand(1)?], &[]))],
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
        "clamp",
        "Limits to `[min, max]`; either may be absent.",
        &[("(Tensor input, Operand? min=None, Operand? max=None)", clamped)],
    )
    .alias(&["clip"])
    .in_place_both()
    .out(),
    op(
        "clamp_min",
        "Not below `min`.",
        &[("(Tensor input, Operand min)", |a| run(a, &arithmetic::MAXIMUM, &[a.tensor(0)?.into(), a.operand(1)?], &[]))],
    )
    .in_place_both()
    .out(),
    op(
        "clamp_max",
        "Not above `max`.",
        &[("(Tensor input, Operand max)", |a| run(a, &arithmetic::MINIMUM, &[a.tensor(0)?.into(), a.operand(1)?], &[]))],
    )
    .in_place_both()
    .out(),
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
            let x = if x.dtype() == DType::Bool { cast::to_dtype(x, DType::Int64)? } else { x.clone() };
            run(a, &arithmetic::SQUARE, &[(&x).into()], &[])
        })],
    )
    .in_place_both()
    .out(),
    op("lerp", "`input + weight * (end - input)`.", &[("(Tensor input, Tensor end, Operand weight)", lerp)]).in_place().out(),
    op(
        "addcmul",
        "`input + value * tensor1 * tensor2`.",
        &[("(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", |a| with_product(a, false))],
    )
    .in_place()
    .out(),
    op(
        "addcdiv",
        "`input + value * tensor1 / tensor2`.",
        &[("(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)", |a| with_product(a, true))],
    )
    .in_place()
    .out(),
    op(
        "where",
        "`input` where the condition holds, `other` elsewhere.",
        &[
            ("(Tensor condition, Operand input, Operand other)", |a| {
                run(a, &selection::WHERE, &[a.tensor(0)?.into(), a.operand(1)?, a.operand(2)?], &[])
            }),
            ("(Tensor condition) -> Tensor[]", |a| {
                let positions = ferrotorch_core::ops::masked::nonzero_tuple(a.tensor(0)?)?;
                Ok(positions.into())
            }),
        ],
    )
    .function()
    .out(),
    op(
        "where",
        "The tensor where the condition holds, `other` elsewhere.",
        &[("(Tensor input, Tensor condition, Operand other)", |a| {
            run(a, &selection::WHERE, &[a.tensor(1)?.into(), a.tensor(0)?.into(), a.operand(2)?], &[])
        })],
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
            Ok(crate::compose::isclose(a.tensor(0)?, a.tensor(1)?, a.float(2)?, a.float(3)?, a.bool(4)?)?.into())
        })],
    ),
    op(
        "allclose",
        "Are all elements close?",
        &[("(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, bool equal_nan=False) -> bool", |a| {
            let close = crate::compose::isclose(a.tensor(0)?, a.tensor(1)?, a.float(2)?, a.float(3)?, a.bool(4)?)?;
            Ok(ferrotorch_core::ops::reduce::all(&close, None, false)?.item()?.to_bool().into())
        })],
    ),
    op(
        "equal",
        "Same shape and elements?",
        &[("(Tensor input, Tensor other) -> bool", |a| {
            let (x, y) = (a.tensor(0)?, a.tensor(1)?);
            if x.shape() != y.shape() {
                return Ok(false.into());
            }
            let same = core::run(&comparison::EQ, &[x.into(), y.into()], &[])?;
            Ok(ferrotorch_core::ops::reduce::all(&same, None, false)?.item()?.to_bool().into())
        })],
    ),
    op(
        "relu6",
        "`min(max(x, 0), 6)`.",
        &[("(Tensor input)", |a| run(a, &activation::HARDTANH, &[a.tensor(0)?.into()], &[0.0.into(), 6.0.into()]))],
    )
    .at(crate::op::Place::Nn),
];

/// Is a row, as it stands, one of the natives of `torch.nn.functional`?
pub(crate) fn is_nn(row: &Pointwise) -> bool {
    row.name != "gelu" && row.name != "gelu_tanh" && (NN_ONLY.contains(&row.name) || row.name == "relu")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_speaks_of_the_parameters_of_its_signature() {
        assert_eq!(
            in_words_of_the_signature("`|a|` with the sign of `b`, a float"),
            "`|input|` with the sign of `other`, a float"
        );
        assert_eq!(in_words_of_the_signature("`e^a - 1`"), "`e^input - 1`");
    }

    #[test]
    fn every_public_row_is_described() {
        for row in core::table().filter(|row| is_public(row) || is_nn(row)) {
            let doc = row_doc(row, false);
            assert!(doc.split_once("\n").is_some_and(|(what, _)| what.len() > 4), "{}: {doc}", row.name);
        }
    }
}
