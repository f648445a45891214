//! Freed blocks that are kept for the next buffers: how many, and for how long.
//!
//! A loop that takes memory and lets go of it again wants the same blocks each time; after a peak that does not come
//! again the system wants them back. What tells the two apart is that the loop asks again: how much is kept starts low,
//! grows when a block is missing that was given back a moment ago, and falls when nothing is asked for.

use std::time::{Duration, Instant};

use super::allocator::{Block, CLASSES, class_size, system_free};

/// Bytes that are always kept.
const LEAST: usize = 1 << 26;
/// Bytes that are kept at most.
const MOST: usize = 1 << 30;
/// After so long without a request that a kept block could answer, no more than the least is kept.
const PATIENCE: Duration = Duration::from_secs(2);

/// The kept blocks of all threads, by class.
pub(super) struct LargeCache {
    bytes: usize,
    bins: [Vec<Block>; CLASSES],
    limit: usize,
    /// Bytes that were given back since they would last have exceeded the limit.
    given_back: usize,
    /// When a block was last handed out again, or missed.
    wanted: Option<Instant>,
}

impl LargeCache {
    pub(super) const fn new() -> LargeCache {
        LargeCache { bytes: 0, bins: [const { Vec::new() }; CLASSES], limit: LEAST, given_back: 0, wanted: None }
    }

    /// Bytes that are kept.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A kept block of a class.
    pub(super) fn take(&mut self, class: usize) -> Option<Block> {
        let size = class_size(class);
        if let Some(block) = self.bins[class].pop() {
            self.bytes -= size;
            self.wanted = Some(Instant::now());
            return Some(block);
        }
        if self.given_back > 0 {
            // It would have been here, had more been kept.
            self.limit = (self.limit + size).min(MOST);
            self.given_back = self.given_back.saturating_sub(size);
            self.wanted = Some(Instant::now());
        }
        None
    }

    /// Keeps a freed block, or answers with it where there are enough.
    pub(super) fn keep(&mut self, block: Block, class: usize) -> Option<Block> {
        if self.limit > LEAST && self.wanted.is_none_or(|wanted| wanted.elapsed() > PATIENCE) {
            self.limit = LEAST;
            self.release(LEAST);
        }
        let size = class_size(class);
        if self.bytes + size > self.limit || self.bins[class].try_reserve(1).is_err() {
            self.given_back = (self.given_back + size).min(MOST);
            return Some(block);
        }
        self.bytes += size;
        self.bins[class].push(block);
        None
    }

    /// Gives blocks back, the largest first, until no more than `rest` bytes are kept.
    pub(super) fn release(&mut self, rest: usize) {
        for class in (0..CLASSES).rev() {
            while self.bytes > rest
                && let Some(block) = self.bins[class].pop()
            {
                self.bytes -= class_size(class);
                system_free(block, class);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::allocator::{class_of, system_allocate};
    use super::*;

    const SIZE: usize = 1 << 24;

    fn fall(cache: &mut LargeCache, blocks: usize) {
        let class = class_of(SIZE);
        for _ in 0..blocks {
            let block = cache.take(class).or_else(|| system_allocate(class)).expect("16 MiB");
            // Held outside until all are taken.
            cache.bins[0].push(block);
        }
        for _ in 0..blocks {
            let block = cache.bins[0].pop().expect("pushed above");
            if let Some(block) = cache.keep(block, class) {
                system_free(block, class);
            }
        }
    }

    #[test]
    fn little_is_kept_after_a_peak_and_all_of_it_in_a_loop() {
        let mut cache = LargeCache::new();
        fall(&mut cache, 20);
        assert!(cache.bytes() <= LEAST, "{} bytes after a single peak", cache.bytes());
        fall(&mut cache, 20);
        fall(&mut cache, 20);
        assert_eq!(cache.bytes(), 20 * SIZE);
        cache.wanted = Instant::now().checked_sub(2 * PATIENCE);
        fall(&mut cache, 0);
        let class = class_of(SIZE);
        let block = system_allocate(class).expect("16 MiB");
        cache.wanted = Instant::now().checked_sub(2 * PATIENCE);
        if let Some(block) = cache.keep(block, class) {
            system_free(block, class);
        }
        assert!(cache.bytes() <= LEAST, "{} bytes long after", cache.bytes());
        cache.release(0);
        assert_eq!(cache.bytes(), 0);
    }
}
