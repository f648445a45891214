//! Dead objects of the very type `Tensor`, kept to be made alive again.
//!
//! Most tensors live for one expression. Making an object and its `__dict__`, telling the collector of both, and undoing all
//! that is a third of what a small op costs; the interpreter keeps its floats and tuples for the same reason. Without
//! the interpreter's lock nothing is kept.

use std::cell::UnsafeCell;
use std::sync::OnceLock;

use ferrotorch_core::Tensor;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::tensor::PyTensor;

/// Objects that are kept at most.
const LIMIT: usize = 256;

unsafe extern "C" {
    /// Sets the count of references to one; what the interpreter itself does to objects that it has kept.
    fn _Py_NewReference(object: *mut ffi::PyObject);
}

/// The objects, and how many more are on their way here.
struct Pool {
    objects: Vec<*mut ffi::PyObject>,
    awaited: usize,
}

struct Locked(UnsafeCell<Pool>);

// SAFETY: `with` asks for a thread that is attached to the interpreter, and only one is at a time.
unsafe impl Sync for Locked {}

static POOL: Locked = Locked(UnsafeCell::new(Pool { objects: Vec::new(), awaited: 0 }));

/// Where the contents lie in an object, in bytes from its start.
static OFFSET: OnceLock<usize> = OnceLock::new();

fn with<R>(_attached: Python<'_>, work: impl FnOnce(&mut Pool) -> R) -> R {
    // SAFETY: the interpreter's lock is held, and `work` (in this module, none of it calls into Python) ends before
    // another may begin.
    work(unsafe { &mut *POOL.0.get() })
}

/// Looks where the contents of an object are.
pub(crate) fn learn(object: &Bound<'_, PyTensor>) {
    OFFSET.get_or_init(|| std::ptr::from_ref(object.get()).addr() - object.as_ptr().addr());
}

/// A kept object, alive again around a tensor; gives the tensor back if there is none.
#[inline]
pub(crate) fn revive<'py>(py: Python<'py>, tensor: Tensor) -> Result<Bound<'py, PyTensor>, Tensor> {
    let (Some(&offset), Some(object)) = (OFFSET.get(), with(py, |pool| pool.objects.pop())) else { return Err(tensor) };
    // SAFETY: `keep` left an object of the type, untracked, without contents and without references, that only this
    // call knows of. Its contents are written before anyone can look at it.
    unsafe {
        object.byte_add(offset).cast::<PyTensor>().write(PyTensor::of(tensor));
        _Py_NewReference(object);
        ffi::PyObject_GC_Track(object.cast());
        Ok(Bound::from_owned_ptr(py, object).cast_into_unchecked())
    }
}

/// Takes in an object whose last reference is gone; false if it is to be freed as any other.
///
/// # Safety
/// `object` is an instance of the very type `Tensor`, with contents, without references, attributes and weak references,
/// and `dict` is its `__dict__` or null.
pub(crate) unsafe fn keep(py: Python<'_>, object: *mut ffi::PyObject, dict: *mut ffi::PyObject) -> bool {
    // SAFETY: a `__dict__` is alive as long as its object has it.
    let shared = !dict.is_null() && unsafe { ffi::Py_REFCNT(dict) } > 1;
    let Some(&offset) = OFFSET.get() else { return false };
    if shared || !with(py, Pool::reserve) {
        return false;
    }
    // SAFETY: the contents are there, and nobody else can reach them. What their end sets off may come here again.
    unsafe {
        ffi::PyObject_GC_UnTrack(object.cast());
        super::owner::forget_finalization(object);
        object.byte_add(offset).cast::<PyTensor>().drop_in_place();
    }
    with(py, |pool| {
        pool.awaited -= 1;
        pool.objects.push(object);
    });
    true
}

impl Pool {
    /// Claims room for one more object.
    fn reserve(&mut self) -> bool {
        let has_room = self.objects.len() + self.awaited < LIMIT;
        self.awaited += usize::from(has_room);
        has_room
    }
}
