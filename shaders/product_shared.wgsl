// Sums of products without workgroup memory, ROWS x COLUMNS of them a thread: for processors whose threads come in subgroups of
// LANES. The threads of a workgroup have the same rows: each reads some of their factors and gives them to the others. DEPTH products are
// summed at a time, and the right factors of a thread are REACH that lie side by side: column j takes that of number FIRST + j * BY_COLUMN +
// t * BY_DEPTH for product t. The family defines what product_blocks.wgsl says, and `line(job)`, how many columns lie in a line, beyond
// which no thread goes, `longest_line()` among the jobs, `left_step()` from product to product, and `beside(column, n, depth, e)`,
// the right factors. Parameters: 0 rows, 1 columns, 3 jobs.
const LANES = ${lanes}u;
const ROWS = ${rows}u;
const COLUMNS = ${columns}u;
const DEPTH = ${depth}u;
const BY_COLUMN = ${by_column};
const BY_DEPTH = ${by_depth};
const FIRST = ${first};

@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>, @builtin(local_invocation_index) lane: u32, @builtin(subgroup_invocation_id) sub: u32) {
    let longest = longest_line();
    let groups_n = (arg(1u) / longest * ((longest + COLUMNS - 1u) / COLUMNS) + LANES - 1u) / LANES;
    let blocks = (arg(0u) + ROWS - 1u) / ROWS * groups_n;
    let number = group.y * groups.x + group.x;
    if (number / blocks >= arg(3u)) {
        return;
    }
    let here = job(number / blocks);
    let m = number % blocks / groups_n * ROWS;
    // Threads that are too many do what the last one does, for the others need what they read.
    let of_line = max(line(here), 1u);
    let parts = (of_line + COLUMNS - 1u) / COLUMNS;
    let threads = max(here.columns / of_line * parts, 1u);
    let thread = number % groups_n * LANES + lane;
    let part = min(thread, threads - 1u);
    let first_of_line = part % parts * COLUMNS;
    let n = part / parts * of_line + first_of_line;
    let present = thread < threads && here.columns > 0u;
    let own = column(here, n);
    @each q ${loads}: let factor#q = min(#qu * LANES + sub, ROWS * DEPTH - 1u);
    @each q ${loads}: var left#q = row(here, min(m + factor#q / DEPTH, here.rows - 1u));
    @each q ${loads}: left#q.left += factor#q % DEPTH * left_step();
    // Their numbers are constants, so that they are kept in registers.
    var read: array<T, ${loads}>;
    var x: array<T, ${reach}>;
    @each i ${rows}, j ${columns}: var sum#i_#j = T(0);
    var turn = first_turn(here, here.begin);
    for (var k = here.begin; k < here.end; k += DEPTH) {
        let at = turn.depth;
        @each q ${loads}: read[#q] = left(left#q, at);
        @each e ${reach}: x[#e] = beside(own, n, at, #eu);
        @each i ${rows}, t ${depth}: let a#i_#t = subgroupBroadcast(read[(#i * DEPTH + #t) / LANES], (#iu * DEPTH + #tu) % LANES);
        @each t ${depth}, i ${rows}, j ${columns}: sum#i_#j += a#i_#t * x[FIRST + #j * BY_COLUMN + #t * BY_DEPTH];
        turn = next_turn(here, turn);
    }
    @each i ${rows}: let row#i = row(here, min(m + #iu, here.rows - 1u));
    @each j ${columns}: let column#j = column(here, min(n + #ju, max(here.columns, 1u) - 1u));
    @each j ${columns}: let writes#j = present && first_of_line + #ju < of_line;
    @each i ${rows}, j ${columns}: if (m + #iu < here.rows && writes#j) { put(row#i, column#j, sum#i_#j); }
}
