//! Which devices there are, and the backend of each.
//!
//! A kind of device has a [`Platform`], which finds its devices and opens them. A device is opened when it is first used
//! and stays open for the life of the process, like the pool of threads.

use std::sync::OnceLock;

use crate::backend::Backend;
use crate::bail;
use crate::device::{Device, DeviceKind};
use crate::error::Result;

/// What finds and opens the devices of a kind.
pub trait Platform: Send + Sync {
    /// The devices there are, in the order of their numbers; none of them is opened.
    fn devices(&self) -> Result<Vec<DeviceInfo>>;

    /// Opens one. Two threads that first use it at the same time may both do that; one of the backends is dropped then.
    fn open(&self, index: u8) -> Result<Box<dyn Backend>>;
}

/// What a device is and can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    /// The driver's name for it.
    pub name: String,
    /// `discrete`, `integrated`, `virtual`, `cpu` or `other`.
    pub class: &'static str,
    /// What it is reached through: `vulkan`, `metal` or `dx12`.
    pub api: String,
    /// Name and version of the driver.
    pub driver: String,
    /// Is int64 computed there?
    pub int64: bool,
    /// Is float64 computed there?
    pub float64: bool,
    /// Largest tensor in bytes.
    pub max_tensor_bytes: u64,
}

/// How many devices of a kind can be open.
const MAX_DEVICES: usize = 64;

/// What is known of a kind of device.
struct Entry {
    platform: OnceLock<Box<dyn Platform>>,
    open: [OnceLock<Box<dyn Backend>>; MAX_DEVICES],
}

static KINDS: [Entry; DeviceKind::ALL.len()] =
    [const { Entry { platform: OnceLock::new(), open: [const { OnceLock::new() }; MAX_DEVICES] } }; DeviceKind::ALL.len()];

/// Sets what finds and opens devices of a kind; later calls change nothing.
pub fn register(kind: DeviceKind, platform: Box<dyn Platform>) {
    let _ = KINDS[kind as usize].platform.set(platform);
}

/// The backend of a device, which is opened if need be.
pub fn get(device: Device) -> Result<&'static dyn Backend> {
    match opened(device) {
        Some(backend) => Ok(backend),
        None => open(device.resolved()),
    }
}

#[cold]
fn open(device: Device) -> Result<&'static dyn Backend> {
    let entry = &KINDS[device.kind as usize];
    let Some(platform) = entry.platform.get() else { bail!(Runtime, "{}", device.kind.absence(device)) };
    let number = number(device);
    let backend = platform.open(number)?;
    match entry.open.get(number as usize) {
        Some(slot) => Ok(slot.get_or_init(|| backend).as_ref()),
        None => bail!(Runtime, "device '{device}' has a number beyond {MAX_DEVICES}"),
    }
}

/// The backend of a device that has been opened.
pub fn opened(device: Device) -> Option<&'static dyn Backend> {
    KINDS[device.kind as usize].open.get(number(device) as usize)?.get().map(Box::as_ref)
}

fn number(device: Device) -> u8 {
    device.index.or_else(|| device.resolved().index).unwrap_or(0)
}

/// The backends of all devices of a kind that have been opened.
pub fn all_opened(kind: DeviceKind) -> impl Iterator<Item = &'static dyn Backend> {
    KINDS[kind as usize].open.iter().filter_map(|slot| slot.get().map(Box::as_ref))
}

/// What devices of a kind there are; none where nothing has been registered that could find them.
pub fn devices(kind: DeviceKind) -> Result<Vec<DeviceInfo>> {
    KINDS[kind as usize].platform.get().map_or(Ok(Vec::new()), |platform| platform.devices())
}

/// May ops choose a kernel on a device where they could do without it?
pub fn supports(device: Device, kernel: &crate::kernel::Kernel, dtype: crate::dtype::DType) -> bool {
    get(device).is_ok_and(|backend| backend.supports(kernel, dtype))
}
