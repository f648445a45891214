//! Python's operators on tensors.

use ferrotorch_core::Row;
use ferrotorch_core::error::Class;
use ferrotorch_core::ops::matmul;
use ferrotorch_core::ops::pointwise::{Arg, Inputs, arithmetic, bitwise, comparison, run_in_place, run_on};
use ferrotorch_core::outside::LONG;
use ferrotorch_core::{DType, Error, Scalar, Tensor, interrupt};
use pyo3::basic::CompareOp;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::{PyTensor, wrap};
use crate::batching::{self, operators};
use crate::compose;
use crate::data;
use crate::errors::{Outcome, type_error};
use crate::ffi::attach::detached;
use crate::number;

const ONE: [Scalar; 1] = [Scalar::Int(1)];

/// The right operand of an operator.
enum Other<'o> {
    Tensor(&'o Tensor),
    Owned(Tensor),
    Number(Scalar),
}

impl Other<'_> {
    fn arg(&self) -> Arg<'_> {
        match self {
            Other::Tensor(tensor) => Arg::Tensor(tensor),
            Other::Owned(tensor) => Arg::Tensor(tensor),
            Other::Number(x) => Arg::Scalar(*x),
        }
    }
}

/// Tensors first, Python's numbers second; `None` for what operators do not know.
#[inline]
fn other<'o>(object: &'o Bound<'_, PyAny>) -> Outcome<Option<Other<'o>>> {
    if let Ok(tensor) = object.cast_exact::<PyTensor>() {
        return Ok(Some(Other::Tensor(tensor.get().tensor())));
    }
    match number::exact_scalar(object)? {
        Some(x) => Ok(Some(Other::Number(x))),
        None => unusual(object),
    }
}

#[cold]
fn unusual<'o>(object: &'o Bound<'_, PyAny>) -> Outcome<Option<Other<'o>>> {
    if let Some(tensor) = PyTensor::get(object) {
        return Ok(Some(Other::Tensor(tensor)));
    }
    if number::is_number(object) {
        return Ok(Some(Other::Number(number::scalar(object)?)));
    }
    if data::is_ndarray(object) {
        return Ok(Some(Other::Owned(data::from_numpy(object)?)));
    }
    Ok(None)
}

/// The right operand of an in-place operator. What operators do not know is refused when it is taken from Python: a
/// refusal there means "not implemented", and the interpreter asks the other operand next.
struct Operand<'a, 'py>(Borrowed<'a, 'py, PyAny>);

impl<'a, 'py> FromPyObject<'a, 'py> for Operand<'a, 'py> {
    type Error = PyErr;

    fn extract(object: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let known = object.is_exact_instance_of::<PyTensor>()
            || number::is_number(&object)
            || PyTensor::get(&object).is_some()
            || data::is_ndarray(&object);
        if known { Ok(Self(object)) } else { Err(PyTypeError::new_err("not an operand of tensors")) }
    }
}

fn compute(py: Python<'_>, size: usize, work: impl FnOnce() -> ferrotorch_core::Result<Tensor> + Send) -> Outcome<Py<PyAny>> {
    let result = if size >= LONG { detached(py, || interrupt::with(true, work)) } else { work() };
    Ok(wrap(py, result?)?)
}

fn binary(
    slf: &Bound<'_, PyTensor>,
    object: &Bound<'_, PyAny>,
    row: &'static Row,
    params: &[Scalar],
    reflected: bool,
) -> Outcome<Py<PyAny>> {
    let py = slf.py();
    let Some(other) = other(object)? else { return Ok(py.NotImplemented()) };
    let this = slf.get().tensor();
    let (a, b) = if reflected { (other.arg(), Arg::Tensor(this)) } else { (Arg::Tensor(this), other.arg()) };
    let args = [a, b];
    if batching::is_on() {
        let (x, y) = if reflected { (object, slf.as_any()) } else { (slf.as_any(), object) };
        let operands = [operators::Operand::new(x, a), operators::Operand::new(y, b)];
        if !operators::levels(&operands).is_none() {
            return operators::compute(py, row, params, &operands);
        }
    }
    let mut inputs = Inputs::new(&args);
    compute(py, inputs.numel(), || run_on(row, &mut inputs, params))
}

fn in_place(slf: &Bound<'_, PyTensor>, operand: &Operand<'_, '_>, row: &'static Row, params: &[Scalar]) -> Outcome<()> {
    let Some(other) = other(&operand.0)? else {
        return Err(type_error(format!(
            "unsupported operand type(s) for {}_: 'Tensor' and {}",
            row.op.name,
            operand.0.get_type()
        )));
    };
    let this = slf.get().tensor();
    if batching::is_on() && !(slf.get().levels().is_none() && PyTensor::levels_of(&operand.0).is_none()) {
        return operators::write(slf, row, params, operators::Operand::new(&operand.0, other.arg()));
    }
    let work = || run_in_place(row, this, &[other.arg()], params);
    let done = if this.numel() >= LONG { detached(slf.py(), || interrupt::with(false, work)) } else { work() };
    Ok(done?)
}

fn unary(slf: &Bound<'_, PyTensor>, row: &'static Row) -> Outcome<Py<PyAny>> {
    let args = [Arg::Tensor(slf.get().tensor())];
    if !slf.get().levels().is_none() {
        return operators::compute(slf.py(), row, &[], &[operators::Operand::new(slf, args[0])]);
    }
    let mut inputs = Inputs::new(&args);
    compute(slf.py(), inputs.numel(), || run_on(row, &mut inputs, &[]))
}

