//! Names of devices.

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;

use crate::bail;
use crate::error::{Error, Result};

/// Kind of device. Kinds that have no backend exist so that scripts may name them and get a helpful answer when they
/// allocate there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DeviceKind {
    Cpu,
    Wgpu,
    Cuda,
    Mps,
    Meta,
}

impl DeviceKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [DeviceKind; 5] = [DeviceKind::Cpu, DeviceKind::Wgpu, DeviceKind::Cuda, DeviceKind::Mps, DeviceKind::Meta];

    /// Lower-case name.
    pub const fn name(self) -> &'static str {
        match self {
            DeviceKind::Cpu => "cpu",
            DeviceKind::Wgpu => "wgpu",
            DeviceKind::Cuda => "cuda",
            DeviceKind::Mps => "mps",
            DeviceKind::Meta => "meta",
        }
    }

    /// Why a device of this kind is not there, and what to do.
    pub(crate) fn absence(self, device: Device) -> String {
        match self {
            DeviceKind::Cuda | DeviceKind::Mps => format!(
                "ferrotorch has no '{device}' device: GPUs of every maker are reached through Vulkan, Metal or DX12 as device \
                 'wgpu'. Write device='wgpu'"
            ),
            _ => format!("this build of ferrotorch has no backend for device '{device}'"),
        }
    }
}

/// A device: its kind and, for kinds that can be several, its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Device {
    /// Kind.
    pub kind: DeviceKind,
    /// Number, if one was given.
    pub index: Option<u8>,
}

thread_local! {
    /// The GPU that `wgpu` without a number means to this thread.
    static CURRENT_GPU: Cell<u8> = const { Cell::new(0) };
}

/// The GPU that `wgpu` without a number means to this thread.
pub fn current_gpu() -> u8 {
    CURRENT_GPU.get()
}

/// Sets it.
pub fn set_current_gpu(index: u8) {
    CURRENT_GPU.set(index);
}

impl Device {
    /// The host.
    pub const CPU: Device = Device { kind: DeviceKind::Cpu, index: None };

    /// The n-th GPU adapter.
    pub const fn wgpu(index: u8) -> Device {
        Device { kind: DeviceKind::Wgpu, index: Some(index) }
    }

    /// The device that tensors asked for here will report: `wgpu` means the thread's current GPU, which is `wgpu:0` until
    /// another one is chosen.
    pub fn resolved(self) -> Device {
        match self.kind {
            DeviceKind::Cpu | DeviceKind::Meta => Device { kind: self.kind, index: None },
            DeviceKind::Wgpu => Device { kind: self.kind, index: Some(self.index.unwrap_or_else(current_gpu)) },
            kind => Device { kind, index: Some(self.index.unwrap_or(0)) },
        }
    }

    /// The host?
    pub fn is_cpu(self) -> bool {
        self.kind == DeviceKind::Cpu
    }

    /// Do tensors there have elements? Those on `meta` have a shape, a dtype and strides only.
    pub fn has_data(self) -> bool {
        self.kind != DeviceKind::Meta
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        match self.index {
            Some(i) => write!(f, ":{i}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Device {
    type Err = Error;

    fn from_str(text: &str) -> Result<Device> {
        let (name, index) = match text.split_once(':') {
            // No number has zeros before it, or a sign.
            Some((name, number)) => match number.parse::<u8>() {
                Ok(n) if n.to_string() == number => (name, Some(n)),
                _ => bail!(Runtime, "Invalid device string: '{text}': the part behind the colon must be a number below 256"),
            },
            None => (text, None),
        };
        match DeviceKind::ALL.into_iter().find(|k| k.name() == name) {
            Some(kind) => Ok(Device { kind, index }),
            None => bail!(Runtime, "Expected one of cpu, wgpu, cuda, mps, meta device type at start of device string: {text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_without_a_number_is_the_current_one() {
        let gpu: Device = "wgpu".parse().unwrap();
        assert_eq!(gpu.resolved(), Device::wgpu(0));
        set_current_gpu(3);
        assert_eq!((gpu.resolved(), Device::wgpu(1).resolved()), (Device::wgpu(3), Device::wgpu(1)));
        std::thread::spawn(move || assert_eq!(gpu.resolved(), Device::wgpu(0))).join().unwrap();
    }
}
