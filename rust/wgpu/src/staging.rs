//! Buffers that the host can map, kept for the next read.

use parking_lot::Mutex;

/// The largest buffer that is kept, and how many are.
const MAX_BYTES: u64 = 1 << 20;
const MAX_KEPT: usize = 4;
/// The smallest buffer.
const MIN_BYTES: u64 = 1 << 12;

/// Buffers that nobody reads at the moment.
#[derive(Default)]
pub(crate) struct Staging(Mutex<Vec<wgpu::Buffer>>);

impl Staging {
    /// A buffer of at least `bytes` bytes; `None` where there is no memory for it.
    pub(crate) fn take(&self, device: &wgpu::Device, bytes: u64) -> Option<wgpu::Buffer> {
        let mut kept = self.0.lock();
        if let Some(at) = kept.iter().position(|buffer| buffer.size() >= bytes) {
            return Some(kept.swap_remove(at));
        }
        drop(kept);
        let size = if bytes <= MAX_BYTES { bytes.next_power_of_two().max(MIN_BYTES) } else { bytes };
        let scope = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
        let buffer =
            device.create_buffer(&wgpu::BufferDescriptor { label: Some("read"), size, usage, mapped_at_creation: false });
        pollster::block_on(scope.pop()).is_none().then_some(buffer)
    }

    /// Keeps a buffer that has been read, unless it is large.
    pub(crate) fn give_back(&self, buffer: wgpu::Buffer) {
        buffer.unmap();
        let mut kept = self.0.lock();
        if buffer.size() <= MAX_BYTES && kept.len() < MAX_KEPT {
            kept.push(buffer);
        }
    }
}
