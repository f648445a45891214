// Scans: each element of a line becomes what the line up to there comes to. A team of threads takes a block of a line, each
// thread a run of neighbours; the space runs over the blocks. Where lines have several blocks, a first launch writes what
// each block comes to, these results are scanned in turn, and a last launch begins every block with what came before it.
// An op has its `State`, as a reduction has; `write_run` is one of scan/elements.wgsl and scan/totals.wgsl. Parameters: 0 length of a line, 1 of a block, 2 blocks a line, 3 threads a team, 4 length of a run, 5.. steps of the
// operands along a line.
var<workgroup> states: array<State, 256>;

// The state after one element more.
fn next(state: State, at: array<u32, ${operands}>, j: u32) -> State {
    return ${next};
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let team = arg(3u);
    let rank = lane % team;
    let job = (group.y * groups.x + group.x) * (256u / team) + lane / team;
    // All threads must reach the barriers: those without a block look at the last one and write nothing.
    let block = min(job, space.count - 1u);
    let at = locate(block);
    let first = (block % arg(2u)) * arg(1u);
    let last = min(first + arg(1u), arg(0u));
    let begin = min(first + rank * arg(4u), last);
    let end = min(begin + arg(4u), last);
    var state = ${nothing};
    if (team > 1u || ${totals}) {
        for (var j = begin; j < end; j++) {
            state = next(state, at, j);
        }
    }
    states[lane] = state;
    workgroupBarrier();
    for (var step = 1u; step < team; step = step << 1u) {
        var joined = states[lane];
        if (rank >= step) {
            joined = merge(states[lane - step], joined);
        }
        workgroupBarrier();
        states[lane] = joined;
        workgroupBarrier();
    }
    if (job < space.count) {
        write_run(block, at, begin, end, rank, lane);
    }
}
