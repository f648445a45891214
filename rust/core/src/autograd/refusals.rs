//! What an op learns where it takes its place in the graph, for it was found where nothing can fail.

use std::cell::{Cell, RefCell};

use crate::error::{Error, Result};

thread_local! {
    static IS_PENDING: Cell<bool> = const { Cell::new(false) };
    static REFUSAL: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// Keeps an error for [`raise`]; the first one stays.
#[cold]
pub(super) fn refuse_later(error: Error) {
    IS_PENDING.set(true);
    REFUSAL.with_borrow_mut(|refusal| {
        refusal.get_or_insert(error);
    });
}

/// Reports what was found about this thread's op since the last call.
#[inline]
pub fn raise() -> Result<()> {
    if IS_PENDING.get() { take() } else { Ok(()) }
}

#[cold]
fn take() -> Result<()> {
    IS_PENDING.set(false);
    REFUSAL.take().map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_refusal_is_raised_once() {
        assert!(raise().is_ok());
        refuse_later(Error::runtime("first"));
        refuse_later(Error::runtime("second"));
        assert_eq!(raise().map_err(|error| error.to_string()), Err("first".to_owned()));
        assert!(raise().is_ok());
    }
}
