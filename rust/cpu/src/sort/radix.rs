//! Radix sort of packed keys and places, by threads together where there are many.
//!
//! A pass sorts by one digit, from the lowest on, and keeps the order of equals: the parts of the list are counted each for itself, which
//! gives for every part and digit where the first such entry goes. So a part can be moved without regard to the others, and
//! the result is the same however the list is cut. Entries are atomic because threads write between one another's.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ferrotorch_kernel::memory::collect_for;
use ferrotorch_kernel::{Result, interrupt};

use crate::parallel::{self, Cost, stops_at};

/// Shorter lists are sorted by comparison.
const SHORT: usize = 256;
/// Bits of a digit, at most: with more of them entries would go to more places at a time than the caches have room for.
const WIDEST: u32 = 8;
/// Keys of so few bits are one digit all the same, in lists of so many entries: a pass is saved.
const ONE_DIGIT: u32 = 11;
const LONG: usize = 1 << 14;
/// Entries of a part, at least.
const PART: usize = 1 << 16;

/// Entries in rising order. Keys lie in the upper half of an entry and have so many bits; lower halves are in rising order.
pub(super) fn sort(mut packed: Vec<u64>, bits: u32) -> Result<Vec<u64>> {
    if packed.len() < SHORT {
        packed.sort_unstable();
        return Ok(packed);
    }
    let is_one_digit = bits <= ONE_DIGIT && packed.len() >= LONG;
    let passes = if is_one_digit { bits.min(1) } else { bits.div_ceil(WIDEST) };
    let width = bits.div_ceil(passes.max(1));
    let mut from: Vec<AtomicU64> = packed.into_iter().map(AtomicU64::new).collect();
    let mut to: Vec<AtomicU64> = collect_for("sort", (0..from.len()).map(|_| AtomicU64::new(0)))?;
    for pass in 0..passes {
        if interrupt::stops() {
            break;
        }
        if move_by_digit(&from, &to, Digit { shift: 32 + pass * width, width }) {
            std::mem::swap(&mut from, &mut to);
        }
    }
    Ok(from.into_iter().map(AtomicU64::into_inner).collect())
}

/// Bits of an entry.
#[derive(Clone, Copy)]
struct Digit {
    shift: u32,
    width: u32,
}

impl Digit {
    #[inline(always)]
    fn of(self, entry: u64) -> usize {
        (entry >> self.shift) as usize & (self.count() - 1)
    }

    fn count(self) -> usize {
        1 << self.width
    }
}

/// A part of the list, with the counts of its digits, which become the places of the next entries.
struct Part<'a> {
    entries: &'a [AtomicU64],
    places: Vec<usize>,
}

/// Moves the entries in the order of a digit; false where all have the same.
fn move_by_digit(from: &[AtomicU64], to: &[AtomicU64], digit: Digit) -> bool {
    let length = from.len().div_ceil(parallel::num_threads() * 4).max(PART);
    let mut parts: Vec<Part> = from.chunks(length).map(|entries| Part { entries, places: Vec::new() }).collect();
    parallel::for_each_chunk_mut(&mut parts, Cost::streamed(8 * length), |_, parts| {
        for part in parts {
            part.places = vec![0; digit.count()];
            part.entries.iter().for_each(|entry| part.places[digit.of(entry.load(Relaxed))] += 1);
        }
    });
    // Parts that were not counted are those of a call that is to stop.
    if parts.iter().any(|part| part.places.is_empty()) {
        return false;
    }
    let mut start = 0;
    for value in 0..digit.count() {
        let first = start;
        for part in &mut parts {
            start += std::mem::replace(&mut part.places[value], start);
        }
        if first == 0 && start == from.len() {
            return false;
        }
    }
    parallel::for_each_chunk_mut(&mut parts, Cost::single(2 * length), |_, parts| {
        for part in parts {
            move_part(part, to, digit);
        }
    });
    true
}

fn move_part(part: &mut Part, to: &[AtomicU64], digit: Digit) {
    for (i, entry) in part.entries.iter().enumerate() {
        if stops_at(i) {
            return;
        }
        let entry = entry.load(Relaxed);
        let place = &mut part.places[digit.of(entry)];
        to[*place].store(entry, Relaxed);
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_whatever_their_length() {
        for (n, bits) in [
            (0, 32),
            (1, 8),
            (255, 32),
            (256, 32),
            (5000, 10),
            (1 << 14, 11),
            (3 * PART + 17, 32),
            (2 * PART + 1, 1),
            (PART + 5, 0),
        ] {
            let key = |i: usize| (i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & ((1 << bits) - 1);
            let list: Vec<u64> = (0..n).map(|i| key(i) << 32 | i as u64).collect();
            let mut expected = list.clone();
            expected.sort();
            assert!(sort(list, bits).unwrap() == expected, "{n} entries of {bits} bits");
        }
    }
}
