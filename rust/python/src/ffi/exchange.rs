//! Memory that is exchanged with other libraries: by DLPack, both ways and in both forms of the protocol, and taken from
//! objects that say in other ways where it is.
//!
//! Source of DLPack: <https://dmlc.github.io/dlpack/latest/c_api.html> and its Python specification.

use std::ffi::{CStr, c_void};
use std::ptr::NonNull;

use ferrotorch_core::memory::HostBuffer;
use ferrotorch_core::shape::checked_numel;
use ferrotorch_core::{Array, DType, Layout, Storage, Tensor};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyBufferError, PyUserWarning};
use pyo3::ffi;
use pyo3::prelude::*;
use smallvec::SmallVec;

use super::attach::in_slot;
use super::foreign;
use crate::errors::{Outcome, runtime_error, value_error};
use crate::tensor::{PyTensor, wrap};

const CPU: i32 = 1;
const PINNED_HOST: i32 = 3;
/// As many as tensors have at most.
const MAX_DIMS: usize = 64;
const READ_ONLY: u64 = 1;
const IS_COPIED: u64 = 2;
const VERSION: [u32; 2] = [1, 0];

#[repr(C)]
struct ElementType {
    code: u8,
    bits: u8,
    lanes: u16,
}

/// `DLTensor`.
#[repr(C)]
struct View {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    dtype: ElementType,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

/// `DLManagedTensor`.
#[repr(C)]
struct Managed {
    view: View,
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Managed)>,
}

/// `DLManagedTensorVersioned`.
#[repr(C)]
struct Versioned {
    version: [u32; 2],
    context: *mut c_void,
    deleter: Option<unsafe extern "C" fn(*mut Versioned)>,
    flags: u64,
    view: View,
}

/// The two forms of a managed tensor: how their capsules are named, and where their parts are.
///
/// # Safety
/// `NAME` and `USED` are what the protocol calls capsules of this form.
unsafe trait Form: Sized + 'static {
    const NAME: &'static CStr;
    const USED: &'static CStr;
    fn new(view: View, flags: u64, context: *mut c_void, deleter: unsafe extern "C" fn(*mut Self)) -> Self;
    fn view(&self) -> &View;
    fn context(&self) -> *mut c_void;
    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Self)>;
    fn is_read_only(&self) -> bool;
    fn is_understood(&self) -> bool;
}

// SAFETY: the names are those of the protocol.
unsafe impl Form for Managed {
    const NAME: &'static CStr = c"dltensor";
    const USED: &'static CStr = c"used_dltensor";

    fn new(view: View, _flags: u64, context: *mut c_void, deleter: unsafe extern "C" fn(*mut Self)) -> Self {
        Managed { view, context, deleter: Some(deleter) }
    }

    fn view(&self) -> &View {
        &self.view
    }

    fn context(&self) -> *mut c_void {
        self.context
    }

    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Self)> {
        self.deleter
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn is_understood(&self) -> bool {
        true
    }
}

// SAFETY: the names are those of the protocol.
unsafe impl Form for Versioned {
    const NAME: &'static CStr = c"dltensor_versioned";
    const USED: &'static CStr = c"used_dltensor_versioned";

    fn new(view: View, flags: u64, context: *mut c_void, deleter: unsafe extern "C" fn(*mut Self)) -> Self {
        Versioned { version: VERSION, context, deleter: Some(deleter), flags, view }
    }

    fn view(&self) -> &View {
        &self.view
    }

    fn context(&self) -> *mut c_void {
        self.context
    }

    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Self)> {
        self.deleter
    }

    fn is_read_only(&self) -> bool {
        self.flags & READ_ONLY != 0
    }

    fn is_understood(&self) -> bool {
        self.version[0] == VERSION[0]
    }
}

fn element_type(dtype: DType) -> ElementType {
    let code = match dtype {
        DType::Bool => 6,
        DType::BFloat16 => 4,
        DType::Float8E4M3FN => 10,
        DType::Float8E4M3FNUZ => 11,
        DType::Float8E5M2 => 12,
        DType::Float8E5M2FNUZ => 13,
        DType::Float8E8M0FNU => 14,
        _ if dtype.is_complex() => 5,
        _ if dtype.is_float() => 2,
        DType::UInt8 | DType::UInt16 | DType::UInt32 | DType::UInt64 => 1,
        _ => 0,
    };
    ElementType { code, bits: (dtype.size() * 8) as u8, lanes: 1 }
}

