//! Python's operators on tensors as they are seen from outside: the slots of the class `Tensor`, each behind a function that
//! asks for overrides (`doors.rs`).

use std::ffi::{CStr, c_int, c_void};
use std::mem::{transmute, transmute_copy};
use std::ptr;

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::attach::in_slot;
use super::doors::Behind;
use super::op_type::into_raw;
use super::plain::{answer, goes_through};
use crate::intercept::target::Target;
use crate::tensor::PyTensor;

/// A binary operator `F`: what is called for it, and for its reflected form, and the function that is put before both slots.
struct Operator<F> {
    names: [&'static CStr; 2],
    forward: &'static str,
    reflected: &'static str,
    function: F,
    behind: Behind,
}

const fn operator<F>(names: [&'static CStr; 2], forward: &'static str, reflected: &'static str, function: F) -> Operator<F> {
    Operator { names, forward, reflected, function, behind: Behind::nothing() }
}

static BINARY: [Operator<ffi::binaryfunc>; 12] = [
    operator([c"__add__", c"__radd__"], "add", "add", binary::<0>),
    operator([c"__sub__", c"__rsub__"], "sub", "__rsub__", binary::<1>),
    operator([c"__mul__", c"__rmul__"], "mul", "mul", binary::<2>),
    operator([c"__truediv__", c"__rtruediv__"], "div", "__rtruediv__", binary::<3>),
    operator([c"__floordiv__", c"__rfloordiv__"], "__floordiv__", "__rfloordiv__", binary::<4>),
    operator([c"__mod__", c"__rmod__"], "remainder", "__rmod__", binary::<5>),
    operator([c"__matmul__", c"__rmatmul__"], "matmul", "__rmatmul__", binary::<6>),
    operator([c"__and__", c"__rand__"], "__and__", "bitwise_and", binary::<7>),
    operator([c"__or__", c"__ror__"], "__or__", "bitwise_or", binary::<8>),
    operator([c"__xor__", c"__rxor__"], "__xor__", "bitwise_xor", binary::<9>),
    operator([c"__lshift__", c"__rlshift__"], "__lshift__", "__rlshift__", binary::<10>),
    operator([c"__rshift__", c"__rrshift__"], "__rshift__", "__rrshift__", binary::<11>),
];

static POWER: Operator<ffi::ternaryfunc> = operator([c"__pow__", c"__rpow__"], "__pow__", "__rpow__", power);

/// Any other slot: its name, what is called for it, and the function that is put before it.
struct Slot<F> {
    name: &'static CStr,
    target: &'static str,
    function: F,
    behind: Behind,
}

const fn slot<F>(name: &'static CStr, target: &'static str, function: F) -> Slot<F> {
    Slot { name, target, function, behind: Behind::nothing() }
}

static IN_PLACE: [Slot<ffi::binaryfunc>; 11] = [
    slot(c"__iadd__", "add_", in_place::<0>),
    slot(c"__isub__", "sub_", in_place::<1>),
    slot(c"__imul__", "mul_", in_place::<2>),
    slot(c"__itruediv__", "div_", in_place::<3>),
    slot(c"__ifloordiv__", "floor_divide_", in_place::<4>),
    slot(c"__imod__", "remainder_", in_place::<5>),
    slot(c"__iand__", "__iand__", in_place::<6>),
    slot(c"__ior__", "__ior__", in_place::<7>),
    slot(c"__ixor__", "__ixor__", in_place::<8>),
    slot(c"__ilshift__", "__ilshift__", in_place::<9>),
    slot(c"__irshift__", "__irshift__", in_place::<10>),
];

static UNARY: [Slot<ffi::unaryfunc>; 7] = [
    slot(c"__neg__", "neg", unary::<0>),
    slot(c"__pos__", "positive", unary::<1>),
    slot(c"__abs__", "abs", unary::<2>),
    slot(c"__invert__", "__invert__", unary::<3>),
    slot(c"__int__", "__int__", unary::<4>),
    slot(c"__float__", "__float__", unary::<5>),
    slot(c"__index__", "__index__", unary::<6>),
];

static IN_PLACE_POWER: Slot<ffi::ternaryfunc> = slot(c"__ipow__", "__ipow__", in_place_power);
static TRUTH: Slot<ffi::inquiry> = slot(c"__bool__", "__bool__", truth);
static LENGTH: Slot<ffi::lenfunc> = slot(c"__len__", "__len__", length);
static CONTAINS: Slot<ffi::objobjproc> = slot(c"__contains__", "__contains__", contains);
static GET_ITEM: Slot<ffi::binaryfunc> = slot(c"__getitem__", "__getitem__", get_item);
static SET_ITEM: Slot<ffi::objobjargproc> = slot(c"__setitem__", "__setitem__", set_item);
static ITERATE: Slot<ffi::getiterfunc> = slot(c"__iter__", "unbind", iterate);
/// What is behind the one slot of all comparisons.
static COMPARE: Behind = Behind::nothing();
/// What is called for a comparison, by its number; and the names of the slot's descriptors.
const COMPARISONS: [&str; 6] = ["lt", "le", "__eq__", "ne", "gt", "ge"];
const COMPARISON_NAMES: [&CStr; 6] = [c"__lt__", c"__le__", c"__eq__", c"__ne__", c"__gt__", c"__ge__"];

/// What a slot comes to: what is behind it, unless somebody is to be asked and answers.
///
/// # Safety
/// As for [`goes_through`].
#[inline(always)]
unsafe fn asking<R>(values: &[*mut ffi::PyObject], go_on: impl Fn() -> R, ask: impl FnOnce() -> Option<R>) -> R {
    // SAFETY: the caller's promise.
    if unsafe { goes_through(values) } { go_on() } else { ask().unwrap_or_else(go_on) }
}

/// The answer to a call of a member of the class.
///
/// # Safety
/// As for [`goes_through`].
unsafe fn answer_of(target: &'static str, values: &[*mut ffi::PyObject]) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise.
    unsafe { answer(&Target::member(target), values, ptr::null_mut()) }
}

/// [`answer_of`] where a `TypeError` means that the other operand is to be asked.
///
/// # Safety
/// As for [`goes_through`].
#[cold]
unsafe fn answer_of_operand(target: &'static str, values: &[*mut ffi::PyObject]) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise; the error indicator is looked at attached.
    unsafe {
        let object = answer_of(target, values)?;
        if object.is_null() && ffi::PyErr_ExceptionMatches(ffi::PyExc_TypeError) != 0 {
            ffi::PyErr_Clear();
            let declined = ffi::Py_NotImplemented();
            ffi::Py_INCREF(declined);
            return Some(declined);
        }
        Some(object)
    }
}

/// # Safety
/// Called by the interpreter as a slot of the class, or of a subclass.
unsafe fn answer_of_binary<F>(row: &Operator<F>, a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise.
    unsafe {
        let is_tensor = |object| in_slot(|py| PyTensor::check(&Bound::from_borrowed_ptr(py, object)));
        if !is_tensor(a) {
            return answer_of_operand(row.reflected, &[b, a]);
        }
        let answer = answer_of_operand(row.forward, &[a, b])?;
        // The interpreter asks the right operand next only where that has another function for the operator.
        if answer == ffi::Py_NotImplemented() && ffi::Py_TYPE(a) != ffi::Py_TYPE(b) && is_tensor(b) {
            ffi::Py_DECREF(answer);
            return answer_of_operand(row.reflected, &[b, a]);
        }
        Some(answer)
    }
}

unsafe extern "C" fn binary<const N: usize>(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the interpreter calls this slot with two live objects; what is behind it was there as a slot of this type.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::binaryfunc>(BINARY[N].behind.get())(a, b);
        asking(&[a, b], go_on, || answer_of_binary(&BINARY[N], a, b))
    }
}

unsafe extern "C" fn in_place<const N: usize>(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::binaryfunc>(IN_PLACE[N].behind.get())(a, b);
        asking(&[a, b], go_on, || answer_of_operand(IN_PLACE[N].target, &[a, b]))
    }
}

