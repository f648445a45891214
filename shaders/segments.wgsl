// Combines the values of equal keys, which lie side by side and in order, and stores each result in the row of out0 that the
// key names. A thread takes a run of 32 keys in0, at one column of the rows. Segments that lie within its run it settles; of
// the first and the last one, which neighbours may share, it keeps what it has: two values in out1 and their keys in out2,
// on which the next launch goes on in the same way. Values: in2 at the position in1 at first, then in1. Parameters: 0 number
// of keys, 1 rows, 2 columns, 3 and 4 steps from row to row and column to column of in2, 5 where it begins.
const RUN = 32u;
const NOTHING = 0xffffffffu;

fn combine(a: T, b: T) -> T {
    return ${combine};
}

fn item(i: u32, column: u32) -> T {
    return ${item};
}

fn settle(key: u32, column: u32, x: T) {
    // Keys behind the last row stand for indices out of range.
    if (key < arg(1u)) {
        let to = locate(key * arg(2u) + column)[0];
        write_out0(to, ${settled});
    }
}

fn keep(entry: u32, key: u32, column: u32, x: T) {
    ${keep}
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let job = invocation(group, groups, lane);
    let run = job / arg(2u);
    let column = job % arg(2u);
    if (run >= (arg(0u) + RUN - 1u) / RUN) {
        return;
    }
    var key = NOTHING;
    var x = T();
    var is_first = true;
    for (var i = run * RUN; i < min((run + 1u) * RUN, arg(0u)); i++) {
        let next = bitcast<u32>(load_in0(i));
        if (next == NOTHING) {
            continue;
        }
        if (next == key) {
            x = combine(x, item(i, column));
            continue;
        }
        if (key != NOTHING) {
            if (is_first) {
                keep(2u * run, key, column, x);
            } else {
                settle(key, column, x);
            }
            is_first = false;
        }
        key = next;
        x = item(i, column);
    }
    if (is_first) {
        keep(2u * run, key, column, x);
        key = NOTHING;
    }
    keep(2u * run + 1u, key, column, x);
}
