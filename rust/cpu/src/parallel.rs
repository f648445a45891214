//! The thread pool, and splitting work over it.
//!
//! The caller's thread always takes part, so a pool for `n` threads has `n - 1` workers; those sleep when idle.
//! Chunk boundaries may depend on the number of threads, so the work of a chunk must not: each index is computed
//! as if it were alone.
//!
//! Between chunks the caller's thread asks whether the computation is to stop. Then the chunks that are left, and those of
//! later calls of the same kernel, are passed over; what the kernel has written means nothing, and the backend answers
//! with the reason ([`ferrotorch_kernel::interrupt`]).

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ferrotorch_kernel::{Result, interrupt};
use parking_lot::{Mutex, RwLock};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// A chunk is not longer than so many times the grain: this long a computation goes on that is to stop.
const LONGEST_CHUNK: usize = 64;

/// Chunks per thread: enough that a thread that is held up does not hold up the others.
const CHUNKS_PER_THREAD: usize = 4;

/// 0: not chosen yet, as many as the machine runs at once.
static THREADS: AtomicUsize = AtomicUsize::new(0);
static POOL: RwLock<Option<Pool>> = RwLock::new(None);

thread_local! {
    /// Set while this thread works on a chunk: nested calls stay on it.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Workers of one process: a fork copies the handle but not the threads.
struct Pool {
    workers: Arc<ThreadPool>,
    process: u32,
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
    let mut pool = POOL.write();
    THREADS.store(threads.max(1), Ordering::Relaxed);
    discard(pool.take());
}

/// Calls `work` on ranges that together cover `0..n`, in parallel where `n` exceeds `grain`. No range but the last
/// is shorter than `grain`.
pub(crate) fn for_each_chunk(n: usize, grain: usize, work: impl Fn(Range<usize>) + Sync) {
    share(n, grain, &work);
}

/// [`for_each_chunk`], compiled once: a generic one would hold three copies of each kernel.
fn share(n: usize, grain: usize, work: &(dyn Fn(Range<usize>) + Sync)) {
    let grain = grain.max(1);
    if n <= grain || BUSY.get() {
        if n > 0 && !interrupt::is_stopped() {
            work(0..n);
        }
        return;
    }
    let threads = num_threads();
    let chunk = n.div_ceil(threads * CHUNKS_PER_THREAD).clamp(grain, grain.saturating_mul(LONGEST_CHUNK));
    let next = AtomicUsize::new(0);
    let drain = |stops: fn() -> bool| {
        let _guard = BusyGuard::enter();
        loop {
            let start = next.fetch_add(chunk, Ordering::Relaxed);
            if start >= n {
                break;
            }
            if stops() {
                // The chunks that are left are taken at once, so that no other thread finds any.
                next.store(n, Ordering::Relaxed);
                break;
            }
            work(start..n.min(start + chunk));
        }
    };
    let helpers = (threads - 1).min(n.div_ceil(chunk) - 1);
    let Some(pool) = (helpers > 0).then(workers).flatten() else { return drain(interrupt::stops) };
    pool.in_place_scope(|scope| {
        (0..helpers).for_each(|_| scope.spawn(|_| drain(|| false)));
        drain(interrupt::stops);
    });
}

/// [`for_each_chunk`] over a slice: `work` gets the number of the first element and the elements of a chunk.
pub(crate) fn for_each_chunk_mut<T: Send>(items: &mut [T], grain: usize, work: impl Fn(usize, &mut [T]) + Sync) {
    let grain = grain.max(1);
    let chunk = items.len().div_ceil(num_threads() * CHUNKS_PER_THREAD).clamp(grain, grain.saturating_mul(LONGEST_CHUNK));
    let chunks = items.len().div_ceil(chunk);
    let queue = Mutex::new(items.chunks_mut(chunk).enumerate());
    for_each_chunk(chunks, 1, |range| {
        for _ in range {
            let next = queue.lock().next();
            if let Some((i, part)) = next {
                work(i * chunk, part);
            }
        }
    });
}

/// [`for_each_chunk`] of work that can fail: the error of one chunk, where any has one.
pub(crate) fn try_for_each_chunk(n: usize, grain: usize, work: impl Fn(Range<usize>) -> Result<()> + Sync) -> Result<()> {
    first_failure(|note| for_each_chunk(n, grain, |range| note(work(range))))
}

/// [`for_each_chunk_mut`] of work that can fail: the error of one chunk, where any has one.
pub(crate) fn try_for_each_chunk_mut<T: Send>(
    items: &mut [T],
    grain: usize,
    work: impl Fn(usize, &mut [T]) -> Result<()> + Sync,
) -> Result<()> {
    first_failure(|note| for_each_chunk_mut(items, grain, |first, part| note(work(first, part))))
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

/// The pool, made at first use; `None` where the system gives no threads, and the caller works alone.
fn workers() -> Option<Arc<ThreadPool>> {
    let process = std::process::id();
    if let Some(pool) = POOL.read().as_ref().filter(|pool| pool.process == process) {
        return Some(pool.workers.clone());
    }
    let mut slot = POOL.write();
    if let Some(pool) = slot.as_ref().filter(|pool| pool.process == process) {
        return Some(pool.workers.clone());
    }
    let built = ThreadPoolBuilder::new().num_threads(num_threads().max(2) - 1).thread_name(|i| format!("ferrotorch-{i}")).build();
    let workers = Arc::new(built.ok()?);
    discard(slot.replace(Pool { workers: workers.clone(), process }));
    Some(workers)
}

/// Lets go of a pool. One inherited through a fork is leaked: its threads do not exist and cannot be joined.
fn discard(pool: Option<Pool>) {
    if let Some(pool) = pool.filter(|pool| pool.process != std::process::id()) {
        std::mem::forget(pool);
    }
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
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_everything_once() {
        for n in [0, 1, 7, 100, 1000] {
            for grain in [1, 3, 64, 5000] {
                let hits: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
                for_each_chunk(n, grain, |range| {
                    range.for_each(|i| {
                        hits[i].fetch_add(1, Ordering::Relaxed);
                    })
                });
                assert!(hits.iter().all(|hit| hit.load(Ordering::Relaxed) == 1), "n {n}, grain {grain}");
            }
        }
    }

    #[test]
    fn mutable_chunks_know_their_place() {
        let mut items = vec![0usize; 1003];
        for_each_chunk_mut(&mut items, 10, |start, part| part.iter_mut().enumerate().for_each(|(i, x)| *x = start + i));
        assert!(items.iter().enumerate().all(|(i, &x)| i == x));
    }

    #[test]
    fn a_failure_of_any_chunk_is_returned() {
        let fail = |bad: bool| if bad { Err(ferrotorch_kernel::Error::runtime("an odd one")) } else { Ok(()) };
        for n in [0, 1, 2, 100] {
            let failed = try_for_each_chunk(n, 1, |mut range| range.try_for_each(|i| fail(i % 2 == 1)));
            assert_eq!(failed.is_err(), n > 1, "{n}");
            let failed =
                try_for_each_chunk_mut(&mut vec![0; n], 1, |first, part| fail((first..first + part.len()).any(|i| i % 2 == 1)));
            assert_eq!(failed.is_err(), n > 1, "{n}");
        }
    }

    #[test]
    fn nested_calls_stay_on_their_thread() {
        for_each_chunk(64, 1, |_| {
            let outer = std::thread::current().id();
            for_each_chunk(64, 1, |_| assert_eq!(outer, std::thread::current().id()));
        });
    }
}