unsafe extern "C" fn power(a: *mut ffi::PyObject, b: *mut ffi::PyObject, modulo: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::ternaryfunc>(POWER.behind.get())(a, b, modulo);
        asking(&[a, b], go_on, || answer_of_binary(&POWER, a, b))
    }
}

unsafe extern "C" fn in_place_power(
    a: *mut ffi::PyObject,
    b: *mut ffi::PyObject,
    modulo: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::ternaryfunc>(IN_PLACE_POWER.behind.get())(a, b, modulo);
        asking(&[a, b], go_on, || answer_of_operand(IN_PLACE_POWER.target, &[a, b]))
    }
}

unsafe extern "C" fn unary<const N: usize>(a: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::unaryfunc>(UNARY[N].behind.get())(a);
        asking(&[a], go_on, || answer_of(UNARY[N].target, &[a]))
    }
}

unsafe extern "C" fn compare(a: *mut ffi::PyObject, b: *mut ffi::PyObject, which: c_int) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::richcmpfunc>(COMPARE.get())(a, b, which);
        asking(&[a, b], go_on, || answer_of_operand(COMPARISONS.get(which as usize)?, &[a, b]))
    }
}

unsafe extern "C" fn get_item(a: *mut ffi::PyObject, index: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::binaryfunc>(GET_ITEM.behind.get())(a, index);
        asking(&[a, index], go_on, || answer_of(GET_ITEM.target, &[a, index]))
    }
}

unsafe extern "C" fn set_item(a: *mut ffi::PyObject, index: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    // SAFETY: as for `binary`; without a value an item is to be deleted.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::objobjargproc>(SET_ITEM.behind.get())(a, index, value);
        if value.is_null() {
            return go_on();
        }
        asking(&[a, index, value], go_on, || Some(done(answer_of(SET_ITEM.target, &[a, index, value])?)))
    }
}

unsafe extern "C" fn truth(a: *mut ffi::PyObject) -> c_int {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::inquiry>(TRUTH.behind.get())(a);
        asking(&[a], go_on, || Some(truth_of(answer_of(TRUTH.target, &[a])?)))
    }
}

