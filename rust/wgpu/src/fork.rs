//! A process that was forked has none of the threads of the GPU's driver: it would wait for ever.

use std::sync::atomic::{AtomicBool, Ordering};

use ferrotorch_kernel::{Result, bail};

use crate::adapter;

static LOST: AtomicBool = AtomicBool::new(false);

/// Is to be called in the child of a fork: GPUs are lost to it if its parent had begun to use them.
pub fn after_fork() {
    if adapter::is_initialized() {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Are GPUs lost to this process?
pub fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Refuses work for GPUs that are lost.
pub(crate) fn check() -> Result<()> {
    if is_lost() {
        bail!(
            Runtime,
            "Cannot re-initialize the GPU in forked subprocess. To use the GPU with multiprocessing, you must use the 'spawn' start method"
        );
    }
    Ok(())
}
