//! What a device has been asked to do since it was opened.

use std::sync::atomic::{AtomicU64, Ordering};

use ferrotorch_kernel::backend::Work;

/// The figures of [`Work`].
#[derive(Default)]
pub(crate) struct Counts {
    launches: AtomicU64,
    submissions: AtomicU64,
    waits: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
}

fn add(figure: &AtomicU64, n: u64) {
    figure.fetch_add(n, Ordering::Relaxed);
}

impl Counts {
    /// A launch was recorded.
    pub(crate) fn launched(&self) {
        add(&self.launches, 1);
    }

    /// A batch was submitted.
    pub(crate) fn submitted(&self) {
        add(&self.submissions, 1);
    }

    /// The host waits.
    pub(crate) fn waited(&self) {
        add(&self.waits, 1);
    }

    /// The host reads.
    pub(crate) fn read(&self, bytes: u64) {
        add(&self.bytes_read, bytes);
    }

    /// The host writes.
    pub(crate) fn written(&self, bytes: u64) {
        add(&self.bytes_written, bytes);
    }

    /// The figures now.
    pub(crate) fn figures(&self) -> Work {
        let load = |figure: &AtomicU64| figure.load(Ordering::Relaxed);
        Work {
            launches: load(&self.launches),
            submissions: load(&self.submissions),
            waits: load(&self.waits),
            bytes_read: load(&self.bytes_read),
            bytes_written: load(&self.bytes_written),
        }
    }
}
