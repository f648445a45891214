//! The generators of calls that name none: one for the host, and one for each GPU, made when it is first asked for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};

use super::counter::Counter;
use super::{DEFAULT_SEED, Generator};
use crate::device::{Device, DeviceKind};
use crate::error::Result;

static HOST: LazyLock<Generator> = LazyLock::new(|| Generator::new(DEFAULT_SEED));
static GPUS: [OnceLock<Generator>; 256] = [const { OnceLock::new() }; 256];
/// What the generators of GPUs that nobody has used yet start from.
static GPU_SEED: AtomicU64 = AtomicU64::new(DEFAULT_SEED);

/// The host's generator of calls that name none.
pub fn default_generator() -> &'static Generator {
    &HOST
}

/// A device's generator of calls that name none.
pub fn default_generator_of(device: Device) -> &'static Generator {
    match (device.kind, device.resolved().index) {
        (DeviceKind::Wgpu, Some(index)) => GPUS[index as usize].get_or_init(|| {
            let seed = GPU_SEED.load(Ordering::SeqCst);
            Generator::of_gpu(Device::wgpu(index), Counter { seed, offset: 0 })
        }),
        _ => &HOST,
    }
}

/// Starts the generators of all GPUs again from a seed, those too that are yet to be made.
pub fn manual_seed_gpus(seed: u64) {
    GPU_SEED.store(seed, Ordering::SeqCst);
    GPUS.iter().filter_map(OnceLock::get).for_each(|generator| generator.manual_seed(seed));
}

/// The states of all generators of calls that name none.
pub struct Snapshot {
    host: Generator,
    gpu_seed: u64,
    gpus: Vec<Generator>,
}

impl Snapshot {
    /// As they are now.
    pub fn take() -> Snapshot {
        Snapshot {
            host: HOST.duplicate(),
            gpu_seed: GPU_SEED.load(Ordering::SeqCst),
            gpus: GPUS.iter().filter_map(OnceLock::get).map(Generator::duplicate).collect(),
        }
    }

    /// Puts all generators back. Those that did not exist begin as they would have begun.
    ///
    /// # Errors
    /// None that can occur: the states are the generators' own.
    pub fn restore(&self) -> Result<()> {
        HOST.set_state(&self.host.get_state())?;
        manual_seed_gpus(self.gpu_seed);
        self.gpus.iter().try_for_each(|saved| default_generator_of(saved.device()).set_state(&saved.get_state()))
    }
}

/// The generator that a call uses on a device: the one that it names, which must be of that kind of device, or the
/// device's own. Where there is nothing to fill, any will do, and none is drawn from.
///
/// # Errors
/// `RuntimeError` for a generator of another kind of device.
pub fn chosen(named: Option<&Generator>, device: Device) -> Result<&Generator> {
    match named {
        Some(generator) if !device.has_data() => Ok(generator),
        Some(generator) => generator.check_device(device).map(|()| generator),
        None => Ok(default_generator_of(device)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parking_lot::Mutex;

    /// The tests change the seed of all GPUs.
    static ALONE: Mutex<()> = Mutex::new(());

    #[test]
    fn snapshots_hold_every_device() {
        let _alone = ALONE.lock();
        let (used, unused) = (Device::wgpu(210), Device::wgpu(211));
        default_generator_of(used).philox(3).unwrap();
        let seed = GPU_SEED.load(Ordering::SeqCst);
        let saved = Snapshot::take();
        manual_seed_gpus(99);
        default_generator_of(used).philox(1).unwrap();
        default_generator_of(unused).philox(1).unwrap();
        saved.restore().unwrap();
        assert_eq!(default_generator_of(used).offset().unwrap(), 3);
        assert_eq!(default_generator_of(unused).philox(1).unwrap(), (seed, 0));
    }

    #[test]
    fn seeding_reaches_gpus_before_and_after_their_first_use() {
        let _alone = ALONE.lock();
        let used = default_generator_of(Device::wgpu(200));
        used.philox(3).unwrap();
        manual_seed_gpus(5);
        assert_eq!(used.philox(1).unwrap(), (5, 0));
        assert_eq!(default_generator_of(Device::wgpu(201)).initial_seed(), 5);
        assert!(default_generator_of(Device::wgpu(200)).ptr_eq(used));
        assert!(default_generator_of(Device::CPU).ptr_eq(default_generator()));
    }
}
