//! Binds the arguments of a call to a signature, as PyTorch's argument parser does.

use std::ffi::CString;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PyString, PyTuple};
use smallvec::SmallVec;

use crate::args::{Args, Slots};
use crate::batching::tensors::Batched;
use crate::errors::{Outcome, type_error};
use crate::ffi::op_type::Arguments;
use crate::number;
use crate::objects::device::is_device_like;
use crate::objects::dtype::PyDtype;
use crate::objects::generator::PyGenerator;
use crate::objects::layout::{PyLayout, PyMemoryFormat};
use crate::signature::{Kind, Param, Signature};
use crate::tensor::PyTensor;

/// NumPy's names for parameters, with PyTorch's.
const NUMPY_NAMES: [(&str, &str); 6] =
    [("axis", "dim"), ("keepdims", "keepdim"), ("x", "input"), ("a", "input"), ("x1", "input"), ("x2", "other")];

impl Kind {
    /// Could the object be an argument of this kind? Cheap checks of type only.
    pub(crate) fn accepts(self, object: &Bound<'_, PyAny>) -> bool {
        match self {
            Kind::Tensor => PyTensor::check(object),
            Kind::Operand => PyTensor::check(object) || number::is_number(object),
            Kind::Tensors | Kind::TensorVarargs => is_list_of(object, PyTensor::check),
            Kind::Scalar => number::is_number(object) || is_constant(object),
            Kind::Float => is_real(object) || is_constant(object),
            Kind::Int => is_int(object),
            Kind::Bool => object.is_exact_instance_of::<PyBool>() || number::is_numpy_bool(object),
            Kind::Str => object.is_instance_of::<PyString>(),
            Kind::Ints | Kind::IntVarargs => is_list_of_ints(object),
            Kind::IntOrInts => is_int(object) || is_list_of_ints(object),
            Kind::Floats => is_list_of(object, |item| is_real(item) || is_constant(item)),
            Kind::Dtype => object.is_instance_of::<PyDtype>() || number::is_python_type(object),
            Kind::Device => is_device_like(object),
            Kind::Layout => object.is_instance_of::<PyLayout>(),
            Kind::MemoryFormat => object.is_instance_of::<PyMemoryFormat>(),
            Kind::Generator => object.is_instance_of::<PyGenerator>(),
            Kind::Any => true,
            Kind::Unknown => false,
        }
    }
}

fn is_int(object: &Bound<'_, PyAny>) -> bool {
    if object.is_exact_instance_of::<PyInt>() {
        return true;
    }
    if object.is_instance_of::<PyBool>() || object.is_exact_instance_of::<PyFloat>() {
        return false;
    }
    object.is_instance_of::<PyInt>() || number::is_index(object)
}

fn is_real(object: &Bound<'_, PyAny>) -> bool {
    number::is_number(object) && !number::is_complex(object)
}

/// A 0-dim tensor may stand for a number, unless a gradient or a tangent would be lost.
fn is_constant(object: &Bound<'_, PyAny>) -> bool {
    let stands = |x: Batched| x.rank() == 0 && !x.tensor.requires_grad() && !x.tensor.is_dual();
    object.is_instance_of::<PyTensor>() && Batched::of(object).is_some_and(stands)
}

fn is_list_of(object: &Bound<'_, PyAny>, mut accepts: impl FnMut(&Bound<'_, PyAny>) -> bool) -> bool {
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return tuple.iter_borrowed().all(|item| accepts(&item));
    }
    match object.cast::<PyList>() {
        Ok(list) => list.iter().all(|item| accepts(&item)),
        Err(_) => false,
    }
}

/// Integers; truth values among them count as such, as in PyTorch, except for the first.
fn is_list_of_ints(object: &Bound<'_, PyAny>) -> bool {
    let mut is_first = true;
    is_list_of(object, |item| {
        let was_first = std::mem::take(&mut is_first);
        is_int(item) || !was_first && item.is_instance_of::<PyBool>()
    })
}

impl Param {
    fn accepts(&self, object: &Bound<'_, PyAny>) -> bool {
        (self.nullable && object.is_none())
            || self.kind.accepts(object)
            || object.is_none() && matches!(self.name, "requires_grad" | "pin_memory")
    }
}

