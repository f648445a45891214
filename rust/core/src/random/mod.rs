//! Sources of random numbers: a generator with PyTorch's streams for the host and a counter for the GPU.
//!
//! On the host numbers come one after another from a Mersenne twister, as PyTorch's CPU generator gives them.
//! On a GPU they come from Philox 4x32, keyed by the seed and counted by an offset, so that any invocation can
//! compute its own; a generator keeps the offset of the numbers that launches have used up.

mod mt19937;
mod state;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, LazyLock};

use parking_lot::{Mutex, MutexGuard};

pub use mt19937::Mt19937;
pub use state::STATE_BYTES;

use crate::error::Result;

/// Seed of a generator that nobody has seeded.
pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

/// A shared source of random numbers. Cloning shares it.
#[derive(Clone)]
pub struct Generator(Arc<Mutex<Engine>>);

/// What a generator guards: the twister, the normal samples that Box-Muller left over, and the GPU's counter.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Source of the host's numbers.
    pub twister: Mt19937,
    /// Second half of the last pair of normal samples drawn in float32.
    pub next_normal_f32: Option<f32>,
    /// Second half of the last pair of normal samples drawn in float64.
    pub next_normal_f64: Option<f64>,
    philox_offset: u64,
}

impl Engine {
    fn new(seed: u64) -> Engine {
        Engine { twister: Mt19937::new(seed), next_normal_f32: None, next_normal_f64: None, philox_offset: 0 }
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
    /// A generator that starts from a seed.
    pub fn new(seed: u64) -> Generator {
        Generator(Arc::new(Mutex::new(Engine::new(seed))))
    }

    /// Exclusive use of the engine, for the length of one fill.
    pub fn lock(&self) -> MutexGuard<'_, Engine> {
        self.0.lock()
    }

    /// Starts again from a seed.
    pub fn manual_seed(&self, seed: u64) {
        *self.lock() = Engine::new(seed);
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
        self.lock().twister.seed()
    }

    /// The next 32 random bits.
    pub fn random(&self) -> u32 {
        self.lock().random()
    }

    /// The next 64 random bits.
    pub fn random64(&self) -> u64 {
        self.lock().random64()
    }

    /// The state as [`STATE_BYTES`] bytes in the format of PyTorch's `Generator.get_state`.
    pub fn get_state(&self) -> Vec<u8> {
        state::encode(&self.lock())
    }

    /// Takes over a state that [`Generator::get_state`] or PyTorch has written.
    ///
    /// # Errors
    /// `RuntimeError` where the bytes are no valid state; the generator is then unchanged.
    pub fn set_state(&self, bytes: &[u8]) -> Result<()> {
        let mut decoded = state::decode(bytes)?;
        let mut engine = self.lock();
        decoded.philox_offset = engine.philox_offset;
        *engine = decoded;
        Ok(())
    }

    /// Key and first counter for a launch that uses `n` Philox counters, which are then used up.
    pub fn philox(&self, n: u64) -> (u64, u64) {
        let mut engine = self.lock();
        let offset = engine.philox_offset;
        engine.philox_offset = offset.wrapping_add(n);
        (engine.twister.seed(), offset)
    }

    /// Sets the counter of the next Philox launch, for restoring a GPU's state.
    pub fn set_philox_offset(&self, offset: u64) {
        self.lock().philox_offset = offset;
    }

    /// The same generator?
    pub fn ptr_eq(&self, other: &Generator) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").field("initial_seed", &self.initial_seed()).finish()
    }
}

/// The generator of calls that name none.
pub fn default_generator() -> &'static Generator {
    static DEFAULT: LazyLock<Generator> = LazyLock::new(|| Generator::new(DEFAULT_SEED));
    &DEFAULT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random64_puts_the_first_draw_on_top() {
        let (a, b) = (Generator::new(5), Generator::new(5));
        let (high, low) = (a.random() as u64, a.random() as u64);
        assert_eq!(b.random64(), high << 32 | low);
    }

    #[test]
    fn clones_share_the_stream_and_seeding_restarts_it() {
        let a = Generator::new(1);
        let b = a.clone();
        assert!(a.ptr_eq(&b));
        let first = a.random();
        assert_ne!(b.random(), first);
        b.manual_seed(1);
        assert_eq!(a.random(), first);
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
        let generator = Generator::new(9);
        assert_eq!(generator.philox(10), (9, 0));
        assert_eq!(generator.philox(4), (9, 10));
        assert_eq!(generator.philox(0), (9, 14));
        generator.manual_seed(3);
        assert_eq!(generator.philox(1), (3, 0));
    }
}
