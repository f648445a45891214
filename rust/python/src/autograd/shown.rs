//! What nodes show of the call that made them, in PyTorch's terms.

use ferrotorch_core::autograd::composite::Moment;
use ferrotorch_core::autograd::retold::{Shown, retell};
use ferrotorch_core::autograd::{Fact, SavedTensor};
use ferrotorch_core::{Scalar, Tensor};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};

use super::function::interned;
use crate::args::Args;
use crate::errors::Outcome;
use crate::signature::{Default, Kind, Param};
use crate::tensor::PyTensor;

/// Makes the node of a result show arguments of the call that it came of. A name may say how many numbers its argument stands
/// for where it is one (`kernel_size:2`), that it is what the rule shows (`result1!`), and the parameter of another name that
/// it is (`self=input`).
pub(crate) fn retell_call(result: &Tensor, since: Moment, names: &[&'static str], args: &Args<'_, '_, '_>) {
    retell(result, since, names.iter().map(|name| of_call(name, args)).collect());
}

fn of_call(text: &'static str, args: &Args<'_, '_, '_>) -> (&'static str, Shown) {
    if let Some(name) = text.strip_suffix('!') {
        return (name, Shown::Behind);
    }
    let (text, count) = text.split_once(':').map_or((text, 0), |(text, count)| (text, count.parse().unwrap_or(0)));
    let (name, param) = text.split_once('=').unwrap_or((text, text));
    let found = args.params().enumerate().find(|(_, known)| known.name == param);
    let shown = match found {
        Some((i, known)) => match args.object(i) {
            Some(given) => of_object(name, given),
            None => Shown::Fact(of_default(name, known)),
        },
        None => Shown::Fact(Fact::Nothing),
    };
    (name, repeated(shown, count))
}

/// One number in the place of several.
fn repeated(shown: Shown, count: usize) -> Shown {
    match shown {
        Shown::Fact(Fact::Number(Scalar::Int(n))) if count > 0 => Shown::Fact(Fact::Numbers((0..count).map(|_| n).collect())),
        Shown::Fact(Fact::Numbers(numbers)) if count > 1 && numbers.len() == 1 => {
            Shown::Fact(Fact::Numbers((0..count).map(|_| numbers[0]).collect()))
        }
        shown => shown,
    }
}

fn of_default(name: &str, param: &Param) -> Fact {
    match (param.default, param.kind) {
        (Default::Number(x), Kind::Bool) => Fact::Number(Scalar::Bool(x != 0.0)),
        (Default::Number(x), Kind::Float) => Fact::Number(Scalar::Float(x)),
        (Default::Number(x), _) => Fact::Number(Scalar::Int(x as i64)),
        (Default::Str(word), _) => of_word(name, word),
        (Default::Empty, _) => Fact::integers(&[]),
        _ => Fact::Nothing,
    }
}

/// A reduction is a number to PyTorch's nodes.
fn of_word(name: &str, word: &str) -> Fact {
    match word {
        "none" if name == "reduction" => 0i64.into(),
        "mean" if name == "reduction" => 1i64.into(),
        "sum" if name == "reduction" => 2i64.into(),
        word => Fact::Text(word.into()),
    }
}

fn of_object(name: &str, given: &Bound<'_, PyAny>) -> Shown {
    if let Some(tensor) = PyTensor::get(given) {
        return Shown::Tensor(SavedTensor::input(tensor));
    }
    Shown::Fact(fact_of(name, given).unwrap_or(Fact::Nothing))
}

/// A number, a word or a list of integers; nothing of anything else.
fn fact_of(name: &str, given: &Bound<'_, PyAny>) -> Option<Fact> {
    if given.is_instance_of::<PyBool>() {
        return Some(Fact::Number(Scalar::Bool(given.extract().ok()?)));
    }
    if given.is_instance_of::<PyInt>() {
        return Some(Fact::Number(Scalar::Int(given.extract().ok()?)));
    }
    if given.is_instance_of::<PyFloat>() {
        return Some(Fact::Number(Scalar::Float(given.extract().ok()?)));
    }
    if let Ok(word) = given.cast::<PyString>() {
        return Some(of_word(name, word.to_str().ok()?));
    }
    let numbers: Vec<i64> = given.extract().ok()?;
    Some(Fact::integers(&numbers))
}

/// Makes the node of a result show these, each under its name; `...` stands for what the rule shows under it.
#[pyfunction]
pub(crate) fn _retell(result: &Bound<'_, PyTensor>, since: u64, shown: &Bound<'_, PyDict>) -> Outcome<()> {
    let mut told = Vec::with_capacity(shown.len());
    for (name, given) in shown.iter() {
        let name = interned(name.cast::<PyString>().map_err(PyErr::from)?.to_str()?);
        let is_behind = given.is(given.py().Ellipsis());
        told.push((name, if is_behind { Shown::Behind } else { of_object(name, &given) }));
    }
    retell(result.get().tensor(), Moment::of(since), told);
    Ok(())
}
