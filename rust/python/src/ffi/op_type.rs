//! The type of operators, `ferrotorch._C.Op`: a callable with vectorcall that binds like a function.
//!
//! The same type serves for `torch.exp` and `Tensor.exp`: taken from an instance an operator becomes a bound method,
//! whose `self` the interpreter passes as the first positional argument without making the method object
//! (`Py_TPFLAGS_METHOD_DESCRIPTOR`).

use std::any::Any;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};

use pyo3::exceptions::PyRuntimeError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::attach::in_slot;
use super::plain::is_plain;

/// What an operator object calls and says about itself.
pub(crate) trait Callable: Sync + 'static {
    /// Runs a call.
    fn call<'py>(&self, py: Python<'py>, args: Arguments<'_, 'py>) -> PyResult<Py<PyAny>>;
    /// Short name.
    fn name(&self) -> &str;
    /// Name with the class or namespace.
    fn qualname(&self) -> String;
    /// Docstring.
    fn doc(&self) -> String;
    /// Signature in the form of `__text_signature__`.
    fn text_signature(&self) -> String;
    /// The declared signatures with types and results, one a line.
    fn declarations(&self) -> String;
    /// How it runs on batched tensors, in a word.
    fn batching(&self) -> String;
    /// An `inspect.Signature`.
    fn signature(&self, py: Python<'_>) -> PyResult<Py<PyAny>>;
    /// What pickle stores: how to find the object again.
    fn reduce(&self, py: Python<'_>) -> PyResult<Py<PyAny>>;
}

/// The arguments of one call, borrowed from the caller.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a, 'py> {
    /// What is called, or null for a slot of a type.
    callable: *mut ffi::PyObject,
    /// Positional arguments, then the values of the keywords.
    values: *const *mut ffi::PyObject,
    positional: usize,
    keywords: usize,
    /// Tuple of the keywords' names, or null.
    names: *mut ffi::PyObject,
    py: Python<'py>,
    _life: PhantomData<&'a ()>,
}

impl<'a, 'py> Arguments<'a, 'py> {
    /// The arguments of a call by the vectorcall protocol; `callable` is null for a slot of a type.
    ///
    /// # Safety
    /// The pointers are what the protocol says, for the life of the result.
    pub(super) unsafe fn new(
        py: Python<'py>,
        callable: *mut ffi::PyObject,
        values: *const *mut ffi::PyObject,
        nargsf: usize,
        names: *mut ffi::PyObject,
    ) -> Self {
        // SAFETY: the caller's promise.
        let (positional, keywords) = unsafe {
            (ffi::PyVectorcall_NARGS(nargsf) as usize, if names.is_null() { 0 } else { ffi::PyTuple_GET_SIZE(names) as usize })
        };
        Arguments { callable, values, positional, keywords, names, py, _life: PhantomData }
    }

    /// What is called; None for a slot of a type.
    pub(crate) fn callable(&self) -> Option<Borrowed<'a, 'py, PyAny>> {
        // SAFETY: null, or the object whose call this is.
        (!self.callable.is_null()).then(|| unsafe { Borrowed::from_ptr(self.py, self.callable) })
    }

    /// Does no argument override what is called?
    #[inline]
    pub(crate) fn are_plain(&self) -> bool {
        // SAFETY: as for `get`; the values of the keywords follow.
        let value = |i| unsafe { Borrowed::from_ptr(self.py, *self.values.add(i)) };
        (0..self.positional + self.keywords).all(|i| is_plain(value(i)))
    }

    /// The interpreter.
    pub(crate) fn python(&self) -> Python<'py> {
        self.py
    }

    /// Number of positional arguments.
    pub(crate) fn len(&self) -> usize {
        self.positional
    }

    /// Number of keyword arguments.
    pub(crate) fn keywords(&self) -> usize {
        self.keywords
    }

    /// A positional argument.
    pub(crate) fn get(&self, i: usize) -> Borrowed<'a, 'py, PyAny> {
        assert!(i < self.positional, "positional argument out of range");
        // SAFETY: the caller of the vectorcall keeps `positional + keywords` valid objects at `values` for `'a`.
        unsafe { Borrowed::from_ptr(self.py, *self.values.add(i)) }
    }

    /// Name and value of a keyword argument.
    pub(crate) fn keyword(&self, i: usize) -> (Borrowed<'a, 'py, PyAny>, Borrowed<'a, 'py, PyAny>) {
        assert!(i < self.keywords, "keyword argument out of range");
        // SAFETY: as for `get`; `names` is a tuple of `keywords` strings by the vectorcall protocol.
        unsafe {
            let name = Borrowed::from_ptr(self.py, ffi::PyTuple_GET_ITEM(self.names, i as isize));
            (name, Borrowed::from_ptr(self.py, *self.values.add(self.positional + i)))
        }
    }
}

