//! Device memory in size classes, kept for reuse.
//!
//! Reuse is ordered by the queue, as kernels are: whoever gets a freed block can only record work that runs after the
//! work which still uses it. The one thing that overtakes recorded work, a direct write from the host, asks the block
//! first which batch used it last.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ferrotorch_kernel::backend::MemoryStats;
use ferrotorch_kernel::error::Class;
use ferrotorch_kernel::storage::DeviceBuffer;
use ferrotorch_kernel::{Error, Result};
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::device_errors::Faults;
use crate::fork;

/// The smallest block; also the alignment of windows into blocks, which every adapter accepts.
pub(crate) const GRANULE: u64 = 256;

/// Memory on one adapter.
pub(crate) struct Pool {
    device: wgpu::Device,
    faults: Arc<Faults>,
    adapter: String,
    free: Mutex<FxHashMap<u64, Vec<Arc<Block>>>>,
    next_id: AtomicU64,
    in_use: AtomicU64,
    peak: AtomicU64,
    cached: AtomicU64,
    reserved_peak: AtomicU64,
}

/// A piece of device memory.
pub(crate) struct Block {
    pub(crate) buffer: wgpu::Buffer,
    /// Never given twice.
    pub(crate) id: u64,
    pub(crate) bytes: u64,
    /// Number of the last batch of commands that mentions it.
    pub(crate) last_batch: AtomicU64,
    /// Has it an owner? What is written to it is wanted by nobody otherwise.
    pub(crate) is_lent: AtomicBool,
}

/// A block on loan; dropping it gives it back.
pub(crate) struct GpuBuffer {
    block: Arc<Block>,
    pool: Arc<Pool>,
}

impl Pool {
    pub(crate) fn new(device: wgpu::Device, faults: Arc<Faults>, adapter: String) -> Arc<Pool> {
        Arc::new(Pool {
            device,
            faults,
            adapter,
            free: Mutex::default(),
            next_id: AtomicU64::new(1),
            in_use: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            cached: AtomicU64::new(0),
            reserved_peak: AtomicU64::new(0),
        })
    }

    /// A block of at least `bytes` bytes. `None` where the device has no room for it; then [`Pool::release`] and
    /// another try may help.
    pub(crate) fn try_allocate(self: &Arc<Pool>, bytes: u64) -> Result<Option<GpuBuffer>> {
        let limit = self.device.limits().max_buffer_size;
        let size = class_size(bytes).min(limit / GRANULE * GRANULE);
        if bytes > size {
            let text = format!(
                "{} bytes were asked for, but one tensor on the GPU adapter {} can have at most {limit} bytes",
                bytes, self.adapter
            );
            return Err(Error::message(Class::DeviceMemory, text));
        }
        let reused = self.free.lock().get_mut(&size).and_then(Vec::pop);
        let block = match reused {
            Some(block) => {
                self.cached.fetch_sub(size, Ordering::Relaxed);
                block
            }
            None => match self.create(size)? {
                Some(block) => block,
                None => return Ok(None),
            },
        };
        block.is_lent.store(true, Ordering::Relaxed);
        let in_use = self.in_use.fetch_add(size, Ordering::Relaxed) + size;
        self.peak.fetch_max(in_use, Ordering::Relaxed);
        self.reserved_peak.fetch_max(in_use + self.cached.load(Ordering::Relaxed), Ordering::Relaxed);
        Ok(Some(GpuBuffer { block, pool: Arc::clone(self) }))
    }

    /// A block outside of the pool, which no figure counts.
    pub(crate) fn create(&self, size: u64) -> Result<Option<Arc<Block>>> {
        self.faults.check()?;
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        let scope = self.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false });
        if pollster::block_on(scope.pop()).is_some() {
            return Ok(None);
        }
        self.faults.check()?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        Ok(Some(Arc::new(Block { buffer, id, bytes: size, last_batch: AtomicU64::new(0), is_lent: AtomicBool::new(true) })))
    }

    /// Gives what is kept for reuse back to the device.
    pub(crate) fn release(&self) {
        self.free.lock().clear();
        self.cached.store(0, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> MemoryStats {
        let load = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        MemoryStats {
            in_use: load(&self.in_use),
            peak: load(&self.peak),
            cached: load(&self.cached),
            reserved_peak: load(&self.reserved_peak),
        }
    }

    pub(crate) fn reset_peak(&self) {
        let MemoryStats { in_use, cached, .. } = self.stats();
        self.peak.store(in_use, Ordering::Relaxed);
        self.reserved_peak.store(in_use + cached, Ordering::Relaxed);
    }

    #[cold]
    pub(crate) fn out_of_memory(&self, bytes: u64) -> Error {
        let MemoryStats { in_use, .. } = self.stats();
        let text = format!("{} out of memory: tried to allocate {bytes} bytes; {in_use} bytes are held by tensors", self.adapter);
        Error::message(Class::DeviceMemory, text)
    }
}

/// Four classes to each power of two, from one granule on.
fn class_size(bytes: u64) -> u64 {
    if bytes <= GRANULE {
        return GRANULE;
    }
    let step = (1u64 << (63 - (bytes - 1).leading_zeros())) / 4;
    bytes.next_multiple_of(step.max(GRANULE))
}

impl GpuBuffer {
    pub(crate) fn block(&self) -> &Arc<Block> {
        &self.block
    }

    /// Does it come from this pool?
    pub(crate) fn is_of(&self, pool: &Arc<Pool>) -> bool {
        Arc::ptr_eq(&self.pool, pool)
    }
}

impl DeviceBuffer for GpuBuffer {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Drop for GpuBuffer {
    fn drop(&mut self) {
        if fork::is_lost() {
            // Another thread may have held the locks that letting go of the memory takes.
            std::mem::forget(Arc::clone(&self.block));
            return;
        }
        let size = self.block.bytes;
        self.block.is_lent.store(false, Ordering::Relaxed);
        self.pool.in_use.fetch_sub(size, Ordering::Relaxed);
        self.pool.cached.fetch_add(size, Ordering::Relaxed);
        self.pool.free.lock().entry(size).or_default().push(Arc::clone(&self.block));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_hold_what_they_must_with_little_waste() {
        for bytes in (1..5000).chain([65_536, 65_537, 1 << 20, (1 << 20) + 1, 3 << 30, 1 << 40]) {
            let size = class_size(bytes);
            assert!(size >= bytes && size.is_multiple_of(GRANULE), "{bytes} does not fit {size}");
            assert!(bytes <= 1024 || size <= bytes + bytes / 4, "{bytes} wastes too much of {size}");
            assert_eq!(class_size(size), size);
        }
    }
}
