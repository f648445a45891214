//! Watching what is launched: counters, profilers, and whatever wants to see or replace results.
//!
//! An observer belongs to a thread, and stands around every launch of that thread while it is there. That nobody observes, on
//! any thread, is one relaxed flag.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::array::{Array, Operand};
use crate::error::Result;
use crate::kernel::Kernel;

/// One launch, as observers see it.
#[derive(Clone, Copy)]
pub struct Launch<'a> {
    /// Name of the op.
    pub op: &'static str,
    /// What is computed.
    pub kernel: &'a Kernel<'a>,
    /// Of what.
    pub inputs: &'a [Operand],
    /// Where to.
    pub outputs: &'a [Array],
}

/// Who stands around launches.
pub trait Observer: Send + Sync {
    /// Called instead of a launch, which `run` does. Whoever does not call it has to write the outputs.
    fn around(&self, launch: Launch<'_>, run: &mut dyn FnMut() -> Result<()>) -> Result<()>;
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// The observers of one thread, the innermost last.
#[derive(Default)]
struct Stack(RefCell<Vec<Arc<dyn Observer>>>);

impl Drop for Stack {
    fn drop(&mut self) {
        COUNT.fetch_sub(self.0.take().len(), Ordering::Relaxed);
    }
}

thread_local! {
    static STACK: Stack = Stack::default();
}

/// Does anyone observe, on whatever thread?
#[inline]
pub fn is_on() -> bool {
    COUNT.load(Ordering::Relaxed) != 0
}

/// From now on `observer` stands around the launches of this thread, and inside of those that are there.
pub fn push(observer: Arc<dyn Observer>) {
    COUNT.fetch_add(1, Ordering::Relaxed);
    STACK.with(|stack| stack.0.borrow_mut().push(observer));
}

/// Takes an observer away.
pub fn remove(observer: &Arc<dyn Observer>) {
    let removed = STACK.with(|stack| {
        let mut observers = stack.0.borrow_mut();
        let place = observers.iter().rposition(|other| Arc::ptr_eq(other, observer));
        place.map(|place| observers.remove(place))
    });
    if removed.is_some() {
        COUNT.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Puts the innermost observer around a launch. While it is asked, it is not there: what it launches itself, and what it lets
/// run, is seen by those outside of it.
#[cold]
pub(crate) fn around(launch: Launch<'_>, run: &mut dyn FnMut() -> Result<()>) -> Result<()> {
    let Some(observer) = STACK.with(|stack| stack.0.borrow_mut().pop()) else { return run() };
    let inside = Arc::clone(&observer);
    let done = observer.around(launch, &mut || around(launch, run));
    STACK.with(|stack| stack.0.borrow_mut().push(inside));
    done
}
