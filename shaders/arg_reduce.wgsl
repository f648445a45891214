// Largest or smallest element of a chunk of a line and its index; NaN wins, of equals the first. out0 the element, out1
// the index; in0 the elements and, where they are the results of chunks themselves, in1 their indices. A team of threads
// takes a chunk; the space runs over the chunks. Parameters: 0 length of a line, 1 length of a chunk, 2 chunks a line,
// 3 and 4 strides of in0 and in1 along a line, 5 threads a team.
struct Best {
    x: T,
    index: u32,
}

const NOTHING = 0xffffffffu;

var<workgroup> bests: array<Best, 128>;

fn better(a: Best, b: Best) -> Best {
    if (a.index == NOTHING || b.index == NOTHING) {
        if (a.index == NOTHING) {
            return b;
        }
        return a;
    }
    let a_wins = op_isnan(a.x) || (a.x ${order} b.x && !op_isnan(b.x));
    let b_wins = op_isnan(b.x) || (b.x ${order} a.x && !op_isnan(a.x));
    if (a_wins == b_wins) {
        if (a.index < b.index) {
            return a;
        }
        return b;
    }
    if (a_wins) {
        return a;
    }
    return b;
}

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let team = arg(5u);
    let job = (group.y * groups.x + group.x) * (128u / team) + lane / team;
    // All threads must reach the barriers: those without a job repeat the last one and keep the result to themselves.
    let point = min(job, space.count - 1u);
    let at = locate(point);
    let begin = (point % arg(2u)) * arg(1u);
    let end = min(begin + arg(1u), arg(0u));
    var best = Best(T(0), NOTHING);
    for (var j = begin + lane % team; j < end; j += team) {
        best = better(best, Best(read_in0(at[2] + j * arg(3u)), ${index}));
    }
    bests[lane] = best;
    workgroupBarrier();
    for (var half = team >> 1u; half > 0u; half = half >> 1u) {
        if (lane % team < half) {
            bests[lane] = better(bests[lane], bests[lane + half]);
        }
        workgroupBarrier();
    }
    if (lane % team == 0u && job < space.count) {
        write_out0(at[0], bests[lane].x);
        ${store_index}
    }
}
