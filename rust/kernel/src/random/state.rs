//! The byte format of saved states: that of PyTorch's CPU generator, so that states can be exchanged.
//!
//! | offset | type | content |
//! |---|---|---|
//! | 0 | u64 | seed |
//! | 8 | i32 | draws left until the state is renewed |
//! | 12 | i32 | 1: seeded |
//! | 16 | u64 | next word of the state |
//! | 24 | 624 x u64 | state, one 32-bit word in each |
//! | 5016 | f64, f64, f64, i32 | unused, waiting float64 normal sample, unused, is there one |
//! | 5048 | f32, u8 | waiting float32 normal sample, is there one |
//!
//! Numbers are in the machine's byte order, and the file format of saved tensors says which that is.

use super::mt19937::N;
use super::{Engine, Mt19937};
use crate::ensure;
use crate::error::Result;

/// Length of a saved state.
pub const STATE_BYTES: usize = 5056;
/// Length of a state without the float32 sample, as old checkpoints have it.
const LEGACY_BYTES: usize = 5048;

const LEFT: usize = 8;
const SEEDED: usize = 12;
const NEXT: usize = 16;
const WORDS: usize = 24;
const NORMAL_F64: usize = 5024;
const HAS_NORMAL_F64: usize = 5040;
const NORMAL_F32: usize = 5048;
const HAS_NORMAL_F32: usize = 5052;

pub(super) fn encode(engine: &Engine) -> Vec<u8> {
    let mut bytes = vec![0u8; STATE_BYTES];
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    let twister = &engine.twister;
    put(0, &twister.seed.to_ne_bytes());
    put(LEFT, &(twister.left as i32).to_ne_bytes());
    put(SEEDED, &1i32.to_ne_bytes());
    put(NEXT, &(twister.next as u64).to_ne_bytes());
    for (i, &word) in twister.state.iter().enumerate() {
        put(WORDS + 8 * i, &(word as u64).to_ne_bytes());
    }
    if let Some(sample) = engine.next_normal_f64 {
        put(NORMAL_F64, &sample.to_ne_bytes());
        put(HAS_NORMAL_F64, &1i32.to_ne_bytes());
    }
    if let Some(sample) = engine.next_normal_f32 {
        put(NORMAL_F32, &sample.to_ne_bytes());
        put(HAS_NORMAL_F32, &[1]);
    }
    bytes
}

pub(super) fn decode(bytes: &[u8]) -> Result<Engine> {
    ensure!(
        bytes.len() == STATE_BYTES || bytes.len() == LEGACY_BYTES,
        Runtime,
        "set_state(): expected a CPU generator state of {STATE_BYTES} (or, from old files, {LEGACY_BYTES}) bytes, got {}",
        bytes.len()
    );
    let left = i32::from_ne_bytes(take(bytes, LEFT));
    let seeded = i32::from_ne_bytes(take(bytes, SEEDED));
    let next = u64::from_ne_bytes(take(bytes, NEXT));
    // Either the state is used up, or the words from `next` on are exactly those that are left.
    let consistent = left == 1 && next <= N as u64 || left > 1 && next <= N as u64 && left as u64 + next == N as u64 + 1;
    ensure!(seeded == 1 && consistent, Runtime, "set_state(): Invalid mt19937 state: seeded {seeded}, left {left}, next {next}");
    let mut twister =
        Mt19937 { seed: u64::from_ne_bytes(take(bytes, 0)), state: [0; N], left: left as usize, next: next as usize };
    for (i, word) in twister.state.iter_mut().enumerate() {
        *word = u64::from_ne_bytes(take(bytes, WORDS + 8 * i)) as u32;
    }
    let has_f64 = i32::from_ne_bytes(take(bytes, HAS_NORMAL_F64)) != 0;
    let has_f32 = bytes.len() == STATE_BYTES && bytes[HAS_NORMAL_F32] != 0;
    Ok(Engine {
        twister,
        next_normal_f32: has_f32.then(|| f32::from_ne_bytes(take(bytes, NORMAL_F32))),
        next_normal_f64: has_f64.then(|| f64::from_ne_bytes(take(bytes, NORMAL_F64))),
    })
}

/// `K` bytes from `at` on; the caller has checked the length.
fn take<const K: usize>(bytes: &[u8], at: usize) -> [u8; K] {
    std::array::from_fn(|i| bytes[at + i])
}

#[cfg(test)]
mod tests {
    use super::super::Generator;
    use super::*;

    fn draw(generator: &Generator) -> u32 {
        generator.lock().unwrap().random()
    }

    #[test]
    fn a_restored_state_continues_the_stream() {
        let generator = Generator::new(11);
        for draws in [0, 1, 622, 1, 1, 700] {
            for _ in 0..draws {
                draw(&generator);
            }
            generator.lock().unwrap().next_normal_f64 = Some(0.25);
            generator.lock().unwrap().next_normal_f32 = (draws == 1).then_some(-1.5);
            let other = Generator::new(0);
            other.set_state(&generator.get_state()).unwrap();
            assert_eq!(other.get_state(), generator.get_state());
            assert_eq!(draw(&other), draw(&generator));
            assert_eq!(other.lock().unwrap().next_normal_f32, (draws == 1).then_some(-1.5));
        }
    }

    #[test]
    fn the_bytes_are_those_of_pytorch() {
        // Recorded after `torch.manual_seed(12345678901234); torch.rand(10)` from the bytes of `torch.get_rng_state()`.
        let generator = Generator::new(12_345_678_901_234);
        for _ in 0..10 {
            draw(&generator);
        }
        let bytes = generator.get_state();
        let weighted: u64 = bytes.iter().zip(1..).map(|(&b, i)| b as u64 * i).sum();
        assert_eq!(weighted, 805_306_600);
        assert_eq!(bytes[..24], [242, 47, 206, 115, 58, 11, 0, 0, 103, 2, 0, 0, 1, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn states_of_old_files_are_read() {
        let generator = Generator::new(4);
        generator.lock().unwrap().next_normal_f64 = Some(2.0);
        let other = Generator::new(1);
        other.set_state(&generator.get_state()[..LEGACY_BYTES]).unwrap();
        assert_eq!(other.get_state(), generator.get_state());
    }

    #[test]
    fn damaged_states_are_refused() {
        let generator = Generator::new(3);
        draw(&generator);
        let good = generator.get_state();
        assert!(generator.set_state(&good[..100]).is_err());
        for (at, value) in [(LEFT, 0u8), (LEFT, 3), (LEFT + 3, 0x80), (SEEDED, 0), (NEXT, 200), (NEXT + 7, 1)] {
            let mut bad = good.clone();
            bad[at] = value;
            assert!(generator.set_state(&bad).is_err(), "byte {at} = {value}");
            assert_eq!(generator.get_state(), good);
        }
    }
}