fn dtype_of(t: &ElementType) -> Outcome<DType> {
    let same = |d: &DType| {
        let own = element_type(*d);
        own.code == t.code && own.bits == t.bits && t.lanes == 1
    };
    match DType::ALL.into_iter().find(same) {
        Some(dtype) => Ok(dtype),
        None => {
            Err(runtime_error(format!("from_dlpack(): unsupported dtype (code {}, {} bits, {} lanes)", t.code, t.bits, t.lanes)))
        }
    }
}

/// What an exported capsule keeps alive: the memory, and the sizes that the view points to.
struct Export {
    array: Array,
    shape: Vec<i64>,
    strides: Vec<i64>,
}

/// The consumer's last call.
unsafe extern "C" fn delete_export<F: Form>(managed: *mut F) {
    if managed.is_null() {
        return;
    }
    // SAFETY: `export` made both boxes, and the protocol calls a deleter once.
    unsafe {
        let managed = Box::from_raw(managed);
        drop(Box::from_raw(managed.context().cast::<Export>()));
    }
}

/// Runs when nobody has taken the tensor out of a capsule; a taken one has another name.
unsafe extern "C" fn drop_capsule<F: Form>(capsule: *mut ffi::PyObject) {
    // Attached, so that Python objects which the memory belongs to are freed at once and not some time later.
    let drop_untaken = |_: Python<'_>| {
        // SAFETY: called by the interpreter for a capsule made by `export`.
        unsafe {
            if ffi::PyCapsule_IsValid(capsule, F::NAME.as_ptr()) == 1 {
                delete_export(ffi::PyCapsule_GetPointer(capsule, F::NAME.as_ptr()).cast::<F>());
            }
        }
    };
    // SAFETY: the interpreter calls the destructors of capsules attached.
    unsafe { in_slot(drop_untaken) }
}

fn export<F: Form>(py: Python<'_>, array: Array, copied: bool) -> PyResult<Py<PyAny>> {
    let shape: Vec<i64> = array.shape().iter().map(|&n| n as i64).collect();
    // The step along a dimension of one element means nothing; some consumers compare it all the same.
    let step = |(&n, &s): (&usize, &isize)| if n < 2 { 1 } else { s as i64 };
    let strides = array.shape().iter().zip(array.layout.strides()).map(step).collect();
    let data = array.host_ptr().map_or(std::ptr::null_mut(), |p| p.cast::<c_void>());
    let (dtype, writable) = (array.dtype, array.storage.as_host().is_some_and(|buffer| buffer.is_writable()));
    let flags = if writable { 0 } else { READ_ONLY } | if copied { IS_COPIED } else { 0 };
    let mut export = Box::new(Export { array, shape, strides });
    let view = View {
        data,
        device_type: CPU,
        device_id: 0,
        ndim: export.array.layout.ndim() as i32,
        dtype: element_type(dtype),
        shape: export.shape.as_mut_ptr(),
        strides: export.strides.as_mut_ptr(),
        byte_offset: 0,
    };
    let managed = Box::into_raw(Box::new(F::new(view, flags, Box::into_raw(export).cast(), delete_export::<F>)));
    // SAFETY: the name is static; the capsule's destructor, or whoever takes the tensor, frees it.
    unsafe {
        let capsule = ffi::PyCapsule_New(managed.cast(), F::NAME.as_ptr(), Some(drop_capsule::<F>));
        if capsule.is_null() {
            delete_export(managed);
            return Err(PyErr::fetch(py));
        }
        Ok(Bound::from_owned_ptr(py, capsule).unbind())
    }
}