/// Binds a call to the first signature that it fits; returns its number too. Messages do not count the tensor of a method.
pub(crate) fn bind<'s, 'a, 'py>(
    name: &str,
    signatures: &'s [Signature],
    call: Arguments<'a, 'py>,
    is_method: bool,
) -> Outcome<(usize, Args<'s, 'a, 'py>)> {
    for (i, signature) in signatures.iter().enumerate() {
        if let Ok(slots) = bind_one(signature, call) {
            if signature.deprecated {
                warn_of_old_way(call.python(), name, &signatures[0], signature)?;
            }
            return Ok((i, Args::new(signature, slots)));
        }
    }
    Err(refuse(name, signatures, call, usize::from(is_method))?)
}

/// Tells of a call in an old way, once for all.
#[cold]
fn warn_of_old_way(py: Python<'_>, name: &str, current: &Signature, old: &Signature) -> PyResult<()> {
    static TOLD: AtomicBool = AtomicBool::new(false);
    if TOLD.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let text = format!(
        "This overload of {name} is deprecated:\n\t{name}{}\nConsider using one of the following signatures instead:\n\t{name}{}",
        typed(old, 0),
        typed(current, 0)
    );
    PyErr::warn(py, &py.get_type::<PyUserWarning>(), &CString::new(text).unwrap_or_default(), 1)
}

/// Why a call does not fit a signature. It may well fit the next one, so that nothing is put into words here.
enum Mismatch<'py> {
    TooManyPositional,
    Unknown(Bound<'py, PyAny>),
    Twice(&'static str),
    Missing(SmallVec<[&'static str; 6]>),
    Type { param: usize, given: Bound<'py, PyAny> },
}

fn bind_one<'a, 'py>(signature: &Signature, call: Arguments<'a, 'py>) -> Result<Slots<'a, 'py>, Mismatch<'py>> {
    let mut slots: Slots<'a, 'py> = SmallVec::new();
    slots.resize(signature.params.len(), None);
    let mut given = call.len();
    if let Some(at) = varargs_from(signature, call) {
        // The remaining positional arguments are one list.
        let rest: Vec<_> = (at..given).map(|i| call.get(i).to_owned()).collect();
        let list = PyTuple::new(call.python(), rest).map_err(|_| Mismatch::TooManyPositional)?.into_any();
        check(signature, at, &list)?;
        slots[at] = Some(list.into());
        given = at;
    }
    if given > signature.positional {
        return Err(Mismatch::TooManyPositional);
    }
    for (i, slot) in slots.iter_mut().enumerate().take(given) {
        let object = call.get(i);
        check(signature, i, &object)?;
        if !object.is_none() {
            *slot = Some(object.into());
        }
    }
    for k in 0..call.keywords() {
        let (name, object) = call.keyword(k);
        let i = find(signature, &name).ok_or_else(|| Mismatch::Unknown((*name).clone()))?;
        if i < call.len() && i < given || slots[i].is_some() {
            return Err(Mismatch::Twice(signature.params[i].name));
        }
        check(signature, i, &object)?;
        if !object.is_none() {
            slots[i] = Some(object.into());
        }
    }
    let absent = |i: usize, p: &Param| p.is_required() && slots[i].is_none() && i >= given && !(p.nullable && names_it(call, p));
    if signature.params.iter().enumerate().skip(given).any(|(i, p)| absent(i, p)) {
        return Err(Mismatch::Missing(
            signature.params.iter().enumerate().filter(|(i, p)| absent(*i, p)).map(|(_, p)| p.name).collect(),
        ));
    }
    Ok(slots)
}

/// Is the parameter named among the keywords (with `None`)?
fn names_it(call: Arguments<'_, '_>, param: &Param) -> bool {
    (0..call.keywords()).any(|k| call.keyword(k).0.cast::<PyString>().is_ok_and(|s| s == param.name))
}

fn check<'py>(signature: &Signature, i: usize, object: &Bound<'py, PyAny>) -> Result<(), Mismatch<'py>> {
    if signature.params[i].accepts(object) {
        return Ok(());
    }
    Err(Mismatch::Type { param: i, given: object.clone() })
}

/// The position from which on the positional arguments are the items of a list.
fn varargs_from(signature: &Signature, call: Arguments<'_, '_>) -> Option<usize> {
    let at = signature.positional.checked_sub(1)?;
    let item = match signature.params[at].kind {
        Kind::IntVarargs => Kind::Int,
        Kind::TensorVarargs => Kind::Tensor,
        _ => return None,
    };
    (call.len() > at && item.accepts(&call.get(at))).then_some(at)
}

fn find(signature: &Signature, name: &Bound<'_, PyAny>) -> Option<usize> {
    let name = name.cast::<PyString>().ok()?.to_str().ok()?;
    let position = |wanted: &str| signature.params.iter().position(|p| p.name == wanted);
    position(name).or_else(|| NUMPY_NAMES.iter().find(|(numpy, _)| *numpy == name).and_then(|(_, own)| position(own)))
}

pub(crate) fn type_name(object: &Bound<'_, PyAny>) -> String {
    object.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string())
}

