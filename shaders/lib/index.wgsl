// Indices, which are int64 but need no 64-bit arithmetic, and the status buffer that remembers a bad one. Parameter 23 is the
// number under which the host knows the op that is to blame.

const OUT_OF_RANGE = 0xffffffffu;

// An int64 index as a position in [0, size); negative ones count from the end where `wraps`.
fn resolve(index: vec2<u32>, size: u32, wraps: bool, dim: u32) -> u32 {
    if (index.y == 0u && index.x < size) {
        return index.x;
    }
    if (wraps && index.y == 0xffffffffu && index.x != 0u && 0u - index.x <= size) {
        return index.x + size;
    }
    report(index, size, dim);
    return OUT_OF_RANGE;
}

// Keeps the first bad index: a number for the op, the index, its dimension and that one's size.
fn report(index: vec2<u32>, size: u32, dim: u32) {
    if (is_first_report()) {
        atomicStore(&status[1], index.x);
        atomicStore(&status[2], index.y);
        atomicStore(&status[3], dim);
        atomicStore(&status[4], size);
    }
}

// Takes the status buffer for a report, if nobody has.
fn is_first_report() -> bool {
    loop {
        let before = atomicCompareExchangeWeak(&status[0], 0u, arg(23u));
        if (before.exchanged) {
            return true;
        }
        if (before.old_value != 0u) {
            break;
        }
    }
    return false;
}

// Division of integers by zero; the result does not matter then.
fn report_zero_division() {
    _ = is_first_report();
}
