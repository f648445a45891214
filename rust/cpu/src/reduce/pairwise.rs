//! Accumulators of parts, merged pairwise: the error of a sum then grows with the logarithm of the number of parts.

use smallvec::SmallVec;

/// Merges accumulators: those of `from` join those of `into`, which stand for earlier elements.
pub(super) trait Merge {
    /// `width` accumulators of both.
    fn join(&self, into: &mut [u64], from: &[u64], width: usize);
}

/// Groups of accumulators that come one after the other. Like the digits of a binary number, level `i` holds the merged
/// groups of `2^i` parts, or nothing.
pub(super) struct Pairwise<G> {
    levels: SmallVec<[G; 16]>,
    count: usize,
}

impl<G> Default for Pairwise<G> {
    fn default() -> Self {
        Pairwise { levels: SmallVec::new(), count: 0 }
    }
}

impl<G: AsRef<[u64]> + AsMut<[u64]> + Clone> Pairwise<G> {
    /// Takes the accumulators of the next part, whose memory is left behind with arbitrary contents.
    pub(super) fn push(&mut self, arrays: &impl Merge, part: &mut G, width: usize) {
        let mut level = 0;
        while self.holds(level) {
            self.carry(arrays, level, part, width);
            level += 1;
        }
        match self.levels.get_mut(level) {
            Some(free) => std::mem::swap(free, part),
            None => self.levels.push(part.clone()),
        }
        self.count += 1;
    }

    /// Merges all parts into the accumulators of the last one, and forgets them.
    pub(super) fn merge_into(&mut self, arrays: &impl Merge, last: &mut G, width: usize) {
        for level in 0..self.levels.len() {
            if self.holds(level) {
                self.carry(arrays, level, last, width);
            }
        }
        self.count = 0;
    }

    fn holds(&self, level: usize) -> bool {
        self.count >> level & 1 == 1
    }

    /// The accumulators of a level, joined by those behind them, take the place of these.
    fn carry(&mut self, arrays: &impl Merge, level: usize, behind: &mut G, width: usize) {
        let earlier = &mut self.levels[level];
        arrays.join(earlier.as_mut(), behind.as_ref(), width);
        std::mem::swap(earlier, behind);
    }
}
