//! Walks that begin while another runs: a rule, a hook or a recomputation may call backward.
//!
//! The state of a walk is kept a level of a stack of the thread. What such walks need of the thread's own stack adds up,
//! so every [`LEVELS_PER_THREAD`]-th goes on in a new thread while the old one waits.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::bail;
use crate::error::{Error, Result};

use super::{levels, mode, saved_hooks};

/// Few enough for the frames of the embedding language, which counts them too.
const LEVELS_PER_THREAD: usize = 20;
/// Address space for the stack of a thread.
const STACK_BYTES: usize = 16 << 20;
/// Walks within walks, over all threads that wait for each other; each thread takes address space for its stack.
const LEVELS: usize = 40_000;

/// Is told whether the walk went through to its end.
pub type Callback = Box<dyn FnOnce(bool) -> Result<()>>;

/// A walk that runs.
struct Level {
    id: u64,
    captures: bool,
    callbacks: Vec<Callback>,
}

thread_local! {
    /// The walks that this thread is in, the innermost last.
    static LEVELS_HERE: RefCell<Vec<Level>> = const { RefCell::new(Vec::new()) };
    /// Of the threads that wait for this one.
    static ABOVE: Cell<Above> = const { Cell::new(Above { levels: 0, captures: false }) };
}

/// What a thread must know of the walks of those that wait for it.
#[derive(Clone, Copy)]
struct Above {
    levels: usize,
    captures: bool,
}

/// A number of the innermost walk of this thread.
pub fn current_walk() -> Option<u64> {
    LEVELS_HERE.with_borrow(|levels| levels.last().map(|level| level.id))
}

/// Do all walks that this thread is in accumulate into every leaf (and none into chosen tensors)?
pub fn all_accumulate() -> bool {
    !ABOVE.get().captures && LEVELS_HERE.with_borrow(|levels| levels.iter().all(|level| !level.captures))
}

/// Has a function called at the end of the innermost walk; gives it back where there is none.
pub fn after_walk(callback: Callback) -> Option<Callback> {
    LEVELS_HERE.with_borrow_mut(|levels| match levels.last_mut() {
        Some(level) => {
            level.callbacks.push(callback);
            None
        }
        None => Some(callback),
    })
}

/// Runs a walk (`captures`: one into chosen tensors) and then all that was to be called after it. The first error counts,
/// the walk's own before any.
pub(super) fn within_walk<T: Send>(captures: bool, walk: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let here = LEVELS_HERE.with_borrow(Vec::len);
    if here < LEVELS_PER_THREAD {
        return on_this_thread(captures, walk);
    }
    let levels = ABOVE.get().levels + here;
    if levels >= LEVELS {
        bail!(Runtime, "backward() was called within backward() {levels} levels deep, which is too deep");
    }
    on_another_thread(Above { levels, captures: !all_accumulate() }, || on_this_thread(captures, walk))
}

fn on_this_thread<T>(captures: bool, walk: impl FnOnce() -> Result<T>) -> Result<T> {
    let open = Open::new(captures);
    let mut outcome = walk();
    let complete = outcome.is_ok();
    for callback in open.close() {
        if let (Ok(_), Err(error)) = (&outcome, callback(complete)) {
            outcome = Err(error);
        }
    }
    outcome
}

fn on_another_thread<T: Send>(above: Above, run: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let (hooks, inference) = (saved_hooks::stack(), mode::is_inference());
    let tangents = levels::State::here();
    let run = move || {
        ABOVE.set(above);
        saved_hooks::inherit(hooks);
        tangents.inherit();
        mode::set_inference(inference);
        run()
    };
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run);
        let thread = thread.map_err(|error| Error::runtime(format!("backward() within backward() needs a thread: {error}")))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// An open level; closed with those above it where it is dropped by unwinding.
struct Open(usize);

impl Open {
    fn new(captures: bool) -> Open {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        LEVELS_HERE.with_borrow_mut(|levels| {
            levels.push(Level { id, captures, callbacks: Vec::new() });
            Open(levels.len() - 1)
        })
    }

    fn close(self) -> Vec<Callback> {
        let closed = LEVELS_HERE.with_borrow_mut(|levels| levels.split_off(self.0));
        closed.into_iter().flat_map(|level| level.callbacks).collect()
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // Callbacks are dropped after the list is released: they may be of the user.
        let closed =
            LEVELS_HERE.with_borrow_mut(|levels| if levels.len() > self.0 { levels.split_off(self.0) } else { Vec::new() });
        drop(closed);
    }
}
