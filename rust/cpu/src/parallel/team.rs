//! The threads that help the one that has work to share.
//!
//! Work is a function that any number of threads may call at once, and that returns when there is nothing left to begin. It
//! is *offered*: the thread that has it, the leader, begins at once, and helpers join while the offer stands. When the leader
//! finds nothing left it withdraws the offer, and waits for those helpers only that have joined. A helper that sleeps, or that
//! no core has room for, is never waited for, so an offer that nobody takes costs some tens of nanoseconds.
//!
//! A helper looks out for the next offer for a few times as long as it takes to wake a thread, and sleeps then; it gives up at
//! once where others want its core, and where there are more threads than cores. Whether one that sleeps is woken, the
//! [`Ledger`] says.
//!
//! One thread leads at a time. Who has work meanwhile does it alone rather than wait.

use std::any::Any;
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::ledger::{Ledger, PATIENCE, WAKE_UP};
use super::offer::Offer;

/// A thread that asks for the time every few microseconds and finds so many gone was kept from its core.
const HELD_UP: Duration = Duration::from_micros(20);

/// How often a thread that waits looks before it asks for the time and lets others have its core.
const LOOKS: u32 = 64;

/// Work for several threads. The argument says whether the caller leads.
pub(super) type Work<'a> = dyn Fn(bool) + Sync + 'a;

/// The helpers of a process, and what they are offered.
pub(super) struct Team {
    /// Held by the leader.
    ledger: Mutex<Ledger>,
    /// An [`Offer`].
    offer: AtomicU64,
    /// What is on offer.
    work: UnsafeCell<Option<*const Work<'static>>>,
    /// A leader that sleeps.
    sleeper: Mutex<Option<Thread>>,
    /// Why a helper has panicked.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// The helpers, each of which knows the next.
    first: OnceLock<Box<Helper>>,
    hired: AtomicUsize,
    asleep: AtomicUsize,
    cores: usize,
}

struct Helper {
    thread: OnceLock<Thread>,
    is_asleep: AtomicBool,
    next: OnceLock<Box<Helper>>,
}

/// How an offer went.
struct Outcome {
    /// For how many helpers there was still room.
    places: usize,
    kept_waiting: bool,
    panicked: bool,
}

// SAFETY: all fields but `work` are `Send` and `Sync` by themselves. `work` is written by the leader, of whom there is one,
// when the last offer is withdrawn and its helpers have left; it is read by helpers that have joined the next one, which they
// see after the leader has written. What it points to is `Sync`.
unsafe impl Sync for Team {}
// SAFETY: as above; no part of a team belongs to a thread.
unsafe impl Send for Team {}

/// The team of this process. It lasts as long as the process.
static TEAM: AtomicPtr<Team> = AtomicPtr::new(std::ptr::null_mut());

/// The team of this process, made at first use.
pub(super) fn team() -> &'static Team {
    let current = TEAM.load(Ordering::Acquire);
    // SAFETY: the pointer is null, or that of a team that is never freed.
    unsafe { current.as_ref() }.unwrap_or_else(made)
}

#[cold]
fn made() -> &'static Team {
    forget_in_child();
    let team = Box::leak(Box::new(Team::new()));
    match TEAM.compare_exchange(std::ptr::null_mut(), team, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => team,
        // SAFETY: another thread was faster; its team is never freed.
        Err(earlier) => unsafe { &*earlier },
    }
}

/// Sees to it that a forked process makes a team of its own: it has a copy of this one's memory, but none of its threads.
#[cfg(unix)]
fn forget_in_child() {
    extern "C" fn forget() {
        TEAM.store(std::ptr::null_mut(), Ordering::Release);
    }
    static ONCE: std::sync::Once = std::sync::Once::new();
    // SAFETY: `forget` stores to an atomic, which is allowed right after a fork. Where it cannot be registered, a forked
    // process works alone: nobody joins what it offers.
    ONCE.call_once(|| unsafe {
        libc::pthread_atfork(None, None, Some(forget));
    });
}