/// A capsule with a host tensor: of the versioned form, or of the older one.
#[pyfunction]
pub(crate) fn _to_dlpack(py: Python<'_>, tensor: &Bound<'_, PyTensor>, versioned: bool, copied: bool) -> Outcome<Py<PyAny>> {
    let tensor = tensor.get().tensor();
    if tensor.requires_grad() {
        let text = "Can't export tensors that require gradient, use tensor.detach()";
        return Err(PyBufferError::new_err(text).into());
    }
    for (bit, put_off) in [("conjugate", tensor.is_conj()), ("negative", tensor.is_neg())] {
        if put_off {
            return Err(PyBufferError::new_err(format!("Can't export tensors with the {bit} bit set")).into());
        }
    }
    if !tensor.device().has_data() {
        return Err(PyBufferError::new_err(format!("Cannot pack tensors on {}", tensor.device())).into());
    }
    if !tensor.device().is_cpu() {
        return Err(value_error(format!("__dlpack__: memory of device {} cannot be exchanged; use .cpu()", tensor.device())));
    }
    let array = tensor.array();
    if versioned {
        return Ok(export::<Versioned>(py, array, copied)?);
    }
    if !array.storage.as_host().is_some_and(|buffer| buffer.is_writable()) {
        let text = "__dlpack__: read-only memory can be exchanged by DLPack 1.0 or later only";
        return Err(PyBufferError::new_err(text).into());
    }
    Ok(export::<Managed>(py, array, copied)?)
}

/// A tensor taken from a capsule; gives it back when dropped.
struct Import<F: Form>(NonNull<F>);

// SAFETY: the protocol lets any thread call the deleter, and nothing else is done with the pointer.
unsafe impl<F: Form> Send for Import<F> {}
// SAFETY: as above.
unsafe impl<F: Form> Sync for Import<F> {}

impl<F: Form> Drop for Import<F> {
    fn drop(&mut self) {
        // SAFETY: the tensor is ours since the capsule was renamed; the deleter is called once. Producers may touch
        // Python objects in it, so the interpreter is attached.
        // At the end of the program, when that is impossible, the memory goes with the process.
        let _ = Python::try_attach(|_| unsafe {
            if let Some(delete) = self.0.as_ref().deleter() {
                delete(self.0.as_ptr());
            }
        });
    }
}

fn layout_of(view: &View) -> Outcome<Layout> {
    let n = usize::try_from(view.ndim).map_err(|_| value_error("from_dlpack(): negative number of dimensions"))?;
    if n > MAX_DIMS {
        return Err(value_error(format!("from_dlpack(): the tensor has {n} dimensions, and there can be {MAX_DIMS}")));
    }
    // SAFETY: a producer's shape, and strides unless null, have `ndim` entries.
    let read = |p: *mut i64| -> SmallVec<[i64; 6]> { (0..n).map(|i| unsafe { *p.add(i) }).collect() };
    if n > 0 && view.shape.is_null() {
        return Err(value_error("from_dlpack(): the tensor has no shape"));
    }
    let shape = read(view.shape)
        .into_iter()
        .map(|n| usize::try_from(n).map_err(|_| value_error("from_dlpack(): negative size")))
        .collect::<Outcome<Vec<usize>>>()?;
    checked_numel(&shape)?;
    if view.strides.is_null() {
        return Ok(Layout::contiguous(&shape));
    }
    let strides: Vec<isize> =
        read(view.strides).into_iter().zip(&shape).map(|(s, &n)| if n < 2 { 1 } else { s as isize }).collect();
    if strides.iter().any(|&s| s < 0) {
        return Err(value_error("from_dlpack(): negative strides are not supported; copy the array first"));
    }
    Ok(Layout::strided(&shape, &strides, 0))
}

fn import<F: Form>(capsule: &Bound<'_, PyAny>) -> Outcome<Tensor> {
    // SAFETY: the capsule's name was checked, so it holds a tensor of this form; renaming it makes the tensor ours.
    let owner = unsafe {
        let pointer = ffi::PyCapsule_GetPointer(capsule.as_ptr(), F::NAME.as_ptr()).cast::<F>();
        let Some(pointer) = NonNull::new(pointer) else { return Err(PyErr::fetch(capsule.py()).into()) };
        if ffi::PyCapsule_SetName(capsule.as_ptr(), F::USED.as_ptr()) != 0 {
            return Err(PyErr::fetch(capsule.py()).into());
        }
        Import(pointer)
    };
    // SAFETY: the tensor lives until `owner` is dropped.
    let managed = unsafe { owner.0.as_ref() };
    if !managed.is_understood() {
        return Err(PyBufferError::new_err("from_dlpack(): this version of DLPack is not supported").into());
    }
    let view = managed.view();
    if view.device_type != CPU && view.device_type != PINNED_HOST {
        return Err(value_error(format!(
            "from_dlpack(): unsupported device type {}: only host memory can be imported",
            view.device_type
        )));
    }
    let (dtype, layout) = (dtype_of(&view.dtype)?, layout_of(view)?);
    let address = (view.data as usize).wrapping_add(view.byte_offset as usize);
    let bytes = foreign::extent(layout.shape(), layout.strides(), dtype)?;
    if bytes > 0 && address == 0 {
        return Err(value_error("from_dlpack(): the tensor has elements, but no memory (its data pointer is null)"));
    }
    if bytes > 0 && !address.is_multiple_of(foreign::alignment(dtype)) {
        return Err(value_error("from_dlpack(): the memory is not aligned to its elements; copy the array first"));
    }
    let writable = !managed.is_read_only();
    let pointer = NonNull::new(address as *mut u8).filter(|_| bytes > 0).unwrap_or(NonNull::dangling());
    // SAFETY: the producer promises the elements of the view at its address until the deleter is called, which
    // `owner` does.
    let storage = Storage::host(unsafe { HostBuffer::foreign(pointer, bytes, writable, Box::new(owner)) });
    Ok(Tensor::from_array(Array::new(storage, layout, dtype)))
}

