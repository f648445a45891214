//! The Python object that stands for a tensor, found again from the tensor; and how the object outlives its last
//! Python reference while it has state (attributes, a class of its own, weak references) that the tensor must not lose.

use std::ffi::c_void;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use ferrotorch_core::Tensor;
#[cfg(Py_GIL_DISABLED)]
use parking_lot::Mutex;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::attach::in_slot;
use crate::tensor::PyTensor;

/// The live object of a tensor, if it has one.
pub(crate) fn find<'py>(py: Python<'py>, tensor: &Tensor) -> Option<Bound<'py, PyAny>> {
    // An object that the tensor keeps has no other reference to speak of: the tensor's own is handed over.
    match tensor.release_kept().map(|kept| kept.downcast::<Py<PyAny>>()) {
        Some(Ok(object)) => {
            let object = object.into_bound(py);
            // SAFETY: the object is alive, and `Tensor` takes part in garbage collection.
            unsafe { forget_finalization(object.as_ptr()) };
            Some(object)
        }
        _ => borrowed(py, tensor),
    }
}

/// The object in the tensor's slot.
///
/// The slot holds a borrowed pointer. It is set by [`adopt`] and cleared by [`release`] when the object's contents
/// are dropped, both with the interpreter attached. Between the moment in which the last reference goes and that
/// drop, callbacks of weak references may run: an object without references counts as gone.
#[cfg(not(Py_GIL_DISABLED))]
fn borrowed<'py>(py: Python<'py>, tensor: &Tensor) -> Option<Bound<'py, PyAny>> {
    let object = tensor.owner().load(Ordering::Acquire).cast::<ffi::PyObject>();
    if object.is_null() {
        return None;
    }
    // SAFETY: the pointer is cleared before the object's memory is freed, and the interpreter's lock, which `py`
    // proves, keeps that from happening now.
    unsafe { (ffi::Py_REFCNT(object) > 0).then(|| Bound::from_borrowed_ptr(py, object)) }
}

/// Without the interpreter's lock another thread may be freeing the object: [`release`] waits for this lock before the
/// memory goes, and the reference is taken only if there still is one.
#[cfg(all(Py_GIL_DISABLED, Py_3_14))]
fn borrowed<'py>(py: Python<'py>, tensor: &Tensor) -> Option<Bound<'py, PyAny>> {
    let _slot = slot_lock(tensor).lock();
    let object = tensor.owner().load(Ordering::Acquire).cast::<ffi::PyObject>();
    // SAFETY: a pointer that is still in the slot is to memory that is not freed while the lock is held, and `adopt`
    // has enabled the call for the object.
    unsafe { (!object.is_null() && ffi::PyUnstable_TryIncRef(object) != 0).then(|| Bound::from_owned_ptr(py, object)) }
}

/// Python 3.13 has no way to take a reference only if there still is one: every wrapping makes an object of its own.
#[cfg(all(Py_GIL_DISABLED, not(Py_3_14)))]
fn borrowed<'py>(_py: Python<'py>, _tensor: &Tensor) -> Option<Bound<'py, PyAny>> {
    None
}

/// The lock of a tensor's slot: one of a few, chosen by the tensor's number.
#[cfg(Py_GIL_DISABLED)]
fn slot_lock(tensor: &Tensor) -> &'static Mutex<()> {
    static LOCKS: [Mutex<()>; 64] = [const { Mutex::new(()) }; 64];
    &LOCKS[(tensor.id() >> 4) % LOCKS.len()]
}

/// Notes that `object` stands for the tensor.
pub(crate) fn adopt(tensor: &Tensor, object: &Bound<'_, PyAny>) {
    #[cfg(all(Py_GIL_DISABLED, Py_3_14))]
    // SAFETY: the object is alive and this thread holds a reference to it.
    unsafe {
        ffi::PyUnstable_EnableTryIncRef(object.as_ptr());
    }
    tensor.owner().store(object.as_ptr().cast::<c_void>(), Ordering::Release);
}

/// Forgets the object at `address`, if it is the one noted.
pub(crate) fn release(tensor: &Tensor, address: *mut c_void) {
    #[cfg(Py_GIL_DISABLED)]
    let _slot = slot_lock(tensor).lock();
    let _ = tensor.owner().compare_exchange(address, std::ptr::null_mut(), Ordering::AcqRel, Ordering::Relaxed);
}

/// What is known of the type `Tensor` once its slots are replaced.
struct Slots {
    /// Address of the type.
    class: usize,
    dict: isize,
    weak_references: isize,
    dealloc: ffi::destructor,
}

static SLOTS: OnceLock<Slots> = OnceLock::new();

/// Replaces the slots of `Tensor` by which its instances die. To be called before the type has instances.
pub(crate) fn install(class: &Bound<'_, PyType>) -> PyResult<()> {
    // Sets `tp_finalize` too, which is replaced below by the quicker function.
    class.setattr("__del__", class.getattr("_outlive")?)?;
    let class = class.as_type_ptr();
    // SAFETY: a heap type of this module, which no other thread uses yet; the slots are functions of the same types.
    unsafe {
        let Some(original) = (*class).tp_dealloc else { return Ok(()) };
        let slots = Slots {
            class: class as usize,
            dict: (*class).tp_dictoffset,
            weak_references: (*class).tp_weaklistoffset,
            dealloc: original,
        };
        if SLOTS.set(slots).is_ok() {
            (*class).tp_dealloc = Some(dealloc);
            (*class).tp_finalize = Some(finalize);
        }
    }
    Ok(())
}

