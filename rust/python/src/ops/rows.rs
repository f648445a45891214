//! Rows of the pointwise table that are ops as they stand: which they are, their signatures, docstrings and other names.

use ferrotorch_core::DType;
use ferrotorch_core::Row;
use ferrotorch_core::pointwise::ResultType;

/// The docstring of a row: what it computes, in the names of the signature, and for which dtypes.
pub(crate) fn row_doc(row: &Row, in_place: bool) -> String {
    let what = sentence(&in_words_of_the_signature(row.doc.trim()));
    let place = if in_place { " In place: `input` keeps its shape and dtype." } else { "" };
    let shape = match row.op.arity {
        1 => "the result has the shape of `input`",
        _ => "shapes broadcast, dtypes are promoted",
    };
    let result = match row.op.result {
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
fn accepted(row: &Row) -> (String, bool) {
    let integral = row.op.result == ResultType::Float;
    let categories = [
        (row.op.accepts.contains(DType::Bool) || integral, "bool"),
        (row.op.accepts.contains(DType::Int64) || integral, "integer"),
        (row.op.accepts.contains(DType::Float32), "float"),
        (row.op.accepts.contains(DType::Complex64), "complex"),
    ];
    let names: Vec<&str> = categories.iter().filter(|(takes, _)| *takes).map(|(_, name)| *name).collect();
    let text = match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    };
    (text, names.len() == categories.len())
}

/// Is a row an op that users call, rather than a helper of derivatives or one that is declared here?
pub(crate) fn is_public(row: &Row) -> bool {
    let helper = row.op.name.ends_with("_backward")
        || row.op.name.starts_with("div_")
        || matches!(row.op.name, "trigamma" | "maximum_grad" | "round_decimals" | "standard_gamma_grad");
    !helper && row.op.params == 0 && row.op.arity <= 2 && !NN_ONLY.contains(&row.op.name)
}

/// Binary rows that take no number for a tensor.
const TENSORS_ONLY: [&str; 15] = [
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
    "gcd",
    "lcm",
    "logical_and",
    "logical_or",
    "logical_xor",
];

/// Rows without the keyword `out`.
pub(crate) const WITHOUT_OUT: [&str; 4] = ["relu", "isfinite", "isinf", "isnan"];

/// Rows whose `out` must have the dtype of the result: PyTorch converts for most rows, but not for these.
pub(crate) const OUT_OF_OWN_DTYPE: [&str; 16] = [
    "abs",
    "bitwise_not",
    "ceil",
    "conj_physical",
    "floor",
    "frac",
    "isneginf",
    "isposinf",
    "nan_to_num",
    "neg",
    "round",
    "round_decimals",
    "sgn",
    "sign",
    "signbit",
    "trunc",
];

/// Binary rows that take a number for one of their tensors, whichever.
const NUMBER_FIRST: [&str; 7] =
    ["xlogy", "xlog1py", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift"];

/// The signatures of a row under one of its names.
pub(crate) fn row_signatures(name: &str, row: &Row, in_place: bool) -> &'static [&'static str] {
    match row.op.arity {
        1 => &["(Tensor input)"],
        _ if TENSORS_ONLY.contains(&name) => &["(Tensor input, Tensor other)"],
        _ if in_place => &["(Tensor input, Operand other)"],
        _ if row.op.name == "mul" => &["(Operand input, Operand other)"],
        _ if NUMBER_FIRST.contains(&row.op.name) => &["(Tensor input, Operand other)", "(Scalar input, Tensor other)"],
        _ => &["(Tensor input, Operand other)"],
    }
}

/// Activations that exist in `torch.nn.functional` only.
const NN_ONLY: [&str; 7] = ["gelu", "gelu_tanh", "silu", "mish", "hardsigmoid", "hardswish", "log_sigmoid"];

/// Is a row, as it stands, one of the natives of `torch.nn.functional`?
pub(crate) fn is_nn(row: &Row) -> bool {
    row.op.name != "gelu" && row.op.name != "gelu_tanh" && (NN_ONLY.contains(&row.op.name) || row.op.name == "relu")
}

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
        for row in ferrotorch_core::ops::pointwise::table().filter(|row| is_public(row) || is_nn(row)) {
            let doc = row_doc(row, false);
            assert!(doc.split_once("\n").is_some_and(|(what, _)| what.len() > 4), "{}: {doc}", row.op.name);
        }
    }
}
