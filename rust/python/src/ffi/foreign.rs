//! Host memory that a Python object owns, as a storage of the core.

use std::ptr::NonNull;

use ferrotorch_core::Storage;
use ferrotorch_core::memory::HostBuffer;
use pyo3::prelude::*;

/// A storage over `bytes` bytes at `address`, kept alive by `owner`.
///
/// # Safety
/// The region is valid for reads (and for writes, if `writable`) for as long as `owner` is referenced.
pub(crate) unsafe fn storage(address: usize, bytes: usize, writable: bool, owner: Py<PyAny>) -> Storage {
    let pointer = NonNull::new(address as *mut u8).unwrap_or(NonNull::dangling());
    // SAFETY: the caller's promise; a null address stands for an empty region.
    Storage::host(unsafe { HostBuffer::foreign(pointer, bytes, writable, Box::new(owner)) })
}
