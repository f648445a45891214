//! A device's memory with a version counter, shared by all views.
//!
//! `x.data` looks into the same memory but counts its own writes: see [`Storage::with_own_version`].

use std::any::Any;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

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
    memory: Memory,
    bytes: usize,
    device: Device,
    writes: Writes,
    /// What counts the writes instead, once tensors over other memory count with this one: see [`Storage::counting_with`].
    shared: OnceLock<Arc<Writes>>,
    /// Has another library been handed the address? See [`Storage::fix`].
    fixed: AtomicBool,
    /// The last moment before it was made: see [`Storage::is_since`].
    born: u64,
}

/// How many moments were marked: see [`Storage::moment`].
static MOMENTS: AtomicU64 = AtomicU64::new(0);

/// In-place writes.
struct Writes {
    version: AtomicU32,
    /// The last op that wrote in place, for the message that backward gives.
    writer: Mutex<&'static str>,
}

impl Writes {
    fn from(version: u32, writer: &'static str) -> Writes {
        Writes { version: AtomicU32::new(version), writer: Mutex::new(writer) }
    }
}

/// Whose memory a storage is.
enum Memory {
    Own(Buffer),
    /// That of another storage, which owns it.
    Of(Storage),
}

impl Storage {
    /// Wraps a buffer of `bytes` bytes on a device.
    pub fn new(buffer: Buffer, bytes: usize, device: Device) -> Storage {
        Storage::counting(Memory::Own(buffer), bytes, device, 0)
    }

    fn counting(memory: Memory, bytes: usize, device: Device, version: u32) -> Storage {
        Storage(Arc::new(Inner {
            memory,
            bytes,
            device,
            writes: Writes::from(version, ""),
            shared: OnceLock::new(),
            fixed: AtomicBool::new(false),
            born: MOMENTS.load(Ordering::Relaxed),
        }))
    }

    /// Marks a moment, by which memory that was there before can be told from what is made afterwards.
    pub fn moment() -> u64 {
        MOMENTS.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Was the memory made after a moment?
    pub fn is_since(&self, moment: u64) -> bool {
        self.owner().0.born >= moment
    }

    /// The same memory with a version counter of its own, which starts at `version`: writes through one are not noticed
    /// through the other.
    pub fn with_own_version(&self, version: u32) -> Storage {
        Storage::counting(Memory::Of(self.owner().clone()), self.0.bytes, self.0.device, version)
    }

    /// The same memory, with writes counted together with those through `other`, which is over other memory: from now on each
    /// notices what is written through the other one.
    pub fn counting_with(&self, other: &Storage) -> Storage {
        let shared = other.0.shared.get_or_init(|| Arc::new(Writes::from(other.version(), other.last_writer()))).clone();
        let storage = self.with_own_version(0);
        storage.0.shared.get_or_init(|| shared);
        storage
    }

    /// What counts the writes.
    fn writes(&self) -> &Writes {
        self.0.shared.get().map_or(&self.0.writes, |shared| shared)
    }

    /// The storage that owns the memory.
    fn owner(&self) -> &Storage {
        match &self.0.memory {
            Memory::Own(_) => self,
            Memory::Of(owner) => owner,
        }
    }

    /// Wraps host memory.
    pub fn host(buffer: HostBuffer) -> Storage {
        let bytes = buffer.bytes();
        Storage::new(Buffer::Host(buffer), bytes, Device::CPU)
    }

    /// The memory.
    pub fn buffer(&self) -> &Buffer {
        match &self.0.memory {
            Memory::Own(buffer) => buffer,
            Memory::Of(owner) => owner.buffer(),
        }
    }

    /// The memory if it is the host's.
    pub fn as_host(&self) -> Option<&HostBuffer> {
        match self.buffer() {
            Buffer::Host(buffer) => Some(buffer),
            Buffer::Device(_) => None,
        }
    }

    /// The memory as a backend's own type.
    pub fn as_device<T: DeviceBuffer>(&self) -> Option<&T> {
        match self.buffer() {
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
        self.writes().version.load(Ordering::Acquire)
    }

    /// Notes an in-place write by `op`.
    pub fn bump(&self, op: &'static str) {
        let writes = self.writes();
        *writes.writer.lock() = op;
        writes.version.fetch_add(1, Ordering::AcqRel);
    }

    /// The op that wrote in place last; empty if none did.
    pub fn last_writer(&self) -> &'static str {
        *self.writes().writer.lock()
    }

    /// Marks that another library looks at the memory, so that no tensor may be given other memory for it in a resize.
    pub fn fix(&self) {
        self.owner().0.fixed.store(true, Ordering::Release);
    }

    /// Does another library own the memory or look at it?
    pub fn is_fixed(&self) -> bool {
        self.as_host().is_some_and(|buffer| !buffer.is_own()) || self.owner().0.fixed.load(Ordering::Acquire)
    }

    /// The same memory?
    pub fn ptr_eq(&self, other: &Storage) -> bool {
        Arc::ptr_eq(&self.owner().0, &other.owner().0)
    }

    /// Is this the only holder?
    pub fn is_unique(&self) -> bool {
        Arc::strong_count(&self.0) == 1 && Arc::strong_count(&self.owner().0) == 1
    }

    /// A number that two storages share only if they are the same memory.
    pub fn id(&self) -> usize {
        Arc::as_ptr(&self.owner().0) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_seen_twice_counts_its_writes_twice() {
        let storage = Storage::host(HostBuffer::zeroed(8).unwrap());
        storage.bump("add_");
        let data = storage.with_own_version(0);
        let again = data.with_own_version(3);
        data.bump("mul_");
        assert_eq!((storage.version(), data.version(), again.version()), (1, 1, 3));
        assert_eq!((storage.last_writer(), data.last_writer()), ("add_", "mul_"));
        assert!(data.ptr_eq(&storage) && again.ptr_eq(&data) && again.id() == storage.id());
        assert!(!storage.is_unique() && !data.is_unique());
        drop((storage, again));
        assert!(data.is_unique());
    }

    #[test]
    fn memory_is_as_old_as_what_owns_it() {
        let before = Storage::host(HostBuffer::zeroed(8).unwrap());
        let moment = Storage::moment();
        let after = Storage::host(HostBuffer::zeroed(8).unwrap());
        assert!(after.is_since(moment) && !before.is_since(moment));
        assert!(!before.with_own_version(0).is_since(moment) && before.is_since(0));
    }

    #[test]
    fn storages_may_count_their_writes_together() {
        let old = Storage::host(HostBuffer::zeroed(8).unwrap());
        old.bump("add_");
        let new = Storage::host(HostBuffer::zeroed(8).unwrap());
        let counted = new.counting_with(&old);
        counted.bump("mul_");
        old.bump("sub_");
        assert_eq!((old.version(), counted.version(), new.version()), (3, 3, 0));
        assert_eq!(counted.last_writer(), "sub_");
        assert!(counted.ptr_eq(&new) && !counted.ptr_eq(&old));
        drop(old);
        let third = Storage::host(HostBuffer::zeroed(8).unwrap()).counting_with(&counted);
        third.bump("div_");
        assert_eq!(counted.version(), 4);
    }
}
