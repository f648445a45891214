//! Sources of random numbers: a generator with PyTorch's streams for the host, and counters for GPUs.
//!
//! On the host numbers come one after another from a Mersenne twister, as PyTorch's CPU generator gives them.
//! On a GPU they come from Philox 4x32, keyed by the seed and counted by an offset, so that any invocation can
//! compute its own; the state of a GPU's generator is the seed and the offset of the numbers that launches have used up.

mod counter;
mod defaults;
mod mt19937;
mod state;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

pub use counter::Counter;
pub use defaults::{Snapshot, chosen, default_generator, default_generator_of, manual_seed_gpus};
pub use mt19937::Mt19937;
pub use state::STATE_BYTES;

use crate::bail;
use crate::device::{Device, DeviceKind};
use crate::error::{Error, Result};

/// Seed of a generator that nobody has seeded.
pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

/// A shared source of random numbers for one device. Cloning shares it.
#[derive(Clone)]
pub struct Generator(Arc<Inner>);

struct Inner {
    device: Device,
    source: Source,
}

enum Source {
    Host(Box<Mutex<Engine>>),
    /// Generators may share a counter, and be told to share another one.
    Gpu(Mutex<Arc<Mutex<Counter>>>),
}

/// What a host generator guards: the twister, and the normal samples that Box-Muller left over.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Source of the numbers.
    pub twister: Mt19937,
    /// Second half of the last pair of normal samples drawn in float32.
    pub next_normal_f32: Option<f32>,
    /// Second half of the last pair of normal samples drawn in float64.
    pub next_normal_f64: Option<f64>,
}

impl Engine {
    fn new(seed: u64) -> Engine {
        Engine::of(Mt19937::new(seed))
    }

    fn of(twister: Mt19937) -> Engine {
        Engine { twister, next_normal_f32: None, next_normal_f64: None }
    }

    /// The next 32 random bits.
    pub fn random(&mut self) -> u32 {
        self.twister.next_u32()
    }

    /// The next 64 random bits.
    pub fn random64(&mut self) -> u64 {
        self.twister.next_u64()
    }
}

impl Generator {
    /// A generator of the host that starts from a seed.
    pub fn new(seed: u64) -> Generator {
        Generator::of_engine(Engine::new(seed))
    }

    /// A generator of a device that starts from a seed.
    ///
    /// # Errors
    /// `RuntimeError` for kinds of devices that compute nothing here.
    pub fn on(device: Device, seed: u64) -> Result<Generator> {
        match device.kind {
            DeviceKind::Cpu => Ok(Generator::new(seed)),
            DeviceKind::Wgpu => Ok(Generator::of_gpu(device, Counter { seed, offset: 0 })),
            _ => bail!(Runtime, "there is no generator of random numbers for device '{device}'"),
        }
    }

    fn of_engine(engine: Engine) -> Generator {
        Generator(Arc::new(Inner { device: Device::CPU, source: Source::Host(Box::new(Mutex::new(engine))) }))
    }

    fn of_gpu(device: Device, counter: Counter) -> Generator {
        Generator::sharing(device, Arc::new(Mutex::new(counter)))
    }

    fn sharing(device: Device, counter: Arc<Mutex<Counter>>) -> Generator {
        Generator(Arc::new(Inner { device: device.resolved(), source: Source::Gpu(Mutex::new(counter)) }))
    }

    /// The device whose tensors it fills.
    pub fn device(&self) -> Device {
        self.0.device
    }

