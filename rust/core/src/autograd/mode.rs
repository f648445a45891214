//! Whether ops are recorded, per thread.

use std::cell::Cell;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
    static INFERENCE: Cell<bool> = const { Cell::new(false) };
}

/// Are ops recorded on this thread?
pub fn is_enabled() -> bool {
    ENABLED.get()
}

/// Is inference mode on?
pub fn is_inference() -> bool {
    INFERENCE.get()
}

/// Turns recording on or off and says what it was.
pub fn set_enabled(on: bool) -> bool {
    ENABLED.replace(on)
}

/// Turns inference mode on or off and says what it was.
pub fn set_inference(on: bool) -> bool {
    INFERENCE.replace(on)
}

/// Sets the mode until dropped.
pub struct Guard(bool);

impl Guard {
    /// Turns recording on or off for the guard's life.
    pub fn new(on: bool) -> Guard {
        Guard(set_enabled(on))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        set_enabled(self.0);
    }
}

/// Runs with recording off.
pub fn no_grad<R>(run: impl FnOnce() -> R) -> R {
    let _guard = Guard::new(false);
    run()
}