fn product(slf: &Bound<'_, PyTensor>, object: &Bound<'_, PyAny>, reflected: bool) -> Outcome<Py<PyAny>> {
    let Some(other) = PyTensor::get(object) else { return Ok(slf.py().NotImplemented()) };
    let this = slf.get().tensor();
    if batching::is_on() && !(slf.get().levels().is_none() && PyTensor::levels_of(object).is_none()) {
        return if reflected { operators::product(object, slf) } else { operators::product(slf, object) };
    }
    let (a, b) = if reflected { (other, this) } else { (this, other) };
    compute(slf.py(), a.numel().max(b.numel()), || matmul::matmul(a, b))
}

macro_rules! operators {
    ($($name:ident $reflected:ident $assign:ident $row:expr, $params:expr, $turned:expr;)*) => {
        #[pymethods]
        impl PyTensor { $(
            fn $name(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> { binary(slf, other, &$row, $params, false) }
            fn $reflected(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> { binary(slf, other, &$row, $params, $turned) }
            fn $assign(slf: &Bound<'_, Self>, other: Operand<'_, '_>) -> Outcome<()> { in_place(slf, &other, &$row, $params) }
        )* }
    };
}

// The last word: does the tensor stand behind the other operand in a reflected call? Where that makes no difference it stands in front, as in
// PyTorch's graph.
operators! {
    __add__ __radd__ __iadd__ arithmetic::ADD, &ONE, false;
    __sub__ __rsub__ __isub__ arithmetic::SUB, &ONE, true;
    __mul__ __rmul__ __imul__ arithmetic::MUL, &[], false;
    __floordiv__ __rfloordiv__ __ifloordiv__ arithmetic::FLOOR_DIVIDE, &[], true;
    __mod__ __rmod__ __imod__ arithmetic::REMAINDER, &[], true;
    __and__ __rand__ __iand__ bitwise::BITWISE_AND, &[], true;
    __or__ __ror__ __ior__ bitwise::BITWISE_OR, &[], true;
    __xor__ __rxor__ __ixor__ bitwise::BITWISE_XOR, &[], true;
    __lshift__ __rlshift__ __ilshift__ bitwise::LEFT_SHIFT, &[], true;
    __rshift__ __rrshift__ __irshift__ bitwise::RIGHT_SHIFT, &[], true;
}

#[pymethods]
impl PyTensor {
    fn __truediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
        binary(slf, other, &arithmetic::DIV, &[], false)
    }

    /// There is no division of complex numbers of half precision, but this quotient is a product.
    fn __rtruediv__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
        if slf.get().tensor().dtype() == DType::Float16 && matches!(number::exact_scalar(other)?, Some(Scalar::Complex(_))) {
            return binary(unary(slf, &arithmetic::RECIPROCAL)?.bind(slf.py()).cast()?, other, &arithmetic::MUL, &[], false);
        }
        binary(slf, other, &arithmetic::DIV, &[], true)
    }

    fn __itruediv__(slf: &Bound<'_, Self>, other: Operand<'_, '_>) -> Outcome<()> {
        in_place(slf, &other, &arithmetic::DIV, &[])
    }

    fn __pow__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, modulo: Option<&Bound<'_, PyAny>>) -> Outcome<Py<PyAny>> {
        if modulo.is_some_and(|modulo| !modulo.is_none()) {
            return Ok(slf.py().NotImplemented());
        }
        if let (DType::Bool, Some(Scalar::Bool(exponent))) = (slf.get().tensor().dtype(), number::exact_scalar(other)?) {
            return Ok(wrap(slf.py(), compose::power_of_truth(slf.get().tensor(), exponent)?)?);
        }
        binary(slf, other, &arithmetic::POW, &[], false)
    }

    fn __rpow__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, _modulo: Option<&Bound<'_, PyAny>>) -> Outcome<Py<PyAny>> {
        binary(slf, other, &arithmetic::POW, &[], true)
    }

    fn __ipow__(slf: &Bound<'_, Self>, other: Operand<'_, '_>, _modulo: Option<&Bound<'_, PyAny>>) -> Outcome<()> {
        in_place(slf, &other, &arithmetic::POW, &[])
    }

    fn __matmul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
        product(slf, other, false)
    }

    fn __rmatmul__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
        product(slf, other, true)
    }

    fn __neg__(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        unary(slf, &arithmetic::NEG)
    }

    fn __pos__<'py>(slf: &Bound<'py, Self>) -> Outcome<Bound<'py, Self>> {
        if slf.get().tensor().dtype() == DType::Bool {
            let text = "The `+` operator, on a bool tensor is not supported.";
            return Err(Error::message(Class::NotImplemented, text).into());
        }
        Ok(slf.clone())
    }

    fn __abs__(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        unary(slf, &arithmetic::ABS)
    }

    fn __invert__(slf: &Bound<'_, Self>) -> Outcome<Py<PyAny>> {
        if !slf.get().tensor().dtype().is_integral() {
            return Err(type_error("~ (operator.invert) is only implemented on integer and Boolean-type tensors"));
        }
        unary(slf, &bitwise::BITWISE_NOT)
    }

    fn __richcmp__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, op: CompareOp) -> Outcome<Py<PyAny>> {
        let row = match op {
            CompareOp::Lt => &comparison::LT,
            CompareOp::Le => &comparison::LE,
            CompareOp::Eq => &comparison::EQ,
            CompareOp::Ne => &comparison::NE,
            CompareOp::Gt => &comparison::GT,
            CompareOp::Ge => &comparison::GE,
        };
        binary(slf, other, row, &[], false)
    }

    fn __hash__(slf: &Bound<'_, Self>) -> isize {
        // What `id` returns, as PyTorch has it.
        slf.as_ptr() as isize
    }
}
