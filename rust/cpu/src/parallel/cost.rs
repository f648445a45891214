//! How long kernels take.

use std::time::Duration;

/// Shorter work than this is not shared. A helper that is looking out joins within half a microsecond, but what the leader has in
/// its caches comes to it at some 20 nanoseconds a cache line, and so do its results to the leader's next op: between ops that
/// one thread does, sharing shorter ones gains little, and training steps of small networks and decoding lose.
const LEAST: Duration = Duration::from_micros(if cfg!(test) { 8 } else { 30 });

/// The least that a part of shared work takes.
const SHORTEST: Duration = Duration::from_micros(4);

/// What one item of a kernel's work takes one thread, about.
///
/// The rates were measured on a server's core of 2023 with wide registers (AMD Zen 4), in the L2 cache; on other machines they are wrong
/// by a factor that matters little, as all of them are by the same.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Cost {
    picoseconds: u64,
}

impl Cost {
    const fn new(count: usize, picoseconds: u64) -> Cost {
        Cost { picoseconds: (count as u64).saturating_mul(picoseconds) }
    }

    /// Elements that are read, computed with a few instructions and written one after the other: sums, copies, fills.
    pub(crate) const fn streamed(elements: usize) -> Cost {
        Cost::new(elements, 100)
    }

    /// Bytes that are read or written one after the other, counted for each array: copies, fills, and ops on elements that take no
    /// longer than memory does.
    pub(crate) const fn moved(bytes: usize) -> Cost {
        Cost::new(bytes, 11)
    }

    /// Elements that a function such as `exp` is computed of.
    pub(crate) const fn functions(elements: usize) -> Cost {
        Cost::new(elements, 400)
    }

    /// Elements that are handled one by one, with a branch or from anywhere in memory.
    pub(crate) const fn single(elements: usize) -> Cost {
        Cost::new(elements, 1000)
    }

    /// Multiplications and additions of products and convolutions, in blocks that stay in registers.
    pub(crate) const fn multiply_adds(count: usize) -> Cost {
        Cost::new(count, 20)
    }

    /// All of it together.
    pub(crate) const fn plus(self, other: Cost) -> Cost {
        Cost { picoseconds: self.picoseconds.saturating_add(other.picoseconds) }
    }

    /// The longer of two that overlap.
    pub(crate) const fn or(self, other: Cost) -> Cost {
        if self.picoseconds >= other.picoseconds { self } else { other }
    }

    /// So many times as much.
    pub(crate) const fn times(self, count: usize) -> Cost {
        Cost::new(count, self.picoseconds)
    }

    /// One of so many equal parts.
    pub(crate) const fn part(self, parts: usize) -> Cost {
        Cost { picoseconds: self.picoseconds / if parts == 0 { 1 } else { parts as u64 } }
    }

    /// As a time.
    pub(super) const fn duration(self) -> Duration {
        Duration::from_nanos(self.picoseconds / 1000)
    }

    /// Are so many items too little to be shared?
    pub(crate) fn is_for_one_thread(self, items: usize) -> bool {
        self.times(items).picoseconds < LEAST.as_nanos() as u64 * 1000
    }

    /// So many items are worth a part of their own; at least one.
    pub(super) fn grain(self) -> usize {
        let grain = SHORTEST.as_nanos() as u64 * 1000 / self.picoseconds.max(1);
        usize::try_from(grain).unwrap_or(usize::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grain_takes_some_microseconds() {
        assert_eq!(Cost::streamed(1).grain(), 40_000);
        assert_eq!(Cost::multiply_adds(1000).grain(), 200);
        assert_eq!((Cost::single(usize::MAX).grain(), Cost::streamed(0).grain()), (1, 4_000_000));
        assert_eq!(Cost::single(7).plus(Cost::functions(5)).times(1000).part(3).duration(), Duration::from_micros(3));
    }
}
