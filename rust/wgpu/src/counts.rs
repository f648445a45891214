//! What a device has been asked to do since it was opened.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ferrotorch_kernel::backend::Work;
use parking_lot::Mutex;

/// The figures of [`Work`].
#[derive(Default)]
pub(crate) struct Counts {
    launches: AtomicU64,
    submissions: AtomicU64,
    waits: AtomicU64,
    bytes_read: AtomicU64,
    bytes_written: AtomicU64,
    shaders: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
}

fn add(figure: &AtomicU64, n: u64) {
    figure.fetch_add(n, Ordering::Relaxed);
}

impl Counts {
    /// A launch was recorded.
    pub(crate) fn launched(&self) {
        add(&self.launches, 1);
    }

    /// The count of the launches of shaders of a name.
    pub(crate) fn of_shader(&self, name: String) -> Arc<AtomicU64> {
        Arc::clone(self.shaders.lock().entry(name).or_default())
    }

    /// The launches by the names of their shaders.
    pub(crate) fn by_shader(&self) -> BTreeMap<String, u64> {
        self.shaders.lock().iter().map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed))).collect()
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
