//! Splitting work over threads.
//!
//! The caller's thread always takes part; [`team`] has the threads that help it. Chunk boundaries may depend on the number
//! of threads, so the work of a chunk must not: each index is computed as if it were alone.
//!
//! Between chunks the caller's thread asks whether the computation is to stop. Then the chunks that are left, and those of
//! later calls of the same kernel, are passed over; what the kernel has written means nothing, and the backend answers
//! with the reason ([`ferrotorch_kernel::interrupt`]).

mod cost;
mod ledger;
mod offer;
mod team;

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrotorch_kernel::Result;
use ferrotorch_kernel::interrupt::{self, Stop};
use parking_lot::Mutex;

pub(crate) use cost::Cost;

/// A chunk is not longer than so many of the shortest: this long a computation goes on that is to stop.
const LONGEST_CHUNK: usize = 64;

/// Chunks per thread: enough that a thread that is held up does not hold up the others.
const CHUNKS_PER_THREAD: usize = 4;

/// 0: not chosen yet, as many as the machine runs at once.
static THREADS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Set while this thread works on a chunk: nested calls stay on it.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// How many threads a kernel may use, the caller's included.
pub fn num_threads() -> usize {
    match THREADS.load(Ordering::Relaxed) {
        0 => {
            // Asking the system takes microseconds, so it is asked once.
            let threads = std::thread::available_parallelism().map_or(1, usize::from);
            let _ = THREADS.compare_exchange(0, threads, Ordering::Relaxed, Ordering::Relaxed);
            threads
        }
        n => n,
    }
}

/// Sets how many threads a kernel may use, the caller's included; at least 1. Results do not depend on it.
pub fn set_num_threads(threads: usize) {
    THREADS.store(threads.max(1), Ordering::Relaxed);
}

/// How many items a chunk has.
fn chunk_length(n: usize, cost: Cost) -> usize {
    if cost.is_for_one_thread(n) {
        return n;
    }
    let grain = cost.grain();
    let even = n.div_ceil(num_threads().saturating_mul(CHUNKS_PER_THREAD));
    even.clamp(grain, grain.saturating_mul(LONGEST_CHUNK))
}

/// Items between two looks of a loop that may be long, at which nothing else is done for so many.
pub(crate) const BETWEEN_LOOKS: usize = 1 << 16;

/// Is a loop over very many items, which has come to number `i`, to stop? It looks now and then only.
#[inline(always)]
pub(crate) fn stops_at(i: usize) -> bool {
    i % BETWEEN_LOOKS == BETWEEN_LOOKS - 1 && interrupt::stops()
}

/// [`stops_at`] for rows of `width` items each.
#[inline(always)]
pub(crate) fn stops_at_row(row: usize, width: usize) -> bool {
    (row * width) / BETWEEN_LOOKS != ((row + 1) * width) / BETWEEN_LOOKS && interrupt::stops()
}

/// Calls `work` on ranges that together cover `0..n`, in parallel where there is enough to do. An item costs `cost`.
pub(crate) fn for_each_chunk(n: usize, cost: Cost, work: impl Fn(Range<usize>) + Sync) {
    share(n, cost, &|range, _| work(range));
}

/// [`for_each_chunk`], compiled once: a generic one would hold three copies of each kernel. `work` also hears whether it is the
/// caller's thread that calls it: that takes chunks from the front, helpers take them from the back. So one helper, and the
/// caller, find in their caches what they wrote in the call before.
fn share(n: usize, cost: Cost, work: &(dyn Fn(Range<usize>, bool) + Sync)) {
    let chunk = chunk_length(n, cost);
    if n <= chunk || BUSY.get() {
        if n > 0 && !interrupt::is_stopped() {
            work(0..n, true);
        }
        return;
    }
    let chunks = n.div_ceil(chunk);
    let (taken, from_back) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let drain = |leads: bool| {
        let _guard = BusyGuard::enter();
        let mut front = 0;
        while taken.fetch_add(1, Ordering::Relaxed) < chunks {
            if leads && interrupt::stops() {
                // The chunks that are left are taken at once, so that no other thread finds any.
                taken.store(chunks, Ordering::Relaxed);
                break;
            }
            let number = if leads { front } else { chunks - 1 - from_back.fetch_add(1, Ordering::Relaxed) };
            front += 1;
            work(number * chunk..n.min((number + 1) * chunk), leads);
        }
    };
    let helpers = (num_threads() - 1).min(chunks - 1);
    if helpers == 0 {
        return drain(true);
    }
    let stop = Stop::of_this_thread();
    let join = |leads: bool| if leads { drain(true) } else { stop.follow(|| drain(false)) };
    team::team().share(helpers, cost.times(n).duration(), &join);
}

/// [`for_each_chunk`] over a slice: `work` gets the number of the first element and the elements of a chunk.
pub(crate) fn for_each_chunk_mut<T: Send>(items: &mut [T], cost: Cost, work: impl Fn(usize, &mut [T]) + Sync) {
    let chunk = chunk_length(items.len(), cost).max(1);
    let chunks = items.len().div_ceil(chunk);
    let queue = Mutex::new(items.chunks_mut(chunk).enumerate());
    share(chunks, cost.times(chunk), &|range, leads| {
        for _ in range {
            if interrupt::stops() {
                return;
            }
            let mut queue = queue.lock();
            let next = if leads { queue.next() } else { queue.next_back() };
            drop(queue);
            if let Some((i, part)) = next {
                work(i * chunk, part);
            }
        }
    });
}

/// [`for_each_chunk`] of work that can fail: the error of one chunk, where any has one.
pub(crate) fn try_for_each_chunk(n: usize, cost: Cost, work: impl Fn(Range<usize>) -> Result<()> + Sync) -> Result<()> {
    first_failure(|note| for_each_chunk(n, cost, |range| note(work(range))))
}

/// [`for_each_chunk_mut`] of work that can fail: the error of one chunk, where any has one.
pub(crate) fn try_for_each_chunk_mut<T: Send>(
    items: &mut [T],
    cost: Cost,
    work: impl Fn(usize, &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    first_failure(|note| for_each_chunk_mut(items, cost, |first, part| note(work(first, part))))
}

/// Lets `share` hand in results from any thread, and returns the error that came first.
pub(crate) fn first_failure(share: impl FnOnce(&(dyn Fn(Result<()>) + Sync))) -> Result<()> {
    let failure = Mutex::new(None);
    share(&|result| {
        if let Err(error) = result {
            failure.lock().get_or_insert(error);
        }
    });
    failure.into_inner().map_or(Ok(()), Err)
}

/// Marks this thread as busy and restores the mark, also when the work panics.
struct BusyGuard(bool);

impl BusyGuard {
    fn enter() -> Self {
        BusyGuard(BUSY.replace(true))
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        BUSY.set(self.0);
    }
}

#[cfg(test)]
mod tests;
