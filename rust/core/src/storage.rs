//! A device's memory with a version counter, shared by all views.

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;

use crate::device::Device;
use crate::memory::HostBuffer;

/// Memory of a device other than the host; the backend that made it downcasts it back.
pub trait DeviceBuffer: Any + Send + Sync {
    /// For the downcast.
    fn as_any(&self) -> &dyn Any;
}

/// Where the bytes are.
pub enum Buffer {
    /// Host memory.
    Host(HostBuffer),
    /// Memory of a backend.
    Device(Box<dyn DeviceBuffer>),
}

/// Shared memory of a tensor and its views. Cloning shares it.
#[derive(Clone)]
pub struct Storage(Arc<Inner>);

struct Inner {
    buffer: Buffer,
    bytes: usize,
    device: Device,
    version: AtomicU32,
    /// The last op that wrote in place, for the message that backward gives.
    writer: Mutex<&'static str>,
}

impl Storage {
    /// Wraps a buffer of `bytes` bytes on a device.
    pub fn new(buffer: Buffer, bytes: usize, device: Device) -> Storage {
        Storage(Arc::new(Inner { buffer, bytes, device, version: AtomicU32::new(0), writer: Mutex::new("") }))
    }

    /// Wraps host memory.
    pub fn host(buffer: HostBuffer) -> Storage {
        let bytes = buffer.bytes();
        Storage::new(Buffer::Host(buffer), bytes, Device::CPU)
    }

    /// The memory.
    pub fn buffer(&self) -> &Buffer {
        &self.0.buffer
    }

    /// The memory if it is the host's.
    pub fn as_host(&self) -> Option<&HostBuffer> {
        match &self.0.buffer {
            Buffer::Host(buffer) => Some(buffer),
            Buffer::Device(_) => None,
        }
    }

    /// The memory as a backend's own type.
    pub fn as_device<T: DeviceBuffer>(&self) -> Option<&T> {
        match &self.0.buffer {
            Buffer::Host(_) => None,
            Buffer::Device(buffer) => buffer.as_any().downcast_ref(),
        }
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes
    }

    /// Where it is.
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// Number of in-place writes so far.
    pub fn version(&self) -> u32 {
        self.0.version.load(Ordering::Acquire)
    }

    /// Notes an in-place write by `op`.
    pub fn bump(&self, op: &'static str) {
        *self.0.writer.lock() = op;
        self.0.version.fetch_add(1, Ordering::AcqRel);
    }

    /// The op that wrote in place last; empty if none did.
    pub fn last_writer(&self) -> &'static str {
        *self.0.writer.lock()
    }

    /// The same memory?
    pub fn ptr_eq(&self, other: &Storage) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Is this the only holder?
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// A number that two storages share only if they are the same memory.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }
}
