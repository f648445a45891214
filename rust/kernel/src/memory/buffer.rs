//! A region of host memory, our own or borrowed.

use std::any::Any;
use std::ptr::NonNull;

use super::allocator;
use crate::error::Result;

/// A region of host memory that many arrays may read and write.
///
/// The contents are shared like a NumPy array's: nothing here orders concurrent access. Kernels turn the pointer
/// into slices for the time of one call; that no two calls write the same elements at once is the contract of the
/// Python program, as in PyTorch.
pub struct HostBuffer {
    ptr: NonNull<u8>,
    bytes: usize,
    owner: Owner,
}

enum Owner {
    /// From the caching allocator.
    Pool,
    /// Foreign memory; dropping the owner releases it.
    Foreign { _owner: Box<dyn Any + Send + Sync>, writable: bool },
}

// SAFETY: the buffer owns its region, or its owner (itself Send and Sync) keeps the region alive.
unsafe impl Send for HostBuffer {}
// SAFETY: shared access hands out raw pointers only; see the type's contract.
unsafe impl Sync for HostBuffer {}

impl HostBuffer {
    /// A region of `bytes` bytes, aligned to 64, contents undefined.
    pub fn uninitialized(bytes: usize) -> Result<HostBuffer> {
        Ok(HostBuffer { ptr: allocator::allocate(bytes)?, bytes, owner: Owner::Pool })
    }

    /// A region of zeros.
    pub fn zeroed(bytes: usize) -> Result<HostBuffer> {
        let buffer = Self::uninitialized(bytes)?;
        // SAFETY: the region is new, ours alone, and `bytes` long.
        unsafe { buffer.ptr.as_ptr().write_bytes(0, bytes) };
        Ok(buffer)
    }

    /// A region that holds these bytes.
    pub fn holding(bytes: &[u8]) -> Result<HostBuffer> {
        let buffer = Self::uninitialized(bytes.len())?;
        // SAFETY: the region is new, ours alone, and as long as the bytes.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.as_ptr(), bytes.len()) };
        Ok(buffer)
    }

    /// Copies the bytes from `start` on.
    pub fn read(&self, start: usize, bytes: &mut [u8]) -> Result<()> {
        let is_inside = start.checked_add(bytes.len()).is_some_and(|end| end <= self.bytes);
        crate::ensure!(is_inside, Runtime, "an array reaches outside of its storage");
        // SAFETY: the bytes were found to lie inside the region.
        unsafe { std::ptr::copy_nonoverlapping(self.as_ptr().add(start), bytes.as_mut_ptr(), bytes.len()) };
        Ok(())
    }

    /// Borrows foreign memory for as long as `owner` lives.
    ///
    /// # Safety
    /// `ptr` is valid for reads (and writes, if `writable`) of `bytes` bytes until `owner` is dropped.
    pub unsafe fn foreign(ptr: NonNull<u8>, bytes: usize, writable: bool, owner: Box<dyn Any + Send + Sync>) -> HostBuffer {
        HostBuffer { ptr, bytes, owner: Owner::Foreign { _owner: owner, writable } }
    }

    /// Start of the region.
    pub fn as_ptr(&self) -> *mut u8 {
        self.ptr.as_ptr()
    }

    /// Size of the region.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// False for borrowed memory.
    pub fn is_own(&self) -> bool {
        matches!(self.owner, Owner::Pool)
    }

    /// False for borrowed read-only memory.
    pub fn is_writable(&self) -> bool {
        match self.owner {
            Owner::Pool => true,
            Owner::Foreign { writable, .. } => writable,
        }
    }
}

impl Drop for HostBuffer {
    fn drop(&mut self) {
        if let Owner::Pool = self.owner {
            // SAFETY: the pointer came from `allocate(self.bytes)`, and the last user is gone.
            unsafe { allocator::free(self.ptr, self.bytes) }
        }
    }
}
