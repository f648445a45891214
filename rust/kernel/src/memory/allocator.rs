//! A caching allocator for host buffers.
//!
//! Fresh pages are what makes large tensor ops slow (one fault per 4 KiB), so freed blocks are kept in size
//! classes and handed out again. Small classes are cached per thread without locking, large ones globally (`large.rs`);
//! both are bounded, and [`release_cached`] gives the global cache back to the system.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::RefCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicIsize, Ordering};

use parking_lot::Mutex;

use super::large::LargeCache;
use super::reserve;
use crate::error::{Class, Error, Result};

/// Alignment of every buffer: a cache line, and the widest SIMD register.
pub(crate) const ALIGN: usize = 64;
/// Blocks up to this size are cached per thread.
const SMALL: usize = 1 << 16;
/// Bytes that each thread may keep.
const SMALL_LIMIT: usize = 1 << 21;
/// Blocks of at least this size are advised to use huge pages.
const HUGE: usize = 1 << 22;
const HUGE_ALIGN: usize = 1 << 21;

pub(super) const CLASSES: usize = 256;

static LARGE: Mutex<LargeCache> = Mutex::new(LargeCache::new());
/// What threads have added up; less than nothing while one has yet to add what another has taken off.
static IN_USE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static SMALL_CACHE: RefCell<SmallCache> = const {
        RefCell::new(SmallCache { bytes: 0, uncounted: 0, bins: [const { Vec::new() }; CLASSES] })
    };
}

/// A free block of its class's size.
pub(super) struct Block(NonNull<u8>);

// SAFETY: a free block is owned by whoever holds it; nothing else points into it.
unsafe impl Send for Block {}

struct SmallCache {
    bytes: usize,
    /// Bytes of small blocks that have come into use, less those that have gone out of it, since [`IN_USE`] was told last.
    uncounted: isize,
    bins: [Vec<Block>; CLASSES],
}

impl SmallCache {
    fn release(&mut self) {
        self.bytes = 0;
        for (class, bin) in self.bins.iter_mut().enumerate() {
            for block in bin.drain(..) {
                system_free(block, class);
            }
        }
    }
}

impl Drop for SmallCache {
    fn drop(&mut self) {
        self.release();
        add_in_use(self.uncounted);
    }
}

/// Counts bytes that come into use, or go out of it. Each thread adds up those of small blocks by itself for a while: at one
/// counter all threads would meet in every op.
fn count(change: isize) {
    let is_small = |bytes: isize| bytes.unsigned_abs() <= SMALL;
    let due = SMALL_CACHE.try_with(|cache| {
        let mut cache = cache.borrow_mut();
        cache.uncounted += change;
        if is_small(change) && is_small(cache.uncounted) { 0 } else { std::mem::take(&mut cache.uncounted) }
    });
    // While the thread ends its cache may be gone already.
    match due.unwrap_or(change) {
        0 => {}
        due => add_in_use(due),
    }
}

fn add_in_use(change: isize) {
    let in_use = IN_USE.fetch_add(change, Ordering::Relaxed) + change;
    if in_use > PEAK.load(Ordering::Relaxed) {
        PEAK.fetch_max(in_use, Ordering::Relaxed);
    }
}

/// Bytes in use. Other threads may have yet to count small blocks of [`SMALL`] bytes in all.
fn in_use() -> isize {
    let uncounted = SMALL_CACHE.try_with(|cache| std::mem::take(&mut cache.borrow_mut().uncounted));
    add_in_use(uncounted.unwrap_or(0));
    IN_USE.load(Ordering::Relaxed)
}

/// Bytes in use, at most in use so far, and kept in the global cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocatorStats {
    /// Bytes that live buffers hold.
    pub in_use: usize,
    /// Highest value that `in_use` had.
    pub peak: usize,
    /// Bytes kept for reuse, the threads' own caches not counted.
    pub cached: usize,
}

/// The allocator's figures.
pub fn stats() -> AllocatorStats {
    let in_use = in_use().max(0) as usize;
    AllocatorStats { in_use, peak: PEAK.load(Ordering::Relaxed).max(0) as usize, cached: LARGE.lock().bytes() }
}

/// Gives the global cache back to the system.
pub fn release_cached() {
    LARGE.lock().release(0);
    let _ = SMALL_CACHE.try_with(|cache| cache.borrow_mut().release());
    trim_heap();
}

/// Has the C library give back what its heap holds free between what is in use.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn trim_heap() {
    // SAFETY: touches free memory only.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim_heap() {}

/// Starts counting the peak anew from what is in use.
pub fn reset_peak() {
    PEAK.store(in_use(), Ordering::Relaxed);
}

/// Four classes to each power of two from 64 bytes on, so that at most a fifth of a block is wasted.
pub(super) fn class_of(bytes: usize) -> usize {
    if bytes <= ALIGN {
        return 0;
    }
    let log = (bytes - 1).ilog2() as usize;
    let quarter = (bytes - 1) >> (log - 2) & 3;
    (log - 6) * 4 + quarter + 1
}

