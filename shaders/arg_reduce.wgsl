// Largest or smallest element of a line and its index, one workgroup a line; NaN wins, of equals the first. out0 the
// element, out1 the index. Parameters: 0 length of a line, 1 stride along it.
struct Best {
    x: T,
    index: u32,
}

var<workgroup> bests: array<Best, 128>;

fn better(a: Best, b: Best) -> Best {
    if (a.index == 0xffffffffu || b.index == 0xffffffffu) {
        if (a.index == 0xffffffffu) {
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
    let line = group.y * groups.x + group.x;
    if (line >= space.count) {
        return;
    }
    let at = locate(line);
    var best = Best(T(0), 0xffffffffu);
    for (var j = lane; j < arg(0u); j += 128u) {
        best = better(best, Best(read_in0(at[2] + j * arg(1u)), j));
    }
    bests[lane] = best;
    workgroupBarrier();
    for (var half = 64u; half > 0u; half = half >> 1u) {
        if (lane < half) {
            bests[lane] = better(bests[lane], bests[lane + half]);
        }
        workgroupBarrier();
    }
    if (lane == 0u) {
        write_out0(at[0], bests[0].x);
        store_out1(at[1], vec2<u32>(bests[0].index, 0u));
    }
}