#[repr(C)]
struct OpObject {
    head: ffi::PyObject,
    vectorcall: Option<ffi::vectorcallfunc>,
    op: &'static dyn Callable,
}

/// The operator behind an object of the type.
///
/// # Safety
/// `object` is an instance of the type made by [`create_type`].
unsafe fn op_of(object: *mut ffi::PyObject) -> &'static dyn Callable {
    // SAFETY: instances are only made by `create`, which fills in the field; the type cannot be subclassed.
    unsafe { (*object.cast::<OpObject>()).op }
}

unsafe extern "C" fn vectorcall(
    callable: *mut ffi::PyObject,
    values: *const *mut ffi::PyObject,
    nargsf: usize,
    names: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let call = |py: Python<'_>| {
        // SAFETY: the interpreter calls this slot for instances of the type only.
        let op = unsafe { op_of(callable) };
        // SAFETY: what the interpreter passes is what the vectorcall protocol says.
        let args = unsafe { Arguments::new(py, callable, values, nargsf, names) };
        into_raw(py, guarded(op, || op.call(py, args)))
    };
    // SAFETY: the interpreter calls slots attached.
    unsafe { in_slot(call) }
}

/// A panic inside an op is an error of that op, not the end of the program.
fn guarded<T>(op: &dyn Callable, run: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result,
        Err(payload) => Err(panicked(op, payload)),
    }
}

#[cold]
fn panicked(op: &dyn Callable, payload: Box<dyn Any + Send>) -> PyErr {
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "no message",
    };
    PyRuntimeError::new_err(format!("{}(): internal error, please report it: {text}", op.name()))
}

pub(super) fn into_raw(py: Python<'_>, result: PyResult<Py<PyAny>>) -> *mut ffi::PyObject {
    match result {
        Ok(object) => object.into_ptr(),
        Err(error) => {
            error.restore(py);
            ptr::null_mut()
        }
    }
}

unsafe extern "C" {
    /// Part of the C interface that `pyo3::ffi` does not declare.
    fn PyMethod_New(function: *mut ffi::PyObject, instance: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

unsafe extern "C" fn descr_get(
    op: *mut ffi::PyObject,
    instance: *mut ffi::PyObject,
    _class: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    // SAFETY: `op` and `instance` are live objects, `instance` may be null; the caller is attached.
    unsafe {
        if instance.is_null() || instance == ffi::Py_None() {
            ffi::Py_INCREF(op);
            op
        } else {
            PyMethod_New(op, instance)
        }
    }
}

unsafe extern "C" fn dealloc(op: *mut ffi::PyObject) {
    // SAFETY: the last reference is gone; the instance owns nothing but a reference to its heap type.
    unsafe {
        let class = ffi::Py_TYPE(op);
        ffi::PyObject_Free(op.cast());
        ffi::Py_DECREF(class.cast());
    }
}

unsafe extern "C" fn repr(op: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the slot is called attached, for instances of the type only.
    unsafe { in_slot(|py| text(py, format!("<built-in op {}>", op_of(op).qualname()))) }
}

fn text(py: Python<'_>, text: String) -> *mut ffi::PyObject {
    into_raw(py, Ok(text.into_pyobject(py).map(|s| s.into_any().unbind()).unwrap_or_else(|never| match never {})))
}

unsafe extern "C" fn reduce(op: *mut ffi::PyObject, _none: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the method is called attached, for instances of the type only.
    unsafe {
        let op = op_of(op);
        in_slot(|py| into_raw(py, guarded(op, || op.reduce(py))))
    }
}

/// Getters, told apart by the closure pointer.
unsafe extern "C" fn get_attribute(op: *mut ffi::PyObject, which: *mut c_void) -> *mut ffi::PyObject {
    // SAFETY: the getter is called for instances of the type only.
    let op = unsafe { op_of(op) };
    let get = |py: Python<'_>| match which as usize {
        0 => text(py, op.name().to_owned()),
        1 => text(py, op.qualname()),
        2 => text(py, op.doc()),
        3 => text(py, op.text_signature()),
        4 => text(py, op.declarations()),
        5 => text(py, op.batching()),
        _ => into_raw(py, guarded(op, || op.signature(py))),
    };
    // SAFETY: the interpreter calls getters attached.
    unsafe { in_slot(get) }
}

const GETTERS: [&CStr; 7] =
    [c"__name__", c"__qualname__", c"__doc__", c"__text_signature__", c"_declarations", c"_batching", c"__signature__"];

fn getters() -> Vec<ffi::PyGetSetDef> {
    let getter = |(which, name): (usize, &&CStr)| ffi::PyGetSetDef {
        name: name.as_ptr(),
        get: Some(get_attribute),
        set: None,
        doc: ptr::null(),
        closure: which as *mut c_void,
    };
    // An empty entry ends the list.
    GETTERS.iter().enumerate().map(getter).chain([ffi::PyGetSetDef::default()]).collect()
}

fn methods() -> [ffi::PyMethodDef; 2] {
    let reduce = ffi::PyMethodDef {
        ml_name: c"__reduce__".as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunction: reduce },
        ml_flags: ffi::METH_NOARGS,
        ml_doc: ptr::null(),
    };
    [reduce, ffi::PyMethodDef::zeroed()]
}

