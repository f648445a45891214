//! Python's operators on tensors as they are seen from outside: the slots of the class `Tensor`, each behind a function that
//! asks for overrides (`doors.rs`).

use std::ffi::{CStr, c_int, c_void};
use std::mem::transmute;
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

/// A binary operator: what is called for it, and for its reflected form.
struct Binary {
    name: &'static CStr,
    forward: &'static str,
    reflected_name: &'static CStr,
    reflected: &'static str,
    behind: Behind,
}

const fn operator(name: &'static CStr, forward: &'static str, reflected_name: &'static CStr, reflected: &'static str) -> Binary {
    Binary { name, forward, reflected_name, reflected, behind: Behind::nothing() }
}

static BINARY: [Binary; 12] = [
    operator(c"__add__", "add", c"__radd__", "add"),
    operator(c"__sub__", "sub", c"__rsub__", "__rsub__"),
    operator(c"__mul__", "mul", c"__rmul__", "mul"),
    operator(c"__truediv__", "div", c"__rtruediv__", "__rtruediv__"),
    operator(c"__floordiv__", "__floordiv__", c"__rfloordiv__", "__rfloordiv__"),
    operator(c"__mod__", "remainder", c"__rmod__", "__rmod__"),
    operator(c"__matmul__", "matmul", c"__rmatmul__", "__rmatmul__"),
    operator(c"__and__", "__and__", c"__rand__", "bitwise_and"),
    operator(c"__or__", "__or__", c"__ror__", "bitwise_or"),
    operator(c"__xor__", "__xor__", c"__rxor__", "bitwise_xor"),
    operator(c"__lshift__", "__lshift__", c"__rlshift__", "__rlshift__"),
    operator(c"__rshift__", "__rshift__", c"__rrshift__", "__rrshift__"),
];

static POWER: Binary = operator(c"__pow__", "__pow__", c"__rpow__", "__rpow__");

/// [`answer`] where a `TypeError` means that the other operand is to be asked.
///
/// # Safety
/// As for [`goes_through`].
#[cold]
unsafe fn answer_of_operand(name: &'static str, values: &[*mut ffi::PyObject]) -> Option<*mut ffi::PyObject> {
    // SAFETY: the caller's promise; the error indicator is looked at attached.
    unsafe {
        let object = answer(&Target::member(name), values, ptr::null_mut())?;
        if object.is_null() && ffi::PyErr_ExceptionMatches(ffi::PyExc_TypeError) != 0 {
            ffi::PyErr_Clear();
            let declined = ffi::Py_NotImplemented();
            ffi::Py_INCREF(declined);
            return Some(declined);
        }
        Some(object)
    }
}

/// Any other slot: its name, and what is called for it.
struct Slot {
    name: &'static CStr,
    target: &'static str,
    behind: Behind,
}

const fn slot(name: &'static CStr, target: &'static str) -> Slot {
    Slot { name, target, behind: Behind::nothing() }
}

static IN_PLACE: [Slot; 11] = [
    slot(c"__iadd__", "add_"),
    slot(c"__isub__", "sub_"),
    slot(c"__imul__", "mul_"),
    slot(c"__itruediv__", "div_"),
    slot(c"__ifloordiv__", "floor_divide_"),
    slot(c"__imod__", "remainder_"),
    slot(c"__iand__", "__iand__"),
    slot(c"__ior__", "__ior__"),
    slot(c"__ixor__", "__ixor__"),
    slot(c"__ilshift__", "__ilshift__"),
    slot(c"__irshift__", "__irshift__"),
];

static UNARY: [Slot; 7] = [
    slot(c"__neg__", "neg"),
    slot(c"__pos__", "positive"),
    slot(c"__abs__", "abs"),
    slot(c"__invert__", "__invert__"),
    slot(c"__int__", "__int__"),
    slot(c"__float__", "__float__"),
    slot(c"__index__", "__index__"),
];

