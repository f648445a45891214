// The largest or smallest element so far and its index. Of equals the last wins, and so it does of NaNs, which win over
// everything else.
struct State {
    x: T,
    index: u32,
}

const NOTHING = 0xffffffffu;

fn merge(a: State, b: State) -> State {
    if (a.index == NOTHING) {
        return b;
    }
    if (b.index != NOTHING && (op_isnan(b.x) || (!op_isnan(a.x) && b.x ${order} a.x))) {
        return b;
    }
    return a;
}
