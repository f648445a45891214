//! Stopping long computations.

use std::sync::OnceLock;

/// Matrices of fewer rows take no time worth asking for.
const LARGE: usize = 64;

static POLL: OnceLock<fn() -> bool> = OnceLock::new();

/// Sets what finds out whether a computation is to stop; later calls change nothing. What one that was stopped has written means nothing.
pub fn set_poll(poll: fn() -> bool) {
    let _ = POLL.set(poll);
}

/// Is a computation on a matrix of `n` rows to stop? Asked between columns and iterations.
#[inline]
pub(crate) fn stops(n: usize) -> bool {
    n >= LARGE && POLL.get().is_some_and(|poll| poll())
}
