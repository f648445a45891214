// Writes the elements of a thread's run, which begins where the blocks and the threads before it end.
fn write_run(block: u32, at: array<u32, ${operands}>, begin: u32, end: u32, rank: u32, lane: u32) {
    var state = ${nothing};
    if (block % arg(2u) > 0u) {
        state = ${before};
    }
    if (rank > 0u) {
        state = merge(state, states[lane - 1u]);
    }
    for (var j = begin; j < end; j++) {
        state = next(state, at, j);
        ${emit}
    }
    flush_out0();
}