unsafe extern "C" fn contains(a: *mut ffi::PyObject, item: *mut ffi::PyObject) -> c_int {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::objobjproc>(CONTAINS.behind.get())(a, item);
        asking(&[a, item], go_on, || Some(truth_of(answer_of(CONTAINS.target, &[a, item])?)))
    }
}

unsafe extern "C" fn length(a: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::lenfunc>(LENGTH.behind.get())(a);
        asking(&[a], go_on, || Some(length_of(answer_of(LENGTH.target, &[a])?)))
    }
}

/// What is no plain tensor is iterated over by calls that can be overridden in turn.
unsafe extern "C" fn iterate(a: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::getiterfunc>(ITERATE.behind.get())(a);
        let rows = |py: Python<'_>| -> PyResult<Py<PyAny>> {
            let tensor = Bound::from_borrowed_ptr(py, a);
            if tensor.call_method0("dim")?.eq(0)? {
                return Err(PyTypeError::new_err("iteration over a 0-d tensor"));
            }
            Ok(tensor.call_method1(ITERATE.target, (0,))?.try_iter()?.into_any().unbind())
        };
        asking(&[a], go_on, || Some(in_slot(|py| into_raw(py, rows(py)))))
    }
}

/// # Safety
/// A new reference, or null with an error.
unsafe fn length_of(object: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    if object.is_null() {
        return -1;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let length = ffi::PyNumber_AsSsize_t(object, ffi::PyExc_OverflowError);
        ffi::Py_DECREF(object);
        length
    }
}

/// # Safety
/// A new reference, or null with an error.
unsafe fn truth_of(object: *mut ffi::PyObject) -> c_int {
    if object.is_null() {
        return -1;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let truth = ffi::PyObject_IsTrue(object);
        ffi::Py_DECREF(object);
        truth
    }
}

/// # Safety
/// As for [`truth_of`].
unsafe fn done(object: *mut ffi::PyObject) -> c_int {
    if object.is_null() {
        return -1;
    }
    // SAFETY: the caller's promise.
    unsafe { ffi::Py_DECREF(object) };
    0
}

/// Puts `function` before what the class has under a name: in its slots and in the descriptor by which Python calls it.
///
/// # Safety
/// `function` has the type of the slot of that name.
unsafe fn put_before(class: &Bound<'_, PyType>, name: &CStr, behind: &Behind, function: *mut c_void) -> PyResult<()> {
    let descriptor = class.getattr(pyo3::types::PyString::new(class.py(), &name.to_string_lossy()))?;
    // SAFETY: what is written to is a descriptor of that very type, and a slot of a heap type of this module at the offset
    // that the descriptor tells, before the class has instances or subclasses.
    unsafe {
        if ffi::Py_TYPE(descriptor.as_ptr()) != &raw mut ffi::PyWrapperDescr_Type {
            return Err(PyRuntimeError::new_err(format!("Tensor has no slot {}", name.to_string_lossy())));
        }
        let descriptor = descriptor.as_ptr().cast::<ffi::PyWrapperDescrObject>();
        let slot = class.as_ptr().byte_offset((*(*descriptor).d_base).offset as isize).cast::<*mut c_void>();
        if behind.get().is_null() {
            behind.set((*descriptor).d_wrapped);
        }
        (*descriptor).d_wrapped = function;
        *slot = function;
    }
    Ok(())
}

/// [`put_before`] for slots of one type.
///
/// # Safety
/// As for [`put_before`]: `F` is the type of the slots' functions.
unsafe fn put_all<'a, F: Copy + 'a>(class: &Bound<'_, PyType>, slots: impl IntoIterator<Item = &'a Slot<F>>) -> PyResult<()> {
    // SAFETY: the caller's promise; a function of the type of a slot is as large as an address.
    slots.into_iter().try_for_each(|slot| unsafe { put_before(class, slot.name, &slot.behind, transmute_copy(&slot.function)) })
}

/// Puts the functions above before the slots of `Tensor`. To be called before the class has instances.
pub(crate) fn install(class: &Bound<'_, PyType>) -> PyResult<()> {
    // SAFETY: every function has the type of the slot that it is put before.
    unsafe {
        for row in &BINARY {
            row.names.iter().try_for_each(|name| put_before(class, name, &row.behind, row.function as *mut c_void))?;
        }
        for name in POWER.names {
            put_before(class, name, &POWER.behind, POWER.function as *mut c_void)?;
        }
        for name in COMPARISON_NAMES {
            put_before(class, name, &COMPARE, compare as *mut c_void)?;
        }
        put_all(class, &IN_PLACE)?;
        put_all(class, &UNARY)?;
        put_all(class, [&IN_PLACE_POWER])?;
        put_all(class, [&TRUTH])?;
        put_all(class, [&LENGTH])?;
        put_all(class, [&CONTAINS])?;
        put_all(class, [&GET_ITEM])?;
        put_all(class, [&SET_ITEM])?;
        put_all(class, [&ITERATE])
    }
}
