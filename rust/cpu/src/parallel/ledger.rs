//! When a wake-up is worth its price.

use std::time::{Duration, Instant};

/// How long it takes, about, until a thread that is woken runs: 5 microseconds on a core that has just fallen idle, 50 and
/// more on one that rests.
pub(super) const WAKE_UP: Duration = Duration::from_micros(50);

/// Calls that follow one another within this time are a train, through which helpers stay awake: between the products of a
/// model there are as many microseconds of other ops. They look out for work so long before they sleep.
pub(super) const PATIENCE: Duration = Duration::from_micros(200);

/// Work that is worth a wake-up: with a helper that begins so late it still ends earlier, in spite of what waking costs (3 to
/// 10 microseconds).
const PRICE: Duration = Duration::from_micros(75);

/// The price doubles up to so many times, to 5 milliseconds: on a machine that is busy with other things a helper may be kept
/// from its core for a scheduler's slice of some milliseconds, while the leader waits. When the others are done it is soon found out.
const MOST_DOUBLINGS: u32 = 6;

/// What leaders remember of how their offers went.
///
/// Helpers that sleep are woken for work that is long, and for a train of short calls, once the calls that did without them
/// add up to what a wake-up is worth; never for short calls now and then, which a helper would come too late for.
pub(super) struct Ledger {
    /// Work done without helpers that slept, call upon call, and when the last of it ended.
    missed: Duration,
    last_missed: Option<Instant>,
    doublings: u32,
}

impl Ledger {
    pub(super) const fn new() -> Ledger {
        Ledger { missed: Duration::ZERO, last_missed: None, doublings: 0 }
    }

    /// Is it worth a wake-up that work begins now which takes about `expected`? Whoever hears that it is wakes somebody.
    pub(super) fn is_worth_wake_up(&mut self, now: Instant, expected: Duration) -> bool {
        if self.last_missed.is_none_or(|last| now.saturating_duration_since(last) > PATIENCE) {
            self.missed = Duration::ZERO;
        }
        if self.missed + expected < PRICE * (1 << self.doublings) {
            return false;
        }
        self.missed = Duration::ZERO;
        // It halves again when somebody comes.
        self.doublings = MOST_DOUBLINGS.min(self.doublings + 1);
        true
    }

    /// Work has been done without helpers that slept.
    pub(super) fn add_missed(&mut self, began: Instant, ended: Instant) {
        self.missed += ended.saturating_duration_since(began);
        self.last_missed = Some(ended);
    }

    /// Helpers came. Was the leader kept waiting for them?
    pub(super) fn add_help(&mut self, kept_waiting: bool) {
        self.doublings = if kept_waiting { MOST_DOUBLINGS.min(self.doublings + 2) } else { self.doublings.saturating_sub(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_micros(10);

    /// How many of 100 calls of 10 microseconds each, a pause between them, wake somebody. `ends` is told when a call ends.
    fn wake_ups(pause: Duration, ends: impl Fn(&mut Ledger, bool)) -> usize {
        let (mut ledger, mut now) = (Ledger::new(), Instant::now());
        let mut count = 0;
        for _ in 0..100 {
            let wakes = ledger.is_worth_wake_up(now, SHORT);
            count += usize::from(wakes);
            ledger.add_missed(now, now + SHORT);
            ends(&mut ledger, wakes);
            now += SHORT + pause;
        }
        count
    }

    #[test]
    fn long_work_is_worth_it_at_once() {
        let now = Instant::now();
        assert!(Ledger::new().is_worth_wake_up(now, PRICE) && !Ledger::new().is_worth_wake_up(now, PRICE / 2));
    }

    #[test]
    fn short_calls_are_worth_it_in_quick_succession_only() {
        let helps = |ledger: &mut Ledger, wakes: bool| {
            if wakes {
                ledger.add_help(false)
            }
        };
        assert_eq!(wake_ups(Duration::ZERO, helps), 14);
        assert_eq!(wake_ups(PATIENCE, helps), 14);
        assert_eq!(wake_ups(2 * PATIENCE, helps), 0);
    }

    #[test]
    fn wake_ups_in_vain_become_rare() {
        assert_eq!(wake_ups(Duration::ZERO, |_, _| {}), 3);
        assert_eq!(
            wake_ups(Duration::ZERO, |ledger, wakes| if wakes {
                ledger.add_help(true)
            }),
            2
        );
    }

    #[test]
    fn help_brings_the_price_down_again() {
        let (mut ledger, now) = (Ledger::new(), Instant::now());
        (0..20).for_each(|_| ledger.add_help(true));
        assert!(!ledger.is_worth_wake_up(now, PRICE * 63));
        assert!(ledger.is_worth_wake_up(now, PRICE * 64));
        (0..20).for_each(|_| ledger.add_help(false));
        assert!(ledger.is_worth_wake_up(now, PRICE));
    }
}
