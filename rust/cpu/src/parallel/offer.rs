//! An offer of work as one number.

/// How many helpers an offer has room for and how many are at work, in one number, so that joining and withdrawing cannot
/// cross.
#[derive(Clone, Copy)]
pub(super) struct Offer(pub(super) u64);

impl Offer {
    /// A helper at work.
    pub(super) const HELPER: u64 = 1;
    /// Room for one more.
    pub(super) const PLACE: u64 = 1 << 15;
    /// All that there is room for.
    pub(super) const PLACES: u64 = Offer::LEADER_SLEEPS - Offer::PLACE;
    /// The leader sleeps until the last helper leaves.
    pub(super) const LEADER_SLEEPS: u64 = 1 << 30;
    /// A helper has panicked.
    pub(super) const PANICKED: u64 = 1 << 31;
    /// The upper half is the number of the offer.
    const NUMBER: u64 = 1 << 32;
    /// More helpers than that cannot be wanted.
    pub(super) const MOST_HELPERS: usize = (Offer::PLACE - 1) as usize;

    /// The offer after this one, with room for some helpers.
    pub(super) fn next(self, places: usize) -> Offer {
        Offer((self.0 / Offer::NUMBER + 1).wrapping_mul(Offer::NUMBER) + places as u64 * Offer::PLACE)
    }

    /// Numbers offers, so that a helper does not join the same one twice.
    pub(super) fn number(self) -> u64 {
        self.0 / Offer::NUMBER
    }

    /// For how many more helpers there is room.
    pub(super) fn places(self) -> usize {
        ((self.0 & Offer::PLACES) / Offer::PLACE) as usize
    }

    /// How many helpers are at work.
    pub(super) fn helpers(self) -> usize {
        (self.0 % Offer::PLACE) as usize
    }

    /// Is a flag set?
    pub(super) fn has(self, flag: u64) -> bool {
        self.0 & flag != 0
    }

    /// With one helper more and one place less.
    pub(super) fn joined(self) -> Offer {
        Offer(self.0 - Offer::PLACE + Offer::HELPER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_offer_are_apart() {
        let offer = Offer(u64::MAX).next(Offer::MOST_HELPERS);
        assert_eq!((offer.number(), offer.places(), offer.helpers()), (0, Offer::MOST_HELPERS, 0));
        let offer = offer.next(3).joined().joined();
        assert_eq!((offer.number(), offer.places(), offer.helpers()), (1, 1, 2));
        let flagged = Offer(offer.0 | Offer::LEADER_SLEEPS | Offer::PANICKED);
        assert_eq!((flagged.number(), flagged.places(), flagged.helpers()), (1, 1, 2));
        assert!(flagged.has(Offer::PANICKED) && !offer.has(Offer::PANICKED) && !offer.has(Offer::LEADER_SLEEPS));
        assert_eq!(Offer(flagged.0 & !Offer::PLACES).places(), 0);
    }
}
