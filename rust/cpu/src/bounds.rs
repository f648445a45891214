//! Indices out of range: found by any thread, reported once.

#[cfg(test)]
mod tests;

use ferrotorch_kernel::Result;
use ferrotorch_kernel::error::{Indexed, Kind};
use parking_lot::Mutex;

/// The first index out of range that any thread met.
pub(crate) struct Fault {
    op: &'static str,
    dim: usize,
    size: usize,
    bad: Mutex<Option<i64>>,
}

impl Fault {
    /// Nothing bad yet in dimension `dim` of size `size`.
    pub(crate) fn new(op: &'static str, dim: usize, size: usize) -> Fault {
        Fault { op, dim, size, bad: Mutex::new(None) }
    }

    /// An index that must not be negative.
    #[inline(always)]
    pub(crate) fn check(&self, index: i64) -> Option<usize> {
        if (index as u64) < self.size as u64 { Some(index as usize) } else { self.note(index) }
    }

    #[cold]
    fn note(&self, index: i64) -> Option<usize> {
        self.bad.lock().get_or_insert(index);
        None
    }

    /// The error, where there was one.
    pub(crate) fn result(&self) -> Result<()> {
        match *self.bad.lock() {
            Some(index) => {
                let what = Indexed::Slice;
                Err(Kind::IndexOutOfRange { op: self.op, index, dim: self.dim, size: self.size, what }.into())
            }
            None => Ok(()),
        }
    }
}
