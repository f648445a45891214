//! The caching allocator: live buffers never overlap, keep their contents, are aligned, and are all accounted for.

use ferrotorch_kernel::memory::{self, HostBuffer};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// A buffer of so many bytes.
    Allocate(usize),
    /// Free one; the number is taken modulo how many there are.
    Free(usize),
    /// Give the cache back to the system.
    Release,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let size = prop_oneof![0usize..200, 200usize..70_000, 1usize << 20..6 << 20];
    let step = prop_oneof![
        5 => size.prop_map(Step::Allocate),
        4 => any::<usize>().prop_map(Step::Free),
        1 => Just(Step::Release),
    ];
    prop::collection::vec(step, 0..40)
}

/// Do both ends of a buffer hold the byte that it was filled with?
fn is_marked(buffer: &HostBuffer, tag: u8) -> bool {
    let holds = |at: usize| {
        let mut byte = [!tag];
        buffer.read(at, &mut byte).is_ok() && byte == [tag]
    };
    buffer.bytes().checked_sub(1).is_none_or(|last| holds(0) && holds(last))
}

fn overlap(a: &HostBuffer, b: &HostBuffer) -> bool {
    let range = |x: &HostBuffer| (x.as_ptr().addr(), x.as_ptr().addr() + x.bytes());
    let ((a0, a1), (b0, b1)) = (range(a), range(b));
    a0 < b1 && b0 < a1
}

// One test in this binary: the figures are those of the whole process.
proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn buffers_are_apart_and_accounted_for(steps in steps()) {
        let before = memory::stats().in_use;
        let mut live: Vec<(HostBuffer, u8)> = Vec::new();
        for (tag, step) in (0u8..).zip(steps) {
            match step {
                Step::Allocate(bytes) => {
                    let buffer = HostBuffer::holding(&vec![tag; bytes]).expect("a few megabytes");
                    prop_assert_eq!(buffer.as_ptr().addr() % 64, 0);
                    prop_assert!(live.iter().all(|(other, _)| !overlap(&buffer, other)));
                    live.push((buffer, tag));
                }
                Step::Free(pick) if !live.is_empty() => drop(live.swap_remove(pick % live.len())),
                Step::Free(_) => {}
                Step::Release => {
                    memory::release_cached();
                    prop_assert_eq!(memory::stats().cached, 0);
                }
            }
            prop_assert!(live.iter().all(|(buffer, tag)| is_marked(buffer, *tag)));
            let stats = memory::stats();
            let needed: usize = live.iter().map(|(buffer, _)| buffer.bytes()).sum();
            prop_assert!(stats.in_use - before >= needed && stats.peak >= stats.in_use);
        }
        drop(live);
        prop_assert_eq!(memory::stats().in_use, before);
    }
}