/// The `TypeError` for a call that fits no signature. So many arguments in front are not spoken of.
#[cold]
fn refuse(
    name: &str,
    signatures: &[Signature],
    call: Arguments<'_, '_>,
    silent: usize,
) -> Result<crate::errors::Failure, crate::errors::Failure> {
    if let [signature] = signatures
        && let Err(mismatch) = bind_one(signature, call)
    {
        return Ok(type_error(explain(name, signature, call, mismatch, silent)));
    }
    let got = describe_call(call, silent);
    let mut text = format!("{name}() received an invalid combination of arguments - got ({got}), but expected one of:");
    for signature in signatures {
        let _ = write!(text, "\n * {}", typed(signature, silent));
    }
    Ok(type_error(text))
}

fn explain(name: &str, signature: &Signature, call: Arguments<'_, '_>, mismatch: Mismatch<'_>, silent: usize) -> String {
    match mismatch {
        Mismatch::TooManyPositional => {
            let spoken = signature.params[..signature.positional].get(silent..).unwrap_or_default();
            let (least, most) = (spoken.iter().filter(|p| p.is_required()).count(), spoken.len());
            let range = if least == most { most.to_string() } else { format!("from {least} to {most}") };
            let plural = if range == "1" { "" } else { "s" };
            format!("{name}() takes {range} positional argument{plural} but {} were given", call.len().saturating_sub(silent))
        }
        Mismatch::Unknown(keyword) => format!("{name}() got an unexpected keyword argument '{keyword}'"),
        Mismatch::Twice(keyword) => format!("{name}() got multiple values for argument '{keyword}'"),
        Mismatch::Missing(names) => {
            let quoted: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
            format!("{name}() missing {} required positional arguments: {}", names.len(), quoted.join(", "))
        }
        Mismatch::Type { param, given } => {
            let got = type_name(&given);
            let position = (param + 1).saturating_sub(silent);
            let place = if param < call.len() && position > 0 { format!(" (position {position})") } else { String::new() };
            let param = &signature.params[param];
            let what = first_misfit(param.kind, &given)
                .map_or(format!("not {got}"), |first| format!("but found element of type {first} at pos 0"));
            format!("{name}(): argument '{}'{place} must be {}, {what}", param.name, param.kind.describe())
        }
    }
}

/// The type of the first of a list where integers were expected, if it is none.
fn first_misfit(kind: Kind, given: &Bound<'_, PyAny>) -> Option<String> {
    let is_list = given.is_instance_of::<PyTuple>() || given.is_instance_of::<PyList>();
    if !is_list || !matches!(kind, Kind::Ints | Kind::IntOrInts | Kind::IntVarargs) {
        return None;
    }
    let first = given.get_item(0).ok()?;
    (!is_int(&first)).then(|| type_name(&first))
}

fn describe_call(call: Arguments<'_, '_>, silent: usize) -> String {
    let positional = (silent..call.len()).map(|i| type_name(&call.get(i)));
    let keywords = (0..call.keywords()).map(|k| {
        let (name, object) = call.keyword(k);
        format!("{}={}", *name, type_name(&object))
    });
    positional.chain(keywords).collect::<Vec<_>>().join(", ")
}

/// With types, for messages: `(Tensor input, tuple of ints dim = None, *, ...)`.
fn typed(signature: &Signature, silent: usize) -> String {
    let mut text = String::from("(");
    // A method has no `out`.
    let spoken = |(_, param): &(usize, &Param)| silent == 0 || param.name != "out";
    for (i, param) in signature.params.iter().enumerate().skip(silent).filter(spoken) {
        if i > silent {
            text.push_str(", ");
        }
        if i == signature.positional {
            text.push_str("*, ");
        }
        let _ = write!(text, "{} {}", param.kind.describe(), param.name);
        if !param.is_required() {
            let _ = write!(text, " = {}", param.default_text);
        }
    }
    text.push(')');
    text
}
