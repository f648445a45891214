// Writes what a block comes to, which its last thread knows.
fn write_run(block: u32, at: array<u32, ${operands}>, begin: u32, end: u32, rank: u32, lane: u32) {
    if (rank + 1u == arg(3u)) {
        let state = states[lane];
        ${emit}
        flush_out0();
    }
}
