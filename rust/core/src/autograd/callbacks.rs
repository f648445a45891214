//! Functions to call when the present walk over the graph ends.

use std::cell::RefCell;

use crate::error::Result;

/// Is told whether the walk went through to its end.
pub type Callback = Box<dyn FnOnce(bool) -> Result<()>>;

thread_local! {
    /// The callbacks of the walks that this thread is in, the innermost last.
    static PENDING: RefCell<Vec<Vec<Callback>>> = const { RefCell::new(Vec::new()) };
}

/// Has a function called at the end of the innermost walk; gives it back where there is none.
pub fn after_walk(callback: Callback) -> Option<Callback> {
    PENDING.with_borrow_mut(|walks| match walks.last_mut() {
        Some(callbacks) => {
            callbacks.push(callback);
            None
        }
        None => Some(callback),
    })
}

/// Runs a walk and then all that was to be called after it. The first error counts, the walk's own before any.
pub(super) fn within_walk<T>(walk: impl FnOnce() -> Result<T>) -> Result<T> {
    let level = Level::open();
    let mut outcome = walk();
    let complete = outcome.is_ok();
    for callback in level.close() {
        if let (Ok(_), Err(error)) = (&outcome, callback(complete)) {
            outcome = Err(error);
        }
    }
    outcome
}

/// The callbacks of one walk; dropped with it where that unwinds.
struct Level(usize);

impl Level {
    fn open() -> Level {
        PENDING.with_borrow_mut(|walks| {
            walks.push(Vec::new());
            Level(walks.len() - 1)
        })
    }

    fn close(self) -> Vec<Callback> {
        PENDING.with_borrow_mut(|walks| walks.split_off(self.0)).into_iter().flatten().collect()
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        PENDING.with_borrow_mut(|walks| walks.truncate(self.0));
    }
}
