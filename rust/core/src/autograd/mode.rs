//! Whether ops are recorded, per thread.

use std::cell::Cell;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
    static INFERENCE: Cell<bool> = const { Cell::new(false) };
}

/// Are ops recorded on this thread? In inference mode they never are.
pub fn is_enabled() -> bool {
    ENABLED.get() && !INFERENCE.get()
}

/// Has recording been turned on, whether or not inference mode overrules that?
pub fn is_turned_on() -> bool {
    ENABLED.get()
}

/// Is inference mode on? Tensors that are made in it are inference tensors: see
/// [`Tensor::is_inference`](crate::tensor::Tensor::is_inference).
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
