// Sums of products without workgroup memory, ROWS x COLUMNS of them a thread: for adapters on which barriers are dear. The
// family defines `Job` with `rows`, `columns` and the products from `begin` to `end` that are summed, `job(number)`, what is
// known of a `row`, a `column` and a `depth` (one after the other: `first_turn`, `next_turn`), the factors `left(row, depth)` and `right(column, depth)`, and `put`.
// Parameters: 0 rows, 1 columns, 3 jobs. Neighbouring threads have neighbouring columns.
const ROWS = ${rows}u;
const COLUMNS = ${columns}u;

@compute @workgroup_size(16)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let threads_n = (arg(1u) + COLUMNS - 1u) / COLUMNS;
    let threads = (arg(0u) + ROWS - 1u) / ROWS * threads_n;
    let thread = (group.y * groups.x + group.x) * 16u + lane;
    if (thread / threads >= arg(3u)) {
        return;
    }
    let here = job(thread / threads);
    let m = thread % threads / threads_n * ROWS;
    let n = thread % threads_n;
    // Rows and columns beyond the last repeat it and are not written.
    @each i ${rows}: let row#i = row(here, min(m + #iu, here.rows - 1u));
    @each j ${columns}: let column#j = column(here, min(n + #ju * threads_n, here.columns - 1u));
    @each i ${rows}, j ${columns}: var sum#i_#j = T(0);
    var turn = first_turn(here, here.begin);
    for (var k = here.begin; k < here.end; k++) {
        let at = turn.depth;
        @each i ${rows}: let a#i = left(row#i, at);
        @each j ${columns}: let b#j = right(column#j, at);
        @each i ${rows}, j ${columns}: sum#i_#j += a#i * b#j;
        turn = next_turn(here, turn);
    }
    @each j ${columns}: let writes#j = n + #ju * threads_n < here.columns;
    @each i ${rows}, j ${columns}: if (m + #iu < here.rows && writes#j) { put(row#i, column#j, sum#i_#j); }
}
