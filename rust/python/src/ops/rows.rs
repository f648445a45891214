//! Rows of the pointwise table that are ops as they stand: which they are, their signatures and docstrings.

use ferrotorch_core::DType;
use ferrotorch_core::Row;
use ferrotorch_core::pointwise::ResultType;
use ferrotorch_core::row::Interface;

/// The docstring of a row: what it computes, in the names of the signature, and for which dtypes.
pub(crate) fn row_doc(row: &Row, in_place: bool) -> String {
    let names = if row.interface.has(Interface::DEGREE) { ["x", "n"] } else { ["input", "other"] };
    let what = sentence(&in_words_of_the_signature(row.doc.trim(), names));
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
fn in_words_of_the_signature(doc: &str, names: [&str; 2]) -> String {
    let rename = |word: &str| {
        match word {
            "a" => names[0],
            "b" => names[1],
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

/// Is a row, as it stands, an op of `torch`? Those with parameters have declarations that name these.
pub(crate) fn is_public(row: &Row) -> bool {
    !row.interface.has(Interface::HELPER) && row.op.params == 0 && row.op.arity <= 2
}

/// Is a row, as it stands, one of the natives of `torch.nn.functional`?
pub(crate) fn is_nn(row: &Row) -> bool {
    row.interface.has(Interface::NN)
}

/// Is there a form that writes into the first input? A truth value has no place in most inputs.
pub(crate) fn has_in_place(row: &Row) -> bool {
    !row.interface.has(Interface::NOT_IN_PLACE)
}

/// Is that form a function, too?
pub(crate) fn has_in_place_function(row: &Row) -> bool {
    row.op.arity == 1 || row.interface.has(Interface::IN_PLACE_FUNCTION)
}

/// The signatures of a row.
pub(crate) fn row_signatures(row: &Row, in_place: bool) -> &'static [&'static str] {
    let is = |fact| row.interface.has(fact);
    match row.op.arity {
        1 => &["(Tensor input)"],
        _ if is(Interface::DEGREE) => &["(Tensor x, Operand n)", "(Scalar x, Tensor n)"],
        _ if is(Interface::TENSORS) => &["(Tensor input, Tensor other)"],
        _ if is(Interface::NUMBERS) && !in_place => &["(Operand input, Operand other)"],
        _ if is(Interface::NUMBER_FIRST) && !in_place => &["(Tensor input, Operand other)", "(Scalar input, Tensor other)"],
        _ => &["(Tensor input, Operand other)"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_speaks_of_the_parameters_of_its_signature() {
        assert_eq!(
            in_words_of_the_signature("`|a|` with the sign of `b`, a float", ["input", "other"]),
            "`|input|` with the sign of `other`, a float"
        );
        assert_eq!(in_words_of_the_signature("`e^a - 1`", ["input", "other"]), "`e^input - 1`");
    }

    #[test]
    fn every_public_row_is_described() {
        for row in ferrotorch_core::ops::pointwise::table().filter(|row| is_public(row) || is_nn(row)) {
            let doc = row_doc(row, false);
            assert!(doc.split_once("\n").is_some_and(|(what, _)| what.len() > 4), "{}: {doc}", row.op.name);
        }
    }
}
