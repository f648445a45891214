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

/// Runs a walk and then what was to be called after it. The walk's own error comes first.
pub(super) fn within_walk<T>(walk: impl FnOnce() -> Result<T>) -> Result<T> {
    PENDING.with_borrow_mut(|walks| walks.push(Vec::new()));
    let outcome = walk();
    let callbacks = PENDING.with_borrow_mut(Vec::pop).unwrap_or_default();
    let complete = outcome.is_ok();
    let after = callbacks.into_iter().try_for_each(|callback| callback(complete));
    let result = outcome?;
    after?;
    Ok(result)
}