static IN_PLACE_POWER: Slot = slot(c"__ipow__", "__ipow__");
static TRUTH: Slot = slot(c"__bool__", "__bool__");
static LENGTH: Slot = slot(c"__len__", "__len__");
static CONTAINS: Slot = slot(c"__contains__", "__contains__");
static GET_ITEM: Slot = slot(c"__getitem__", "__getitem__");
static SET_ITEM: Slot = slot(c"__setitem__", "__setitem__");
static ITERATE: Slot = slot(c"__iter__", "unbind");
static COMPARE: Slot = slot(c"__eq__", "__eq__");
/// What is called for a comparison, by its number; and the names of the slot's descriptors.
const COMPARISONS: [&str; 6] = ["lt", "le", "__eq__", "ne", "gt", "ge"];
const COMPARISON_NAMES: [&CStr; 6] = [c"__lt__", c"__le__", c"__eq__", c"__ne__", c"__gt__", c"__ge__"];

/// # Safety
/// Called by the interpreter as a slot of the class, or of a subclass.
unsafe fn answer_of_binary(row: &'static Binary, a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> Option<*mut ffi::PyObject> {
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
        if goes_through(&[a, b]) { go_on() } else { answer_of_binary(&BINARY[N], a, b).unwrap_or_else(go_on) }
    }
}

unsafe extern "C" fn in_place<const N: usize>(a: *mut ffi::PyObject, b: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::binaryfunc>(IN_PLACE[N].behind.get())(a, b);
        if goes_through(&[a, b]) { go_on() } else { answer_of_operand(IN_PLACE[N].target, &[a, b]).unwrap_or_else(go_on) }
    }
}

unsafe extern "C" fn power(a: *mut ffi::PyObject, b: *mut ffi::PyObject, modulo: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::ternaryfunc>(POWER.behind.get())(a, b, modulo);
        if goes_through(&[a, b]) { go_on() } else { answer_of_binary(&POWER, a, b).unwrap_or_else(go_on) }
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
        if goes_through(&[a, b]) { go_on() } else { answer_of_operand(IN_PLACE_POWER.target, &[a, b]).unwrap_or_else(go_on) }
    }
}

unsafe extern "C" fn unary<const N: usize>(a: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::unaryfunc>(UNARY[N].behind.get())(a);
        if goes_through(&[a]) {
            return go_on();
        }
        answer(&Target::member(UNARY[N].target), &[a], ptr::null_mut()).unwrap_or_else(go_on)
    }
}

unsafe extern "C" fn compare(a: *mut ffi::PyObject, b: *mut ffi::PyObject, which: c_int) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::richcmpfunc>(COMPARE.behind.get())(a, b, which);
        if goes_through(&[a, b]) {
            return go_on();
        }
        let target = COMPARISONS.get(which as usize);
        target.and_then(|target| answer_of_operand(target, &[a, b])).unwrap_or_else(go_on)
    }
}

unsafe extern "C" fn get_item(a: *mut ffi::PyObject, index: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::binaryfunc>(GET_ITEM.behind.get())(a, index);
        if goes_through(&[a, index]) {
            return go_on();
        }
        answer(&Target::member(GET_ITEM.target), &[a, index], ptr::null_mut()).unwrap_or_else(go_on)
    }
}

unsafe extern "C" fn set_item(a: *mut ffi::PyObject, index: *mut ffi::PyObject, value: *mut ffi::PyObject) -> c_int {
    // SAFETY: as for `binary`; without a value an item is to be deleted.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::objobjargproc>(SET_ITEM.behind.get())(a, index, value);
        if value.is_null() || goes_through(&[a, index, value]) {
            return go_on();
        }
        let target = Target::member(SET_ITEM.target);
        answer(&target, &[a, index, value], ptr::null_mut()).map_or_else(go_on, |object| done(object))
    }
}

unsafe extern "C" fn truth(a: *mut ffi::PyObject) -> c_int {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::inquiry>(TRUTH.behind.get())(a);
        if goes_through(&[a]) {
            return go_on();
        }
        answer(&Target::member(TRUTH.target), &[a], ptr::null_mut()).map_or_else(go_on, |object| truth_of(object))
    }
}

unsafe extern "C" fn contains(a: *mut ffi::PyObject, item: *mut ffi::PyObject) -> c_int {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::objobjproc>(CONTAINS.behind.get())(a, item);
        if goes_through(&[a, item]) {
            return go_on();
        }
        answer(&Target::member(CONTAINS.target), &[a, item], ptr::null_mut()).map_or_else(go_on, |object| truth_of(object))
    }
}

