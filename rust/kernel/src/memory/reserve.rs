//! Memory set aside for the moment when there is no more.
//!
//! Rust's collections end the process where they get no memory. Those whose length a user chose ask first (`room.rs`);
//! for what is left, a name here and a short list there, this allocator holds a reserve back: with it the call
//! that ran out of memory gets as far as its error.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Bytes of the reserve. They are not touched, so that they take address space and no memory.
const RESERVE: usize = 1 << 22;
/// Requests up to this size may draw on it.
const SMALL: usize = 1 << 16;

static HELD: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

fn layout() -> Layout {
    Layout::new::<[u8; RESERVE]>()
}

/// Sets the reserve aside, if there is none and there is memory for it.
pub fn set_aside() {
    if !HELD.load(Ordering::Relaxed).is_null() {
        return;
    }
    // SAFETY: the layout has a size.
    let block = unsafe { System.alloc(layout()) };
    if HELD.compare_exchange(ptr::null_mut(), block, Ordering::AcqRel, Ordering::Relaxed).is_err() && !block.is_null() {
        // SAFETY: just allocated, and another thread's block is held.
        unsafe { System.dealloc(block, layout()) };
    }
}

/// Gives the reserve to the system's allocator; false if there was none.
#[cold]
fn draw() -> bool {
    let block = HELD.swap(ptr::null_mut(), Ordering::AcqRel);
    if block.is_null() {
        return false;
    }
    // SAFETY: `set_aside` allocated it with this layout, and the exchange made it ours alone.
    unsafe { System.dealloc(block, layout()) };
    true
}

/// The system's allocator with the reserve behind it.
pub struct WithReserve;

// SAFETY: every block comes from the system's allocator and goes back to it with the layout it was made with.
unsafe impl GlobalAlloc for WithReserve {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe {
            let block = System.alloc(layout);
            if block.is_null() && layout.size() <= SMALL && draw() { System.alloc(layout) } else { block }
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe {
            let block = System.alloc_zeroed(layout);
            if block.is_null() && layout.size() <= SMALL && draw() { System.alloc_zeroed(layout) } else { block }
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise; a failed reallocation leaves the block as it was.
        unsafe {
            let moved = System.realloc(block, layout, size);
            if moved.is_null() && size <= SMALL && draw() { System.realloc(block, layout, size) } else { moved }
        }
    }
}