/// The tensor in a capsule, which is used up.
#[pyfunction]
pub(crate) fn _from_dlpack(capsule: &Bound<'_, PyAny>) -> Outcome<Py<PyAny>> {
    // SAFETY: any object may be asked.
    let is = |name: &CStr| unsafe { ffi::PyCapsule_IsValid(capsule.as_ptr(), name.as_ptr()) == 1 };
    let tensor = if is(Versioned::NAME) {
        import::<Versioned>(capsule)?
    } else if is(Managed::NAME) {
        import::<Managed>(capsule)?
    } else {
        return Err(runtime_error(
            "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you might have \
             already constructed a tensor from it once.",
        ));
    };
    Ok(wrap(capsule.py(), tensor)?)
}

/// A storage over the elements of an object that has said by the buffer protocol or its `__array_interface__` where they are.
pub(crate) fn of_memory(
    object: &Bound<'_, PyAny>,
    address: usize,
    read_only: bool,
    layout: &Layout,
    dtype: DType,
) -> Outcome<Storage> {
    let bytes = foreign::extent(layout.shape(), layout.strides(), dtype)?;
    if bytes > 0 && address == 0 {
        return Err(value_error("given numpy array has elements, but no memory (its address is 0)"));
    }
    if bytes > 0 && !address.is_multiple_of(foreign::alignment(dtype)) {
        return Err(value_error(
            "given numpy array is not aligned to its elements. Copy the numpy array to reallocate the memory.",
        ));
    }
    let pointer = NonNull::new(address as *mut u8).unwrap_or(NonNull::dangling());
    let owner: Py<PyAny> = object.clone().unbind();
    // SAFETY: the object promises the elements at the address for as long as it lives.
    Ok(Storage::host(unsafe { HostBuffer::foreign(pointer, bytes, !read_only, Box::new(owner)) }))
}

/// A buffer that keeps its exporter's memory in place, with its address.
struct Held(#[allow(dead_code, reason = "held for its drop")] PyBuffer<u8>);

/// A storage over the bytes of an object with the buffer protocol.
pub(crate) fn buffer(object: &Bound<'_, PyAny>) -> Outcome<Storage> {
    let view = object.py().import("builtins")?.getattr("memoryview")?.call1((object,));
    let view =
        view.map_err(|_| value_error("object does not implement Python buffer protocol."))?.call_method1("cast", ("B",))?;
    let bytes = PyBuffer::<u8>::get(&view)?;
    if !bytes.is_c_contiguous() {
        return Err(value_error("the buffer must be contiguous"));
    }
    let (address, n, writable) = (bytes.buf_ptr() as usize, bytes.len_bytes(), !bytes.readonly());
    if !writable {
        let text =
            c"The given buffer is not writable: what writes to the tensor will be refused. Copy the buffer to write to it.";
        PyErr::warn(object.py(), &object.py().get_type::<PyUserWarning>(), text, 1)?;
    }
    let pointer = NonNull::new(address as *mut u8).unwrap_or(NonNull::dangling());
    // SAFETY: an exported buffer stays in place until it is released, which happens when `Held` is dropped.
    Ok(Storage::host(unsafe { HostBuffer::foreign(pointer, n, writable, Box::new(Held(bytes))) }))
}
