//! The modes of a thread, and what switches overrides off.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;

/// How many reasons there are, on all threads together, to look at calls with plain arguments too.
static WATCHERS: AtomicUsize = AtomicUsize::new(0);

/// From now on calls with plain arguments are looked at too.
pub(crate) fn watch() {
    WATCHERS.fetch_add(1, Ordering::Relaxed);
}

/// The end of what [`watch`] began.
pub(crate) fn unwatch() {
    WATCHERS.fetch_sub(1, Ordering::Relaxed);
}

/// Are calls with plain arguments to be looked at?
#[inline]
pub(crate) fn is_watched() -> bool {
    WATCHERS.load(Ordering::Relaxed) != 0
}

/// What of the overrides is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switches {
    /// Those of the arguments' classes.
    pub(crate) subclasses: bool,
    /// Those of modes.
    pub(crate) modes: bool,
    /// What classes say by `__torch_dispatch__`.
    pub(crate) dispatch: bool,
}

impl Switches {
    const ON: Switches = Switches { subclasses: true, modes: true, dispatch: true };
}

/// The modes of one thread, the innermost last. Each is a reason to look at calls.
#[derive(Default)]
struct Stack(RefCell<Vec<Py<PyAny>>>);

impl Drop for Stack {
    fn drop(&mut self) {
        self.0.take().iter().for_each(|_| unwatch());
    }
}

thread_local! {
    /// Is the next call that would be overridden to go through?
    static SKIPS: Cell<bool> = const { Cell::new(false) };
    static SWITCHES: Cell<Switches> = const { Cell::new(Switches::ON) };
    static STACK: Stack = Stack::default();
}

/// What is on, on this thread.
pub(crate) fn switches() -> Switches {
    SWITCHES.get()
}

/// Switches overrides on or off on this thread; returns what was before.
pub(crate) fn switch(to: Switches) -> Switches {
    SWITCHES.replace(to)
}

/// Does work of which the first call goes past all overrides.
pub(crate) fn skipping_once<R>(work: impl FnOnce() -> R) -> R {
    SKIPS.set(true);
    let done = work();
    SKIPS.set(false);
    done
}

/// Is this the call that goes past all overrides?
pub(crate) fn skips() -> bool {
    SKIPS.take()
}

/// Is this thread in a mode that is on?
pub(crate) fn is_in_mode() -> bool {
    switches().modes && depth() > 0
}

/// Number of modes of this thread.
pub(crate) fn depth() -> usize {
    STACK.with(|stack| stack.0.borrow().len())
}

/// Enters a mode.
pub(crate) fn push(mode: Py<PyAny>) {
    watch();
    STACK.with(|stack| stack.0.borrow_mut().push(mode));
}

/// Leaves the innermost mode, if there is one.
pub(crate) fn pop() -> Option<Py<PyAny>> {
    let mode = STACK.with(|stack| stack.0.borrow_mut().pop())?;
    unwatch();
    Some(mode)
}

/// A mode by its place, the outermost first.
pub(crate) fn at(py: Python<'_>, place: usize) -> Option<Py<PyAny>> {
    STACK.with(|stack| stack.0.borrow().get(place).map(|mode| mode.clone_ref(py)))
}

/// Does work outside of the innermost mode, which is handed to it.
pub(crate) fn outside<R>(py: Python<'_>, work: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<R>) -> Option<PyResult<R>> {
    let mode = pop()?;
    let done = work(mode.bind(py));
    push(mode);
    Some(done)
}