    /// Exclusive use of the engine, for the length of one fill on the host.
    ///
    /// # Errors
    /// `RuntimeError` for a generator of another device.
    pub fn lock(&self) -> Result<MutexGuard<'_, Engine>> {
        match &self.0.source {
            Source::Host(engine) => Ok(engine.lock()),
            Source::Gpu(_) => Err(self.of_another_kind(DeviceKind::Cpu)),
        }
    }

    /// Key and first counter for a launch that uses `n` Philox counters, which are then used up.
    ///
    /// # Errors
    /// `RuntimeError` for a generator of the host.
    pub fn philox(&self, n: u64) -> Result<(u64, u64)> {
        match &self.0.source {
            Source::Gpu(counter) => Ok(counter.lock().lock().take(n)),
            Source::Host(_) => Err(self.of_another_kind(DeviceKind::Wgpu)),
        }
    }

    /// A generator of the host for a fill of `n` elements which the generator's own device leaves to the host. Seed and
    /// offset of this one decide its numbers, and count on as if the device had drawn them.
    ///
    /// # Errors
    /// `RuntimeError` for a generator of the host.
    pub fn host_stand_in(&self, n: u64) -> Result<Generator> {
        let (seed, offset) = self.philox(n)?;
        let word = |bits: u64, half: u32| (bits >> (32 * half)) as u32;
        let key = [word(seed, 0), word(seed, 1), word(offset, 0), word(offset, 1)];
        Ok(Generator::of_engine(Engine::of(Mt19937::from_key(&key))))
    }

    /// Refuses to fill tensors of another kind of device.
    ///
    /// # Errors
    /// `RuntimeError` in PyTorch's words.
    pub fn check_device(&self, device: Device) -> Result<()> {
        if self.0.device.kind == device.kind { Ok(()) } else { Err(self.of_another_kind(device.kind)) }
    }

    #[cold]
    fn of_another_kind(&self, wanted: DeviceKind) -> Error {
        let found = self.0.device.kind.name();
        Error::runtime(format!("Expected a '{}' device type for generator but found '{found}'", wanted.name()))
    }

    /// Starts again from a seed.
    pub fn manual_seed(&self, seed: u64) {
        match &self.0.source {
            Source::Host(engine) => *engine.lock() = Engine::new(seed),
            Source::Gpu(counter) => *counter.lock().lock() = Counter { seed, offset: 0 },
        }
    }

    /// Starts again from a seed that nobody can foresee, and returns it. It has 53 bits, so that a double holds it.
    pub fn seed(&self) -> u64 {
        // A fresh `RandomState` is keyed by the operating system's entropy.
        let seed = RandomState::new().hash_one(std::process::id()) & ((1 << 53) - 1);
        self.manual_seed(seed);
        seed
    }

    /// The seed that the generator last started from.
    pub fn initial_seed(&self) -> u64 {
        match &self.0.source {
            Source::Host(engine) => engine.lock().twister.seed(),
            Source::Gpu(counter) => counter.lock().lock().seed,
        }
    }

    /// The state as bytes in the format of PyTorch's `Generator.get_state`: [`STATE_BYTES`] for the host, seed and
    /// offset for a GPU.
    pub fn get_state(&self) -> Vec<u8> {
        match &self.0.source {
            Source::Host(engine) => state::encode(&engine.lock()),
            Source::Gpu(counter) => counter.lock().lock().encode(),
        }
    }

    /// Takes over a state that [`Generator::get_state`] or PyTorch has written.
    ///
    /// # Errors
    /// `RuntimeError` where the bytes are no valid state; the generator is then unchanged.
    pub fn set_state(&self, bytes: &[u8]) -> Result<()> {
        match &self.0.source {
            Source::Host(engine) => *engine.lock() = state::decode(bytes)?,
            Source::Gpu(counter) => *counter.lock().lock() = Counter::decode(bytes)?,
        }
        Ok(())
    }

    /// Counter of the next number.
    ///
    /// # Errors
    /// `RuntimeError` for a generator of the host, which counts nothing.
    pub fn offset(&self) -> Result<u64> {
        Ok(self.counter()?.lock().offset)
    }

    /// Sets the counter of the next number.
    ///
    /// # Errors
    /// As [`Generator::offset`].
    pub fn set_offset(&self, offset: u64) -> Result<()> {
        self.counter()?.lock().offset = offset;
        Ok(())
    }

    fn counter(&self) -> Result<Arc<Mutex<Counter>>> {
        match &self.0.source {
            Source::Gpu(counter) => Ok(Arc::clone(&counter.lock())),
            Source::Host(_) => bail!(Runtime, "CPU Generator does not use offset"),
        }
    }

    /// Another generator that from now on goes through the same numbers: what either draws, the other does not.
    ///
    /// # Errors
    /// `NotImplementedError` for a generator of the host.
    pub fn share(&self) -> Result<Generator> {
        match &self.0.source {
            Source::Gpu(counter) => Ok(Generator::sharing(self.0.device, Arc::clone(&counter.lock()))),
            Source::Host(_) => bail!(NotImplemented, "graphsafe_get_state is not supported in this Generator"),
        }
    }

    /// Goes through the numbers of another generator from now on.
    ///
    /// # Errors
    /// `NotImplementedError` for generators of the host.
    pub fn share_with(&self, other: &Generator) -> Result<()> {
        let (Source::Gpu(own), Source::Gpu(others)) = (&self.0.source, &other.0.source) else {
            bail!(NotImplemented, "graphsafe_set_state is not supported in this Generator");
        };
        let shared = Arc::clone(&others.lock());
        *own.lock() = shared;
        Ok(())
    }

    /// A generator of its own in the same state.
    pub fn duplicate(&self) -> Generator {
        match &self.0.source {
            Source::Host(engine) => Generator::of_engine(engine.lock().clone()),
            Source::Gpu(counter) => Generator::of_gpu(self.0.device, counter.lock().lock().clone()),
        }
    }

    /// The same generator?
    pub fn ptr_eq(&self, other: &Generator) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Generator");
        fields.field("device", &self.0.device).field("initial_seed", &self.initial_seed()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random64_puts_the_first_draw_on_top() {
        let (mut a, mut b) = (Engine::new(5), Engine::new(5));
        let (high, low) = (a.random() as u64, a.random() as u64);
        assert_eq!(b.random64(), high << 32 | low);
    }

    #[test]
    fn clones_share_the_stream_and_seeding_restarts_it() {
        let draw = |g: &Generator| g.lock().unwrap().random();
        let a = Generator::new(1);
        let b = a.clone();
        assert!(a.ptr_eq(&b) && !a.ptr_eq(&a.duplicate()));
        let first = draw(&a);
        assert_ne!(draw(&b), first);
        b.manual_seed(1);
        assert_eq!(draw(&a), first);
    }

    #[test]
    fn unforeseen_seeds_differ_and_fit_a_double() {
        let generator = Generator::new(0);
        let seeds = [generator.seed(), generator.seed()];
        assert_ne!(seeds[0], seeds[1]);
        assert!(seeds.iter().all(|&s| s < 1 << 53));
        assert_eq!(generator.initial_seed(), seeds[1]);
    }

    #[test]
    fn philox_counters_are_used_once() {
        let generator = Generator::on(Device::wgpu(0), 9).unwrap();
        assert_eq!(generator.philox(10).unwrap(), (9, 0));
        assert_eq!(generator.philox(4).unwrap(), (9, 10));
        assert_eq!(generator.philox(0).unwrap(), (9, 14));
        generator.manual_seed(3);
        assert_eq!(generator.philox(1).unwrap(), (3, 0));
    }

    #[test]
    fn stand_ins_follow_the_state_and_count_on() {
        let generator = Generator::on(Device::wgpu(0), 9).unwrap();
        let state = generator.get_state();
        let draw = || generator.host_stand_in(5).unwrap().lock().unwrap().random64();
        let (first, second) = (draw(), draw());
        assert_ne!(first, second);
        assert_eq!(generator.offset().unwrap(), 10);
        generator.set_state(&state).unwrap();
        assert_eq!(draw(), first);
    }

    #[test]
    fn shared_numbers_are_drawn_once() {
        let a = Generator::on(Device::wgpu(0), 9).unwrap();
        let b = a.share().unwrap();
        a.philox(4).unwrap();
        assert_eq!(b.philox(1).unwrap(), (9, 4));
        let c = a.duplicate();
        c.set_offset(70).unwrap();
        a.share_with(&c).unwrap();
        assert_eq!((a.offset().unwrap(), b.offset().unwrap()), (70, 5));
        assert!(Generator::new(0).share().is_err());
    }

    #[test]
    fn a_generator_fills_tensors_of_its_own_kind_of_device() {
        let (host, gpu) = (Generator::new(0), Generator::on(Device::wgpu(1), 0).unwrap());
        assert!(host.check_device(Device::CPU).is_ok() && gpu.check_device(Device::wgpu(0)).is_ok());
        let message = host.check_device(Device::wgpu(0)).unwrap_err().to_string();
        assert_eq!(message, "Expected a 'wgpu' device type for generator but found 'cpu'");
        assert!(gpu.lock().is_err() && host.philox(1).is_err() && host.offset().is_err());
    }
}
