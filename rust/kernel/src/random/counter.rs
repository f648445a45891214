//! The state of a GPU's generator: seed and offset, 8 bytes each, as in the states of PyTorch's CUDA generator.

use crate::bail;
use crate::error::Result;

/// Key of Philox, and the counter of the next number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Key.
    pub seed: u64,
    /// Counter of the next number.
    pub offset: u64,
}

impl Counter {
    /// Key and first counter of `n` numbers, which are then used up.
    pub(super) fn take(&mut self, n: u64) -> (u64, u64) {
        let first = self.offset;
        self.offset = first.wrapping_add(n);
        (self.seed, first)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        [self.seed.to_ne_bytes(), self.offset.to_ne_bytes()].concat()
    }

    /// A seed alone stands for its beginning, as in PyTorch's old states.
    pub(super) fn decode(bytes: &[u8]) -> Result<Counter> {
        let word = |at: usize| u64::from_ne_bytes(std::array::from_fn(|i| bytes[at + i]));
        match bytes.len() {
            8 => Ok(Counter { seed: word(0), offset: 0 }),
            16 => Ok(Counter { seed: word(0), offset: word(8) }),
            n => bail!(Runtime, "RNG state is wrong size: a GPU generator's has 16 bytes (seed and offset), got {n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_seed_and_offset() {
        let counter = Counter { seed: 7, offset: 1 << 40 };
        assert_eq!(Counter::decode(&counter.encode()).unwrap(), counter);
        assert_eq!(Counter::decode(&counter.encode()[..8]).unwrap(), Counter { seed: 7, offset: 0 });
        assert!(Counter::decode(&[0; 12]).is_err() && Counter::decode(&[0; 5056]).is_err());
    }
}