unsafe extern "C" fn length(a: *mut ffi::PyObject) -> ffi::Py_ssize_t {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::lenfunc>(LENGTH.behind.get())(a);
        if goes_through(&[a]) {
            return go_on();
        }
        let Some(object) = answer(&Target::member(LENGTH.target), &[a], ptr::null_mut()) else { return go_on() };
        if object.is_null() {
            return -1;
        }
        let length = ffi::PyNumber_AsSsize_t(object, ffi::PyExc_OverflowError);
        ffi::Py_DECREF(object);
        length
    }
}

/// What is no plain tensor is iterated over by calls that can be overridden in turn.
unsafe extern "C" fn iterate(a: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: as for `binary`.
    unsafe {
        let go_on = || transmute::<*mut c_void, ffi::getiterfunc>(ITERATE.behind.get())(a);
        if goes_through(&[a]) {
            return go_on();
        }
        let rows = |py: Python<'_>| -> PyResult<Py<PyAny>> {
            let tensor = Bound::from_borrowed_ptr(py, a);
            if tensor.call_method0("dim")?.eq(0)? {
                return Err(PyTypeError::new_err("iteration over a 0-d tensor"));
            }
            Ok(tensor.call_method1(ITERATE.target, (0,))?.try_iter()?.into_any().unbind())
        };
        in_slot(|py| into_raw(py, rows(py)))
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

/// Puts the functions above before the slots of `Tensor`. To be called before the class has instances.
pub(crate) fn install(class: &Bound<'_, PyType>) -> PyResult<()> {
    const BINARY_FUNCTIONS: [ffi::binaryfunc; 12] = [
        binary::<0>,
        binary::<1>,
        binary::<2>,
        binary::<3>,
        binary::<4>,
        binary::<5>,
        binary::<6>,
        binary::<7>,
        binary::<8>,
        binary::<9>,
        binary::<10>,
        binary::<11>,
    ];
    const IN_PLACE_FUNCTIONS: [ffi::binaryfunc; 11] = [
        in_place::<0>,
        in_place::<1>,
        in_place::<2>,
        in_place::<3>,
        in_place::<4>,
        in_place::<5>,
        in_place::<6>,
        in_place::<7>,
        in_place::<8>,
        in_place::<9>,
        in_place::<10>,
    ];
    const UNARY_FUNCTIONS: [ffi::unaryfunc; 7] =
        [unary::<0>, unary::<1>, unary::<2>, unary::<3>, unary::<4>, unary::<5>, unary::<6>];
    // SAFETY: every function has the type of the slot that it is put before.
    unsafe {
        for (row, function) in BINARY.iter().zip(BINARY_FUNCTIONS) {
            put_before(class, row.name, &row.behind, function as *mut c_void)?;
            put_before(class, row.reflected_name, &row.behind, function as *mut c_void)?;
        }
        for (slot, function) in IN_PLACE.iter().zip(IN_PLACE_FUNCTIONS) {
            put_before(class, slot.name, &slot.behind, function as *mut c_void)?;
        }
        for (slot, function) in UNARY.iter().zip(UNARY_FUNCTIONS) {
            put_before(class, slot.name, &slot.behind, function as *mut c_void)?;
        }
        for name in [POWER.name, POWER.reflected_name] {
            put_before(class, name, &POWER.behind, power as *mut c_void)?;
        }
        for name in COMPARISON_NAMES {
            put_before(class, name, &COMPARE.behind, compare as *mut c_void)?;
        }
        for (slot, function) in [
            (&IN_PLACE_POWER, in_place_power as *mut c_void),
            (&TRUTH, truth as *mut c_void),
            (&LENGTH, length as *mut c_void),
            (&CONTAINS, contains as *mut c_void),
            (&GET_ITEM, get_item as *mut c_void),
            (&SET_ITEM, set_item as *mut c_void),
            (&ITERATE, iterate as *mut c_void),
        ] {
            put_before(class, slot.name, &slot.behind, function)?;
        }
    }
    Ok(())
}