#[cfg(not(unix))]
fn forget_in_child() {}

impl Team {
    fn new() -> Team {
        Team {
            ledger: Mutex::new(Ledger::new()),
            offer: AtomicU64::new(0),
            work: UnsafeCell::new(None),
            sleeper: Mutex::new(None),
            panic: Mutex::new(None),
            first: OnceLock::new(),
            hired: AtomicUsize::new(0),
            asleep: AtomicUsize::new(0),
            cores: thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// Does work together with up to `wanted` helpers, and returns when all of it is done. `expected` is how long one thread
    /// would take, about. A thread's panic is passed on when the others are done.
    pub(super) fn share(&'static self, wanted: usize, expected: Duration, work: &Work) {
        let Some(mut ledger) = self.ledger.try_lock() else { return work(true) };
        let wanted = wanted.min(Offer::MOST_HELPERS);
        let began = Instant::now();
        // SAFETY: what changes is the lifetime. `withdraw` is reached below, whatever `work` does, and helpers that have
        // joined use the reference until they leave, which `withdraw` waits for.
        let lasting = unsafe { std::mem::transmute::<*const Work, *const Work<'static>>(work) };
        // SAFETY: this thread leads, and there is no offer.
        unsafe { *self.work.get() = Some(lasting) };
        let next = Offer(self.offer.load(Ordering::Relaxed)).next(wanted);
        // Before the count of sleepers is read: who does not see the offer is counted, and the other way round.
        self.offer.store(next.0, Ordering::SeqCst);
        let missing = wanted.saturating_sub(self.awake());
        let done = catch_unwind(AssertUnwindSafe(|| {
            if missing > 0 && ledger.is_worth_wake_up(began, expected) {
                self.rouse(missing, wanted);
            }
            work(true);
        }));
        let outcome = self.withdraw(began);
        if missing > 0 && outcome.places > 0 {
            ledger.add_missed(began, Instant::now());
        }
        if outcome.places < wanted {
            ledger.add_help(outcome.kept_waiting);
        }
        let others = if outcome.panicked { self.panic.lock().take() } else { None };
        drop(ledger);
        if let Some(reason) = done.err().or(others) {
            resume_unwind(reason);
        }
    }

    /// Helpers that look out or work.
    fn awake(&self) -> usize {
        let asleep = self.asleep.load(Ordering::SeqCst);
        self.hired.load(Ordering::Relaxed).saturating_sub(asleep)
    }

    /// Wakes helpers, and hires some where there are fewer than wanted and the system gives threads.
    #[cold]
    fn rouse(&'static self, mut missing: usize, wanted: usize) {
        let (mut place, mut number) = (&self.first, 0);
        while missing > 0 {
            let helper = match place.get() {
                Some(helper) => {
                    missing -= usize::from(self.wake(helper));
                    helper
                }
                None if number >= wanted => return,
                None => {
                    let idle = Helper { thread: OnceLock::new(), is_asleep: AtomicBool::new(false), next: OnceLock::new() };
                    let helper = place.get_or_init(|| Box::new(idle));
                    let thread = thread::Builder::new().name(format!("ferrotorch-{number}")).spawn(|| self.serve(helper));
                    let Ok(thread) = thread else { return };
                    let _ = helper.thread.set(thread.thread().clone());
                    self.hired.fetch_add(1, Ordering::Relaxed);
                    missing -= 1;
                    helper
                }
            };
            (place, number) = (&helper.next, number + 1);
        }
    }

    /// Wakes a helper; false if it is awake.
    fn wake(&self, helper: &Helper) -> bool {
        if !helper.is_asleep.swap(false, Ordering::SeqCst) {
            return false;
        }
        self.asleep.fetch_sub(1, Ordering::SeqCst);
        if let Some(thread) = helper.thread.get() {
            thread.unpark();
        }
        true
    }

    /// Ends the offer, and waits for the helpers that are at work.
    fn withdraw(&self, began: Instant) -> Outcome {
        let mut offer = Offer(self.offer.fetch_and(!Offer::PLACES, Ordering::AcqRel));
        let mut outcome = Outcome { places: offer.places(), kept_waiting: false, panicked: false };
        let (mut looks, mut worked) = (0, None);
        while offer.helpers() > 0 {
            spin_loop();
            looks += 1;
            if looks % LOOKS == 0 {
                let worked = *worked.get_or_insert_with(|| began.elapsed());
                if began.elapsed() > worked + WAKE_UP {
                    self.sleep_until_left();
                }
                thread::yield_now();
            }
            offer = Offer(self.offer.load(Ordering::Acquire));
        }
        outcome.kept_waiting = worked.is_some_and(|worked| began.elapsed() > 2 * worked + HELD_UP);
        outcome.panicked = offer.has(Offer::PANICKED);
        outcome
    }

    /// Sleeps until the last helper has left.
    #[cold]
    fn sleep_until_left(&self) {
        *self.sleeper.lock() = Some(thread::current());
        let mut offer = Offer(self.offer.fetch_or(Offer::LEADER_SLEEPS, Ordering::AcqRel));
        while offer.helpers() > 0 {
            thread::park();
            offer = Offer(self.offer.load(Ordering::Acquire));
        }
    }

    /// What a helper does all its life.
    fn serve(&self, helper: &Helper) {
        let mut last = 0;
        loop {
            if self.look_out(&mut last) || self.sleep(helper, &mut last) {
                self.help();
            }
        }
    }

    /// Joins an offer that comes soon. `last` is the number of the offer that this helper joined last.
    fn look_out(&self, last: &mut u64) -> bool {
        let began = Instant::now();
        let patience = if self.awake() >= self.cores { Duration::ZERO } else { PATIENCE };
        let mut before = began;
        loop {
            for _ in 0..LOOKS {
                if self.join(last) {
                    return true;
                }
                spin_loop();
            }
            thread::yield_now();
            let now = Instant::now();
            if now - before > HELD_UP || now - began > patience {
                return false;
            }
            before = now;
        }
    }

    /// Joins the offer, if it is new and there is room.
    fn join(&self, last: &mut u64) -> bool {
        let mut offer = Offer(self.offer.load(Ordering::SeqCst));
        while offer.places() > 0 && offer.number() != *last {
            match self.offer.compare_exchange_weak(offer.0, offer.joined().0, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => {
                    *last = offer.number();
                    return true;
                }
                Err(now) => offer = Offer(now),
            }
        }
        false
    }

    /// Works, having joined, and leaves.
    fn help(&self) {
        // SAFETY: the leader has set the work before it made the offer, and changes it when all that joined have left.
        if let Some(work) = unsafe { *self.work.get() } {
            // SAFETY: the leader holds a reference to it until all that joined have left.
            if let Err(reason) = catch_unwind(AssertUnwindSafe(|| unsafe { (*work)(false) })) {
                *self.panic.lock() = Some(reason);
                self.offer.fetch_or(Offer::PANICKED, Ordering::Relaxed);
            }
        }
        let before = Offer(self.offer.fetch_sub(Offer::HELPER, Ordering::AcqRel));
        if before.helpers() == 1
            && before.has(Offer::LEADER_SLEEPS)
            && let Some(leader) = self.sleeper.lock().take()
        {
            leader.unpark();
        }
    }

    /// Sleeps until it is woken; true if it has joined an offer that was made as it fell asleep.
    fn sleep(&self, helper: &Helper, last: &mut u64) -> bool {
        self.asleep.fetch_add(1, Ordering::SeqCst);
        helper.is_asleep.store(true, Ordering::SeqCst);
        let joined = self.join(last);
        if joined && helper.is_asleep.swap(false, Ordering::SeqCst) {
            self.asleep.fetch_sub(1, Ordering::SeqCst);
        }
        while helper.is_asleep.load(Ordering::SeqCst) {
            thread::park();
        }
        joined
    }
}