/// Makes the type; once per process.
pub(crate) fn create_type(py: Python<'_>) -> PyResult<Py<PyType>> {
    let layout = (std::mem::size_of::<OpObject>(), std::mem::offset_of!(OpObject, vectorcall));
    // The interpreter keeps a pointer to the list for as long as the type lives, which is to the end of the process.
    let getters = Vec::leak(getters());
    let slots = [
        (ffi::Py_tp_dealloc, dealloc as *mut c_void),
        (ffi::Py_tp_repr, repr as *mut c_void),
        (ffi::Py_tp_getset, getters.as_mut_ptr().cast()),
    ];
    // SAFETY: the functions are for instances of this layout, whose `vectorcall` is filled in by `create`.
    unsafe { create_function_type(py, c"ferrotorch._C.Op", layout, &slots, methods().to_vec()) }
}

/// Makes the type of objects that are called by vectorcall and bind to instances as functions do: its name, the size of an
/// instance and where in it the function lies that calls it, further slots, and methods, of which an empty one is the last.
///
/// # Safety
/// The slots are as the interpreter wants them, and where `layout` says instances have a `vectorcallfunc`.
pub(super) unsafe fn create_function_type(
    py: Python<'_>,
    name: &'static CStr,
    (size, vectorcall): (usize, usize),
    further: &[(c_int, *mut c_void)],
    methods: Vec<ffi::PyMethodDef>,
) -> PyResult<Py<PyType>> {
    let offset = ffi::PyMemberDef {
        name: c"__vectorcalloffset__".as_ptr(),
        type_code: ffi::Py_T_PYSSIZET,
        offset: vectorcall as ffi::Py_ssize_t,
        flags: ffi::Py_READONLY,
        doc: ptr::null(),
    };
    // The interpreter keeps pointers to these lists, of which an empty entry is the last, for as long as the type lives.
    let (members, methods) = (Vec::leak(vec![offset, ffi::PyMemberDef::default()]), Vec::leak(methods));
    let own = [
        (ffi::Py_tp_call, ffi::PyVectorcall_Call as *mut c_void),
        (ffi::Py_tp_descr_get, descr_get as *mut c_void),
        (ffi::Py_tp_members, members.as_mut_ptr().cast()),
        (ffi::Py_tp_methods, methods.as_mut_ptr().cast()),
    ];
    let slots = own.iter().chain(further).chain(&[(0, ptr::null_mut())]);
    let mut slots: Vec<ffi::PyType_Slot> = slots.map(|&(slot, pfunc)| ffi::PyType_Slot { slot, pfunc }).collect();
    let flags = ffi::Py_TPFLAGS_DEFAULT
        | ffi::Py_TPFLAGS_HAVE_VECTORCALL
        | ffi::Py_TPFLAGS_METHOD_DESCRIPTOR
        | ffi::Py_TPFLAGS_DISALLOW_INSTANTIATION;
    let mut spec = ffi::PyType_Spec {
        name: name.as_ptr() as *const c_char,
        basicsize: size as c_int,
        itemsize: 0,
        flags: flags as _,
        slots: slots.as_mut_ptr(),
    };
    // SAFETY: the specification is complete and its lists outlive the type; the result is a new reference or an error.
    unsafe {
        let class = ffi::PyType_FromSpec(&mut spec);
        Ok(Bound::from_owned_ptr_or_err(py, class)?.cast_into_unchecked::<PyType>().unbind())
    }
}

/// Makes an operator object.
pub(crate) fn create(class: &Bound<'_, PyType>, op: &'static dyn Callable) -> PyResult<Py<PyAny>> {
    let py = class.py();
    // SAFETY: `class` was made by `create_type`, so its instances have the layout of `OpObject`; both fields are
    // filled in before anyone else sees the object.
    unsafe {
        let object = ffi::PyType_GenericAlloc(class.as_type_ptr(), 0);
        let Some(instance) = NonNull::new(object.cast::<OpObject>()) else { return Err(PyErr::fetch(py)) };
        (&raw mut (*instance.as_ptr()).vectorcall).write(Some(vectorcall));
        (&raw mut (*instance.as_ptr()).op).write(op);
        Ok(Bound::from_owned_ptr(py, object).unbind())
    }
}
