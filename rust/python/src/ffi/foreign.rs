//! Host memory that a Python object owns, as a storage of the core.

use std::ptr::NonNull;

use ferrotorch_core::memory::HostBuffer;
use ferrotorch_core::{DType, Layout, Storage};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyUserWarning;
use pyo3::prelude::*;

use crate::errors::{Outcome, value_error};

/// A storage over the elements of an object that has said by the buffer protocol or its `__array_interface__` where they are.
pub(crate) fn of_memory(
    object: &Bound<'_, PyAny>,
    address: usize,
    read_only: bool,
    layout: &Layout,
    dtype: DType,
) -> Outcome<Storage> {
    let bytes = extent(layout.shape(), layout.strides(), dtype)?;
    if bytes > 0 && address == 0 {
        return Err(value_error("given numpy array has elements, but no memory (its address is 0)"));
    }
    if bytes > 0 && !address.is_multiple_of(alignment(dtype)) {
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

/// Where the elements of a buffer begin, in bytes, and how many they are: `count` of them, or as many as there are if that is negative.
pub(crate) fn window(length: usize, size: usize, count: i64, offset: i64) -> Outcome<(usize, usize)> {
    if length == 0 || count == 0 {
        return Err(value_error(format!("both buffer length ({length}) and count ({count}) must not be 0")));
    }
    let Some(start) = usize::try_from(offset).ok().filter(|&start| start < length) else {
        return Err(value_error(format!(
            "offset ({offset} bytes) must be non-negative and no greater than buffer length ({length} bytes) minus 1"
        )));
    };
    let available = length - start;
    let Ok(wanted) = usize::try_from(count) else {
        if !available.is_multiple_of(size) {
            return Err(value_error(format!(
                "buffer length ({available} bytes) after offset ({start} bytes) must be a multiple of element size ({size})"
            )));
        }
        return Ok((start, available / size));
    };
    if wanted > available / size {
        return Err(value_error(format!(
            "requested buffer length ({wanted} * {size} bytes) after offset ({start} bytes) must not be greater than actual buffer \
             length ({length} bytes)"
        )));
    }
    Ok((start, wanted))
}

/// Bytes from the first element to behind the last, of a layout with offset 0 that somebody else describes.
pub(crate) fn extent(shape: &[usize], strides: &[isize], dtype: DType) -> Outcome<usize> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let last: Option<usize> = shape.iter().zip(strides).try_fold(0usize, |last, (&n, &stride)| {
        let step = usize::try_from(stride).ok()?;
        last.checked_add((n - 1).checked_mul(step)?)
    });
    let bytes = last.and_then(|last| last.checked_add(1)?.checked_mul(dtype.size()));
    match bytes.filter(|&bytes| bytes <= isize::MAX as usize) {
        Some(bytes) => Ok(bytes),
        None => Err(value_error(format!("sizes {shape:?} and strides {strides:?} reach further than any memory"))),
    }
}

/// What an address of elements must be a multiple of. Complex numbers are pairs, aligned as their halves are, but for those of four
/// bytes, which are aligned as an integer is.
pub(crate) fn alignment(dtype: DType) -> usize {
    if dtype.is_complex() && dtype != DType::Complex32 { dtype.size() / 2 } else { dtype.size() }
}
