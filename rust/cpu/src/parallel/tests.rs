use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::testing::on_threads;

/// Items that are worth a chunk each.
const LONG: Cost = Cost::single(1 << 14);

#[test]
fn chunks_cover_everything_once() {
    for n in [0, 1, 7, 100, 1000] {
        for cost in [Cost::streamed(1), Cost::single(64), LONG] {
            let hits: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
            for_each_chunk(n, cost, |range| {
                range.for_each(|i| {
                    hits[i].fetch_add(1, Ordering::Relaxed);
                })
            });
            assert!(hits.iter().all(|hit| hit.load(Ordering::Relaxed) == 1), "n {n}, {cost:?}");
        }
    }
}

#[test]
fn mutable_chunks_know_their_place() {
    let mut items = vec![0usize; 1003];
    for_each_chunk_mut(&mut items, Cost::single(100), |start, part| {
        part.iter_mut().enumerate().for_each(|(i, x)| *x = start + i);
    });
    assert!(items.iter().enumerate().all(|(i, &x)| i == x));
}

#[test]
fn a_failure_of_any_chunk_is_returned() {
    let fail = |bad: bool| if bad { Err(ferrotorch_kernel::Error::runtime("an odd one")) } else { Ok(()) };
    for n in [0, 1, 2, 100] {
        let failed = try_for_each_chunk(n, LONG, |mut range| range.try_for_each(|i| fail(i % 2 == 1)));
        assert_eq!(failed.is_err(), n > 1, "{n}");
        let failed =
            try_for_each_chunk_mut(&mut vec![0; n], LONG, |first, part| fail((first..first + part.len()).any(|i| i % 2 == 1)));
        assert_eq!(failed.is_err(), n > 1, "{n}");
    }
}

#[test]
fn nested_calls_stay_on_their_thread() {
    for_each_chunk(64, LONG, |_| {
        let outer = thread::current().id();
        for_each_chunk(64, LONG, |_| assert_eq!(outer, thread::current().id()));
    });
}

/// Shares work until a helper takes part in it, which may take a while on a busy machine.
fn until_helped(work: impl Fn(bool) + Sync) {
    let leader = thread::current().id();
    let helped = AtomicBool::new(false);
    let patience = Instant::now() + Duration::from_secs(60);
    while !helped.load(Ordering::Relaxed) {
        assert!(Instant::now() < patience, "no helper came");
        on_threads(3, || {
            for_each_chunk(64, LONG, |_| {
                let helps = thread::current().id() != leader;
                helped.fetch_or(helps, Ordering::Relaxed);
                work(helps);
                thread::sleep(Duration::from_micros(100));
            });
        });
    }
}

#[test]
fn helpers_have_names_and_come() {
    until_helped(|helps| {
        let name = thread::current().name().map(str::to_owned);
        assert_eq!(name.is_some_and(|name| name.starts_with("ferrotorch-")), helps);
    });
}

#[test]
fn a_panic_reaches_the_caller_and_the_team_goes_on() {
    for of_helper in [false, true] {
        let result = catch_unwind(AssertUnwindSafe(|| {
            until_helped(|helps| {
                if helps == of_helper {
                    std::panic::resume_unwind(Box::new("a reason"))
                }
            });
        }));
        assert_eq!(result.unwrap_err().downcast_ref(), Some(&"a reason"));
        until_helped(|_| {});
    }
}

/// Every chunk of every call is done once when the call returns, however calls of several threads meet. What a call works on is
/// gone after it, so that a helper that came too late would be noticed.
#[test]
fn calls_of_many_threads_at_once_do_all_their_work() {
    let call = |seed: usize| {
        let n = 2 + seed % 37;
        let hits: Vec<AtomicUsize> = (0..n).map(|_| AtomicUsize::new(0)).collect();
        for_each_chunk(n, LONG, |range| {
            for i in range {
                (0..seed % 5 * 400).for_each(|_| std::hint::spin_loop());
                hits[i].fetch_add(1, Ordering::Relaxed);
            }
        });
        let sum: usize = hits.into_iter().map(AtomicUsize::into_inner).sum();
        assert_eq!(sum, n);
        if seed.is_multiple_of(101) {
            thread::sleep(Duration::from_micros(200));
        }
    };
    for threads in [2, 4] {
        on_threads(threads, || {
            thread::scope(|scope| {
                for first in 0..3 {
                    scope.spawn(move || (0..500).for_each(|i| call(first * 7919 + i)));
                }
            });
        });
    }
}
