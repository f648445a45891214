//! Levels of forward mode: what is differentiated by at one time.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use smallvec::SmallVec;

use crate::error::{Error, Result};
use crate::{bail, ensure};

use super::mode;
use super::tangents::Slots;

/// What is differentiated by at one time.
pub(super) struct Level {
    /// How many levels it lies in.
    pub(super) depth: usize,
    /// Different for all levels there ever were.
    pub(super) number: u64,
    /// The tangents that there are at the level: they go with it.
    pub(super) slots: Mutex<Slots>,
}

/// Levels, the outermost first.
pub(super) type Levels = SmallVec<[Arc<Level>; 2]>;

thread_local! {
    /// Those that take part.
    static LEVELS: RefCell<Levels> = RefCell::new(Levels::new());
    /// Are there any?
    static ANY: Cell<bool> = const { Cell::new(false) };
    /// How many were entered and not left.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static ENABLED: Cell<bool> = const { Cell::new(true) };
    /// An error that came up where nothing can fail, until an op takes its place in the graph.
    static FAILURE: Cell<Option<Error>> = const { Cell::new(None) };
}

/// Are there tangents to be thought of on this thread?
#[inline]
pub fn is_on() -> bool {
    ANY.get() && ENABLED.get() && !mode::is_inference()
}

/// Has forward mode been turned on, as it is at first, whether or not there is a level?
pub fn is_turned_on() -> bool {
    ENABLED.get() && !mode::is_inference()
}

/// Turns forward mode on or off and says what it was. While it is off, results have no tangents.
pub fn set_enabled(on: bool) -> bool {
    ENABLED.replace(on)
}

/// Opens a level within those that there are; returns how many these are, by which the level is known from now on.
pub fn enter_level() -> usize {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let depth = DEPTH.get();
    DEPTH.set(depth + 1);
    let level = Level { depth, number: NEXT.fetch_add(1, Ordering::Relaxed), slots: Mutex::default() };
    LEVELS.with_borrow_mut(|levels| levels.push(Arc::new(level)));
    ANY.set(true);
    depth
}

/// Closes the innermost level, and with it its tangents are gone.
pub fn exit_level(level: usize) -> Result<()> {
    let innermost = LEVELS.with_borrow(|levels| levels.last().map(|level| level.depth));
    ensure!(
        innermost == Some(level) && DEPTH.get() == level + 1,
        Runtime,
        "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
    );
    DEPTH.set(level);
    let closed = LEVELS.with_borrow_mut(Levels::pop);
    ANY.set(LEVELS.with_borrow(|levels| !levels.is_empty()));
    // The tangents are dropped after the lists are released: their drops may reach anything.
    let tangents = closed.map(|level| level.slots.lock().take_all());
    drop(tangents);
    Ok(())
}

/// The levels that take part.
pub(super) fn levels() -> Levels {
    LEVELS.with_borrow(Clone::clone)
}

/// What forward mode has of a thread, for another that goes on in its place.
pub(super) struct State {
    levels: Levels,
    depth: usize,
    enabled: bool,
}

impl State {
    /// Of this thread.
    pub(super) fn here() -> State {
        State { levels: levels(), depth: DEPTH.get(), enabled: ENABLED.get() }
    }

    /// Takes it over.
    pub(super) fn inherit(self) {
        ANY.set(!self.levels.is_empty());
        LEVELS.set(self.levels);
        DEPTH.set(self.depth);
        ENABLED.set(self.enabled);
    }
}

pub(super) fn find(op: &str, level: usize) -> Result<Arc<Level>> {
    match LEVELS.with_borrow(|levels| levels.iter().rev().find(|other| other.depth == level).cloned()) {
        Some(level) => Ok(level),
        None => bail!(Runtime, "{op}(): there is no forward AD level {level}, make sure to enter_dual_level() first"),
    }
}

/// Only the first levels take part, until it is dropped.
pub(super) struct Outer(Levels);

impl Outer {
    pub(super) fn new(count: usize) -> Outer {
        let inner = LEVELS.with_borrow_mut(|levels| levels.drain(count..).collect());
        ANY.set(count > 0);
        Outer(inner)
    }
}

impl Drop for Outer {
    fn drop(&mut self) {
        let inner = std::mem::take(&mut self.0);
        LEVELS.with_borrow_mut(|levels| levels.extend(inner));
        ANY.set(true);
    }
}

/// Raises what went wrong where nothing can fail.
pub(super) fn raise_failure() -> Result<()> {
    FAILURE.take().map_or(Ok(()), Err)
}

/// Keeps an error until the next op takes its place in the graph.
pub(super) fn fail_later<T: Default>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| {
        FAILURE.set(Some(error));
        T::default()
    })
}
