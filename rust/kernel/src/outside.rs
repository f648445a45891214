//! Long work outside of the lock of the embedding language.
//!
//! Python lets one thread run at a time. The binding lets go of its lock where a call comes in that it knows to be long. Whatever
//! else turns out to be, a kernel over many elements or a wait for a device, is done outside of the lock here: every kernel
//! passes through [`crate::backend::launch`], so that no op can forget.

use std::sync::OnceLock;

/// Number of elements from which on work is long.
pub const LONG: usize = 1 << 13;

/// Does work outside of the lock, if the calling thread holds it.
pub type Leave = fn(&mut dyn FnMut());

static LEAVE: OnceLock<Leave> = OnceLock::new();

/// Sets how the lock is left; later calls change nothing.
pub fn set_up(leave: Leave) {
    let _ = LEAVE.set(leave);
}

/// Does work, outside of the lock if it is long.
#[inline]
pub fn outside<R>(is_long: bool, work: impl FnOnce() -> R) -> R {
    if is_long { leave(work) } else { work() }
}

#[inline(never)]
fn leave<R>(work: impl FnOnce() -> R) -> R {
    let Some(leave) = LEAVE.get() else { return work() };
    let (mut work, mut result) = (Some(work), None);
    leave(&mut || {
        if let Some(work) = work.take() {
            result = Some(work());
        }
    });
    match (result, work) {
        (Some(result), _) => result,
        (None, Some(work)) => work(),
        (None, None) => unreachable!("work that was begun has a result"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    static LEFT: AtomicUsize = AtomicUsize::new(0);

    #[test]
    fn long_work_is_done_once_outside() {
        assert_eq!(outside(true, || 1), 1);
        set_up(|work| {
            LEFT.fetch_add(1, Ordering::Relaxed);
            work();
        });
        assert_eq!((outside(false, || 2), LEFT.load(Ordering::Relaxed)), (2, 0));
        assert_eq!((outside(true, || 3), LEFT.load(Ordering::Relaxed)), (3, 1));
    }
}