/// Bytes of a class's blocks: the inverse of [`class_of`].
pub(super) fn class_size(class: usize) -> usize {
    if class == 0 {
        return ALIGN;
    }
    let (log, quarter) = ((class - 1) / 4 + 6, (class - 1) % 4);
    (5 + quarter) << (log - 2)
}

fn layout(class: usize) -> Option<Layout> {
    let bytes = class_size(class);
    let align = if bytes >= HUGE { HUGE_ALIGN } else { ALIGN };
    Layout::from_size_align(bytes, align).ok()
}

/// A block of at least `bytes` bytes, aligned to [`ALIGN`], contents undefined.
pub(crate) fn allocate(bytes: usize) -> Result<NonNull<u8>> {
    if bytes > isize::MAX as usize / 2 {
        return Err(out_of_memory(bytes));
    }
    let class = class_of(bytes);
    let size = class_size(class);
    let block = match reuse(class, size) {
        Some(block) => block,
        None => system_allocate(class).or_else(|| after_release(class)).ok_or_else(|| out_of_memory(bytes))?,
    };
    count(size as isize);
    Ok(block.0)
}

/// Takes back a block that [`allocate`] gave for the same number of bytes.
///
/// # Safety
/// `ptr` came from `allocate(bytes)` and nothing uses it any more.
pub(crate) unsafe fn free(ptr: NonNull<u8>, bytes: usize) {
    let class = class_of(bytes);
    let size = class_size(class);
    count(-(size as isize));
    if size <= SMALL {
        let mut block = Some(Block(ptr));
        // While the thread ends its cache may be gone already; then the block goes to the system.
        let _ = SMALL_CACHE.try_with(|cache| {
            let mut cache = cache.borrow_mut();
            if cache.bytes + size <= SMALL_LIMIT && cache.bins[class].try_reserve(1).is_ok() {
                cache.bytes += size;
                cache.bins[class].extend(block.take());
            }
        });
        if let Some(block) = block {
            system_free(block, class);
        }
    } else if let Some(block) = keep_large(Block(ptr), class) {
        system_free(block, class);
    }
}

/// The lock is free again when the system takes the block back, which takes long.
fn keep_large(block: Block, class: usize) -> Option<Block> {
    LARGE.lock().keep(block, class)
}

fn reuse(class: usize, size: usize) -> Option<Block> {
    if size <= SMALL {
        SMALL_CACHE
            .try_with(|cache| {
                let mut cache = cache.borrow_mut();
                let block = cache.bins[class].pop()?;
                cache.bytes -= size;
                Some(block)
            })
            .ok()
            .flatten()
    } else {
        LARGE.lock().take(class)
    }
}

/// A block from the system once the cache is given back to it.
#[cold]
fn after_release(class: usize) -> Option<Block> {
    release_cached();
    system_allocate(class)
}

pub(super) fn system_allocate(class: usize) -> Option<Block> {
    reserve::set_aside();
    let layout = layout(class)?;
    // SAFETY: the layout's size is at least 64 bytes.
    let ptr = NonNull::new(unsafe { alloc(layout) })?;
    advise_huge_pages(ptr, layout.size());
    Some(Block(ptr))
}

pub(super) fn system_free(block: Block, class: usize) {
    if let Some(layout) = layout(class) {
        // SAFETY: `system_allocate` made the block with the same class and so the same layout.
        unsafe { dealloc(block.0.as_ptr(), layout) }
    }
}

#[cfg(target_os = "linux")]
fn advise_huge_pages(ptr: NonNull<u8>, bytes: usize) {
    if bytes >= HUGE {
        // SAFETY: the region is ours, and the advice changes no contents. A refusal is harmless.
        unsafe { libc::madvise(ptr.as_ptr().cast(), bytes, libc::MADV_HUGEPAGE) };
    }
}

#[cfg(not(target_os = "linux"))]
fn advise_huge_pages(_ptr: NonNull<u8>, _bytes: usize) {}

#[cold]
fn out_of_memory(bytes: usize) -> Error {
    Error::message(Class::Runtime, format!("DefaultCPUAllocator: can't allocate memory: you tried to allocate {bytes} bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_fits_its_class_with_little_waste() {
        for bytes in (1..5000).chain([65_536, 65_537, 1 << 20, (1 << 20) + 1, 3 << 30, 1 << 40]) {
            let size = class_size(class_of(bytes));
            assert!(size >= bytes, "{bytes} does not fit {size}");
            assert!(bytes <= 64 || size <= bytes + bytes / 4 + 1, "{bytes} wastes too much of {size}");
            assert_eq!(class_of(size), class_of(bytes));
        }
    }

    #[test]
    fn a_freed_block_is_handed_out_again() {
        let a = allocate(1000).unwrap();
        // SAFETY: `a` came from `allocate(1000)` and is not used again before the next allocation.
        unsafe { free(a, 1000) };
        let b = allocate(900).unwrap();
        assert_eq!(a, b);
        // SAFETY: as above; 900 and 1000 bytes are of one class.
        unsafe { free(b, 900) };
    }

    #[test]
    fn impossible_sizes_are_refused() {
        assert!(allocate(usize::MAX).is_err());
        assert!(allocate(1 << 60).is_err());
    }
}