impl Slots {
    /// Keeps a dead object without state for the next tensor, if there is room.
    ///
    /// # Safety
    /// `object` is an instance of the very type `Tensor` whose last reference is gone, and has no state.
    #[cfg(not(Py_GIL_DISABLED))]
    unsafe fn keep(&self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: the caller's promise, and the interpreter frees objects attached; the offset is that of the type's pointer.
        unsafe { in_slot(|py| recycle::keep(py, object, *object.byte_offset(self.dict).cast())) }
    }

    /// As above: without the interpreter's lock nothing is kept.
    ///
    /// # Safety
    /// None is needed.
    #[cfg(Py_GIL_DISABLED)]
    unsafe fn keep(&self, _object: *mut ffi::PyObject) -> bool {
        false
    }

    /// Has the object anything that a new object for the same tensor would lack?
    ///
    /// # Safety
    /// `object` is an instance of `Tensor` whose memory is not freed.
    unsafe fn has_state(&self, object: *mut ffi::PyObject) -> bool {
        // SAFETY: the offsets are those of the type's two pointers, which are null or valid.
        unsafe {
            let field = |offset: isize| *object.byte_offset(offset).cast::<*mut ffi::PyObject>();
            let dict = field(self.dict);
            ffi::Py_TYPE(object) as usize != self.class
                || !dict.is_null() && ffi::PyDict_Size(dict) > 0
                || !field(self.weak_references).is_null()
        }
    }
}

/// `tp_dealloc` of `Tensor`. For instances of subclasses the interpreter has called `tp_finalize` before.
unsafe extern "C" fn dealloc(object: *mut ffi::PyObject) {
    let Some(slots) = SLOTS.get() else { return };
    // SAFETY: called by the interpreter for an instance whose last reference is gone.
    unsafe {
        let exact = ffi::Py_TYPE(object) as usize == slots.class;
        if exact && slots.has_state(object) {
            if ffi::PyObject_CallFinalizerFromDealloc(object) < 0 {
                return;
            }
        } else if exact && slots.keep(object) {
            return;
        }
        (slots.dealloc)(object);
    }
}

/// `tp_finalize` of `Tensor` itself. Subclasses have the interpreter's, which calls `Tensor.__del__`.
unsafe extern "C" fn finalize(object: *mut ffi::PyObject) {
    // SAFETY: the interpreter calls this slot, for live instances of the type; it holds a reference meanwhile.
    unsafe { in_slot(|py| outlive(&Bound::from_borrowed_ptr(py, object).cast_into_unchecked::<PyTensor>())) }
}

/// Nobody in Python wants the object any more, but the tensor may have other holders, and the object may be asked for
/// again: then the tensor keeps it.
pub(crate) fn outlive(instance: &Bound<'_, PyTensor>) {
    let (Some(slots), tensor) = (SLOTS.get(), instance.get().tensor()) else { return };
    let stands_for_it = tensor.owner().load(Ordering::Acquire).cast() == instance.as_ptr();
    // SAFETY: a live instance.
    if stands_for_it && tensor.handles() > 1 && !tensor.keeps() && unsafe { slots.has_state(instance.as_ptr()) } {
        tensor.keep(Box::new(instance.clone().into_any().unbind()));
    }
}

/// Lets the interpreter call `tp_finalize` again when the object's references are gone the next time: it calls it once
/// in an object's life, and marks the object when that call returns. The mark is
/// bit 0 of the second word of the collector's header, in every version from 3.9 to 3.14.
///
/// # Safety
/// `object` is alive and of a type with garbage collection.
#[cfg(not(Py_GIL_DISABLED))]
unsafe fn forget_finalization(object: *mut ffi::PyObject) {
    // SAFETY: the header, two words, lies before the object.
    unsafe { *object.cast::<usize>().sub(1) &= !1 };
}

/// As above; without the interpreter's lock the mark is bit 1 of the object's own `ob_gc_bits`.
///
/// # Safety
/// `object` is alive and of a type with garbage collection, and this thread holds its only reference.
#[cfg(Py_GIL_DISABLED)]
unsafe fn forget_finalization(object: *mut ffi::PyObject) {
    // SAFETY: the caller's promise.
    unsafe { (*object).ob_gc_bits &= !2 };
}

/// Dead objects of the very type `Tensor`, kept to be made alive again.
///
/// Most tensors live for one expression. Making an object and its `__dict__`, telling the collector of both, and undoing all
/// that is a third of what a small op costs; the interpreter keeps its floats and tuples for the same reason. Without
/// the interpreter's lock nothing is kept.
#[cfg(not(Py_GIL_DISABLED))]
pub(crate) mod recycle {
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
            super::forget_finalization(object);
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
}
