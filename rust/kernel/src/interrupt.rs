//! Stopping long computations.
//!
//! A computation that takes long asks at its pauses, between blocks of a kernel or nodes of a graph, whether it is to go on.
//! The binding says which thread and which calls may be stopped, and how to find out; there the question is put to it ten
//! times a second. A call that writes into memory which somebody knows already is not stopped half way.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How often the embedding language is asked.
const INTERVAL: Duration = Duration::from_millis(100);

/// Finds out whether to go on: an error is the reason to stop.
pub type Poll = fn() -> Result<()>;

static POLL: OnceLock<Poll> = OnceLock::new();

thread_local! {
    /// When this thread asked last; `None` on threads that never ask.
    static ASKED: Cell<Option<Instant>> = const { Cell::new(None) };
    /// Is this call one that may be stopped?
    static ALLOWED: Cell<bool> = const { Cell::new(false) };
    /// Why the kernel that runs on this thread is to stop.
    static REASON: RefCell<Option<Error>> = const { RefCell::new(None) };
    /// Whether the kernel that this thread runs, or helps with, is to stop.
    static STOP: RefCell<Stop> = RefCell::default();
}

/// Whether a kernel is to stop, as the threads that work on it see it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// That of the calling thread's kernels.
    pub fn of_this_thread() -> Stop {
        STOP.with_borrow(Stop::clone)
    }

    /// Does a part of the work of the thread that this is of: it stops when that is told to.
    pub fn follow<R>(&self, work: impl FnOnce() -> R) -> R {
        struct Before(Stop);
        impl Drop for Before {
            fn drop(&mut self) {
                STOP.replace(std::mem::take(&mut self.0));
            }
        }
        let _before = Before(STOP.replace(self.clone()));
        work()
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, stop: bool) {
        self.0.store(stop, Ordering::Relaxed);
    }
}

/// Lets computations of the calling thread be stopped; `poll` is the same in all calls.
pub fn set_up(poll: Poll) {
    let _ = POLL.set(poll);
    ASKED.set(Some(Instant::now()));
}

/// Runs work that may be stopped, or may not.
pub fn with<R>(allowed: bool, work: impl FnOnce() -> R) -> R {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            ALLOWED.set(self.0);
        }
    }
    let _before = Before(ALLOWED.replace(allowed));
    work()
}

/// Asks, if it is time to, whether to go on.
pub fn check() -> Result<()> {
    let Some(asked) = ASKED.get().filter(|_| ALLOWED.get()) else { return Ok(()) };
    let now = Instant::now();
    if now.duration_since(asked) < INTERVAL {
        return Ok(());
    }
    ASKED.set(Some(now));
    // What the embedding language does now may compute too.
    with(false, || POLL.get().map_or(Ok(()), |poll| poll()))
}

/// [`check`] for a kernel, whose blocks return nothing: true if it is to stop. [`finish`] then says why.
pub fn stops() -> bool {
    if is_stopped() {
        return true;
    }
    match check() {
        Ok(()) => false,
        Err(reason) => {
            REASON.set(Some(reason));
            STOP.with_borrow(|stop| stop.set(true));
            true
        }
    }
}

/// Has this thread, or the one that it helps, been told to stop the kernel that it runs?
pub fn is_stopped() -> bool {
    STOP.with_borrow(Stop::is_set)
}

/// The end of a kernel: the reason why it was stopped, in place of what it answered.
pub fn finish(done: Result<()>) -> Result<()> {
    if !ALLOWED.get() {
        return done;
    }
    let Some(reason) = REASON.take() else { return done };
    STOP.with_borrow(|stop| stop.set(false));
    Err(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_may_be_stopped_asks_now_and_then() {
        assert!(check().is_ok() && !stops());
        set_up(|| Err(Error::runtime("enough")));
        with(true, || {
            assert!(!stops(), "not at once");
            ASKED.set(Instant::now().checked_sub(2 * INTERVAL));
            with(false, || assert!(!stops(), "not in this call"));
            assert!(stops() && stops() && is_stopped());
            let stop = Stop::of_this_thread();
            let helper = std::thread::spawn(move || (is_stopped(), stop.follow(stops), is_stopped()));
            assert_eq!(helper.join().ok(), Some((false, true, false)), "a helper stops with it");
            assert_eq!(finish(Ok(())).unwrap_err().to_string(), "enough");
            assert!(!is_stopped() && finish(Ok(())).is_ok());
        });
    }
}
